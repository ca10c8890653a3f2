
/*
 * What stands around the cards of a fragment: heading, list, what a script is
 * told.  Of a slot it hardly ever changes, so it is remembered as the cards
 * are (xsell_cards.c), and a fragment of which all is remembered is put
 * together without the interpreter: the beginning, the cards, the end, and
 * then all tokens at once.
 *
 *     frame:  [key: slot, stylesheet, title, language, the reason that all
 *             cards have][before][after]
 *
 * Invariants: the key has all that a variable outside of the list can name
 * (the catalogue's currency and the sentences follow from it); the number of
 * cards is the number that the list had.  What is missing, a card or the
 * frame, sends the whole fragment to the interpreter, which leaves it here.
 *
 * Not taken: a compiler of templates to straight lines without branches.  Most
 * branches ask what an item has, so that they are in the cards and these are
 * remembered; what was left to win is less than comparing a key.
 */

#include "xsell_page.h"

#include <stdlib.h>


#define FRAMES      64          /* power of two */
#define FRAME_KEY   512         /* bytes; longer ones are not kept */
#define FRAME_TEXT  3072


enum {
    PART_SLOT = 0,
    PART_CSS,
    PART_TITLE,
    PART_LANG,
    PARTS
};

typedef struct {
    uint32_t             template;
    uint32_t             kind;          /* of links */
    uint32_t             count;         /* cards; 0: free */
    uint32_t             ascii;
    uint32_t             why;           /* xsell_scene_why */
    uint32_t             spare;         /* compared with the rest: 0 */
    size_t               n[PARTS];
} head_t;

typedef struct {
    head_t               head;
    uint32_t             style;         /* of the cards */
    uint16_t             before;        /* bytes of text */
    uint16_t             after;
    char                 key[FRAME_KEY];
    char                 text[FRAME_TEXT];
} frame_t;

struct xsell_frames_s {
    frame_t              frame[FRAMES];
};


int
xsell_frames_create(xsell_frames_t **frames)
{
    *frames = calloc(1, sizeof(xsell_frames_t));

    return *frames ? XSELL_OK : XSELL_ENOMEM;
}


void
xsell_frames_destroy(xsell_frames_t *frames)
{
    free(frames);
}


void
xsell_frames_forget(xsell_frames_t *frames)
{
    uint32_t  i;

    for (i = 0; i < FRAMES; i++) {
        frames->frame[i].head.count = 0;
    }
}


static void
parts(const xsell_fragment_t *f, xsell_str_t part[PARTS])
{
    part[PART_SLOT] = f->slot;
    part[PART_CSS] = f->css;
    part[PART_TITLE] = f->title;
    part[PART_LANG] = f->lang;
}


/* where the frame is, or would be, remembered: slots of one page are two
   places, whatever their names */

static frame_t *
place(xsell_frames_t *frames, const xsell_fragment_t *f, uint32_t template,
    uint32_t ascii, const xsell_str_t part[PARTS], head_t *head)
{
    uint64_t  h;
    unsigned  i;

    head->template = template;
    head->kind = f->links->kind;
    head->count = f->n;
    head->ascii = ascii;
    head->why = xsell_scene_why(f);
    head->spare = 0;

    h = template | (uint64_t) ascii << 16 | (uint64_t) f->n << 24
        | (uint64_t) f->links->kind << 40 | (uint64_t) head->why << 48;
    h ^= (uintptr_t) f->slot.p;

    for (i = 0; i < PARTS; i++) {
        head->n[i] = part[i].n;
        h = (h ^ part[i].n) * 0x9e3779b97f4a7c15ull;
    }

    return &frames->frame[(h >> 40) & (FRAMES - 1)];
}


static int
same(const frame_t *frame, const head_t *head, const xsell_str_t part[PARTS])
{
    unsigned     i;
    const char  *p;

    if (memcmp(&frame->head, head, sizeof(head_t)) != 0) {
        return 0;
    }

    p = frame->key;

    for (i = 0; i < PARTS; i++) {
        if (part[i].n && memcmp(p, part[i].p, part[i].n) != 0) {
            return 0;
        }

        p += part[i].n;
    }

    return 1;
}


/* the cards; 0: one is not remembered */

static int
put_cards(xsell_cards_t *cards, const xsell_fragment_t *f, uint32_t style,
    unsigned of, xsell_out_t *o, const xsell_kept_t *kept[XSELL_SLATE_MAX],
    unsigned why, size_t at[XSELL_SLATE_MAX])
{
    uint32_t  i;

    for (i = 0; i < f->n; i++) {
        kept[i] = xsell_cards_find(cards, style, &f->card[i],
                                   of ? xsell_cards_turn(of, i + 1, f->n, why)
                                      : 0);
        if (kept[i] == NULL) {
            return 0;
        }

        at[i] = o->n;
        xsell_out_put(o, kept[i]->text, kept[i]->n);
    }

    return 1;
}


/* their tokens; all of the text is there */

static void
put_tokens(const xsell_fragment_t *f, char *out,
    const xsell_kept_t *kept[XSELL_SLATE_MAX],
    const size_t at[XSELL_SLATE_MAX])
{
    uint32_t        i, n;
    unsigned        k;
    const char     *first;
    xsell_blank_t   blank[XSELL_SLATE_MAX];

    n = 0;

    for (i = 0; i < f->n; i++) {
        if (kept[i]->tokens) {
            blank[n].card = i;
            blank[n].path = kept[i]->path;
            blank[n].to = out + at[i] + kept[i]->token[0];
            n++;
        }
    }

    if (n) {
        f->links->tokens(f->links->ctx, blank, n);
    }

    for (i = 0; i < f->n; i++) {
        first = out + at[i] + kept[i]->token[0];

        for (k = 1; k < kept[i]->tokens; k++) {
            memcpy(out + at[i] + kept[i]->token[k], first, XSELL_TOKEN_LEN);
        }
    }
}


int
xsell_frames_put(xsell_cards_t *cards, const xsell_fragment_t *f,
    uint32_t template, unsigned of, uint32_t ascii, xsell_out_t *o)
{
    head_t               head;
    size_t               at[XSELL_SLATE_MAX];
    frame_t             *frame;
    xsell_str_t          part[PARTS];
    const xsell_kept_t  *kept[XSELL_SLATE_MAX];

    if (f->n == 0 || f->n > XSELL_SLATE_MAX) {
        return 0;
    }

    parts(f, part);
    frame = place(xsell_cards_frames(cards), f, template, ascii, part, &head);

    if (!same(frame, &head, part)) {
        return 0;
    }

    xsell_out_put(o, frame->text, frame->before);

    if (!put_cards(cards, f, frame->style, of, o, kept, head.why, at)) {
        o->n = 0;
        return 0;
    }

    xsell_out_put(o, frame->text + frame->before, frame->after);

    if (o->n <= o->cap) {
        put_tokens(f, o->p, kept, at);
    }

    return 1;
}


/* one side of the frame into its text; 0: it is too long */

static int
keep(xsell_out_t *to, const char *p, size_t n, uint32_t ascii)
{
    size_t       len;
    xsell_str_t  html;

    html.p = p;
    html.n = n;

    if (ascii && xsell_ascii_n(html) < n) {

        len = xsell_ascii_write(to->p + to->n, to->cap - to->n, html, 0);

        if (len > to->cap - to->n) {
            return 0;
        }

        to->n += len;

        return 1;
    }

    xsell_out_put(to, p, n);

    return to->n <= to->cap;
}


void
xsell_frames_keep(const xsell_scene_t *s)
{
    char         *p;
    head_t        head;
    unsigned      i;
    frame_t      *frame;
    xsell_str_t   part[PARTS];
    xsell_out_t   to;

    /* all of the cards had an item, and all of it was written */

    if (s->after < s->before || s->out->n > s->out->cap
        || s->count != s->f->n || s->f->n > XSELL_SLATE_MAX)
    {
        return;
    }

    parts(s->f, part);
    frame = place(xsell_cards_frames(s->cards), s->f, s->template, s->ascii,
                  part, &head);

    if (head.n[PART_SLOT] + head.n[PART_CSS] + head.n[PART_TITLE]
        + head.n[PART_LANG] > FRAME_KEY)
    {
        return;
    }

    frame->head.count = 0;

    to.p = frame->text;
    to.n = 0;
    to.cap = FRAME_TEXT;

    if (!keep(&to, s->out->p, s->before, s->ascii)) {
        return;
    }

    frame->before = (uint16_t) to.n;

    if (!keep(&to, s->out->p + s->after, s->out->n - s->after, s->ascii)) {
        return;
    }

    frame->after = (uint16_t) (to.n - frame->before);
    frame->style = s->style;

    p = frame->key;

    for (i = 0; i < PARTS; i++) {
        if (part[i].n) {
            memcpy(p, part[i].p, part[i].n);
            p += part[i].n;
        }
    }

    frame->head = head;
}
