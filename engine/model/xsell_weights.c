
/*
 * xsell_weights.c: the model's weights, from the arena into a process's
 * private copy (ARCHITECTURE D3), and the ones that are built in.
 *
 * The built-in ones are the hand-set hybrid: what a shop starts with, and
 * what is used whenever the published buffer is not believable.  A buffer is
 * believed when its sum matches and all its numbers are finite; else the last
 * good copy stays.  One NaN in a weight would make every score NaN and every
 * slate arbitrary, so this is checked at the copy, not at the score.  One that
 * is months old is not believed either (xsell_age.c).
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
 * visitor suffer.  What the item viewed before says among them begins at 0, for
 * they have it already (.1898; with .1 .1891, with .3 .1864), and is learned.
 *
 * A visit's style begins low, for vectors say what is alike and visits often
 * want what is not: by words of Online Retail MRR@20 is .154 with .2 and .141
 * with .5 (.159 with none), by vectors of Diginetica's visits .1903 and .1913
 * (.1896).
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
    [XSELL_F_VISUAL] = 0.2f,
    [XSELL_F_STYLE] = 0.2f,
    [XSELL_F_RATING] = 0.3f,
    [XSELL_F_GEO] = 0.2f
};


/* what is not known of them: a feature's weight may well be half a logit off;
   how often anything is clicked, much more */

const float  xsell_weights_variance[XSELL_FEATURES] = {
    [XSELL_F_BIAS] = 2.0f,
    [XSELL_F_KNN] = 0.25f,
    [XSELL_F_BOUGHT] = 0.25f,
    [XSELL_F_VIEWED] = 0.1f,
    [XSELL_F_CATEGORY] = 0.1f,
    [XSELL_F_BRAND] = 0.1f,
    [XSELL_F_POPULAR] = 0.1f,
    [XSELL_F_TREND] = 0.1f,
    [XSELL_F_SOLD] = 0.1f,
    [XSELL_F_NEW] = 0.1f,
    [XSELL_F_PRICE_UP] = 0.1f,
    [XSELL_F_PRICE_GAP] = 0.1f,
    [XSELL_F_SEEN] = 0.5f,
    [XSELL_F_LIFT] = 0.1f,
    [XSELL_F_SIMILAR] = 0.25f,
    [XSELL_F_BEFORE] = 0.1f,
    [XSELL_F_VISUAL] = 0.1f,
    [XSELL_F_STYLE] = 0.1f,
    [XSELL_F_RATING] = 0.1f,
    [XSELL_F_GEO] = 0.1f,
    [XSELL_F_DWELL] = 0.1f,
    [XSELL_F_DWELL_BOUGHT] = 0.05f,
    [XSELL_F_DWELL_STYLE] = 0.05f,
    [XSELL_F_DEPTH_BOUGHT] = 0.05f,
    [XSELL_F_DEPTH_STYLE] = 0.05f,
    [XSELL_F_BACK_STYLE] = 0.05f,
    [XSELL_F_MOBILE_VISUAL] = 0.05f,
    [XSELL_F_MOBILE_PRICE] = 0.05f
};


/* what a place takes away: the next one is looked at by 7 of 10 */
#define XSELL_PLACE_FALL     (-0.35f)

/* clicks that a visit has ahead */
#define XSELL_AHEAD          0.15f


void
xsell_bandit_weights(xsell_bandit_t *b, xsell_model_t *m)
{
    b->mean = m->weight;
    b->factor = m->factor[0];
    b->d = XSELL_FEATURES;
    b->stride = XSELL_FEATURES;
}


void
xsell_bandit_looks(xsell_bandit_t *b, xsell_model_t *m)
{
    b->mean = m->look;
    b->factor = m->look_factor[0];
    b->d = XSELL_LOOKS;
    b->stride = XSELL_LOOKS;
}


void
xsell_bandit_leaves(xsell_bandit_t *b, xsell_model_t *m)
{
    b->mean = m->leave;
    b->factor = m->leave_factor[0];
    b->d = XSELL_LEAVES;
    b->stride = XSELL_LEAVES;
}


/* that a look does nothing; that it may do so in any context */

void
xsell_looks_prior(float *mean, float *variance)
{
    uint32_t  i;

    for (i = 0; i < XSELL_LOOKS; i++) {
        mean[i] = 0;
        variance[i] = 0.1f;
    }

    /* how often anything is clicked is the rows' to know; what the moment says
       of that beside them, is little */

    variance[0] = 0.001f;

    for (i = XSELL_LOOK_STATE; i < XSELL_LOOKS; i++) {
        variance[i] = 0.01f;
    }
}


/* that one page in six is the last one, and that a fragment seldom drives
   anybody away */

void
xsell_leaves_prior(float *mean, float *variance)
{
    uint32_t  i;

    for (i = 0; i < XSELL_LEAVES; i++) {
        mean[i] = 0;
        variance[i] = 0.1f;
    }

    mean[0] = -1.6f;
    variance[0] = 1;
    variance[XSELL_LEAVE_SHOWN] = 0.5f;
    variance[XSELL_LEAVE_WORTH] = 0.5f;

    for (i = XSELL_LEAVE_STATE; i < XSELL_LEAVES; i++) {
        variance[i] = 0.01f;
    }
}


void
xsell_weights_prior(xsell_model_t *m)
{
    float           mean[XSELL_LOOKS], variance[XSELL_LOOKS];
    uint32_t        f, k;
    xsell_bandit_t  b;

    memset(m, 0, sizeof(xsell_model_t));

    xsell_bandit_weights(&b, m);
    xsell_bandit_prior(&b, xsell_weights_default, xsell_weights_variance);

    xsell_looks_prior(mean, variance);
    xsell_bandit_looks(&b, m);
    xsell_bandit_prior(&b, mean, variance);

    xsell_leaves_prior(mean, variance);
    xsell_bandit_leaves(&b, m);
    xsell_bandit_prior(&b, mean, variance);

    for (f = 0; f < XSELL_LOOK_FORMATS; f++) {
        for (k = 0; k < XSELL_SLATE_MAX; k++) {
            m->place[f][k] = XSELL_PLACE_FALL * (float) k;
        }
    }

    m->ahead = XSELL_AHEAD;
}


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
xsell_weights_learned(const xsell_bandit_t *b, uint32_t i)
{
    uint32_t  k;

    if (b->mean[i] != 0) {
        return 1;
    }

    for (k = 0; k < b->d; k++) {
        if (b->factor[i * b->stride + k] != 0
            || b->factor[k * b->stride + i] != 0)
        {
            return 1;
        }
    }

    return 0;
}


/* the prior where nothing was learned; 1 if that changed anything */

static int
xsell_weights_fill(const xsell_bandit_t *b, const float *mean,
    const float *variance)
{
    int       changed;
    float    *d;
    uint32_t  i;

    changed = 0;

    for (i = 0; i < b->d; i++) {
        d = &b->factor[i * b->stride + i];

        if (*d != 0) {
            continue;           /* below 0: no older build's, but damage */
        }

        if (!xsell_weights_learned(b, i)) {
            b->mean[i] = mean[i];
        }

        *d = variance[i];
        changed = 1;
    }

    return changed;
}


static int
xsell_weights_complete(xsell_model_t *m)
{
    int             changed;
    float           mean[XSELL_LOOKS], variance[XSELL_LOOKS];
    xsell_model_t   prior;
    xsell_bandit_t  b;

    if (m->updates == 0) {
        xsell_weights_prior(&prior);

        changed = memcmp(m, &prior, offsetof(xsell_model_t, updates)) != 0;
        memcpy(m, &prior, offsetof(xsell_model_t, updates));

        return changed;
    }

    xsell_bandit_weights(&b, m);
    changed = xsell_weights_fill(&b, xsell_weights_default,
                                 xsell_weights_variance);

    xsell_looks_prior(mean, variance);
    xsell_bandit_looks(&b, m);
    changed |= xsell_weights_fill(&b, mean, variance);

    xsell_leaves_prior(mean, variance);
    xsell_bandit_leaves(&b, m);
    changed |= xsell_weights_fill(&b, mean, variance);

    return changed;
}


/* numbers that a belief can have: a variance below 0 makes a draw NaN, a place
   that weighs millions makes every slate certain */

int
xsell_weights_possible(const xsell_model_t *m)
{
    xsell_model_t   *own = (xsell_model_t *) m;     /* views, nothing stored */
    uint32_t         f, k;
    xsell_bandit_t   weights, looks, leaves;

    for (f = 0; f < XSELL_LOOK_FORMATS; f++) {
        for (k = 0; k < XSELL_SLATE_MAX; k++) {
            if (!(m->place[f][k] >= -XSELL_BANDIT_MEAN
                  && m->place[f][k] <= XSELL_BANDIT_MEAN))
            {
                return 0;
            }
        }
    }

    if (!(m->ahead >= 0 && m->ahead <= XSELL_AHEAD_MAX)) {
        return 0;
    }

    xsell_bandit_weights(&weights, own);
    xsell_bandit_looks(&looks, own);
    xsell_bandit_leaves(&leaves, own);

    return xsell_bandit_good(&weights) && xsell_bandit_good(&looks)
           && xsell_bandit_good(&leaves);
}


int
xsell_weights_usable(const xsell_model_t *m)
{
    xsell_model_t  whole;

    if (!xsell_weights_good(m)) {
        return 0;
    }

    memcpy(&whole, m, sizeof(whole));
    (void) xsell_weights_complete(&whole);

    return xsell_weights_possible(&whole);
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


static void
xsell_weights_newer(xsell_ranker_t *r, const xsell_arena_t *a)
{
    uint32_t  i, generation;

    for (i = 0; i < 2; i++) {
        generation = xsell_load_acquire(&a->header->generation);

        if (generation == r->seen) {
            return;
        }

        if (!xsell_weights_copy(&r->fresh, a, generation)) {
            continue;
        }

        r->seen = generation;

        if (!xsell_weights_good(&r->fresh)) {
            return;
        }

        (void) xsell_weights_complete(&r->fresh);

        if (xsell_weights_possible(&r->fresh)) {
            memcpy(&r->copy, &r->fresh, sizeof(r->copy));
            memcpy(r->weight, r->copy.weight, sizeof(r->weight));
            r->generation = generation;
        }

        return;
    }
}


void
xsell_weights_refresh(xsell_ranker_t *r, const xsell_arena_t *a,
    uint32_t now_s)
{
    xsell_weights_newer(r, a);

    if (xsell_model_stale(&r->copy, now_s)) {
        xsell_weights_prior(&r->copy);
        memcpy(r->weight, r->copy.weight, sizeof(r->weight));
        r->generation = 0;      /* as at first: bases of it are not its */
    }
}


void
xsell_weights_publish(xsell_arena_t *a)
{
    int            good;
    uint32_t       generation;
    xsell_model_t  next;

    generation = xsell_load(&a->header->generation);

    memcpy(&next, &a->models[generation & 1], sizeof(next));

    good = xsell_weights_good(&next);

    if (!good) {
        memset(&next, 0, sizeof(next));
    }

    if (!xsell_weights_complete(&next) && good
        && xsell_weights_possible(&next))
    {
        return;
    }

    if (!xsell_weights_possible(&next)) {
        xsell_weights_prior(&next);
    }

    xsell_weights_put(a, &next);
}


void
xsell_weights_put(xsell_arena_t *a, const xsell_model_t *m)
{
    uint32_t        generation;
    xsell_model_t  *to, next;

    memcpy(&next, m, sizeof(next));
    next.sum = xsell_weights_sum(&next);

    generation = xsell_load(&a->header->generation) + 1;
    to = &a->models[generation & 1];

    xsell_intent_set(a, XSELL_REGION_MODEL, generation & 1);
    xsell_seq_put(to, &next, sizeof(next) / 4);
    xsell_store_release(&a->header->generation, generation);
    xsell_intent_clear(a);
}
