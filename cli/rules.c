
/*
 * rules.c: a shop's own rules, its rules.json, with the time zone that they
 * are written in: as the nginx module reads them.
 */

#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


#define RULES_ZONES      "/usr/share/zoneinfo/"
#define RULES_LOCALTIME  "/etc/localtime"


/* 0, or -1 and the message is out; *zone may stay NULL: UTC */

static int
rules_zone(const char *text, size_t n, char **zone, size_t *zone_n)
{
    int          rc;
    char         name[64], path[sizeof(RULES_ZONES) + sizeof(name)];
    struct stat  st;

    *zone = NULL;
    *zone_n = 0;

    rc = xsell_business_zone(text, n, name);

    if (rc == XSELL_OK && name[0] == '\0') {
        return 0;               /* no name: said with its place */
    }

    snprintf(path, sizeof(path), "%s%s", rc == XSELL_OK ? RULES_ZONES
                                                        : RULES_LOCALTIME,
             name);

    if (stat(path, &st) != 0) {

        if (rc == XSELL_OK) {
            *zone = strdup("-");        /* there is none: said with its place */
            *zone_n = *zone ? 1 : 0;
        }

        return 0;
    }

    return cli_read(path, zone, zone_n);
}


xsell_business_t *
cli_business(const char *file, const xsell_catalog_t *cat, unsigned *warnings)
{
    char              *text, *zone;
    size_t             n;
    xsell_str_t        z;
    cli_warned_t       warned;
    xsell_error_t      err;
    xsell_business_t  *b;

    if (cli_read(file, &text, &n) != 0) {
        return NULL;
    }

    memset(&err, 0, sizeof(err));
    memset(&warned, 0, sizeof(warned));
    warned.file = file;
    b = NULL;

    if (rules_zone(text, n, &zone, &z.n) == 0) {
        z.p = zone ? zone : "";

        if (xsell_business_create(&b, text, n, z, cat, cli_warning, &warned,
                                  &err)
            != XSELL_OK)
        {
            cli_report(file, "error", &err);
        }

        free(zone);
    }

    free(text);

    if (warnings) {
        *warnings = warned.n;
    }

    return b;
}


unsigned
cli_business_site(const char *file, const xsell_business_t *b,
    const xsell_business_slot_t *slot, uint32_t n, int countries)
{
    cli_warned_t  warned;

    memset(&warned, 0, sizeof(warned));
    warned.file = file;
    xsell_business_site(b, slot, n, countries, cli_warning, &warned);

    return warned.n;
}
