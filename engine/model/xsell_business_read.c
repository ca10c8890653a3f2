
/*
 * xsell_business_read.c: the file in which a marketer says what he wants, to
 * rules.  It is the first half of reading: words and numbers; what they mean
 * in this catalogue comes after it (xsell_business_build.c).
 *
 *     { "zone": "Europe/Berlin",
 *       "rules": [
 *         { "name": "Sale",
 *           "when": { "from": "2026-11-27", "until": "2026-11-30" },
 *           "boost": { "tag": "sale" }, "by": 3 } ] }
 *
 * A rule has a name, one thing that it does, and two optional parts that say
 * where and when it holds.  Whatever is not known is an error: a rule that
 * silently does nothing is found out after the sale.  But words that only
 * today's catalogue lacks (an item, a brand) are doubts: a catalogue that was
 * loaded at night must not be refused for a rule of last spring.
 *
 * Invariants: at most XSELL_BUSINESS_MAX rules; numbers are finite and within
 * their ranges; each error has its place in the file.
 *
 * Not taken: a language of expressions ("price > 10 and ...").  It needs a
 * manual, its mistakes are found at run time, and it can't be compiled to
 * words of bits.
 */

#include "xsell_business.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>


#define BUSINESS_BYTES     (1 << 20)
#define BUSINESS_NAME_MAX  60
#define BUSINESS_BY_MAX    1000.0
#define BUSINESS_MARGIN_MAX  10.0

#define BUSINESS_FROM      INT64_MIN
#define BUSINESS_UNTIL     INT64_MAX


static int business_name(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_at(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_by(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_margin(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_most(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_per(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_times(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);
static int business_note(xsell_drafts_t *d, uint32_t i, unsigned part,
    size_t off, const xsell_value_t *v);


/* what a rule does stands first, in the order of XSELL_DO_* */

static const xsell_draft_key_t  business_rule_keys[] = {
    { "pin", xsell_draft_pin },
    { "boost", xsell_draft_what },
    { "bury", xsell_draft_what },
    { "exclude", xsell_draft_what },
    { "only", xsell_draft_what },
    { "margin", business_margin },
    { "most", business_most },
    { "cap", xsell_draft_what },
    { "name", business_name },
    { "when", xsell_draft_side },
    { "unless", xsell_draft_side },
    { "at", business_at },
    { "by", business_by },
    { "of", xsell_draft_what },
    { "per", business_per },
    { "times", business_times },
    { "note", business_note },
    { NULL, NULL }
};


/* ---- numbers of a rule ---- */

static int
business_at(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    if (!xsell_draft_whole(d, off, v, XSELL_SLATE_MAX, &d->b->rule[i].at)) {
        return 0;
    }

    d->b->rule[i].at--;
    d->b->rule[i].at_spot = xsell_business_spot(d, off);

    return 1;
}


static int
business_by(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    double  by;

    if (!xsell_draft_number(v, &by) || by < 1 || by > BUSINESS_BY_MAX) {
        return xsell_draft_fail(d, off, "not a number from 1 to %.0f: 2 means "
                                "twice as likely, or for \"bury\" half as "
                                "likely", BUSINESS_BY_MAX);
    }

    /* odds times `by` are logits plus log(by) */

    d->b->weight[i] = (float) log(by);

    return 1;
}


static int
business_margin(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    double  weight;

    if (!xsell_draft_number(v, &weight) || weight < 0
        || weight > BUSINESS_MARGIN_MAX)
    {
        return xsell_draft_fail(d, off, "not a number from 0 to %.0f",
                                BUSINESS_MARGIN_MAX);
    }

    d->b->rule[i].action = XSELL_DO_MARGIN;
    d->b->weight[i] = (float) weight;

    return 1;
}


static int
business_most(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    d->b->rule[i].action = XSELL_DO_MOST;

    return xsell_draft_whole(d, off, v, XSELL_SLATE_MAX, &d->b->rule[i].most);
}


static int
business_per(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    if (v->kind == XSELL_JSON_TEXT && v->text.n == 5
        && memcmp(v->text.p, "brand", 5) == 0)
    {
        d->b->rule[i].per = XSELL_PER_BRAND;
        return 1;
    }

    if (v->kind == XSELL_JSON_TEXT && v->text.n == 8
        && memcmp(v->text.p, "category", 8) == 0)
    {
        d->b->rule[i].per = XSELL_PER_CATEGORY;
        return 1;
    }

    return xsell_draft_fail(d, off, "neither \"brand\" nor \"category\"");
}


static int
business_times(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    xsell_business_t  *b;

    b = d->b;

    if (!xsell_draft_whole(d, off, v, XSELL_BUSINESS_TIMES,
                           &b->rule[i].times))
    {
        return 0;
    }

    if (b->counters == XSELL_BUSINESS_CAPS) {
        return xsell_draft_fail(d, off, "more than %d rules with \"times\"",
                                XSELL_BUSINESS_CAPS);
    }

    b->rule[i].counter = (uint8_t) b->counters++;
    b->counted |= 1ull << i;

    return 1;
}


static int
business_name(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    size_t    k;
    uint32_t  n;

    if (v->kind != XSELL_JSON_TEXT) {
        return xsell_draft_kind(d, off, v, "a text");
    }

    if (v->text.n == 0 || v->text.n > BUSINESS_NAME_MAX) {
        return xsell_draft_fail(d, off, "a name has 1 to %d bytes",
                                BUSINESS_NAME_MAX);
    }

    /* names go to logs and terminals */

    for (k = 0; k < v->text.n; k++) {
        if ((uint8_t) v->text.p[k] < 0x20 || v->text.p[k] == 0x7f) {
            return xsell_draft_fail(d, off, "a name with a control character");
        }
    }

    for (n = 0; n < i; n++) {
        if (d->b->rule[n].name.n == v->text.n
            && memcmp(d->b->rule[n].name.p, v->text.p, v->text.n) == 0)
        {
            return xsell_draft_fail(d, off, "two rules of this name");
        }
    }

    d->b->rule[i].name = v->text;

    return 1;
}


static int
business_note(xsell_drafts_t *d, uint32_t i, unsigned part, size_t off,
    const xsell_value_t *v)
{
    return v->kind == XSELL_JSON_TEXT
           ? 1 : xsell_draft_kind(d, off, v, "a text");
}


/* ---- a rule ---- */

/* what stands beside an action must be its own */

static int
business_beside(xsell_drafts_t *d, const xsell_draft_at_t *at, const char *key,
    int fits, const char *whose)
{
    size_t         off;
    xsell_value_t  v;

    xsell_json_get(at->doc, key, &v);

    if (v.kind == XSELL_JSON_NONE || fits) {
        return 1;
    }

    off = xsell_json_locate(d->text + at->off, d->text_n - at->off, key);
    off = at->off + (off < d->text_n - at->off ? off : 0);

    return xsell_draft_fail(d, off, "\"%s\" belongs to %s", key, whose);
}


static int
business_complete(xsell_drafts_t *d, uint32_t i, const xsell_draft_at_t *at)
{
    float                  *weight;
    unsigned                act;
    xsell_value_t           of;
    xsell_business_rule_t  *rule;

    weight = &d->b->weight[i];
    rule = &d->b->rule[i];
    act = rule->action;

    if (rule->name.n == 0) {
        return xsell_draft_fail(d, at->off, "a rule without a \"name\"");
    }

    if (act == XSELL_DO_BOOST || act == XSELL_DO_BURY) {

        if (*weight == 0) {
            *weight = (float) log(2);
        }

        *weight = act == XSELL_DO_BURY ? -*weight : *weight;
    }

    xsell_json_get(at->doc, "of", &of);

    if (act == XSELL_DO_MOST && rule->per == XSELL_PER_SLATE
        && of.kind == XSELL_JSON_NONE)
    {
        return xsell_draft_fail(d, at->off, "\"most\" of what? Add \"per\": "
                                "\"brand\", or \"of\": { ... }");
    }

    if (act == XSELL_DO_CAP && rule->times == 0) {
        return xsell_draft_fail(d, at->off, "\"cap\" needs \"times\": how "
                                "often in a visit");
    }

    return business_beside(d, at, "at", act == XSELL_DO_PIN, "\"pin\"")
           && business_beside(d, at, "by", act == XSELL_DO_BOOST
                                           || act == XSELL_DO_BURY,
                              "\"boost\" and \"bury\"")
           && business_beside(d, at, "of", act == XSELL_DO_MOST
                                           || act == XSELL_DO_MARGIN,
                              "\"most\" and \"margin\"")
           && business_beside(d, at, "per", act == XSELL_DO_MOST, "\"most\"")
           && business_beside(d, at, "times", act == XSELL_DO_PIN
                                              || act == XSELL_DO_BOOST
                                              || act == XSELL_DO_BURY
                                              || act == XSELL_DO_CAP,
                              "\"pin\", \"boost\", \"bury\" and \"cap\"");
}


static int
business_rule(xsell_drafts_t *d, uint32_t i, const xsell_draft_at_t *at)
{
    unsigned           k, actions;
    uint64_t           bit;
    xsell_value_t      v;
    xsell_business_t  *b;

    b = d->b;
    bit = 1ull << i;
    d->off[i] = at->off;

    for (k = 0; k < XSELL_PAGES; k++) {
        b->when.page[k] |= bit;
        b->unless.page[k] |= bit;
    }

    b->when.schedule[i].from_s = b->unless.schedule[i].from_s = BUSINESS_FROM;
    b->when.schedule[i].until_s = BUSINESS_UNTIL;
    b->unless.schedule[i].until_s = BUSINESS_UNTIL;
    b->when.schedule[i].days = b->unless.schedule[i].days = 0x7f;

    b->rule[i].ratio[1] = INFINITY;
    b->rule[i].difference[0] = INT64_MIN;
    b->rule[i].difference[1] = INT64_MAX;

    for (k = 0, actions = 0; k < XSELL_DOS; k++) {
        xsell_json_get(at->doc, business_rule_keys[k].key, &v);
        actions += v.kind != XSELL_JSON_NONE;
    }

    /* unknown keys first: "exlude" is why there is no action */

    if (!xsell_draft_walk(d, i, XSELL_RULE_PARTS, business_rule_keys, at,
                          "a rule")) {
        return 0;
    }

    if (actions != 1) {
        return xsell_draft_fail(d, at->off, "a rule does one of pin, boost, "
                                "bury, exclude, only, margin, most and cap; "
                                "this does %s", actions ? "several" : "none");
    }

    if (!business_complete(d, i, at)) {
        return 0;
    }

    b->n++;

    switch (b->rule[i].action) {

    case XSELL_DO_PIN:
        b->pins |= bit;
        break;

    case XSELL_DO_EXCLUDE:
        b->excludes |= bit;
        break;

    case XSELL_DO_ONLY:
        b->onlys |= bit;
        break;

    case XSELL_DO_MOST:
        b->mosts |= bit;
        break;

    case XSELL_DO_CAP:
        b->caps |= bit;
        break;

    default:
        b->shifts |= bit;
        b->margins |= b->rule[i].action == XSELL_DO_MARGIN ? bit : 0;
    }

    return 1;
}


/* ---- the file ---- */

static int
business_rules(xsell_drafts_t *d, size_t off, const xsell_value_t *v)
{
    size_t         k, nth;
    xsell_draft_at_t  at;
    xsell_value_t  e;

    if (v->kind != XSELL_JSON_LIST) {
        return xsell_draft_kind(d, off, v, "a list of rules");
    }

    /* element by element: each place is looked for from the one before */

    for (k = 0; k < (size_t) v->integer; k++) {
        xsell_json_element(v, k, &e);
        nth = xsell_json_nth(d->text + off, d->text_n - off, k);
        at.off = off + (nth < d->text_n - off ? nth : 0);

        if (k == XSELL_BUSINESS_MAX) {
            return xsell_draft_fail(d, at.off, "more than %d rules",
                                    XSELL_BUSINESS_MAX);
        }

        if (e.kind != XSELL_JSON_OBJECT) {
            return xsell_draft_kind(d, at.off, &e, "a rule, { ... }");
        }

        at.doc = e.node;

        if (!business_rule(d, (uint32_t) k, &at)) {
            return 0;
        }
    }

    return 1;
}


static int
business_document(xsell_drafts_t *d, const xsell_json_t *doc)
{
    char           name[64], hint[128];
    void          *iter;
    size_t         off, start, rules;
    const char    *key;
    xsell_hint_t   h;
    xsell_value_t  v, list;

    iter = NULL;
    start = strspn(d->text, "\xef\xbb\xbf \t\r\n");
    rules = start;
    memset(&list, 0, sizeof(list));

    while ((iter = xsell_json_each(doc, iter, &key, &v)) != NULL) {
        off = xsell_json_locate(d->text + start, d->text_n - start, key);
        off = start + (off < d->text_n - start ? off : 0);

        if (strcmp(key, "rules") == 0) {
            list = v;
            rules = off;
            continue;
        }

        if (strcmp(key, "zone") == 0 || strcmp(key, "note") == 0) {

            if (v.kind != XSELL_JSON_TEXT) {
                return xsell_draft_kind(d, off, &v, "a text");
            }

            if (key[0] == 'z'
                && xsell_business_zone(d->text, d->text_n, name) == XSELL_OK
                && name[0] == '\0')
            {
                return xsell_draft_fail(d, off, "no time zone: write it like "
                                        "\"Europe/Berlin\"");
            }

            if (key[0] == 'z' && d->no_zone) {
                return xsell_draft_fail(d, off, "this machine has no time "
                                        "zone \"%s\": write it like "
                                        "\"Europe/Berlin\", as the names in "
                                        "/usr/share/zoneinfo", name);
            }

            continue;
        }

        xsell_hint_begin(&h, xsell_draft_str(key));
        xsell_hint_look(&h, xsell_draft_str("rules"));
        xsell_hint_look(&h, xsell_draft_str("zone"));
        xsell_hint_look(&h, xsell_draft_str("note"));

        return xsell_draft_fail(d, off, "the file has no \"%s\"%s",
                                xsell_printable(name, sizeof(name), h.wanted),
                                xsell_hint_text(&h, hint));
    }

    if (list.kind == XSELL_JSON_NONE) {
        return xsell_draft_fail(d, start, "no \"rules\": write { \"rules\": [ "
                                "... ] }");
    }

    return business_rules(d, rules, &list);
}


/* names outlive the document */

static int
business_keep(xsell_business_t *b)
{
    char      *p;
    size_t     n;
    uint32_t   i;

    for (n = 1, i = 0; i < b->n; i++) {
        n += b->rule[i].name.n;
    }

    for (i = 0; i < b->slot_n; i++) {
        n += b->slot[i].n;
    }

    b->names = p = malloc(n);

    if (p == NULL) {
        return XSELL_ENOMEM;
    }

    for (i = 0; i < b->n; i++) {
        memcpy(p, b->rule[i].name.p, b->rule[i].name.n);
        b->rule[i].name.p = p;
        p += b->rule[i].name.n;
    }

    for (i = 0; i < b->slot_n; i++) {
        memcpy(p, b->slot[i].p, b->slot[i].n);
        b->slot[i].p = p;
        p += b->slot[i].n;
    }

    return XSELL_OK;
}


static int
business_open(xsell_drafts_t *d, xsell_json_t **doc)
{
    size_t  start;

    *doc = NULL;
    start = strspn(d->text, "\xef\xbb\xbf \t\r\n");

    if (d->text_n > BUSINESS_BYTES) {
        return xsell_fail(d->err, XSELL_EINVAL, 0, 0, "more than %d bytes",
                          BUSINESS_BYTES);
    }

    if (start == d->text_n) {
        return xsell_fail(d->err, XSELL_EINVAL, 1, 1, "an empty file: write "
                          "{ \"rules\": [ ... ] }");
    }

    if (d->text[start] != '{') {
        (void) xsell_draft_fail(d, start, "%s here, but { \"rules\": [ ... ] } "
                                "is wanted", d->text[start] == '[' ? "a list"
                                                               : "no object");
        return XSELL_EINVAL;
    }

    return xsell_json_open(doc, d->text, d->text_n, d->err);
}


/* the text is not terminated: a copy is, so that nothing runs over its end */

static char *
business_copy(const char *text, size_t n)
{
    char  *copy;

    copy = malloc(n + 1);

    if (copy) {
        memcpy(copy, text, n);
        copy[n] = '\0';
    }

    return copy;
}


int
xsell_business_create(xsell_business_t **out, const char *text, size_t n,
    xsell_str_t zone, const xsell_catalog_t *cat, xsell_warn_pt warn,
    void *ctx, xsell_error_t *err)
{
    int                rc;
    char              *copy;
    xsell_json_t      *doc;
    xsell_error_t      spare;
    xsell_drafts_t    *d;
    xsell_business_t  *b;

    *out = NULL;
    doc = NULL;
    err = err ? err : &spare;
    copy = business_copy(text, n <= BUSINESS_BYTES ? n : 0);
    d = calloc(1, sizeof(*d));
    b = calloc(1, sizeof(*b));

    if (copy == NULL || d == NULL || b == NULL) {
        rc = xsell_fail(err, XSELL_ENOMEM, 0, 0, "out of memory");
        goto done;
    }

    b->catalog = cat;
    b->items = cat ? xsell_catalog_n(cat) : 0;
    b->unit = pow(10, cat ? xsell_catalog_exponent(cat) : 2);

    d->b = b;
    d->text = copy;
    d->text_n = n;
    d->warn = warn;
    d->ctx = ctx;
    d->err = err;

    if (xsell_timezone_parse(&b->zone, zone.p, zone.n) != XSELL_OK) {
        d->no_zone = 1;
    }

    rc = business_open(d, &doc);

    if (rc == XSELL_OK) {
        rc = business_document(d, doc) ? xsell_business_build(d)
             : d->nomem ? xsell_fail(err, XSELL_ENOMEM, 0, 0, "out of memory")
                        : XSELL_EINVAL;
    }

    if (rc == XSELL_OK && d->no_zone) {
        rc = xsell_fail(err, XSELL_EINVAL, 0, 0, "the time zone's file is "
                        "broken");
    }

    if (rc == XSELL_OK && business_keep(b) != XSELL_OK) {
        rc = xsell_fail(err, XSELL_ENOMEM, 0, 0, "out of memory");
    }

done:

    xsell_json_close(doc);

    if (d) {
        free(d->term);
    }

    free(d);
    free(copy);

    if (rc == XSELL_OK) {
        *out = b;

    } else {
        xsell_business_destroy(b);
    }

    return rc;
}


void
xsell_business_destroy(xsell_business_t *b)
{
    if (b) {
        free(b->class_of);
        free(b->class);
        free(b->what);
        free(b->margin);
        free(b->pin);
        free(b->names);
        free(b);
    }
}


int
xsell_business_zone(const char *text, size_t n, char name[64])
{
    size_t          i;
    char           *copy;
    xsell_json_t   *doc;
    xsell_value_t   v;

    name[0] = '\0';
    copy = n <= BUSINESS_BYTES ? business_copy(text, n) : NULL;

    if (copy == NULL || xsell_json_open(&doc, copy, n, NULL) != XSELL_OK) {
        free(copy);
        return XSELL_NONE;              /* why is said when it is read */
    }

    xsell_json_get(doc, "zone", &v);
    i = 0;

    /* it becomes part of a path */

    if (v.kind == XSELL_JSON_TEXT && v.text.n > 0 && v.text.n < 64
        && v.text.p[0] != '/' && memchr(v.text.p, '.', v.text.n) == NULL)
    {
        while (i < v.text.n
               && ((v.text.p[i] >= 'A' && v.text.p[i] <= 'Z')
                   || (v.text.p[i] >= 'a' && v.text.p[i] <= 'z')
                   || (v.text.p[i] >= '0' && v.text.p[i] <= '9')
                   || strchr("/_+-", v.text.p[i])))
        {
            i++;
        }

        if (i == v.text.n) {
            memcpy(name, v.text.p, i);
            name[i] = '\0';
        }
    }

    i = v.kind != XSELL_JSON_NONE;
    xsell_json_close(doc);
    free(copy);

    return i ? XSELL_OK : XSELL_NONE;
}
