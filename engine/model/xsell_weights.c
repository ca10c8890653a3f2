
/*
 * xsell_weights.c: the model's weights, from the arena into a process's
 * private copy (ARCHITECTURE D3), and the ones that are built in.
 *
 * The built-in ones are the hand-set hybrid: what a shop starts with, and
 * what is used whenever the published buffer is not believable.  A buffer is
 * believed when its sum matches and all its numbers are finite; else the last
 * good copy stays.  One NaN in a weight would make every score NaN and every
 * slate arbitrary, so this is checked at the copy, not at the score.
 *
 * A zone or a snapshot may come from an older build.  What that one had built
 * in is no knowledge: weights that learning never touched are this build's.
 * Else a feature that is new since then would weigh 0 for ever.
 */

#include "xsell_model.h"


/*
 * Logit scale.  Chosen on baskets (Online Retail) and sessions (Diginetica)
 * so that evidence outweighs kinship and kinship outweighs fame, then fixed.
 * `xsell eval` measures them.  Pairs of views stand behind the neighbours:
 * with twice their weight they blur the order at the top (MRR@20 on
 * Diginetica .168 instead of .182), with none the answers that are new to the
 * visitor suffer.
 */

const float  xsell_weights_default[XSELL_FEATURES] = {
    [XSELL_F_BIAS] = -4.0f,
    [XSELL_F_KNN] = 2.0f,
    [XSELL_F_BOUGHT] = 1.6f,
    [XSELL_F_VIEWED] = 0.3f,
    [XSELL_F_CATEGORY] = 0.4f,
    [XSELL_F_BRAND] = 0.15f,
    [XSELL_F_POPULAR] = 0.2f,
    [XSELL_F_TREND] = 0.1f,
    [XSELL_F_SOLD] = 0.1f,
    [XSELL_F_NEW] = 0.2f,
    [XSELL_F_PRICE_UP] = -0.05f,
    [XSELL_F_PRICE_GAP] = -0.15f,
    [XSELL_F_SEEN] = -0.6f,
    [XSELL_F_LIFT] = 0.15f,
    [XSELL_F_SIMILAR] = 1.0f,
    [XSELL_F_BEFORE] = 0.3f,
    [XSELL_F_VISUAL] = 0.2f,
    [XSELL_F_STYLE] = 0.5f,
    [XSELL_F_RATING] = 0.3f,
    [XSELL_F_GEO] = 0.2f
};


uint64_t
xsell_weights_sum(const xsell_model_t *m)
{
    /* against torn copies and dead pages, not against forgers: no secret */

    static const uint8_t  key[16] = { 'x', 's', 'e', 'l', 'l' };

    return xsell_siphash(key, m, offsetof(xsell_model_t, sum));
}


int
xsell_weights_good(const xsell_model_t *m)
{
    uint32_t       i;
    const float   *f;

    if (m->sum != xsell_weights_sum(m)) {
        return 0;
    }

    f = m->weight;

    for (i = 0; i < offsetof(xsell_model_t, updates) / sizeof(float); i++) {
        if (!xsell_finite(f[i])) {
            return 0;
        }
    }

    return 1;
}


/* whether learning ever moved a weight: then it is not 0, or the factor knows
   of it */

static int
xsell_weights_learned(const xsell_model_t *m, uint32_t i)
{
    uint32_t  k;

    if (m->updates == 0) {
        return 0;
    }

    if (m->weight[i] != 0) {
        return 1;
    }

    for (k = 0; k < XSELL_FEATURES; k++) {
        if (m->factor[i][k] != 0 || m->factor[k][i] != 0) {
            return 1;
        }
    }

    return 0;
}


/* the built-in weights where nothing was learned; 1 if that changed any */

static int
xsell_weights_complete(xsell_model_t *m)
{
    int       changed;
    uint32_t  i;

    changed = 0;

    for (i = 0; i < XSELL_FEATURES; i++) {

        if (m->weight[i] != xsell_weights_default[i]
            && !xsell_weights_learned(m, i))
        {
            m->weight[i] = xsell_weights_default[i];
            changed = 1;
        }
    }

    return changed;
}


/* copies the published buffer; 0 when the generation moved meanwhile */

static int
xsell_weights_copy(xsell_model_t *to, const xsell_arena_t *a,
    uint32_t generation)
{
    size_t               i;
    xsell_word_t        *d;
    const xsell_word_t  *s;

    d = (xsell_word_t *) (void *) to;
    s = (const xsell_word_t *) (const void *) &a->models[generation & 1];

    for (i = 0; i < sizeof(xsell_model_t) / 4; i++) {
        d[i] = xsell_load(&s[i]);
    }

    __atomic_thread_fence(__ATOMIC_ACQUIRE);

    return xsell_load(&a->header->generation) == generation;
}


void
xsell_weights_refresh(xsell_ranker_t *r, const xsell_arena_t *a)
{
    uint32_t  i, generation;

    for (i = 0; i < 2; i++) {
        generation = xsell_load_acquire(&a->header->generation);

        if (generation == r->seen) {
            return;
        }

        if (!xsell_weights_copy(&r->copy, a, generation)) {
            continue;
        }

        r->seen = generation;

        if (xsell_weights_good(&r->copy)) {
            (void) xsell_weights_complete(&r->copy);
            memcpy(r->weight, r->copy.weight, sizeof(r->weight));
            r->generation = generation;
        }

        return;
    }
}


void
xsell_weights_publish(xsell_arena_t *a)
{
    int             good;
    uint32_t        generation;
    xsell_model_t  *to, next;

    generation = xsell_load(&a->header->generation);

    memcpy(&next, &a->models[generation & 1], sizeof(next));

    good = xsell_weights_good(&next);

    if (!good) {
        memset(&next, 0, sizeof(next));
    }

    if (!xsell_weights_complete(&next) && good) {
        return;
    }

    next.sum = xsell_weights_sum(&next);

    generation++;
    to = &a->models[generation & 1];

    xsell_intent_set(a, XSELL_REGION_MODEL, generation & 1);
    xsell_seq_put(to, &next, sizeof(next) / 4);
    xsell_store_release(&a->header->generation, generation);
    xsell_intent_clear(a);
}
