
/*
 * xsell_json.h: JSON as the model reads it: a stream of objects with their
 * places in the file, and views of their values.  Private to engine/model.
 *
 * Behind it stands jansson, in xsell_json.c and nowhere else.
 */

#ifndef XSELL_JSON_H
#define XSELL_JSON_H

#include "../xsell.h"


enum {
    XSELL_JSON_NONE = 0,        /* absent, or null */
    XSELL_JSON_TEXT,
    XSELL_JSON_INTEGER,
    XSELL_JSON_REAL,
    XSELL_JSON_BOOL,
    XSELL_JSON_LIST,
    XSELL_JSON_OBJECT
};


typedef struct xsell_json_s  xsell_json_t;


/* a view: good until the document that it came from is closed */

typedef struct {
    unsigned             kind;          /* XSELL_JSON_* */
    xsell_str_t          text;
    int64_t              integer;       /* also 0 or 1 of a BOOL, and the
                                           length of a LIST */
    double               real;
    const xsell_json_t  *node;
} xsell_value_t;


/*
 * Reads an array of objects, or objects one after another (JSON lines), one
 * at a time: a catalogue of 2 GiB costs the tree of one item.
 */

typedef struct {
    const char          *p;             /* borrowed */
    size_t               n;
    size_t               off;           /* next byte to read */
    size_t               line_off;      /* first byte of the line of off */
    unsigned             line;          /* from 1 */
    uint8_t              array;
    uint8_t              state;
    uint64_t             seen;          /* objects returned */

    /* the object that was returned last */
    size_t               at;
    size_t               len;
    size_t               at_line_off;
    unsigned             at_line;
} xsell_json_reader_t;


void xsell_json_reader_init(xsell_json_reader_t *r, const char *p, size_t n);

/*
 * The next object; the caller closes it.  XSELL_NONE after the last one;
 * EINVAL with line and column; ENOMEM.
 */
int xsell_json_next(xsell_json_reader_t *r, xsell_json_t **doc,
    xsell_error_t *err);

/* line and column of a key of the object returned last (of the object's own
   first byte if key is NULL or spelt with escapes); O(object) */
void xsell_json_where(const xsell_json_reader_t *r, const char *key,
    unsigned *line, unsigned *column);


/* one object that fills p alone; the same errors */
int xsell_json_open(xsell_json_t **doc, const char *p, size_t n,
    xsell_error_t *err);
void xsell_json_close(xsell_json_t *doc);

/* the value of a key */
void xsell_json_get(const xsell_json_t *doc, const char *key,
    xsell_value_t *v);

/* element i of a LIST */
void xsell_json_element(const xsell_value_t *list, size_t i,
    xsell_value_t *v);

/* walks the keys: NULL starts, returns NULL after the last one */
void *xsell_json_each(const xsell_json_t *doc, void *iter, const char **key,
    xsell_value_t *v);

/* byte offset of a key's value in the text that begins with an object that
   parsed; n if there is no such key at its top level */
size_t xsell_json_locate(const char *p, size_t n, const char *key);

/* the same of element i of the list that the text begins with */
size_t xsell_json_nth(const char *p, size_t n, size_t i);

/* line and column, in characters, of a byte of a file; O(off) */
void xsell_json_place(const char *p, size_t off, unsigned *line,
    unsigned *column);

/* what a kind is called in a message */
const char *xsell_json_kind(unsigned kind);


#endif /* XSELL_JSON_H */
