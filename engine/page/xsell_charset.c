
/*
 * xsell_charset.c: pages that are not UTF-8.
 *
 * A fragment is UTF-8, a page is what it is.  A page can carry a fragment if
 * its charset is ASCII-compatible: the bytes below 0x80 that HTML's syntax is
 * made of mean themselves.  Into such a page the fragment goes as ASCII
 * (xsell_ascii.c), other characters as references: the same text in every one
 * of these charsets, also in those that lack the character, and also where
 * nginx's charset filter recodes the page after us.  So nothing needs to be
 * known of a page but whether it is surely UTF-8 (then bytes go as they are),
 * and whether it is surely something else altogether.
 *
 * In Shift_JIS, GBK, Big5, GB18030, the windows code page of Korean and the
 * EUC family the second byte of a character may be below 0x80, but then it is
 * a letter, a digit or one of @[\]^_`{|}~ : never < > " ' & / = ! - or a
 * blank, so tags, comments and quotes are found as if it were Latin-1.
 *
 * Not ASCII-compatible are those in which a byte below 0x80 may be part of
 * something else: UTF-16, UTF-32, UTF-7, ISO-2022, HZ, EBCDIC, Johab, SCSU,
 * BOCU.  Names that nobody knows are left to browsers, which pass over them
 * and take what the page itself says, or Windows-1252: all ASCII-compatible.
 *
 * Not taken: writing the fragment in the page's own charset by iconv.  It is
 * shorter by some bytes, but needs tables, still needs references for what
 * the charset lacks, and is wrong where a header and the page disagree.
 */

#include "xsell_page.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>


/* ---- names ------------------------------------------------------------ */

/* the beginning of names that are not ASCII-compatible */

static const char *const  foreign[] = {
    "utf-16", "utf16", "utf_16", "utf-32", "utf32", "utf_32", "utf-7",
    "utf7", "unicode", "csunicode", "csutf7", "csutf16", "csutf32",
    "x-utf-16", "x-utf-32", "ucs", "csucs", "iso-10646", "iso_10646",
    "iso-2022", "iso2022", "csiso2022", "jis", "x-jis", "csjis", "hz", "x-hz",
    "ebcdic", "csebcdic", "x-ebcdic", "utf-ebcdic", "johab", "x-johab",
    "ms1361", "cp1361", "scsu", "csscsu", "bocu", "csbocu", "replacement",
    "x-imap"
};

static const char *const  utf8[] = {
    "utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8",
    "x-unicode20utf8"
};

/* code pages of EBCDIC: "ibm037", "cp500", "IBM-1047", "x-IBM930", ... */

static const uint16_t  ebcdic[] = {
    37, 273, 274, 275, 277, 278, 280, 281, 284, 285, 290, 297, 300, 420, 423,
    424, 425, 500, 833, 835, 836, 837, 838, 870, 871, 875, 880, 905, 918, 924,
    930, 931, 933, 935, 937, 939, 1025, 1026, 1027, 1047, 1097, 1112, 1122,
    1123, 1130, 1132, 1137, 1140, 1141, 1142, 1143, 1144, 1145, 1146, 1147,
    1148, 1149, 1153, 1154, 1155, 1156, 1157, 1158, 1160, 1164, 1165, 1166,
    1364, 1371, 1388, 1390, 1399
};


/* a number behind one of the words that stand before it */

static int
is_ebcdic(const char *name)
{
    size_t         i, n;
    unsigned long  page;

    static const char *const  word[] = { "x-", "cs", "ibm", "cp", "ccsid" };

    for (i = 0; i < sizeof(word) / sizeof(word[0]); i++) {
        n = strlen(word[i]);

        if (strncasecmp(name, word[i], n) == 0) {
            name += n;
        }
    }

    name += strspn(name, "-_0");

    if (*name < '1' || *name > '9') {
        return 0;
    }

    page = strtoul(name, NULL, 10);

    for (i = 0; i < sizeof(ebcdic) / sizeof(ebcdic[0]); i++) {
        if (ebcdic[i] == page) {
            return 1;
        }
    }

    return 0;
}


/* the name alone: without quotes, blanks, and parameters behind it */

static size_t
trim(xsell_str_t label, char *out, size_t cap)
{
    size_t  i, n;

    for (i = 0; i < label.n && strchr(" \t\r\n\f\"'", label.p[i]); i++) {
        /* void */
    }

    for (n = 0; i < label.n && n < cap - 1; i++, n++) {

        if (strchr(" \t\r\n\f\"';,", label.p[i])) {
            break;
        }

        out[n] = label.p[i];
    }

    out[n] = '\0';

    return n;
}


unsigned
xsell_charset(xsell_str_t label)
{
    char    name[48];
    size_t  i;

    /* strchr() finds the end of its string, too, and a 0 is part of no name:
       trim() stops there */

    if (trim(label, name, sizeof(name)) == 0) {
        return XSELL_CHARSET_ASCII;
    }

    for (i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++) {
        if (strcasecmp(name, utf8[i]) == 0) {
            return XSELL_CHARSET_UTF8;
        }
    }

    for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (strncasecmp(name, foreign[i], strlen(foreign[i])) == 0) {
            return XSELL_CHARSET_FOREIGN;
        }
    }

    return is_ebcdic(name) ? XSELL_CHARSET_FOREIGN : XSELL_CHARSET_ASCII;
}


/* ---- a look at the page ----------------------------------------------- */

/*
 * What the page itself says of ISO-2022, the one charset of these that
 * browsers take from a <meta>: it is ASCII until an escape sequence, so the
 * tag can be read.  The name behind a quote, "=" or a blank is enough to
 * leave a page alone: titles seldom have it.
 */

static int
says_iso_2022(const uint8_t *p, size_t n)
{
    size_t       before;
    const char  *q, *end;

    end = (const char *) p + n;

    /* the "2" is the rarest of it in a page's head */

    for (q = (const char *) p; (q = memchr(q, '2', end - q)) != NULL; q++) {

        if (end - q < 5 || memcmp(q, "2022", 4) != 0) {
            continue;
        }

        before = q - (const char *) p;

        if (before >= 5 && strncasecmp(q - 4, "iso-2022-", 9) == 0
            && memchr("=\"' \t\r\n", q[-5], 7))
        {
            return 1;
        }

        if (before >= 6 && end - q >= 6
            && strncasecmp(q - 5, "csiso2022jp", 11) == 0
            && memchr("=\"' \t\r\n", q[-6], 7))
        {
            return 1;
        }
    }

    return 0;
}


void
xsell_sniff_init(xsell_sniff_t *l, int declared)
{
    memset(l, 0, sizeof(xsell_sniff_t));
    l->declared = declared != 0;
}


int
xsell_sniff_feed(xsell_sniff_t *l, const uint8_t *p, size_t n)
{
    size_t   part, drop;
    uint8_t  seam[2 * XSELL_SNIFF_SEAM];

    if (n == 0) {
        return l->n < XSELL_SNIFF_MAX ? XSELL_AGAIN : XSELL_OK;
    }

    /*
     * FE FF, FF FE, 00 00 FE FF and FF FE 00 00 are byte order marks, and
     * stronger than any header.  None of their first bytes begins a page in
     * another charset; a 0 behind the first is UTF-16 that lacks its mark.
     */
    if (l->n == 0
        && (p[0] == 0xfe || p[0] == 0xff || p[0] == 0
            || (n > 1 && p[1] == 0)))
    {
        return XSELL_EINVAL;
    }

    if (l->declared) {
        l->n = XSELL_SNIFF_MAX;
        return XSELL_OK;
    }

    if (l->n >= XSELL_SNIFF_MAX) {
        return XSELL_OK;
    }

    if (n > (size_t) XSELL_SNIFF_MAX - l->n) {
        n = XSELL_SNIFF_MAX - l->n;
    }

    /* what lies across two buffers, or across many small ones */

    if (l->seam_n) {
        part = n < XSELL_SNIFF_SEAM ? n : XSELL_SNIFF_SEAM;
        memcpy(seam, l->seam, l->seam_n);
        memcpy(seam + l->seam_n, p, part);

        if (says_iso_2022(seam, l->seam_n + part)) {
            return XSELL_EINVAL;
        }
    }

    if (says_iso_2022(p, n)) {
        return XSELL_EINVAL;
    }

    l->n += n;

    /* the last bytes of what was seen */

    part = n < XSELL_SNIFF_SEAM ? n : XSELL_SNIFF_SEAM;
    drop = l->seam_n + part > XSELL_SNIFF_SEAM
           ? l->seam_n + part - XSELL_SNIFF_SEAM : 0;

    memmove(l->seam, l->seam + drop, l->seam_n - drop);
    memcpy(l->seam + l->seam_n - drop, p + n - part, part);
    l->seam_n = (uint8_t) (l->seam_n - drop + part);

    return l->n < XSELL_SNIFF_MAX ? XSELL_AGAIN : XSELL_OK;
}
