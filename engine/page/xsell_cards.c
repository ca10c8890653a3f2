
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
 *
 * Invariants: a card is remembered only if all that it names follows from its
 * key (xsell_cards_scan looks at the operations when the template is
 * compiled; a section that names the slot or the heading is never kept), and
 * only for an owner who says what of a link is new each time (f->links).
 * Tokens are letters, digits, - and _, which no way of escaping changes, so
 * they are found in the output as they are.  A set of templates belongs to
 * one catalogue; both are made anew on a reload, and this with them.
 *
 * Not taken: rendering all cards when the configuration is read (100,000
 * items in 7 languages), and pieces that are written from where they lie
 * (a dozen buffers for each fragment, to save one copy of 4 KB).
 */

#include "xsell_page.h"

#include <stdlib.h>


#define CARDS        2048       /* power of two */
#define CARD_MAX     1000       /* bytes; longer ones are not kept */
#define CARD_TOKENS  4

/* what of a turn a card may depend on */

#define OF_FIRST     1u
#define OF_LAST      2u
#define OF_POSITION  4u
#define OF_COUNT     8u


typedef struct {
    const xsell_str_t   *strings;       /* the language's sentences */
    const xsell_locale_t  *locale;
    uint32_t             item;
    uint32_t             turn;
    uint32_t             kind;          /* of its link */
    uint16_t             template;
    uint8_t              reason;
    uint8_t              ascii;
    uint8_t              used;
} card_key_t;

typedef struct {
    card_key_t           key;
    uint64_t             path[2];       /* what the token is made for */
    uint16_t             n;
    uint16_t             tokens;
    uint16_t             token[CARD_TOKENS];
    char                 text[CARD_MAX];
} card_t;

struct xsell_cards_s {
    card_t               card[CARDS];
};


int
xsell_cards_create(xsell_cards_t **cards)
{
    *cards = calloc(1, sizeof(xsell_cards_t));

    return *cards ? XSELL_OK : XSELL_ENOMEM;
}


void
xsell_cards_destroy(xsell_cards_t *cards)
{
    free(cards);
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


static uint32_t
turn(const xsell_scene_t *s)
{
    uint32_t  t;

    t = 0;

    if (s->of & OF_FIRST) {
        t |= s->position == 1;
    }

    if (s->of & OF_LAST) {
        t |= (uint32_t) (s->position == s->count) << 1;
    }

    if (s->of & OF_POSITION) {
        t |= s->position << 2;
    }

    if (s->of & OF_COUNT) {
        t |= s->count << 16;
    }

    return t;
}


/* where the card of this turn is, or would be, remembered */

static card_t *
place(const xsell_scene_t *s, card_key_t *key)
{
    uint32_t             h;
    const xsell_card_t  *card;

    card = &s->f->card[s->card];

    memset(key, 0, sizeof(card_key_t));
    key->strings = s->strings;
    key->locale = s->locale;
    key->item = card->item;
    key->turn = turn(s);
    key->kind = s->f->links->kind;
    key->template = (uint16_t) s->template;
    key->reason = card->reason;
    key->ascii = s->ascii;
    key->used = 1;

    /* an item mostly has one reason, a shop one language and one template */

    h = (card->item * 0x9e3779b1u) ^ ((key->turn * 31 + s->template * 7
         + key->reason + 64 * key->ascii) * 0x85ebca6bu)
        ^ (uint32_t) (uintptr_t) s->strings;

    return &s->cards->card[(h >> 15) & (CARDS - 1)];
}


static int
same(const card_key_t *x, const card_key_t *y)
{
    return x->item == y->item && x->turn == y->turn && x->kind == y->kind
           && x->template == y->template && x->reason == y->reason
           && x->ascii == y->ascii && x->used == y->used
           && x->strings == y->strings
           && x->locale == y->locale;
}


/* writes the card of this turn, if it is remembered */

static int
recall(xsell_scene_t *s)
{
    char        *to;
    card_t      *card;
    unsigned     i;
    card_key_t   key;

    if (s->cards == NULL) {
        return 0;
    }

    card = place(s, &key);

    if (!same(&card->key, &key)) {
        return 0;
    }

    to = s->out->p + s->out->n;
    xsell_out_put(s->out, card->text, card->n);

    if (card->tokens == 0 || s->out->n > s->out->cap) {
        return 1;
    }

    s->f->links->token(s->f->links->ctx, s->card, card->path,
                       to + card->token[0]);

    for (i = 1; i < card->tokens; i++) {
        memcpy(to + card->token[i], to + card->token[0], XSELL_TOKEN_LEN);
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
   what stands around its cards is left to be converted each time.  0: it is
   too long, and still what it was */

static int
to_ascii(xsell_scene_t *s)
{
    char         text[CARD_MAX];
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
    char        *text, *p, *end;
    size_t       n;
    card_t      *card;
    card_key_t   key;

    n = s->out->n - s->from;

    if (s->cards == NULL || !s->link.keep || s->out->n > s->out->cap
        || n > CARD_MAX || (s->ascii && !to_ascii(s)))
    {
        return;
    }

    n = s->out->n - s->from;
    card = place(s, &key);
    card->key.used = 0;
    card->tokens = 0;

    text = s->out->p + s->from;
    end = text + n;

    for (p = text; s->link.token; p += XSELL_TOKEN_LEN) {

        p = memmem(p, end - p, s->link.token, XSELL_TOKEN_LEN);

        if (p == NULL) {
            break;
        }

        if (card->tokens == CARD_TOKENS) {
            return;
        }

        card->token[card->tokens++] = (uint16_t) (p - text);
    }

    memcpy(card->path, s->link.path, sizeof(card->path));
    memcpy(card->text, text, n);
    card->n = (uint16_t) n;
    card->key = key;
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
    }

    return more;
}


int
xsell_cards_enter(void *scene, uint32_t var)
{
    return go_on(scene, xsell_variable_enter(scene, var));
}


int
xsell_cards_next(void *scene, uint32_t var)
{
    remember(scene);

    return go_on(scene, xsell_variable_next(scene, var));
}
