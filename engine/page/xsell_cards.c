
/*
 * Cards that were rendered before.  What a template says of an item is the
 * same on every page but for the token in its link: reading the catalogue,
 * escaping and formatting it again for each visitor took three quarters of a
 * rendering.  A process remembers the last cards it wrote, and copies them;
 * where the token stood, the new one goes in.
 *
 * It stands in the way of the interpreter's list section: xsell_cards_enter
 * and xsell_cards_next write all cards that they remember, and let the
 * interpreter run the section for one that they don't, which is remembered
 * when it is done.  So there is one way to render, and this is a memory of it.
 * Where what stands around the cards is remembered too (xsell_frames.c), the
 * interpreter is not asked at all.
 *
 * Invariants: a card is remembered only if all that it names follows from its
 * key (xsell_cards_scan looks at the operations when the template is
 * compiled; a section that names the slot or the heading is never kept), and
 * only for an owner who says what of a link is new each time (f->links).
 * Tokens are letters, digits, - and _, which no way of escaping changes, so
 * they are found in the output as they are.  A set of templates belongs to
 * one catalogue and one set of rules; all are made anew on a reload, and this
 * with them.
 *
 * Two places for each hash: cards of one fragment that fell on the same one
 * would drive each other out on every page.
 *
 * Not taken: rendering all cards when the configuration is read (100,000
 * items in 7 languages), and pieces that are written from where they lie
 * (a dozen buffers for each fragment, to save one copy of 4 KB).
 */

#include "xsell_page.h"

#include <stdlib.h>


#define CARDS        4096       /* power of two */
#define STYLES       64

/* what of a turn a card may depend on */

#define OF_FIRST     1u
#define OF_LAST      2u
#define OF_POSITION  4u
#define OF_COUNT     8u
#define OF_WHY       16u


/* what cards have in common that are written alike: its number is part of
   their keys */

typedef struct {
    const xsell_str_t   *strings;       /* the language's sentences */
    const xsell_locale_t  *locale;
    uint32_t             kind;          /* of links */
    uint32_t             template;
    uint32_t             ascii;
} style_t;

struct xsell_cards_s {
    style_t              style[STYLES];
    uint32_t             styles;
    uint32_t             turns;         /* of the two places */
    xsell_frames_t      *frames;
    xsell_kept_t         card[CARDS];
};


int
xsell_cards_create(xsell_cards_t **cards)
{
    xsell_cards_t  *c;

    *cards = NULL;
    c = calloc(1, sizeof(xsell_cards_t));

    if (c == NULL) {
        return XSELL_ENOMEM;
    }

    if (xsell_frames_create(&c->frames) != XSELL_OK) {
        free(c);
        return XSELL_ENOMEM;
    }

    *cards = c;

    return XSELL_OK;
}


void
xsell_cards_destroy(xsell_cards_t *cards)
{
    if (cards) {
        xsell_frames_destroy(cards->frames);
        free(cards);
    }
}


xsell_frames_t *
xsell_cards_frames(const xsell_cards_t *cards)
{
    return cards->frames;
}


/* adds what a variable of a card depends on; 0: on more than its key */

static int
depends(uint32_t var, uint8_t *of)
{
    switch (var) {

    case XSELL_VAR_HEADING:
    case XSELL_VAR_SLOT:
    case XSELL_VAR_STYLESHEET:
    case XSELL_VAR_LANG:
    case XSELL_VAR_ITEMS:
        return 0;

    case XSELL_VAR_FIRST:
        *of |= OF_FIRST;
        return 1;

    case XSELL_VAR_LAST:
        *of |= OF_LAST;
        return 1;

    case XSELL_VAR_POSITION:
        *of |= OF_POSITION;
        return 1;

    case XSELL_VAR_COUNT:
        *of |= OF_COUNT;
        return 1;

    case XSELL_VAR_WHY_ALL:             /* which one, the card's key says */
        *of |= OF_WHY;
        return 1;

    default:
        return 1;
    }
}


int
xsell_cards_scan(const xsell_program_t *t, uint8_t *of)
{
    uint32_t           pc, lists;
    unsigned           inside;
    const xsell_op_t  *op;

    *of = 0;
    lists = 0;
    inside = 0;

    for (pc = 0; pc < t->n; pc++) {
        op = &t->op[pc];

        switch (op->code) {

        case XSELL_OP_ENTER:
            lists++;
            inside = 1;
            break;

        case XSELL_OP_NEXT:
            inside = 0;
            break;

        case XSELL_OP_LITERAL:
            break;

        default:
            if (inside && !depends(op->var, of)) {
                return 0;
            }

            break;
        }
    }

    /* of two lists nobody says which one is entered */

    return lists == 1;
}


/* the number of a scene's style.  When there are too many of them everything
   is forgotten: nobody has that many at a time */

uint32_t
xsell_cards_style(xsell_cards_t *cards, const xsell_scene_t *s)
{
    uint32_t  i;
    style_t   style;

    memset(&style, 0, sizeof(style));
    style.strings = s->strings;
    style.locale = s->locale;
    style.kind = s->f->links->kind;
    style.template = s->template;
    style.ascii = s->ascii;

    for (i = 0; i < cards->styles; i++) {
        if (memcmp(&cards->style[i], &style, sizeof(style)) == 0) {
            return i;
        }
    }

    if (cards->styles == STYLES) {
        cards->styles = 0;
        memset(cards->card, 0, sizeof(cards->card));
        xsell_frames_forget(cards->frames);
    }

    cards->style[cards->styles] = style;

    return cards->styles++;
}


uint64_t
xsell_cards_turn(unsigned of, uint32_t position, uint32_t count, unsigned why)
{
    uint64_t  t;

    t = 0;

    if (of & OF_FIRST) {
        t |= position == 1;
    }

    if (of & OF_LAST) {
        t |= (uint64_t) (position == count) << 1;
    }

    if (of & OF_POSITION) {
        t |= (uint64_t) position << 2;
    }

    if (of & OF_COUNT) {
        t |= (uint64_t) count << 32;
    }

    if (of & OF_WHY) {
        t |= (uint64_t) (why != 0) << 63;
    }

    return t;
}


static uint64_t
key_of(uint32_t style, const xsell_card_t *card)
{
    return (uint64_t) card->item | (uint64_t) card->reason << 32
           | (uint64_t) style << 40 | (uint64_t) card->rule << 48
           | 1ull << 63;
}


/* the first of the two places of a key */

static xsell_kept_t *
place(xsell_cards_t *cards, uint64_t key, uint64_t turn)
{
    uint64_t  h;

    h = (key ^ turn * 0xc2b2ae3d27d4eb4full) * 0x9e3779b97f4a7c15ull;

    return &cards->card[(h >> 32) & (CARDS - 2)];
}


const xsell_kept_t *
xsell_cards_find(xsell_cards_t *cards, uint32_t style,
    const xsell_card_t *card, uint64_t turn)
{
    uint64_t       key;
    xsell_kept_t  *kept;

    key = key_of(style, card);
    kept = place(cards, key, turn);

    if (kept->key == key && kept->turn == turn) {
        return kept;
    }

    kept++;

    return kept->key == key && kept->turn == turn ? kept : NULL;
}


static uint64_t
turn(const xsell_scene_t *s)
{
    return xsell_cards_turn(s->of, s->position, s->count, s->why);
}


/* writes the card of this turn, if it is remembered */

static int
recall(xsell_scene_t *s)
{
    char                *to;
    unsigned             i;
    xsell_blank_t        blank;
    const xsell_kept_t  *kept;

    if (s->cards == NULL) {
        return 0;
    }

    kept = xsell_cards_find(s->cards, s->style, &s->f->card[s->card],
                            turn(s));

    if (kept == NULL) {
        return 0;
    }

    to = s->out->p + s->out->n;
    xsell_out_put(s->out, kept->text, kept->n);

    if (kept->tokens == 0 || s->out->n > s->out->cap) {
        return 1;
    }

    blank.card = s->card;
    blank.path = kept->path;
    blank.to = to + kept->token[0];
    s->f->links->tokens(s->f->links->ctx, &blank, 1);

    for (i = 1; i < kept->tokens; i++) {
        memcpy(to + kept->token[i], blank.to, XSELL_TOKEN_LEN);
    }

    return 1;
}


/* the interpreter is about to write the card of this turn: its link */

static void
begin(xsell_scene_t *s)
{
    memset(&s->link, 0, sizeof(s->link));
    s->link.url.p = "";
    s->f->links->address(s->f->links->ctx, s->card, &s->link);
    s->from = s->out->n;
}


/* the card that was written, in ASCII: of a page that has nothing else only
   what stands around its cards is left to be converted.  0: it is too long,
   and still what it was */

static int
to_ascii(xsell_scene_t *s)
{
    char         text[XSELL_CARD_MAX];
    size_t       n;
    xsell_str_t  html;

    html.p = s->out->p + s->from;
    html.n = s->out->n - s->from;

    if (xsell_ascii_n(html) == html.n) {
        return 1;
    }

    n = xsell_ascii_write(text, sizeof(text), html, 0);

    if (n > sizeof(text)) {
        return 0;
    }

    s->out->n = s->from;
    xsell_out_put(s->out, text, n);

    return s->out->n <= s->out->cap;
}


/* the interpreter has written it */

static void
remember(xsell_scene_t *s)
{
    char          *text, *p, *end;
    size_t         n;
    uint64_t       key;
    xsell_kept_t  *kept;

    n = s->out->n - s->from;

    if (s->cards == NULL || !s->link.keep || s->out->n > s->out->cap
        || n > XSELL_CARD_MAX || (s->ascii && !to_ascii(s)))
    {
        return;
    }

    n = s->out->n - s->from;
    key = key_of(s->style, &s->f->card[s->card]);
    kept = place(s->cards, key, turn(s));

    if (kept->key) {
        kept += s->cards->turns++ & 1;
    }

    kept->key = 0;
    kept->tokens = 0;

    text = s->out->p + s->from;
    end = text + n;

    for (p = text; s->link.token; p += XSELL_TOKEN_LEN) {

        p = memmem(p, end - p, s->link.token, XSELL_TOKEN_LEN);

        if (p == NULL) {
            break;
        }

        if (kept->tokens == XSELL_CARD_TOKENS) {
            return;
        }

        kept->token[kept->tokens++] = (uint16_t) (p - text);
    }

    memcpy(kept->path, s->link.path, sizeof(kept->path));
    memcpy(kept->text, text, n);
    kept->n = (uint16_t) n;
    kept->turn = turn(s);
    kept->key = key;
}


/* from this card on: 1 if one has to be rendered */

static int
go_on(xsell_scene_t *s, int more)
{
    while (more && recall(s)) {
        more = xsell_variable_next(s, XSELL_VAR_ITEMS);
    }

    if (more) {
        begin(s);

    } else {
        s->after = s->out->n;
    }

    return more;
}


int
xsell_cards_enter(void *scene, uint32_t var)
{
    xsell_scene_t  *s;

    s = scene;
    s->before = s->out->n;

    return go_on(s, xsell_variable_enter(s, var));
}


int
xsell_cards_next(void *scene, uint32_t var)
{
    remember(scene);

    return go_on(scene, xsell_variable_next(scene, var));
}
