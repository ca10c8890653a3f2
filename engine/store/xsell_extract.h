
/*
 * xsell_extract.h: between the two halves of writing a snapshot: the walk
 * (xsell_snapshot.c) and what it takes from each place (xsell_extract.c).
 */

#ifndef XSELL_EXTRACT_H
#define XSELL_EXTRACT_H

#include "xsell_snapshot.h"


/* a region of the arena that is read, whoever's layout it is */

typedef struct {
    const uint8_t           *p;         /* NULL: left out */
    uint64_t                 count;
    uint32_t                 stride;
    uint32_t                 take;      /* of a record, known to both */
    uint32_t                 version;
} xsell_source_t;


struct xsell_snapshot_s {
    xsell_source_t           source[XSELL_REGIONS];
    const xsell_header_t    *header;
    xsell_snap_head_t        head;
    xsell_ref_t             *map;       /* slot -> place in ITEMS, tag */
    uint32_t                 slots;
    uint32_t                 names;
    uint32_t                 items;     /* written so far */

    unsigned                 stage;     /* next of xsell_sections[] */
    uint64_t                 at;        /* next unit of it */
    unsigned                 begun:1;
    unsigned                 whole:1;   /* model is */
    xsell_model_t            model;     /* its pieces are of one moment */

    xsell_snap_end_t         end;       /* sums so far */
    size_t                   fill;      /* bytes of chunk[] in use */
    uint8_t                  chunk[XSELL_SNAP_CHUNK];
};


/* a unit is what one step visits: `per` of them in a record of the region,
   each giving at most `most` records of the file */

typedef struct {
    uint16_t                 type;
    uint16_t                 most;
    uint32_t                 bytes;
    unsigned                 region;
    unsigned                 per;
    void                   (*step)(xsell_snapshot_t *s);
} xsell_section_t;


#define XSELL_SECTIONS  13

/* of an item's record, version 1: carts_tag was carts alone, the tag one byte
   behind the residual */
#define XSELL_ITEM_BYTES_1  48

/* in the file's order */
extern const xsell_section_t  xsell_sections[XSELL_SECTIONS];


#endif /* XSELL_EXTRACT_H */
