
/*
 * xsell_image.c: a catalogue as a file: compiled once by `xsell catalog
 * --compile`, mapped read-only by every process, opened without being read.
 *
 *   head        what it is, how large, where its parts are; a checksum of it
 *   parts       as they stand in memory (xsell_catalog.h), 64 bytes aligned
 *
 * open looks at the head only: that takes microseconds, whatever the size.
 * check reads all: the checksum of the parts, then every number and text of
 * every item; the master does that before it accepts the file, and nginx -t.
 *
 * Invariants: whatever the bytes, nothing outside the file is read and no loop
 * is longer than the file: parts lie within it and have as many units as the
 * items say (here), numbers in them are checked where they are used (there).
 * Equal catalogues give equal files: what is not in use is 0.
 *
 * A file must not be changed while it is mapped, only replaced by another one
 * of its name (rename): a process that reads what was cut off gets SIGBUS.
 *
 * Integers are as the machine has them; the head says in which order, and a
 * file of another order is refused.  Not taken: SQLite, LMDB, FlatBuffers: a
 * dependency each for what is arrays behind one table of offsets.
 */

#include "xsell_image.h"
#include "../store/xsell_sip.h"

#include <stdlib.h>


static const char  image_magic[8] = "xsell\xc5t\x1a";
const uint8_t  xsell_image_key[16] = "xsell compiled c";


static uint64_t image_part_bytes(const xsell_image_part_t *part);
static int image_parts(xsell_catalog_t *cat, const xsell_image_head_t *head,
    const char *mem, uint64_t n);
static int image_wants(const xsell_catalog_t *cat, unsigned part,
    uint64_t n);
static int image_item(const xsell_catalog_t *cat, uint32_t idx);


/* ---- write ------------------------------------------------------------- */

static uint64_t
image_align(uint64_t n)
{
    return (n + XSELL_IMAGE_ALIGN - 1) & ~(uint64_t) (XSELL_IMAGE_ALIGN - 1);
}


int
xsell_catalog_write(const xsell_catalog_t *cat, xsell_put_pt put, void *ctx)
{
    unsigned             i;
    uint64_t             at, n, unit;
    xsell_image_head_t         head;
    const xsell_part_t  *part;

    static const uint8_t  zero[XSELL_IMAGE_HEAD];

    memset(&head, 0, sizeof(head));
    memcpy(head.magic, image_magic, sizeof(head.magic));
    memcpy(head.key, cat->key, sizeof(head.key));
    memcpy(head.currency, cat->currency, sizeof(head.currency));
    memcpy(head.dims, cat->dims, sizeof(head.dims));

    head.version = XSELL_IMAGE_VERSION;
    head.order = XSELL_IMAGE_ORDER;
    head.items = cat->n;
    head.parts = XSELL_PARTS;
    head.exponent = cat->exponent;

    for (at = XSELL_IMAGE_HEAD, i = 0; i < XSELL_PARTS; i++) {
        part = &cat->part[i];
        unit = xsell_part_unit(cat, i);

        if (part->n == 0) {
            continue;
        }

        head.part[i].off = at;
        head.part[i].n = part->n;
        head.part[i].unit = unit;
        at += image_align(part->n * unit);
    }

    head.bytes = at;
    head.body = xsell_image_sum(cat, &head);
    head.head = xsell_image_head_sum(&head);

    if (put(ctx, &head, sizeof(head)) != XSELL_OK
        || put(ctx, zero, XSELL_IMAGE_HEAD - sizeof(head)) != XSELL_OK)
    {
        return XSELL_EINVAL;
    }

    for (i = 0; i < XSELL_PARTS; i++) {
        n = image_part_bytes(&head.part[i]);

        if (n && (put(ctx, cat->part[i].p, n) != XSELL_OK
                  || put(ctx, zero, image_align(n) - n) != XSELL_OK))
        {
            return XSELL_EINVAL;
        }
    }

    return XSELL_OK;
}


static uint64_t
image_part_bytes(const xsell_image_part_t *part)
{
    return part->n * part->unit;
}


/* four lanes, since one SipHash waits for itself */

uint64_t
xsell_image_sum(const xsell_catalog_t *cat, const xsell_image_head_t *head)
{
    unsigned        i, k;
    uint64_t        n, at, sum[4];
    xsell_sip_t     lane[4];
    const uint8_t  *p;

    for (k = 0; k < 4; k++) {
        xsell_sip_init(&lane[k], xsell_image_key);
        xsell_sip_absorb(&lane[k], k);
    }

    for (i = 0; i < XSELL_PARTS; i++) {
        p = cat->part[i].p;
        n = image_part_bytes(&head->part[i]);

        for (at = 0; n - at >= 32; at += 32) {
            for (k = 0; k < 4; k++) {
                xsell_sip_absorb(&lane[k], xsell_sip_word(p + at + 8 * k));
            }
        }

        sum[0] = xsell_siphash(xsell_image_key, n ? p + at : NULL, n - at);
        xsell_sip_absorb(&lane[0], sum[0]);
    }

    for (k = 0; k < 4; k++) {
        sum[k] = xsell_sip_end(&lane[k], k);
    }

    return xsell_siphash(xsell_image_key, sum, sizeof(sum));
}


/* ---- open -------------------------------------------------------------- */

int
xsell_catalog_compiled(const void *mem, size_t n)
{
    return n >= sizeof(image_magic)
           && memcmp(mem, image_magic, sizeof(image_magic)) == 0;
}


int
xsell_catalog_open(xsell_catalog_t **out, const void *mem, size_t n,
    xsell_error_t *err)
{
    xsell_image_head_t      head;
    xsell_catalog_t  *cat;

    *out = NULL;

    if (!xsell_catalog_compiled(mem, n)) {
        return xsell_fail(err, XSELL_EINVAL, 0, 0,
                          "this is no compiled catalogue");
    }

    if (n < XSELL_IMAGE_HEAD) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "the compiled catalogue is cut off");
    }

    memcpy(&head, mem, sizeof(head));

    if (head.version != XSELL_IMAGE_VERSION || head.order != XSELL_IMAGE_ORDER
        || head.parts != XSELL_PARTS)
    {
        return xsell_fail(err, XSELL_EVERSION, 0, 0,
                          "the catalogue was compiled by another version of "
                          "xsell, or for another kind of machine: compile it "
                          "again");
    }

    if (head.head != xsell_image_head_sum(&head)) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "the compiled catalogue's head is damaged");
    }

    if (head.bytes != n) {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "the compiled catalogue has %llu bytes and not the "
                          "%llu that it was written with",
                          (unsigned long long) n,
                          (unsigned long long) head.bytes);
    }

    cat = xsell_catalog_new(0);

    if (cat == NULL) {
        return xsell_fail(err, XSELL_ENOMEM, 0, 0, "not enough memory");
    }

    cat->image = mem;
    cat->n = head.items;
    cat->exponent = head.exponent;
    memcpy(cat->key, head.key, sizeof(cat->key));
    memcpy(cat->currency, head.currency, sizeof(cat->currency) - 1);
    memcpy(cat->dims, head.dims, sizeof(cat->dims));

    if (image_parts(cat, &head, mem, n) != XSELL_OK) {
        xsell_catalog_destroy(cat);
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "the compiled catalogue's table of parts is wrong");
    }

    *out = cat;

    return XSELL_OK;
}


static int
image_parts(xsell_catalog_t *cat, const xsell_image_head_t *head, const char *mem,
    uint64_t n)
{
    unsigned                   i;
    uint64_t                   at;
    const xsell_image_part_t  *part;

    if (cat->n == 0 || cat->n > XSELL_SLOT_MAX || cat->exponent > 4) {
        return XSELL_ECORRUPT;
    }

    for (i = 0; i < XSELL_PLANES; i++) {
        if (cat->dims[i] > XSELL_DIMS_MAX) {
            return XSELL_ECORRUPT;
        }
    }

    for (at = XSELL_IMAGE_HEAD, i = 0; i < XSELL_PARTS; i++) {
        part = &head->part[i];

        if (part->n == 0) {
            continue;
        }

        if (part->unit != xsell_part_unit(cat, i) || part->unit == 0
            || part->off != at || part->off > n
            || part->n > (n - part->off) / part->unit)
        {
            return XSELL_ECORRUPT;
        }

        at += image_align(image_part_bytes(part));

        /* never written through: see xsell_part_grow and those who fill */
        cat->part[i].p = (void *) (uintptr_t) (mem + part->off);
        cat->part[i].n = part->n;
    }

    for (i = 0; i < XSELL_PARTS; i++) {
        if (!image_wants(cat, i, cat->part[i].n)) {
            return XSELL_ECORRUPT;
        }
    }

    return at == n ? XSELL_OK : XSELL_ECORRUPT;
}


/* as many as the items, none, or any number */

static int
image_wants(const xsell_catalog_t *cat, unsigned part, uint64_t n)
{
    unsigned  plane;

    switch (part) {

    case XSELL_PART_ITEMS:
        return n == cat->n;

    case XSELL_PART_IDS:
        return n > cat->n && n < UINT32_MAX;

    case XSELL_PART_PAGES:
    case XSELL_PART_CATEGORIES:
        return n < UINT32_MAX;

    case XSELL_PART_CATEGORY_START:
        return n == cat->part[XSELL_PART_CATEGORIES].n + 2;

    case XSELL_PART_SIMILAR_START:
        return n == 0 || n == cat->n + 1ull;
    }

    if (part < XSELL_PART_PLANES) {
        return 1;
    }

    part -= XSELL_PART_PLANES;
    plane = part / 3;

    if (part % 3 == XSELL_PLANE_NEAR) {
        return n == 0
               || (cat->dims[plane]
                   && n == (uint64_t) cat->n * XSELL_SIMILAR_MAX);
    }

    return n == (cat->dims[plane] ? cat->n : 0);
}


/* ---- check ------------------------------------------------------------- */

/* between parts, and behind the head, there is nothing */

static int
image_gaps(const uint8_t *mem, const xsell_image_head_t *head)
{
    unsigned  i;
    uint64_t  at, end;

    at = sizeof(*head);
    end = XSELL_IMAGE_HEAD;

    for (i = 0; i <= XSELL_PARTS; i++) {

        for ( /* void */ ; at < end; at++) {
            if (mem[at]) {
                return 0;
            }
        }

        if (i < XSELL_PARTS && head->part[i].n) {
            at = head->part[i].off + image_part_bytes(&head->part[i]);
            end = image_align(at);
        }
    }

    return 1;
}



int
xsell_catalog_check(const xsell_catalog_t *cat, xsell_error_t *err)
{
    uint32_t      i;
    xsell_image_head_t  head;

    if (cat->image == NULL) {
        return XSELL_OK;
    }

    memcpy(&head, cat->image, sizeof(head));

    if (head.body != xsell_image_sum(cat, &head)
        || !image_gaps(cat->image, &head))
    {
        return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                          "the compiled catalogue is damaged: its checksum is "
                          "wrong");
    }

    for (i = 0; i < cat->n; i++) {
        if (image_item(cat, i) != XSELL_OK) {
            return xsell_fail(err, XSELL_ECORRUPT, 0, 0,
                              "the compiled catalogue is damaged: item %u of "
                              "%u is none", i + 1, cat->n);
        }
    }

    return XSELL_OK;
}


static int
image_item(const xsell_catalog_t *cat, uint32_t idx)
{
    uint64_t             end;
    xsell_str_t          id;
    const xsell_item_t  *it;

    it = &xsell_items(cat)[idx];
    end = cat->part[XSELL_PART_TEXT].n;

    if (it->id_n == 0 || it->title_n == 0 || it->url_n == 0
        || it->text_off > end
        || (uint64_t) it->id_n + it->title_n + it->url_n + it->image_n
           + it->description_n > end - it->text_off
        || it->price < -1 || it->price > XSELL_PRICE_MAX
        || it->availability > XSELL_DISCONTINUED || it->rating > 500
        || it->category_idx > cat->part[XSELL_PART_CATEGORIES].n
        || it->brand_idx > cat->part[XSELL_PART_BRANDS].n
        || it->tags_idx > cat->part[XSELL_PART_TAGS].n)
    {
        return XSELL_ECORRUPT;
    }

    id = xsell_catalog_text(cat, it, XSELL_TEXT_ID);

    return xsell_catalog_find(cat, id.p, id.n) == idx ? XSELL_OK
                                                      : XSELL_ECORRUPT;
}
