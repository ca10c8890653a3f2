
/*
 * Does a template close what it opens?  A <div> that stays open takes the
 * rest of a shop's page in, an end tag too many closes the shop's own: the
 * page still looks right in the editor, so somebody has to say it.
 *
 * A compiled template is run over made-up values, and its tags are put on a
 * stack: with all values there, with each one missing, with one item, with
 * none of the values.  So two sections that are alternatives, or a pair of
 * sections that open and close under the same condition, are what they will
 * be in a page, and nothing has to be guessed from the text.  The program
 * remembers where its literal text came from (xsell_origin_t); a partial is
 * told by its own file.
 *
 * Doubts, not errors: a browser mends every text, and the list of what it
 * mends by itself (end tags that may be left out) is only followed as far as
 * nothing is told wrongly.  A full tree builder was not taken: it mends what
 * should be told.
 */

#include "xsell_page.h"
#include "xsell_tags.h"

#include <stdio.h>


#define OPEN_MAX   256
#define LOST_MAX   16
#define TOLD_MAX   8
#define TURNS      3
#define TAG_MAX    32

#define OPTIONAL   (XSELL_TAG_IMPLIED | XSELL_TAG_THOROUGH)


enum {
    AT_TEXT = 0,
    AT_LESS,                    /* after < */
    AT_SLASH,                   /* after </ */
    AT_NAME,
    AT_BETWEEN,                 /* attributes */
    AT_EQUALS,
    AT_VALUE,                   /* without quotes */
    AT_QUOTED,
    AT_BANG,                    /* after <! or <? */
    AT_COMMENT,
    AT_RAW                      /* up to </name */
};


typedef struct {
    uint64_t             name;
    size_t               off;           /* of its < in the program's text */
    char                 text[TAG_MAX];
} open_t;

typedef struct {
    const xsell_program_t *t;
    xsell_doubt_pt       warn;
    void                *ctx;

    /* the case that is tried */
    uint32_t             missing;       /* a variable; XSELL_VARS: none */
    uint8_t              all_missing;
    uint32_t             turns;
    uint32_t             turn;

    /* the tag that is read */
    uint8_t              state;
    uint8_t              quote;
    uint8_t              end;
    uint8_t              slash;         /* the last byte was / */
    uint8_t              dashes;
    uint8_t              n;             /* of text */
    open_t               tag;

    open_t               open[OPEN_MAX];
    uint32_t             depth;
    uint64_t             lost[LOST_MAX];
    uint32_t             lost_n;
    uint8_t              blind;         /* too deep: says nothing more */

    size_t               told[TOLD_MAX];
    uint32_t             told_n;
} balance_t;


static unsigned
flags_of(uint64_t name)
{
    return xsell_tags[xsell_tag_kind(name)].flags;
}


/* ---- doubts ---- */

static const char *
condition(const balance_t *b, char out[64])
{
    out[0] = '\0';

    if (b->all_missing) {
        return ", where the values of an item are missing";
    }

    if (b->missing < XSELL_VARS) {
        snprintf(out, 64, ", where \"%s\" is missing",
                 xsell_variables[b->missing].name);

    } else if (b->turns == 1) {
        return ", where there is one item alone";
    }

    return out;
}


static void
tell(balance_t *b, const open_t *tag, const char *what)
{
    char            file[XSELL_NAME_MAX + 16], when[64];
    uint32_t        i;
    unsigned        line, column;
    xsell_str_t     name;
    xsell_error_t   w;

    for (i = 0; i < b->told_n; i++) {
        if (b->told[i] == tag->off) {
            return;
        }
    }

    if (b->told_n == TOLD_MAX || b->blind) {
        return;
    }

    b->told[b->told_n++] = tag->off;
    xsell_program_place(b->t, tag->off, &name, &line, &column);
    snprintf(file, sizeof(file), "%.*s.mustache", (int) name.n, name.p);
    xsell_fail(&w, XSELL_OK, line, column, "<%s%s> %s%s",
               what[0] == 'c' ? "/" : "", tag->text, what,
               condition(b, when));
    b->warn(b->ctx, file, &w);
}


/* ---- the stack ---- */

/* in <svg> and <math>, a tag that ends with / has no end tag */

static int
is_foreign(const balance_t *b)
{
    uint32_t     i;
    const char  *s;

    for (i = b->depth; i > 0; i--) {
        s = b->open[i - 1].text;

        if (strcmp(s, "svg") == 0 || strcmp(s, "math") == 0) {
            return 1;
        }

        if (flags_of(b->open[i - 1].name)
            & (XSELL_TAG_SPOINT | XSELL_TAG_MPOINT))
        {
            return 0;
        }
    }

    return 0;
}


static void
lose(balance_t *b, uint64_t name)
{
    if (b->lost_n < LOST_MAX) {
        b->lost[b->lost_n++] = name;
    }
}


/* an element that a browser has closed before its end tag came */

static int
find_lost(balance_t *b, uint64_t name)
{
    uint32_t  i;

    for (i = 0; i < b->lost_n; i++) {
        if (b->lost[i] == name) {
            b->lost[i] = b->lost[--b->lost_n];
            return 1;
        }
    }

    return 0;
}


static void
push(balance_t *b)
{
    unsigned  flags;
    uint64_t  p;

    flags = flags_of(b->tag.name);

    if (is_foreign(b)) {
        if (b->slash) {
            return;
        }

    } else if (flags & XSELL_TAG_VOID) {
        return;
    }

    /* a block ends a <p> that is open, and a <li> the <li> before it */

    p = xsell_name("p", 1);

    if ((flags & XSELL_TAG_PCLOSE) && b->depth
        && b->open[b->depth - 1].name == p)
    {
        b->depth--;
        lose(b, p);
    }

    if ((flags & OPTIONAL) && b->depth && b->tag.name != p
        && b->open[b->depth - 1].name == b->tag.name)
    {
        b->depth--;
    }

    if (b->depth == OPEN_MAX) {
        b->blind = 1;
        return;
    }

    b->open[b->depth++] = b->tag;
}


static void
pop(balance_t *b)
{
    uint32_t  i, k;

    for (i = b->depth; i > 0; i--) {
        if (b->open[i - 1].name == b->tag.name) {
            break;
        }
    }

    if (i == 0) {
        if (!(flags_of(b->tag.name) & XSELL_TAG_VOID)
            && !find_lost(b, b->tag.name))
        {
            tell(b, &b->tag, "closes nothing that the template opened");
        }

        return;
    }

    for (k = b->depth; k > i; k--) {
        lose(b, b->open[k - 1].name);

        if (!(flags_of(b->open[k - 1].name) & OPTIONAL)) {
            tell(b, &b->open[k - 1], "opened here is not closed");
        }
    }

    b->depth = i - 1;
}


/* ---- tags ---- */

static int
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}


static int
is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}


static void
begin(balance_t *b, char c)
{
    b->n = 0;
    b->slash = 0;
    b->tag.name = xsell_name_add(0, 0, (uint8_t) c);
    b->tag.text[b->n++] = c | 0x20;
    b->state = AT_NAME;
}


static void
name(balance_t *b, char c)
{
    unsigned  n;

    n = b->n < 8 ? b->n : 8;
    b->tag.name = xsell_name_add(b->tag.name, n, (uint8_t) c);

    if (b->n < TAG_MAX - 1) {
        b->tag.text[b->n++] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
    }
}


/* after > */

static void
finish(balance_t *b)
{
    b->state = AT_TEXT;

    if (b->end) {
        pop(b);
        return;
    }

    push(b);

    if ((flags_of(b->tag.name) & XSELL_TAG_RAW) && !is_foreign(b)) {
        b->state = AT_RAW;
        b->n = 0;
    }
}


/* the end of a text without tags: </ and the name of its element */

static void
raw(balance_t *b, char c, size_t off)
{
    size_t       n;
    const char  *s;

    s = b->open[b->depth - 1].text;
    n = strlen(s);

    if (c == '<') {
        b->n = 1;
        b->tag.off = off;

    } else if (b->n == 1 && c == '/') {
        b->n = 2;

    } else if (b->n >= 2 && b->n < n + 2 && (c | 0x20) == s[b->n - 2]) {
        b->n++;

    } else if (b->n == n + 2 && (is_space(c) || c == '/' || c == '>')) {
        b->end = 1;
        b->tag.name = b->open[b->depth - 1].name;
        b->state = AT_BETWEEN;

        if (c == '>') {
            finish(b);
        }

    } else {
        b->n = 0;
    }
}


static void
between(balance_t *b, char c)
{
    if (c == '>') {
        finish(b);
        return;
    }

    b->slash = c == '/';
    b->state = c == '=' ? AT_EQUALS : AT_BETWEEN;
}


static void
comment(balance_t *b, char c)
{
    if (c == '>' && b->dashes >= 2) {
        b->state = AT_TEXT;
    }

    b->dashes = c != '-' ? 0 : b->dashes < 2 ? b->dashes + 1 : 2;
}


static void
byte(balance_t *b, char c, size_t off)
{
    switch (b->state) {

    case AT_TEXT:
        if (c == '<') {
            b->tag.off = off;
            b->end = 0;
            b->state = AT_LESS;
        }
        break;

    case AT_LESS:
    case AT_SLASH:
        if (is_letter(c)) {
            b->end = b->state == AT_SLASH;
            begin(b, c);

        } else if (c == '<') {
            b->tag.off = off;
            b->state = AT_LESS;

        } else if (c == '/' && b->state == AT_LESS) {
            b->state = AT_SLASH;

        } else if (c == '!' || c == '?') {
            b->dashes = 0;
            b->state = AT_BANG;

        } else {
            b->state = AT_TEXT;
        }
        break;

    case AT_NAME:
        if (is_space(c) || c == '/' || c == '>') {
            b->tag.text[b->n] = '\0';
            between(b, c);

        } else {
            name(b, c);
        }
        break;

    case AT_BETWEEN:
        between(b, c);
        break;

    case AT_EQUALS:
        if (c == '"' || c == '\'') {
            b->quote = (uint8_t) c;
            b->state = AT_QUOTED;

        } else if (c == '>') {
            finish(b);

        } else if (!is_space(c)) {
            b->state = AT_VALUE;
        }
        break;

    case AT_VALUE:
        if (c == '>') {
            finish(b);

        } else if (is_space(c)) {
            b->slash = 0;
            b->state = AT_BETWEEN;
        }
        break;

    case AT_QUOTED:
        if (c == (char) b->quote) {
            b->slash = 0;
            b->state = AT_BETWEEN;
        }
        break;

    case AT_BANG:
        if (c == '>') {
            b->state = AT_TEXT;

        } else if (c == '-' && ++b->dashes == 2) {
            b->state = AT_COMMENT;
        }
        break;

    case AT_COMMENT:
        comment(b, c);
        break;

    case AT_RAW:
        raw(b, c, off);
        break;
    }
}


/* ---- a case ---- */

static int
is_true(const balance_t *b, uint32_t var)
{
    if (var == XSELL_VAR_FIRST) {
        return b->turn == 0;
    }

    if (var == XSELL_VAR_LAST) {
        return b->turn + 1 == b->turns;
    }

    if (var < XSELL_VARS && var == b->missing) {
        return 0;
    }

    switch (var) {

    case XSELL_VAR_LANG:
    case XSELL_VAR_CURRENCY:
    case XSELL_VAR_IMAGE:
    case XSELL_VAR_PRICE:
    case XSELL_VAR_AMOUNT:
    case XSELL_VAR_BRAND:
    case XSELL_VAR_CATEGORY:
    case XSELL_VAR_DESCRIPTION:
    case XSELL_VAR_WHY:
    case XSELL_VAR_WHY_ALL:
    case XSELL_VAR_RULE:
    case XSELL_VAR_AVAILABLE:
        return !b->all_missing;
    }

    return 1;                           /* nothing is shown without it */
}


static void
literal(balance_t *b, size_t off, size_t n)
{
    for ( ; n; n--, off++) {
        byte(b, b->t->text[off], off);
    }
}


static void
run(balance_t *b)
{
    uint32_t           pc;
    const xsell_op_t  *op;

    b->state = AT_TEXT;
    b->depth = 0;
    b->lost_n = 0;
    b->turn = 0;

    for (pc = 0; pc < b->t->n && !b->blind; ) {
        op = &b->t->op[pc++];

        switch (op->code) {

        case XSELL_OP_LITERAL:
            literal(b, op->a, op->b);
            break;

        case XSELL_OP_VALUE:            /* never markup */
            byte(b, 'x', 0);
            break;

        case XSELL_OP_IF:
        case XSELL_OP_UNLESS:
            if (is_true(b, op->var) != (op->code == XSELL_OP_IF)) {
                pc = op->a;
            }
            break;

        case XSELL_OP_ENTER:
            b->turn = 0;
            break;

        case XSELL_OP_NEXT:
            if (++b->turn < b->turns) {
                pc = op->a;
            }
            break;
        }
    }

    for ( ; b->depth; b->depth--) {
        if (!(flags_of(b->open[b->depth - 1].name) & OPTIONAL)) {
            tell(b, &b->open[b->depth - 1], "opened here is not closed");
        }
    }
}


static int
is_asked(const xsell_program_t *t, uint32_t var)
{
    uint32_t  i;

    for (i = 0; i < t->n; i++) {
        if ((t->op[i].code == XSELL_OP_IF || t->op[i].code == XSELL_OP_UNLESS)
            && t->op[i].var == var)
        {
            return 1;
        }
    }

    return 0;
}


void
xsell_program_balance(const xsell_program_t *t, xsell_doubt_pt warn,
    void *ctx)
{
    uint32_t   var;
    balance_t  b;

    memset(&b, 0, sizeof(b));
    b.t = t;
    b.warn = warn;
    b.ctx = ctx;
    b.turns = TURNS;
    b.missing = XSELL_VARS;
    run(&b);

    b.turns = 1;
    run(&b);
    b.turns = TURNS;

    /* those that is_true lets be missing */

    for (var = 0; var < XSELL_VARS; var++) {
        b.missing = XSELL_VARS;
        b.all_missing = 1;

        if (!is_true(&b, var) && var != XSELL_VAR_FIRST
            && var != XSELL_VAR_LAST && is_asked(t, var)) {
            b.all_missing = 0;
            b.missing = var;
            run(&b);
        }
    }

    b.missing = XSELL_VARS;
    b.all_missing = 1;
    run(&b);
}
