
/*
 * vectors.c: embeddings that were made elsewhere become a plane of the
 * catalogue: xsell catalog --embeddings F --ids F.
 *
 * An .npz may hold both: then the vectors are its array of two dimensions (the
 * one called items, embeddings or vectors if there are several), the ids its
 * array called ids.  Vectors whose id the catalogue lacks are left out and
 * counted; a file none of whose ids it has is a mistake.
 */

#include "cli.h"
#include "npy.h"

#include <stdlib.h>
#include <string.h>


typedef struct {
    char                *text;          /* of the file */
    size_t               n;
    npz_t                z;
} vectors_file_t;


/* whose vectors they are: an array, lines of a file, or the items' order */

typedef struct {
    const npy_t         *array;
    const char          *line;
    const char          *end;
} vectors_ids_t;


static int
vectors_open(vectors_file_t *f, const char *file)
{
    char  why[200];

    if (cli_read(file, &f->text, &f->n) != 0) {
        return CLI_FAILED;
    }

    if (npz_open(&f->z, (const uint8_t *) f->text, f->n, why) != 0) {
        return cli_fail("%s: %s", cli_input_name(file), why);
    }

    return CLI_OK;
}


static void
vectors_close(vectors_file_t *f)
{
    npz_close(&f->z);
    free(f->text);
}


static const npz_member_t *
vectors_named(const npz_t *z, const char *name)
{
    unsigned  i;

    for (i = 0; i < z->n; i++) {
        if (strcmp(z->member[i].name, name) == 0) {
            return &z->member[i];
        }
    }

    return NULL;
}


/* the array of vectors, of at most `most` numbers; NULL: the message is out */

static const npy_t *
vectors_array(const vectors_file_t *f, const char *file, unsigned most)
{
    unsigned             i, n;
    const npz_member_t  *m;

    static const char *const  name[] = { "items", "embeddings", "vectors" };

    for (m = NULL, n = 0, i = 0; i < f->z.n; i++) {
        if (f->z.member[i].array.dims == 2) {
            m = &f->z.member[i];
            n++;
        }
    }

    for (i = 0; n > 1 && i < sizeof(name) / sizeof(name[0]); i++) {
        if (vectors_named(&f->z, name[i])) {
            m = vectors_named(&f->z, name[i]);
            n = 1;
        }
    }

    if (m == NULL) {
        (void) cli_fail("%s: vectors need an array of two dimensions, (items, "
                        "width)", cli_input_name(file));
        return NULL;
    }

    if (n > 1) {
        (void) cli_fail("%s: several arrays could be the vectors: call one "
                        "\"items\"", cli_input_name(file));
        return NULL;
    }

    if (m->array.kind != 'f' && m->array.kind != 'i' && m->array.kind != 'u') {
        (void) cli_fail("%s: the vectors are no numbers",
                        cli_input_name(file));
        return NULL;
    }

    if (m->array.rows == 0 || m->array.columns == 0
        || m->array.columns > most)
    {
        (void) cli_fail("%s: %llu vectors of %llu numbers: there must be some, "
                        "of 1 to %u numbers", cli_input_name(file),
                        (unsigned long long) m->array.rows,
                        (unsigned long long) m->array.columns, most);
        return NULL;
    }

    return &m->array;
}


/* the next vector's item; NO_ITEM: the catalogue has it not; -1: no more */

static int64_t
vectors_item(vectors_ids_t *ids, const xsell_catalog_t *cat, uint64_t row)
{
    int          n;
    char         id[NPY_TEXT_MAX];
    const char  *end, *line;

    if (ids->array) {
        n = npy_text(ids->array, row, id);
        return n < 0 ? XSELL_NO_ITEM
                     : xsell_catalog_find(cat, id, (size_t) n);
    }

    if (ids->line == NULL) {
        return (int64_t) row;
    }

    line = ids->line;

    if (line == ids->end) {
        return -1;
    }

    end = memchr(line, '\n', (size_t) (ids->end - line));
    ids->line = end ? end + 1 : ids->end;
    end = end ? end : ids->end;
    end -= end > line && end[-1] == '\r';

    return xsell_catalog_find(cat, line, (size_t) (end - line));
}


/* how many ids there are, or what is wrong with their number */

static int
vectors_count(const vectors_ids_t *ids, const xsell_catalog_t *cat,
    const npy_t *a, const char *file)
{
    uint64_t     n;
    const char  *p;

    if (ids->array) {
        n = ids->array->rows;

        if (ids->array->dims != 1) {
            return cli_fail("%s: ids need an array of one dimension",
                            cli_input_name(file));
        }

    } else if (ids->line == NULL) {
        n = xsell_catalog_n(cat);

        if (n != a->rows) {
            return cli_fail("%s: %llu vectors, but %llu items: say whose they "
                            "are by --ids", cli_input_name(file),
                            (unsigned long long) a->rows,
                            (unsigned long long) n);
        }

    } else {

        for (n = 0, p = ids->line; p < ids->end; n++) {
            p = memchr(p, '\n', (size_t) (ids->end - p));
            p = p ? p + 1 : ids->end;
        }
    }

    return n == a->rows
           ? CLI_OK
           : cli_fail("%s: %llu ids for %llu vectors", cli_input_name(file),
                      (unsigned long long) n, (unsigned long long) a->rows);
}


static int
vectors_fill(xsell_catalog_t *cat, const cli_vectors_t *o, const npy_t *a,
    vectors_ids_t *ids)
{
    int       rc;
    char      count[3][32];
    float     v[XSELL_DIMS_MAX];
    int64_t   item;
    uint64_t  row, known, used;

    if (xsell_plane_begin(cat, (unsigned) o->plane, (unsigned) a->columns)
        != XSELL_OK)
    {
        return cli_fail("the catalogue can take no vectors: it is compiled "
                        "already, or there is not enough memory");
    }

    for (known = used = row = 0; row < a->rows; row++) {
        item = vectors_item(ids, cat, row);

        if (item < 0 || item >= xsell_catalog_n(cat)) {
            continue;
        }

        known++;
        npy_row(a, row, v);
        rc = xsell_plane_row(cat, (unsigned) o->plane, (uint32_t) item, v);

        if (rc == XSELL_EINVAL) {
            return cli_fail("%s: vector %llu has a number that is none (NaN "
                            "or infinite)", cli_input_name(o->file),
                            (unsigned long long) row + 1);
        }

        used += rc == XSELL_OK;
    }

    if (known == 0) {
        return cli_fail("%s: the catalogue has none of the ids",
                        cli_input_name(o->ids ? o->ids : o->file));
    }

    cli_wait_begin("whose vectors are nearest");
    rc = xsell_plane_finish(cat, (unsigned) o->plane);
    cli_wait_end();

    if (rc != XSELL_OK) {
        return cli_fail("not enough memory");
    }

    fprintf(o->out, "%s: vectors of %llu numbers for %s of %s items; %s ids "
            "are not in the catalogue\n", xsell_plane_name((unsigned) o->plane),
            (unsigned long long) a->columns, cli_count(count[0], used),
            cli_count(count[1], xsell_catalog_n(cat)),
            cli_count(count[2], a->rows - known));

    return CLI_OK;
}


int
cli_vectors(xsell_catalog_t *cat, const cli_vectors_t *o)
{
    int                  rc;
    const npy_t         *a;
    vectors_ids_t        ids;
    vectors_file_t       vectors, names;
    const npz_member_t  *m;

    if (o->file == NULL) {
        return CLI_OK;
    }

    memset(&ids, 0, sizeof(ids));
    memset(&names, 0, sizeof(names));
    memset(&vectors, 0, sizeof(vectors));

    a = NULL;
    rc = vectors_open(&vectors, o->file);

    if (rc == CLI_OK) {
        a = vectors_array(&vectors, o->file,
                          o->plane == XSELL_PLANE_STYLE ? XSELL_STYLE_DIMS
                                                        : XSELL_DIMS_MAX);
        rc = a ? CLI_OK : CLI_FAILED;
    }

    if (rc == CLI_OK && o->ids) {

        rc = cli_read(o->ids, &names.text, &names.n) == 0 ? CLI_OK
                                                          : CLI_FAILED;

        if (rc == CLI_OK && names.n > 6
            && memcmp(names.text, "\x93NUMPY", 6) != 0)
        {
            ids.line = names.text;
            ids.end = names.text + names.n;

        } else if (rc == CLI_OK) {
            free(names.text);
            names.text = NULL;
            rc = vectors_open(&names, o->ids);
            ids.array = &names.z.member[0].array;
        }

    } else if (rc == CLI_OK) {
        m = vectors_named(&vectors.z, "ids");
        ids.array = m ? &m->array : NULL;
    }

    if (rc == CLI_OK) {
        rc = vectors_count(&ids, cat, a, o->ids ? o->ids : o->file);
    }

    if (rc == CLI_OK) {
        rc = vectors_fill(cat, o, a, &ids);
    }

    vectors_close(&vectors);
    vectors_close(&names);

    return rc;
}


int
cli_style(xsell_catalog_t *cat, FILE *out)
{
    int       rc;
    char      count[2][32];
    uint32_t  n;

    rc = xsell_plane_style(cat, &n);

    if (rc == XSELL_NONE) {
        return CLI_OK;
    }

    if (rc != XSELL_OK) {
        return cli_fail("not enough memory");
    }

    fprintf(out, "%s: made of these for %s of %s items\n",
            xsell_plane_name(XSELL_PLANE_STYLE), cli_count(count[0], n),
            cli_count(count[1], xsell_catalog_n(cat)));

    return CLI_OK;
}
