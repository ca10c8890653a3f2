
/*
 * xsell plan: what a zone of a size holds, before anybody writes it into a
 * configuration.  `nginx -t` prints the same numbers.
 */

#include "cli.h"

#include <getopt.h>
#include <string.h>


static const char  plan_help[] =
    "usage: xsell plan SIZE...\n"
    "\n"
    "Says what a zone of SIZE (bytes, or with k, m or g) has room for.\n";


static int
plan_print(const char *size)
{
    char           a[32], b[32];
    uint64_t       bytes;
    xsell_plan_t   plan;
    xsell_error_t  err;

    bytes = cli_size(size);

    if (bytes == 0) {
        return cli_usage("plan", "\"%s\" is no size such as 128m", size);
    }

    memset(&err, 0, sizeof(err));

    if (xsell_plan(bytes, &plan, &err) != XSELL_OK) {
        return cli_fail("%s: %s", size, err.text);
    }

    printf("%s: %s\n", size, cli_bytes(a, plan.bytes));
    printf("  %11s items, %u bytes each\n", cli_count(a, plan.items),
           plan.item_bytes);
    printf("  %11s sessions, %u bytes each, and %s on probation\n",
           cli_count(a, plan.sessions), plan.session_bytes,
           cli_count(b, plan.probation));

    /* D7: an impression is good for 30 minutes */

    printf("  %11s offers, %.1f a second for 30 minutes\n",
           cli_count(a, plan.impressions), plan.impressions / 1800.0);
    printf("  %11s clicked offers, %s order ids\n", cli_count(a, plan.ledger),
           cli_count(b, plan.orders));
    printf("  %11s URLs whose item was found on their page\n",
           cli_count(a, plan.urls));
    printf("  %11s events a worker may be ahead of the learner\n",
           cli_count(a, plan.ring_entries));

    return CLI_OK;
}


int
cli_plan(int argc, char **argv)
{
    int  c, rc, one;

    static const struct option  options[] = {
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        if (c != 'h') {
            return CLI_USAGE;
        }

        fputs(plan_help, stdout);
        return CLI_OK;
    }

    if (optind == argc) {
        return cli_usage("plan", "no size");
    }

    for (rc = CLI_OK; optind < argc; optind++) {
        one = plan_print(argv[optind]);
        rc = one > rc ? one : rc;
    }

    return rc;
}
