
/*
 * xsell snapshot: checks a snapshot as nginx would before it trusts it, and
 * says what is in it.
 */

#include "cli.h"

#include <getopt.h>
#include <string.h>


static const char  snapshot_help[] =
    "usage: xsell snapshot [--zone SIZE] FILE...\n"
    "\n"
    "Checks everything in a snapshot (checksums, versions, ranges) and says\n"
    "what is in it.\n"
    "\n"
    "  --zone SIZE   load it into a zone of this size; says what would not\n"
    "                fit (default: one in which all should)\n";


static int
snapshot_print(const char *file, uint64_t zone)
{
    int                    rc;
    char                   a[32], b[32];
    cli_arena_t            arena;
    xsell_error_t          err;
    xsell_snapshot_info_t  info;

    rc = cli_arena_load(&arena, file, zone, &info);

    if (rc != CLI_OK) {
        return rc;
    }

    printf("%s: good, %s\n", file, cli_bytes(a, info.bytes));
    printf("  boot epoch %u, %.1f days of engine time\n", info.epoch,
           (double) info.time_ms / 86400000);
    printf("  %s items, %s sessions\n", cli_count(a, info.items),
           cli_count(b, info.sessions));

    if (info.log_off) {
        printf("  has learned the event log up to byte %llu of inode %llu\n",
               (unsigned long long) info.log_off,
               (unsigned long long) info.log_inode);
    }

    memset(&err, 0, sizeof(err));

    if (xsell_arena_validate(&arena.a, &err) != XSELL_OK) {
        rc = cli_fail("%s: loaded, but then the zone is not sane: %s", file,
                      err.text);
    }

    cli_arena_destroy(&arena);

    return rc;
}


int
cli_snapshot(int argc, char **argv)
{
    int       c, rc, one;
    uint64_t  zone;

    static const struct option  options[] = {
        { "zone", required_argument, NULL, 'z' },
        { "help", no_argument,       NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    zone = 0;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 'z':
            zone = cli_size(optarg);

            if (zone == 0) {
                return cli_usage("snapshot", "\"%s\" is no size such as 128m",
                                 optarg);
            }

            break;

        case 'h':
            fputs(snapshot_help, stdout);
            return CLI_OK;

        default:
            return CLI_USAGE;
        }
    }

    if (optind == argc) {
        return cli_usage("snapshot", "no file");
    }

    for (rc = CLI_OK; optind < argc; optind++) {
        one = snapshot_print(argv[optind], zone);
        rc = one > rc ? one : rc;
    }

    return rc;
}
