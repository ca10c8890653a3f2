
/*
 * eval_data.c: the ids and rows of an evaluation's files, held as numbers.
 *
 * A file of a million clicks becomes 4 bytes a click: whatever the ids are,
 * a row is a run of item numbers in one array, and an id's text is kept once.
 */

#include "eval.h"

#include <stdlib.h>
#include <string.h>


#define EVAL_CELLS  4096                /* to begin with; a power of two */


/* FNV-1a: of trusted input, and only here */

static uint32_t
eval_hash(const char *p, size_t n)
{
    size_t    i;
    uint32_t  h;

    h = 2166136261u;

    for (i = 0; i < n; i++) {
        h = (h ^ (uint8_t) p[i]) * 16777619u;
    }

    return h ^ (h >> 15);
}


/* room for `n` of `bytes` each; 0, or -1 and the message is out */

int
eval_grow(void *list, size_t n, size_t *room, size_t bytes)
{
    void    *more;
    size_t   want;

    if (n <= *room) {
        return 0;
    }

    for (want = *room ? *room : 1024; want < n; want *= 2) { /* void */ }

    more = realloc(*(void **) list, want * bytes);

    if (more == NULL) {
        (void) cli_fail("not enough memory");
        return -1;
    }

    *(void **) list = more;
    *room = want;

    return 0;
}


static int
eval_ids_rehash(eval_ids_t *ids)
{
    uint32_t     i, at, cells, *cell;
    const char  *id;

    cells = ids->cell ? (ids->mask + 1) * 2 : EVAL_CELLS;
    cell = calloc(cells, sizeof(*cell));

    if (cell == NULL) {
        (void) cli_fail("not enough memory");
        return -1;
    }

    for (i = 0; i < ids->n; i++) {
        id = eval_id_text(ids, i);

        for (at = eval_hash(id, strlen(id)) & (cells - 1); cell[at];
             at = (at + 1) & (cells - 1))
        { /* to the next free one */ }

        cell[at] = i + 1;
    }

    free(ids->cell);
    ids->cell = cell;
    ids->mask = cells - 1;

    return 0;
}


const char *
eval_id_text(const eval_ids_t *ids, uint32_t i)
{
    return ids->text + ids->at[i];
}


int64_t
eval_id(eval_ids_t *ids, const char *p, size_t n, int add)
{
    uint32_t     at;
    const char  *id;

    if (ids->n >= ids->mask / 2 && eval_ids_rehash(ids) != 0) {
        return -1;
    }

    for (at = eval_hash(p, n) & ids->mask; ids->cell[at];
         at = (at + 1) & ids->mask)
    {
        id = eval_id_text(ids, ids->cell[at] - 1);

        if (strncmp(id, p, n) == 0 && id[n] == '\0') {
            return ids->cell[at] - 1;
        }
    }

    if (!add
        || eval_grow(&ids->at, ids->n + 1u, &ids->room, sizeof(*ids->at))
        || eval_grow(&ids->text, ids->text_n + n + 1, &ids->text_room, 1))
    {
        return -1;
    }

    ids->at[ids->n] = (uint32_t) ids->text_n;
    memcpy(ids->text + ids->text_n, p, n);
    ids->text[ids->text_n + n] = '\0';
    ids->text_n += n + 1;

    ids->cell[at] = ++ids->n;

    return ids->n - 1;
}


void
eval_ids_free(eval_ids_t *ids)
{
    free(ids->text);
    free(ids->at);
    free(ids->cell);
    memset(ids, 0, sizeof(*ids));
}


int
eval_rows_add(eval_rows_t *rows, uint32_t item)
{
    if (eval_grow(&rows->item, rows->item_n + 1, &rows->item_room,
                  sizeof(*rows->item)))
    {
        return -1;
    }

    rows->item[rows->item_n++] = item;

    return 0;
}


int
eval_rows_end(eval_rows_t *rows)
{
    if (eval_grow(&rows->end, rows->n + 1u, &rows->room,
                  sizeof(*rows->end)))
    {
        return -1;
    }

    rows->end[rows->n++] = rows->item_n;

    return 0;
}


const uint32_t *
eval_rows_at(const eval_rows_t *rows, uint32_t i, uint32_t *n)
{
    size_t  from;

    from = i ? rows->end[i - 1] : 0;
    *n = (uint32_t) (rows->end[i] - from);

    return rows->item + from;
}


void
eval_rows_free(eval_rows_t *rows)
{
    free(rows->item);
    free(rows->end);
    memset(rows, 0, sizeof(*rows));
}
