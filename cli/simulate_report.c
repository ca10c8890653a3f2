
/*
 * simulate_report.c: sums of runs as lines for people and scripts, and the
 * drift curve as text and as a picture.
 *
 * Figures are made per seed, then averaged: a gap is the share of that world's
 * way from also-bought to oracle, and worlds differ.  The standard error is of
 * the mean over seeds.
 *
 * Lift as a shop measures it: orders of a treated session against those of a
 * held-out one, in percent of the latter.  The true one is against a run in
 * which the same visitors are shown nothing at all.
 */

#include "simulate.h"

#include <math.h>
#include <string.h>


static double
sim_share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}


static double
sim_page_ctr(const sim_sums_t *s, unsigned from, unsigned to)
{
    double    pages, clicks;
    unsigned  i;

    pages = 0;
    clicks = 0;

    for (i = from; i < to; i++) {
        pages += (double) s->eighth_pages[i];
        clicks += (double) s->eighth_clicks[i];
    }

    return 100 * sim_share(clicks, pages);
}


/* of these eighths over the one before the change */

static double
sim_drift(const sim_sums_t *s, unsigned from, unsigned to)
{
    return sim_share(sim_page_ctr(s, from, to),
                     sim_page_ctr(s, SIM_EIGHTHS / 2 - 1, SIM_EIGHTHS / 2));
}


/* orders of a session, and the square of its error */

static double
sim_orders(const sim_sums_t *s, double *square)
{
    double  p;

    p = sim_share((double) s->orders, (double) s->sessions);
    *square = sim_share(p * (1 - p), (double) s->sessions);

    return p;
}


static void
sim_figures_lift(const sim_sums_t sums[SIM_POLICIES][SIM_ARMS],
    unsigned policy, double *figure)
{
    double  treated, held, nothing, square[3];

    treated = sim_orders(&sums[policy][SIM_TREATED], &square[0]);
    held = sim_orders(&sums[policy][SIM_HELD], &square[1]);
    nothing = sim_orders(&sums[SIM_NOTHING][SIM_TREATED], &square[2]);

    /* of a quotient of independent means (delta method) */

    figure[SIM_LIFT] = 100 * (sim_share(treated, held) - 1);
    figure[SIM_LIFT_SE] = 100 * sim_share(treated, held)
                          * sqrt(sim_share(square[0], treated * treated)
                                 + sim_share(square[1], held * held));
    figure[SIM_LIFT_TRUE] = 100 * (sim_share(treated, nothing) - 1);
}


void
sim_figures(const sim_sums_t sums[SIM_POLICIES][SIM_ARMS], unsigned policy,
    sim_figures_t *to)
{
    double             before, best, *figure;
    unsigned           i;
    const sim_sums_t  *s, *old, *top;

    s = &sums[policy][SIM_TREATED];
    old = &sums[SIM_ALSOBOUGHT][SIM_TREATED];
    top = &sums[SIM_ORACLE][SIM_TREATED];

    figure = to->figure;
    memset(to, 0, sizeof(*to));

    figure[SIM_CTR] = 100 * sim_share((double) s->clickers,
                                      (double) s->sessions);
    figure[SIM_CONV] = 100 * sim_share((double) s->buyers,
                                       (double) s->sessions);
    figure[SIM_AOV] = sim_share(s->value, (double) s->orders);
    figure[SIM_BOUNCE] = 100 * sim_share((double) s->bounces,
                                         (double) s->sessions);
    figure[SIM_PAGE_CTR] = sim_page_ctr(s, 0, SIM_EIGHTHS);
    figure[SIM_PAGES_EACH] = sim_share((double) s->pages,
                                       (double) s->sessions);
    figure[SIM_SHOWN] = 100 * sim_share((double) s->shown,
                                        (double) s->pages);

    before = 100 * sim_share((double) old->clickers, (double) old->sessions);
    best = 100 * sim_share((double) top->clickers, (double) top->sessions);
    figure[SIM_GAP] = 100 * sim_share(figure[SIM_CTR] - before,
                                      best - before);

    before = sim_page_ctr(old, 0, SIM_EIGHTHS);
    best = sim_page_ctr(top, 0, SIM_EIGHTHS);
    figure[SIM_PAGE_GAP] = 100 * sim_share(figure[SIM_PAGE_CTR] - before,
                                           best - before);

    figure[SIM_DRIFT] = sim_drift(s, 4, 6);
    figure[SIM_KEPT] = sim_share(figure[SIM_DRIFT], sim_drift(top, 4, 6));
    figure[SIM_LATER_DRIFT] = sim_drift(s, 6, 7);
    figure[SIM_LATER_KEPT] = sim_share(figure[SIM_LATER_DRIFT],
                                       sim_drift(top, 6, 7));

    sim_figures_lift(sums, policy, figure);

    for (i = 0; i < SIM_EIGHTHS; i++) {
        to->eighth[i] = sim_page_ctr(s, i, i + 1);
    }
}


/* ---- lines ------------------------------------------------------------ */

static double
sim_mean(const sim_figures_t *f, uint32_t seeds, unsigned policy,
    unsigned which, double *error)
{
    double    mean, sum, d;
    uint32_t  i;

    mean = 0;
    sum = 0;

    for (i = 0; i < seeds; i++) {
        mean += f[i * SIM_POLICIES + policy].figure[which] / seeds;
    }

    for (i = 0; i < seeds; i++) {
        d = f[i * SIM_POLICIES + policy].figure[which] - mean;
        sum += d * d;
    }

    *error = seeds > 1 ? sqrt(sum / (seeds - 1) / seeds) : 0;

    return mean;
}


static double
sim_mean_eighth(const sim_figures_t *f, uint32_t seeds, unsigned policy,
    unsigned eighth)
{
    double    mean;
    uint32_t  i;

    mean = 0;

    for (i = 0; i < seeds; i++) {
        mean += f[i * SIM_POLICIES + policy].eighth[eighth] / seeds;
    }

    return mean;
}


static void
sim_report_line(FILE *out, const sim_figures_t *f, uint32_t seeds,
    unsigned policy, int held)
{
    double    error[SIM_FIGURES], mean;
    unsigned  i;

    static const struct {
        const char  *name;
        int          digits;
    } figures[SIM_FIGURES] = {
        [SIM_CTR] = { "ctr", 2 },
        [SIM_CONV] = { "conv", 2 },
        [SIM_AOV] = { "aov", 1 },
        [SIM_BOUNCE] = { "bounce", 2 },
        [SIM_GAP] = { "gap", 1 },
        [SIM_PAGE_CTR] = { "page_ctr", 3 },
        [SIM_PAGE_GAP] = { "page_gap", 1 },
        [SIM_PAGES_EACH] = { "pages", 2 },
        [SIM_SHOWN] = { "shown", 1 },
        [SIM_DRIFT] = { "drift", 3 },
        [SIM_KEPT] = { "kept", 3 },
        [SIM_LATER_DRIFT] = { "later_drift", 3 },
        [SIM_LATER_KEPT] = { "later_kept", 3 },
        [SIM_LIFT] = { "lift", 1 },
        [SIM_LIFT_SE] = { "lift_error", 1 },
        [SIM_LIFT_TRUE] = { "true_lift", 1 }
    };

    fprintf(out, "policy=%s", sim_policy_name(policy));

    for (i = 0; i < SIM_FIGURES; i++) {

        if (i >= SIM_LIFT && !held) {
            break;
        }

        mean = sim_mean(f, seeds, policy, i, &error[i]);
        fprintf(out, " %s=%.*f", figures[i].name, figures[i].digits, mean);
    }

    for (i = 0; i < SIM_LIFT && seeds > 1; i++) {
        fprintf(out, " %s_se=%.*f", figures[i].name, figures[i].digits,
                error[i]);
    }

    fputc('\n', out);
}


static void
sim_report_curve(FILE *out, const sim_figures_t *f, uint32_t seeds,
    unsigned policy)
{
    unsigned  i;

    fprintf(out, "curve %-13s", sim_policy_name(policy));

    for (i = 0; i < SIM_EIGHTHS; i++) {
        fprintf(out, "%s%.2f", i == SIM_EIGHTHS / 2 ? " | " : " ",
                sim_mean_eighth(f, seeds, policy, i));
    }

    fputc('\n', out);
}


void
sim_report(FILE *out, const sim_figures_t *f, uint32_t seeds, uint32_t wanted,
    int curve, int held)
{
    unsigned  i;

    for (i = 0; i < SIM_POLICIES && curve; i++) {
        if (wanted & (1u << i)) {
            sim_report_curve(out, f, seeds, i);
        }
    }

    for (i = 0; i < SIM_POLICIES; i++) {
        if (wanted & (1u << i)) {
            sim_report_line(out, f, seeds, i, held);
        }
    }
}


/* ---- the picture ------------------------------------------------------ */

#define SIM_SVG_WIDTH   720
#define SIM_SVG_HEIGHT  400
#define SIM_SVG_LEFT    50
#define SIM_SVG_RIGHT   580
#define SIM_SVG_TOP     40
#define SIM_SVG_BOTTOM  350


/* middle of an eighth; a page CTR of at most `most` */

static double
sim_svg_x(double eighth)
{
    return SIM_SVG_LEFT
           + (SIM_SVG_RIGHT - SIM_SVG_LEFT) * (eighth + .5) / SIM_EIGHTHS;
}


static double
sim_svg_y(double ctr, double most)
{
    return SIM_SVG_BOTTOM - (SIM_SVG_BOTTOM - SIM_SVG_TOP) * ctr / most;
}


static void
sim_svg_axes(FILE *out, unsigned most)
{
    unsigned  i;

    for (i = 0; i <= most; i++) {
        fprintf(out, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>"
                "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%u %%"
                "</text>\n", SIM_SVG_LEFT, sim_svg_y(i, most), SIM_SVG_RIGHT,
                SIM_SVG_LEFT - 6, sim_svg_y(i, most) + 4, i);
    }

    for (i = 0; i < SIM_EIGHTHS; i++) {
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%u/8"
                "</text>\n", sim_svg_x(i), SIM_SVG_BOTTOM + 18, i + 1);
    }

    fprintf(out, "<path d=\"M%.1f %dV%d\" stroke=\"#999\" "
            "stroke-dasharray=\"4 4\"/><text x=\"%.1f\" y=\"%d\" "
            "text-anchor=\"middle\">what goes with what changes</text>\n",
            sim_svg_x(SIM_EIGHTHS / 2 - .5), SIM_SVG_TOP, SIM_SVG_BOTTOM,
            sim_svg_x(SIM_EIGHTHS / 2 - .5), SIM_SVG_TOP - 6);
}


static void
sim_svg_line(FILE *out, const sim_figures_t *f, uint32_t seeds,
    unsigned policy, double most, unsigned line)
{
    unsigned  i, y;

    /* told apart without colours, too: each has its own dashes */

    static const struct {
        const char  *colour;
        const char  *dashes;
    } style[SIM_POLICIES] = {
        { "#888", "1 3" }, { "#888", "2 2" }, { "#888", "6 2" },
        { "#a15c00", "none" }, { "#8a3ffc", "4 2" }, { "#0072b2", "8 3" },
        { "#0072b2", "3 3" }, { "#0072b2", "none" }, { "#007d48", "4 2" },
        { "#007d48", "none" }
    };

    fprintf(out, "<path fill=\"none\" stroke-width=\"2\" stroke=\"%s\" "
            "stroke-dasharray=\"%s\" d=\"", style[policy].colour,
            style[policy].dashes);

    for (i = 0; i < SIM_EIGHTHS; i++) {
        fprintf(out, "%s%.1f %.1f", i ? " L" : "M", sim_svg_x(i),
                sim_svg_y(sim_mean_eighth(f, seeds, policy, i), most));
    }

    y = SIM_SVG_TOP + 20 * line;

    fprintf(out, "\"/>\n<path stroke-width=\"2\" stroke=\"%s\" "
            "stroke-dasharray=\"%s\" d=\"M%d %uh26\"/>"
            "<text x=\"%d\" y=\"%u\">%s</text>\n", style[policy].colour,
            style[policy].dashes, SIM_SVG_RIGHT + 12, y, SIM_SVG_RIGHT + 44,
            y + 4, sim_policy_name(policy));
}


void
sim_report_svg(FILE *out, const sim_figures_t *f, uint32_t seeds,
    uint32_t wanted)
{
    double    most;
    unsigned  i, k, line;

    most = 1;

    for (i = 0; i < SIM_POLICIES; i++) {
        for (k = 0; k < SIM_EIGHTHS && (wanted & (1u << i)); k++) {
            most = fmax(most, ceil(sim_mean_eighth(f, seeds, i, k)));
        }
    }

    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d "
            "%d\" font-family=\"sans-serif\" font-size=\"12\">\n"
            "<title>Page views with a click, by eighths of the run</title>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            SIM_SVG_WIDTH, SIM_SVG_HEIGHT);

    sim_svg_axes(out, (unsigned) most);

    for (i = 0, line = 0; i < SIM_POLICIES; i++) {
        if (wanted & (1u << i)) {
            sim_svg_line(out, f, seeds, i, most, line++);
        }
    }

    fputs("</svg>\n", out);
}
