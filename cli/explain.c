
/*
 * explain.c: `xsell explain`: what the filter would do to a page, and why not.
 *
 * The page is in memory as a whole, and fed to the rewriter as nginx would:
 * what comes out is what it would put, with line and column and the text
 * around.  One more place, which no page has, keeps it reading to the end and
 * notes every root and section on the way, also those that come too late.
 *
 *   the page      explain.c: a URL (fetch.c), a file, standard input
 *   the slots     explain_slots.c: of the command line, or of a
 *                 configuration, by location; explain_location.c: which one a
 *                 URL belongs to
 *   the answer    explain.c
 */

#include "explain.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>


#define EXPLAIN_SHOWN   8               /* roots, sections */
#define EXPLAIN_TAG     60              /* bytes of a tag */
#define EXPLAIN_AROUND  36              /* bytes of text on each side */


static const char  explain_help[] =
    "usage: xsell explain [--slot SLOT [--existing MODE] [--root SELECTOR]]...\n"
    "                     [--config FILE] [--catalog FILE] PAGE\n"
    "\n"
    "Says what nginx would do to a page: its charset, its item, what a framework\n"
    "takes over in the browser, the recommendations that it has already, and where\n"
    "each slot goes, or why nowhere.  PAGE is a URL (by curl), a file, or - for\n"
    "standard input.\n"
    "\n"
    "  -s, --slot SLOT   POSITION SELECTOR, or the NAME of a marker, as\n"
    "                    xsell_slot has them: 'after \"#description\"'\n"
    "  -e, --existing MODE[:SELECTOR]\n"
    "  -r, --root SELECTOR | off\n"
    "                    as these parameters of xsell_slot, for the slot before\n"
    "  -c, --config FILE the slots of this configuration of nginx: of a URL those of\n"
    "                    its location, else those of each location\n"
    "  -i, --catalog FILE  which item of this catalogue the page is about\n"
    "  -h, --help        this text\n"
    "\n"
    "Exit codes: 0 each slot has its place, 3 one has none, 1 it failed, 2 wrong\n"
    "usage.\n";


/* ---- the page --------------------------------------------------------- */

static int
explain_page(explain_t *e, const char *name)
{
    if (cli_is_url(name)) {
        return cli_fetch(name, &e->page);
    }

    return cli_read(name, &e->page.text, &e->page.n) == 0 ? CLI_OK
                                                          : CLI_FAILED;
}


static void
explain_where(const explain_t *e, uint64_t off, unsigned *line,
    unsigned *column)
{
    uint64_t  i, start;

    *line = 1;

    for (i = 0, start = 0; i < off && i < e->page.n; i++) {
        if (e->page.text[i] == '\n') {
            (*line)++;
            start = i + 1;
        }
    }

    *column = (unsigned) (off - start) + 1;
}


/* a piece of the page on one line: nothing that a terminal obeys */

static void
explain_text(const explain_t *e, uint64_t from, uint64_t to)
{
    int      white;
    uint8_t  c;

    for (white = 0; from < to && from < e->page.n; from++) {
        c = (uint8_t) e->page.text[from];

        if (c <= ' ' || c == 0x7f) {
            white = 1;
            continue;
        }

        if (white) {
            putchar(' ');
            white = 0;
        }

        putchar(c);
    }
}


/* the start tag at an offset */

static void
explain_tag(const explain_t *e, uint64_t at)
{
    unsigned     line, column;
    const char  *end;

    explain_where(e, at, &line, &column);
    end = memchr(e->page.text + at, '>', e->page.n - at);

    explain_text(e, at, end && end - (e->page.text + at) < EXPLAIN_TAG
                        ? (uint64_t) (end - e->page.text) + 1
                        : at + EXPLAIN_TAG);
    printf("\n          line %u, column %u\n", line, column);
}


static void
explain_charset(const explain_t *e)
{
    int            declared;
    const char    *p;
    xsell_str_t    label;
    xsell_sniff_t  sniff;

    p = strcasestr(e->page.type, "charset=");
    declared = p != NULL;
    label = cli_str(p ? p + 8 : "");

    xsell_sniff_init(&sniff, declared);

    printf("charset   ");

    if (xsell_charset(label) == XSELL_CHARSET_FOREIGN
        || xsell_sniff_feed(&sniff, (const uint8_t *) e->page.text,
                            e->page.n < XSELL_SNIFF_MAX ? e->page.n
                                                        : XSELL_SNIFF_MAX)
           == XSELL_EINVAL)
    {
        printf("%s: no fragment can be put into it\n",
               declared ? p + 8 : "not compatible with ASCII");

    } else if (xsell_charset(label) == XSELL_CHARSET_UTF8) {
        printf("UTF-8\n");

    } else {
        printf("%s: other characters than ASCII are written as references\n",
               declared ? p + 8 : "not said by a header");
    }
}


static void
explain_head(const explain_t *e, const char *name)
{
    printf("page      %s, %zu bytes", name, e->page.n);

    if (e->page.status) {
        printf(", status %u, %s", e->page.status,
               e->page.type[0] ? e->page.type : "of no type");
    }

    printf("\n");

    if (e->page.status && e->page.status != 200) {
        printf("          only pages of status 200 get fragments\n");
    }

    if (e->page.status && strncasecmp(e->page.type, "text/html", 9) != 0) {
        printf("          only text/html gets fragments\n");
    }

    explain_charset(e);

    if (e->page.encoding[0]) {
        printf("encoding  %s%s\n", e->page.encoding,
               strcasecmp(e->page.encoding, "gzip") == 0
               ? ": inflated on the way"
               : ": can't be decoded on the way, the page would pass as it "
                 "is");
    }
}


/* what nginx sees is the page before it has passed the module */

static void
explain_ours(const explain_t *e)
{
    const char  *p;

    static const char  mark[] = "data-xsell-slot=";

    p = memmem(e->page.text, e->page.n, mark, sizeof(mark) - 1);

    if (p) {
        printf("ours      this page has passed the module already, a fragment "
               "is in it:\n          ask the upstream for the page, what "
               "follows is of the second time\n");
    }
}


/* which item it is about, as nginx finds it where xsell_item is not set */

static int
explain_item(const explain_t *e, const char *name)
{
    xsell_str_t        id;
    xsell_found_t      found;
    xsell_locator_t    self;
    xsell_catalog_t   *cat;

    static xsell_product_t  product;

    if (e->catalog == NULL) {
        return CLI_OK;
    }

    cat = cli_catalog_quiet(e->catalog);

    if (cat == NULL) {
        return CLI_FAILED;
    }

    memset(&self, 0, sizeof(self));
    memset(&found, 0, sizeof(found));
    found.item = XSELL_NO_ITEM;

    if (cli_is_url(name) && xsell_locator(&self, name, strlen(name))
                            == XSELL_OK)
    {
        found.item = xsell_catalog_page(cat, &self);
        found.from = XSELL_FROM_URL;
    }

    if (found.item == XSELL_NO_ITEM) {
        xsell_product_init(&product, cat, &self);
        xsell_product_feed(&product, (const uint8_t *) e->page.text,
                           e->page.n);

        if (xsell_product_finish(&product, &found) != XSELL_OK) {
            found.item = XSELL_NO_ITEM;
        }
    }

    if (found.item == XSELL_NO_ITEM) {
        printf("item      none that the catalogue has\n");

    } else {
        id = xsell_catalog_text(cat, xsell_catalog_item(cat, found.item),
                                XSELL_TEXT_ID);
        printf("item      %.*s, by %s\n", (int) id.n, id.p,
               xsell_from_name(found.from));
    }

    xsell_catalog_destroy(cat);

    return CLI_OK;
}


/* ---- what is noticed on the way --------------------------------------- */

static void
explain_saw(void *ctx, unsigned what, unsigned which, uint64_t at)
{
    unsigned         i;
    explain_t       *e = ctx;
    explain_note_t  *n;
    explain_slot_t  *s;

    if (what == XSELL_SAW_SECTION && which < XSELL_PLACES_MAX
        && e->named[which])
    {
        s = &e->now[e->named[which] - 1];
        s->late = s->late ? s->late : at + 1;
        return;
    }

    for (i = 0; i < e->note_n; i++) {
        n = &e->note[i];

        if (n->at == at
            && (n->what >= XSELL_SAW_SECTION) == (what >= XSELL_SAW_SECTION))
        {
            n->what = what == XSELL_SAW_SECTION ? what : n->what;
            n->which = what >= XSELL_SAW_SECTION || n->which > XSELL_ROOT_APP
                       ? n->which : which;
            return;
        }
    }

    if (e->note_n < EXPLAIN_NOTES) {
        n = &e->note[e->note_n++];
        n->what = what;
        n->which = which;
        n->at = at;
    }
}


static unsigned
explain_notes(const explain_t *e, unsigned section)
{
    unsigned               i, n, document;
    const explain_note_t  *note;

    document = 0;

    for (i = 0, n = 0; i < e->note_n; i++) {
        note = &e->note[i];

        if ((note->what >= XSELL_SAW_SECTION) != section) {
            continue;
        }

        if (note->what == XSELL_SAW_DOCUMENT && document++) {
            continue;                   /* each of its styles says so */
        }

        if (n++ == EXPLAIN_SHOWN) {
            printf("          and more\n");
            break;
        }

        if (section) {
            printf("has       %s", note->what == XSELL_SAW_CLOSED
                                   ? "(hidden, in a drawer or the like: passed "
                                     "over) " : "");

        } else {
            printf("hydrated  %s%s: ",
                   note->which <= XSELL_ROOT_APP
                   ? "by a framework" : xsell_root_name(note->which),
                   note->what == XSELL_SAW_DOCUMENT ? ", the whole document"
                                                    : "");
        }

        explain_tag(e, note->at);
    }

    return n;
}


/* scripts at the end that say that the document was hydrated: too late */

static void
explain_late(const explain_t *e)
{
    size_t       i;
    unsigned     line, column;
    const char  *p;

    static const struct {
        const char  *text;
        const char  *who;
    } late[] = {
        { "window.__remixContext", "Remix" },
        { "window.__reactRouterContext", "React Router" },
        { "self.__next_f", "Next.js" }, { "window.$_TSR", "TanStack Start" }
    };

    for (i = 0; i < e->note_n; i++) {
        if (e->note[i].what < XSELL_SAW_SECTION) {
            return;
        }
    }

    for (i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
        p = memmem(e->page.text, e->page.n, late[i].text,
                   strlen(late[i].text));

        if (p) {
            explain_where(e, (uint64_t) (p - e->page.text), &line, &column);
            printf("hydrated  %s, the whole document, which only a script on "
                   "line %u tells:\n          too late to move slots, put "
                   "them to \"append body\"\n", late[i].who, line);
            return;
        }
    }
}


/* ---- the answer ------------------------------------------------------- */

static void
explain_name(const explain_slot_t *s)
{
    printf("slot      %s%s", s->name, s->position[0] ? ": " : "");

    if (s->position[0]) {
        printf("%s \"%s\"", s->position, s->selector);
    } else {
        printf(": marker <!--xsell %s-->", s->name);
    }

    printf("%s%s%s%s", s->more[0] ? " " : "", s->more[0] ? s->more[0] : "",
           s->more[1] ? " " : "", s->more[1] ? s->more[1] : "");
    printf(s->at ? "  (%s)\n" : "\n", s->at);
}


static void
explain_after(const explain_t *e, const explain_slot_t *s)
{
    unsigned  i, line, column;

    if (s->late > s->off) {
        explain_where(e, s->late - 1, &line, &column);
        printf("          what it names comes after it, on line %u: too late "
               "to %s\n", line, s->skips == XSELL_EXISTING_SKIP
                                ? "put nothing" : "be replaced");
        return;
    }

    for (i = 0; !strchr(s->more[0], ':') && i < e->note_n; i++) {
        if (e->note[i].what == XSELL_SAW_SECTION && e->note[i].at >= s->off) {
            printf("          what the page has already comes after it: too "
                   "late to %s\n", s->skips == XSELL_EXISTING_SKIP
                                   ? "put nothing" : "be replaced");
            return;
        }
    }
}


static int
explain_answer(const explain_t *e, const explain_slot_t *s)
{
    unsigned  line, column;
    uint64_t  from;

    explain_name(s);

    if (!xsell_place_served(s->state)) {
        printf("          %s: %s\n", xsell_place_name(s->state),
               xsell_place_why(s->state));
        return CLI_UNSERVED;
    }

    explain_where(e, s->off, &line, &column);

    if (s->state == XSELL_PLACE_MOVED) {
        printf("          moved out of what %s hydrates, to",
               s->root <= XSELL_ROOT_APP ? "a framework"
                                         : xsell_root_name(s->root));
    } else {
        printf("          %s", s->replaced ? "in the stead of an element, at"
                                           : "served, at");
    }

    printf(" line %u, column %u:\n          ", line, column);

    from = s->off > EXPLAIN_AROUND ? s->off - EXPLAIN_AROUND : 0;
    explain_text(e, from, s->off);
    printf(" {HERE} ");
    explain_text(e, s->off, s->off + EXPLAIN_AROUND);
    printf("\n");

    if (s->skips && !s->replaced) {
        explain_after(e, s);
    }

    return CLI_OK;
}


static int
explain_place(xsell_places_t *ps, unsigned i, explain_slot_t *s)
{
    int            rc;
    unsigned       k;
    xsell_error_t  err;

    rc = xsell_places_add(ps, cli_str(s->name), cli_str(s->position),
                          cli_str(s->selector), &err);

    for (k = 0; k < 2 && rc == XSELL_OK; k++) {
        if (s->more[k]) {
            rc = xsell_places_parameter(ps, i, cli_str(s->more[k]), &err);
        }
    }

    if (rc == XSELL_NONE) {
        (void) xsell_fail(&err, XSELL_EINVAL, 0, 0, "%s: a value is missing",
                          s->more[k - 1]);
    }

    if (rc != XSELL_OK) {
        return cli_fail("%s%sslot \"%s\" (%s %s): %s", s->at ? s->at : "",
                        s->at ? ": " : "", s->name, s->position, s->selector,
                        err.text);
    }

    s->skips = s->more[0] == NULL ? XSELL_EXISTING_KEEP
               : strncmp(s->more[0], "existing=skip", 13) == 0
                 ? XSELL_EXISTING_SKIP
               : strncmp(s->more[0], "existing=replace", 16) == 0
                 ? XSELL_EXISTING_REPLACE : XSELL_EXISTING_KEEP;

    return CLI_OK;
}


static void
explain_put(const explain_t *e, explain_slot_t *s, unsigned which, unsigned n)
{
    if (which < n) {
        s[which].off = e->rw.at;
        s[which].replaced = e->rw.cut;
    }
}


static void
explain_feed(explain_t *e, explain_slot_t *s, unsigned n)
{
    int             rc;
    size_t          used, left;
    unsigned        which;
    const uint8_t  *p;

    p = (const uint8_t *) e->page.text;
    left = e->page.n;

    do {
        rc = xsell_rewriter_feed(&e->rw, p, left, &used, &which);
        p += used;
        left -= used;

        if (rc == XSELL_AGAIN) {
            explain_put(e, s, which, n);
        }

    } while (rc == XSELL_AGAIN);

    while (xsell_rewriter_finish(&e->rw, &which) == XSELL_AGAIN) {
        explain_put(e, s, which, n);
    }
}


/* an element that no page has: reads to the end, and tells on the way of
   sections: those that are known, or those that a slot names */

static void
explain_watch(xsell_places_t *ps, unsigned at, xsell_str_t what)
{
    xsell_error_t  err;

    if (at < XSELL_PLACES_MAX
        && xsell_places_add(ps, cli_str("all"), cli_str("append"),
                            cli_str("xsell-no-such-element"), &err)
           == XSELL_OK)
    {
        (void) xsell_places_existing(ps, at, XSELL_EXISTING_TELL, what, &err);
    }
}


/* slots of one location, at most as many as fit on a page */

static int
explain_run(explain_t *e, explain_slot_t *s, unsigned n)
{
    int              rc;
    unsigned         i;
    const char      *named;
    xsell_places_t  *ps;

    if (xsell_places_create(&ps) != XSELL_OK) {
        return cli_fail("out of memory");
    }

    for (i = 0, rc = CLI_OK; i < n && rc == CLI_OK; i++) {
        rc = explain_place(ps, i, &s[i]);
    }

    memset(e->named, 0, sizeof(e->named));
    e->now = s;

    if (rc == CLI_OK) {
        explain_watch(ps, n, cli_str(""));
    }

    for (i = 0; i < n && rc == CLI_OK; i++) {
        named = s[i].skips ? strchr(s[i].more[0], ':') : NULL;

        if (named && xsell_places_n(ps) < XSELL_PLACES_MAX) {
            e->named[xsell_places_n(ps)] = (uint8_t) (i + 1);
            explain_watch(ps, xsell_places_n(ps), cli_str(named + 1));
        }
    }

    if (rc == CLI_OK) {
        xsell_rewriter_init(&e->rw, ps, XSELL_HOLDS_ALL);
        e->rw.saw = explain_saw;
        e->rw.ctx = e;

        explain_feed(e, s, n);

        for (i = 0; i < n; i++) {
            s[i].state = e->rw.state[i];
            s[i].root = e->rw.root[i];
        }
    }

    xsell_places_destroy(ps);

    return rc;
}


static int
explain_all(explain_t *e, const char *name)
{
    int       rc, worst;
    unsigned  i, k, n;

    explain_head(e, name);
    explain_ours(e);

    if (cli_is_url(name) && e->all) {
        explain_location(e, name);
    }

    if (explain_item(e, name) != CLI_OK) {
        return CLI_FAILED;
    }

    for (i = 0, worst = CLI_OK; i < e->slot_n || i == 0; i += n) {

        for (n = 0; i + n < e->slot_n && n < XSELL_PLACES_MAX
                    && e->slot[i + n].number == e->slot[i].number; n++)
        {
            /* void */
        }

        rc = explain_run(e, &e->slot[i], n);

        if (rc != CLI_OK) {
            return rc;
        }

        if (i == 0) {
            if (explain_notes(e, 0) == 0) {
                explain_late(e);
            }

            (void) explain_notes(e, 1);
        }

        if (n && e->slot[i].block && e->slot[i].block[0]) {
            printf("\n%s\n", e->slot[i].block);
        }

        for (k = 0; k < n; k++) {
            rc = explain_answer(e, &e->slot[i + k]);
            worst = rc ? rc : worst;
        }

        if (n == 0) {
            break;
        }
    }

    return worst;
}


/* ---- the command line ------------------------------------------------- */

static int
explain_options(explain_t *e, int argc, char **argv)
{
    int  c, rc;

    static const struct option  options[] = {
        { "slot", required_argument, NULL, 's' },
        { "existing", required_argument, NULL, 'e' },
        { "root", required_argument, NULL, 'r' },
        { "config", required_argument, NULL, 'c' },
        { "catalog", required_argument, NULL, 'i' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    rc = CLI_OK;

    while (rc == CLI_OK
           && (c = getopt_long(argc, argv, "s:e:r:c:i:h", options, NULL)) != -1)
    {
        switch (c) {

        case 's':
            rc = explain_option(e, optarg);
            break;

        case 'e':
            rc = explain_more(e, 0, "existing", optarg);
            break;

        case 'r':
            rc = explain_more(e, 1, "root", optarg);
            break;

        case 'c':
            rc = explain_config(e, optarg);
            break;

        case 'i':
            e->catalog = optarg;
            break;

        case 'h':
            fputs(explain_help, stdout);
            return -1;

        default:
            return CLI_USAGE;
        }
    }

    if (rc != CLI_OK) {
        return rc;
    }

    if (optind + 1 != argc) {
        return cli_usage("explain", optind == argc
                         ? "which page? A URL, a file, or -"
                         : "one page at a time");
    }

    return CLI_OK;
}


int
cli_explain(int argc, char **argv)
{
    int         rc;
    explain_t  *e;

    e = calloc(1, sizeof(explain_t));

    if (e == NULL) {
        return cli_fail("out of memory");
    }

    rc = explain_options(e, argc, argv);

    if (rc == CLI_OK) {
        rc = explain_page(e, argv[optind]);
    }

    if (rc == CLI_OK) {
        rc = explain_all(e, argv[optind]);
    }

    explain_slots_free(e);
    free(e->page.text);
    free(e);

    return rc == -1 ? CLI_OK : rc;
}
