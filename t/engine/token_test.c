
/*
 * token_test.c: cookies, link tokens, secrets, aliases, holdout.
 *
 * The known answers were computed by another implementation (Python's hmac,
 * HKDF from RFC 5869, SipHash from its paper): whoever changes a byte of the
 * frame loses every visitor, and should see it here first.
 */

#include "xsell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>


#define SECRET_A                                                              \
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SECRET_B                                                              \
    "F0E1D2C3B4A5968778695A4B3C2D1E0Ff0e1d2c3b4a5968778695a4b3c2d1e0f"

#define WALL    1700000000u
#define DAY     86400u


static const xsell_str_t  prints = { "prints", 6 };
static const xsell_str_t  path = { "/p/blue-mug", 11 };

static const xsell_visitor_t  visitor = {
    { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
      0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf },
    WALL
};

static const xsell_link_t  a_link = { 7, 0x123456789a, 0x05000102, 3 };


static xsell_keys_t *
keys_of(const char *text, const char *shop)
{
    xsell_str_t    s;
    xsell_keys_t  *k;
    xsell_error_t  err;

    s.p = shop;
    s.n = strlen(shop);

    assert_int_equal(xsell_keys_create(&k, text, strlen(text), NULL, s, &err),
                     XSELL_OK);
    return k;
}


static int
equal_visitor(const xsell_visitor_t *a, const xsell_visitor_t *b)
{
    return memcmp(a->id, b->id, 16) == 0 && a->issued == b->issued;
}


/* hazard: tokens that are made several at once, by other instructions than one
   alone, and differ in a byte: links of every fragment would be forged ones */

static void
together_as_alone(void **state)
{
    char             one[XSELL_TOKEN_LEN], all[13][XSELL_TOKEN_LEN + 1];
    uint64_t         random, hash[13][2];
    unsigned         i, n, round;
    xsell_sign_t     what[13];
    xsell_keys_t    *k;
    xsell_link_t     l;
    xsell_signer_t   s;
    xsell_visitor_t  v;

    k = keys_of(SECRET_A "\n", "prints");
    random = 11;

    for (round = 0; round < 2000; round++) {
        n = round % 14;
        l.epoch = (uint32_t) xsell_random(&random);
        l.impression = xsell_random(&random) & 0xffffffffffull;
        memcpy(v.id, (uint64_t[]) { xsell_random(&random),
                                    xsell_random(&random) }, 16);
        v.issued = WALL;

        memset(all, '!', sizeof(all));
        xsell_token_begin(k, l.epoch, l.impression, &v, &s);

        for (i = 0; i < n; i++) {
            hash[i][0] = xsell_random(&random) % 5000;
            hash[i][1] = xsell_random(&random);
            what[i].path = hash[i];
            what[i].to = all[i];
            what[i].item = (uint32_t) xsell_random(&random);
            what[i].position = (uint8_t) (xsell_random(&random) % 12);
        }

        xsell_token_sign(&s, what, n);

        for (i = 0; i < n; i++) {
            what[i].to = one;
            xsell_token_sign(&s, &what[i], 1);
            assert_memory_equal(one, all[i], XSELL_TOKEN_LEN);
            assert_int_equal(all[i][XSELL_TOKEN_LEN], '!');
        }

        for ( /* void */ ; i < 13; i++) {
            assert_int_equal(all[i][0], '!');
        }
    }

    xsell_keys_destroy(k);
}


/* hazard: another byte order, info string or cut of the MAC would log every
   visitor out at an upgrade; and a MAC context that is not started again
   gives the right answer only once */

static void
known_answers(void **state)
{
    int              i;
    char             cookie[XSELL_COOKIE_LEN], token[XSELL_TOKEN_LEN];
    xsell_keys_t    *k;
    xsell_visitor_t  v;
    xsell_link_t     l;

    k = keys_of(SECRET_A, "prints");

    for (i = 0; i < 3; i++) {
        xsell_cookie_write(k, &visitor, cookie);
        assert_memory_equal(cookie,
            "EaChoqOkpaanqKmqq6ytrq8A8VNlp_1aq-tYgVy5vcAvC6Mg",
            XSELL_COOKIE_LEN);

        assert_int_equal(xsell_cookie_read(k, cookie, sizeof(cookie), WALL,
                                           &v), XSELL_OK);
        assert_true(equal_visitor(&v, &visitor));
    }

    xsell_token_write(k, &a_link, &visitor, path, token);
    assert_memory_equal(token, "EQcAAACaeFY0EgMCAQAFdLIcOflHlRo",
                        XSELL_TOKEN_LEN);

    assert_int_equal(xsell_token_read(k, token, sizeof(token), &visitor, path,
                                      &l), XSELL_OK);
    assert_int_equal(l.epoch, a_link.epoch);
    assert_int_equal(l.impression, a_link.impression);
    assert_int_equal(l.item, a_link.item);
    assert_int_equal(l.position, a_link.position);

    xsell_keys_destroy(k);
}


/* hazard: a bit that the MAC does not cover, or a second spelling of the same
   token, lets a click count twice or a visitor choose an id */

static void
every_bit_counts(void **state)
{
    int              rc;
    char             good[XSELL_COOKIE_LEN], bad[XSELL_COOKIE_LEN + 1];
    size_t           i;
    unsigned         c;
    xsell_keys_t    *k;
    xsell_visitor_t  v;
    xsell_link_t     l;

    k = keys_of(SECRET_A "\n" SECRET_B "\n", "prints");

    xsell_cookie_write(k, &visitor, good);

    for (i = 0; i < XSELL_COOKIE_LEN; i++) {
        for (c = 0; c < 256; c++) {
            memcpy(bad, good, sizeof(good));
            bad[i] = (char) c;

            rc = xsell_cookie_read(k, bad, XSELL_COOKIE_LEN, WALL, &v);
            assert_int_equal(rc == XSELL_OK, bad[i] == good[i]);
        }
    }

    xsell_token_write(k, &a_link, &visitor, path, good);

    for (i = 0; i < XSELL_TOKEN_LEN; i++) {
        for (c = 0; c < 256; c++) {
            memcpy(bad, good, XSELL_TOKEN_LEN);
            bad[i] = (char) c;

            rc = xsell_token_read(k, bad, XSELL_TOKEN_LEN, &visitor, path,
                                  &l);
            assert_int_equal(rc == XSELL_OK, bad[i] == good[i]);
        }
    }

    xsell_keys_destroy(k);
}


/* hazard: a length that is off by one, or read past its end */

static void
only_one_length(void **state)
{
    char             good[64];
    size_t           n;
    xsell_keys_t    *k;
    xsell_visitor_t  v;
    xsell_link_t     l;

    k = keys_of(SECRET_A, "prints");

    memset(good, 'A', sizeof(good));
    xsell_cookie_write(k, &visitor, good);

    for (n = 0; n < sizeof(good); n++) {
        assert_int_equal(xsell_cookie_read(k, good, n, WALL, &v),
                         n == XSELL_COOKIE_LEN ? XSELL_OK : XSELL_EINVAL);
    }

    xsell_token_write(k, &a_link, &visitor, path, good);

    for (n = 0; n < sizeof(good); n++) {
        assert_int_equal(xsell_token_read(k, good, n, &visitor, path, &l),
                         n == XSELL_TOKEN_LEN ? XSELL_OK : XSELL_EINVAL);
    }

    assert_int_equal(xsell_cookie_read(k, NULL, 0, WALL, &v), XSELL_EINVAL);
    assert_int_equal(xsell_token_read(k, NULL, 0, &visitor, path, &l),
                     XSELL_EINVAL);

    xsell_keys_destroy(k);
}


/* hazard: a link that another visitor, shop or page can use */

static void
tokens_are_bound(void **state)
{
    char             token[XSELL_TOKEN_LEN], cookie[XSELL_COOKIE_LEN];
    size_t           i;
    xsell_keys_t    *k, *other;
    xsell_link_t     l;
    xsell_visitor_t  v;

    static const xsell_str_t  paths[] = {
        { "/p/blue-mug/", 12 }, { "/p/blue-mu", 10 }, { "/p/blue-mux", 11 },
        { "", 0 }, { NULL, 0 }
    };

    k = keys_of(SECRET_A, "prints");
    other = keys_of(SECRET_A, "print");

    xsell_token_write(k, &a_link, &visitor, path, token);

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_int_equal(xsell_token_read(k, token, sizeof(token), &visitor,
                                          paths[i], &l), XSELL_EFORGED);
        assert_int_equal(l.impression, 0);
    }

    for (i = 0; i < 16; i++) {
        v = visitor;
        v.id[i] ^= 1;
        assert_int_equal(xsell_token_read(k, token, sizeof(token), &v, path,
                                          &l), XSELL_EFORGED);
    }

    /* a cookie is re-issued daily: a link shown before still counts */

    v = visitor;
    v.issued += DAY;
    assert_int_equal(xsell_token_read(k, token, sizeof(token), &v, path, &l),
                     XSELL_OK);

    assert_int_equal(xsell_token_read(k, token, sizeof(token), NULL, path,
                                      &l), XSELL_EFOREIGN);
    assert_int_equal(xsell_token_read(other, token, sizeof(token), &visitor,
                                      path, &l), XSELL_EFORGED);

    xsell_cookie_write(k, &visitor, cookie);
    assert_int_equal(xsell_cookie_read(other, cookie, sizeof(cookie), WALL,
                                       &v), XSELL_EFORGED);

    xsell_keys_destroy(other);
    xsell_keys_destroy(k);
}


/* hazard: putting a new secret in front logs out everybody, or an old secret
   goes on being accepted after it was removed; whatever the fingerprints of
   the two happen to be */

static void
rotation(void **state)
{
    char             olds[65], news[200], cookie[XSELL_COOKIE_LEN];
    char             token[XSELL_TOKEN_LEN];
    unsigned         i;
    xsell_keys_t    *k;
    xsell_link_t     l;
    xsell_visitor_t  v;

    for (i = 0; i < 64; i++) {
        snprintf(olds, sizeof(olds), "%064x", i + 1);

        k = keys_of(olds, "prints");
        xsell_cookie_write(k, &visitor, cookie);
        xsell_token_write(k, &a_link, &visitor, path, token);
        xsell_keys_destroy(k);

        snprintf(news, sizeof(news), "%064x\r\n%s\r\n", i + 1000, olds);

        k = keys_of(news, "prints");
        assert_int_equal(xsell_cookie_read(k, cookie, sizeof(cookie), WALL,
                                           &v), XSELL_OK);
        assert_true(equal_visitor(&v, &visitor));
        assert_int_equal(xsell_token_read(k, token, sizeof(token), &visitor,
                                          path, &l), XSELL_OK);

        xsell_cookie_write(k, &visitor, cookie);        /* by the new one */
        xsell_keys_destroy(k);

        news[64] = '\0';

        k = keys_of(news, "prints");
        assert_int_equal(xsell_cookie_read(k, cookie, sizeof(cookie), WALL,
                                           &v), XSELL_OK);
        assert_int_equal(xsell_token_read(k, token, sizeof(token), &visitor,
                                          path, &l), XSELL_EFORGED);
        xsell_keys_destroy(k);
    }
}


/* hazard: a cookie that lives forever, one refused because two machines'
   clocks differ, and unsigned arithmetic at the ends of time */

static void
cookie_time(void **state)
{
    char             cookie[XSELL_COOKIE_LEN];
    size_t           i;
    xsell_keys_t    *k;
    xsell_visitor_t  v;

    static const struct {
        uint32_t  issued, wall;
        int       rc;
    } t[] = {
        { WALL, WALL, XSELL_OK },
        { WALL, WALL + 90 * DAY, XSELL_OK },
        { WALL, WALL + 90 * DAY + 1, XSELL_ELATE },
        { WALL, WALL - DAY, XSELL_OK },
        { WALL, WALL - DAY - 1, XSELL_ELATE },
        { 0, 0, XSELL_OK },
        { 0, 0xffffffffu, XSELL_ELATE },
        { 0xffffffffu, 0, XSELL_ELATE },
        { 0xffffffffu, 0xffffffffu, XSELL_OK },
        { 0xffffffffu, 0xffffffffu - DAY, XSELL_OK }
    };

    k = keys_of(SECRET_A, "prints");

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        v = visitor;
        v.issued = t[i].issued;
        xsell_cookie_write(k, &v, cookie);

        assert_int_equal(xsell_cookie_read(k, cookie, sizeof(cookie),
                                           t[i].wall, &v), t[i].rc);
    }

    xsell_keys_destroy(k);
}


/* hazard: what is remembered of a good cookie serves a forged one with its id,
   another visitor, or itself when it is too old */

static void
cookie_remembered(void **state)
{
    int              i, k;
    char             cookie[2][XSELL_COOKIE_LEN], bad[XSELL_COOKIE_LEN];
    xsell_keys_t    *keys;
    xsell_visitor_t  v, who[2];

    keys = keys_of(SECRET_A, "prints");

    for (k = 0; k < 2; k++) {
        who[k] = visitor;
        who[k].issued = WALL;
        who[k].id[15] ^= (uint8_t) k;   /* the same words choose the place */
        xsell_cookie_write(keys, &who[k], cookie[k]);
    }

    for (i = 0; i < 4; i++) {
        for (k = 0; k < 2; k++) {
            assert_int_equal(xsell_cookie_read(keys, cookie[k],
                                               XSELL_COOKIE_LEN, WALL, &v),
                             XSELL_OK);
            assert_memory_equal(v.id, who[k].id, sizeof(v.id));
            assert_int_equal(v.issued, WALL);

            memcpy(bad, cookie[k], sizeof(bad));
            bad[XSELL_COOKIE_LEN - 1] ^= 1;
            assert_int_equal(xsell_cookie_read(keys, bad, sizeof(bad), WALL,
                                               &v), XSELL_EFORGED);
            assert_int_equal(xsell_cookie_read(keys, cookie[k],
                                               XSELL_COOKIE_LEN,
                                               WALL + 90 * DAY + 1, &v),
                             XSELL_ELATE);
        }
    }

    xsell_keys_destroy(keys);
}


/* hazard: a secret file that is misread instead of refused, or quoted in an
   error log */

static void
secret_files(void **state)
{
    int             rc;
    size_t          i;
    xsell_keys_t   *k;
    xsell_error_t   err;

    static const struct {
        const char  *text;
        unsigned     line;              /* of the error; 0: good */
        unsigned     column;
    } t[] = {
        { SECRET_A, 0, 0 },
        { SECRET_A "\n", 0, 0 },
        { SECRET_A "\r\n", 0, 0 },
        { SECRET_A "\n" SECRET_B, 0, 0 },
        { SECRET_A "\r\n" SECRET_B "\r\n", 0, 0 },
        { "", 1, 0 },
        { "\n", 1, 0 },
        { "\r\n" SECRET_A, 1, 0 },
        { SECRET_A "\n\n", 2, 0 },
        { SECRET_A "\n" SECRET_B "\n\n", 3, 0 },
        { SECRET_A "\n" SECRET_B "\n" SECRET_A, 3, 0 },
        { SECRET_A "0", 1, 0 },
        { SECRET_A "\r", 1, 0 },
        { SECRET_A " \n", 1, 0 },
        { " " SECRET_A, 1, 1 },
        { "\xef\xbb\xbf" SECRET_A, 1, 1 },
        { SECRET_A "\n0011223344556677x", 2, 17 },
        { SECRET_A "\n00112233", 2, 0 },
        { SECRET_A "\n" SECRET_A "\n", 2, 0 },
        { "0000000000000000000000000000000000000000000000000000000000000000",
          1, 0 },
        { SECRET_A "\n"
          "aAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaA",
          2, 0 },
    };

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        memset(&err, 0, sizeof(err));

        rc = xsell_keys_create(&k, t[i].text, strlen(t[i].text), NULL, prints,
                               &err);
        assert_int_equal(rc, t[i].line ? XSELL_EINVAL : XSELL_OK);
        assert_int_equal(err.line, t[i].line);
        assert_int_equal(err.column, t[i].column);

        if (rc == XSELL_OK) {
            xsell_keys_destroy(k);
            continue;
        }

        assert_null(k);
        assert_true(strlen(err.text) > 10);
        assert_null(strstr(err.text, "00"));
        assert_null(strstr(err.text, "112"));

        /* no error wanted: must not crash */

        assert_int_equal(xsell_keys_create(&k, t[i].text, strlen(t[i].text),
                                           NULL, prints, NULL), XSELL_EINVAL);
    }

    xsell_keys_destroy(NULL);
}


/* hazard: a shop's name that overruns a buffer; a secret that is not there;
   a random secret that is not the one given */

static void
other_arguments(void **state)
{
    char             name[600], a[XSELL_COOKIE_LEN], b[XSELL_COOKIE_LEN];
    uint8_t          random[32];
    size_t           i;
    xsell_str_t      shop;
    xsell_keys_t    *k;
    xsell_error_t    err;

    memset(name, 'x', sizeof(name));
    shop.p = name;

    for (i = 0; i < sizeof(name); i += 51) {
        shop.n = i;
        assert_int_equal(xsell_keys_create(&k, SECRET_A, 64, NULL, shop,
                                           &err),
                         i <= 255 ? XSELL_OK : XSELL_EINVAL);
        xsell_keys_destroy(k);
    }

    assert_int_equal(xsell_keys_create(&k, NULL, 0, NULL, prints, &err),
                     XSELL_EINVAL);

    for (i = 0; i < 32; i++) {
        random[i] = (uint8_t) i;        /* the bytes of SECRET_A */
    }

    assert_int_equal(xsell_keys_create(&k, NULL, 0, random, prints, &err),
                     XSELL_OK);
    xsell_cookie_write(k, &visitor, a);
    xsell_keys_destroy(k);

    k = keys_of(SECRET_A, "prints");
    xsell_cookie_write(k, &visitor, b);
    xsell_keys_destroy(k);

    assert_memory_equal(a, b, sizeof(a));
}


/* hazard: session key 0 means "free" in the table */

static void
visitor_keys(void **state)
{
    xsell_visitor_t  v;

    assert_int_equal(xsell_visitor_key(&visitor), 0xa7a6a5a4a3a2a1a0ull);

    memset(&v, 0, sizeof(v));
    v.id[8] = 9;
    assert_int_equal(xsell_visitor_key(&v), 1);
}


/* hazard: an alias that does not change with the month, or changes within it
   (leap days, ends of months), or is the same in two shops */

static void
aliases(void **state)
{
    char           out[16];
    size_t         i;
    uint64_t       key;
    xsell_keys_t  *k, *other;

    static const struct {
        uint32_t     wall;
        const char  *alias;
    } t[] = {
        { 0, "78efd69c7db1c63d" },
        { 1700000000, "5fe7189e7cfe7707" },
        { 1709164799, "ee6afd5517d46c34" },     /* 28 Feb 2024, last second */
        { 1709164800, "ee6afd5517d46c34" },
        { 1709251199, "ee6afd5517d46c34" },
        { 1709251200, "c8caa591fc59d605" },     /* 1 March */
        { 4102444799u, "44cbc16deaff6083" },
        { 4102444800u, "489dd6e77712b510" },    /* 2100 */
        { 4294967295u, "1389dc99ef4f025e" }
    };

    k = keys_of(SECRET_A, "prints");
    other = keys_of(SECRET_A, "mugs");
    key = xsell_visitor_key(&visitor);

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        xsell_visitor_alias(k, key, t[i].wall, out);
        assert_memory_equal(out, t[i].alias, 16);

        xsell_visitor_alias(other, key, t[i].wall, out);
        assert_memory_not_equal(out, t[i].alias, 16);
    }

    xsell_keys_destroy(other);
    xsell_keys_destroy(k);
}


/* hazard: a holdout of another size than configured, or one that is not
   nested: raising 5 % to 10 % must keep those who were out */

static void
holdout(void **state)
{
    unsigned         i, out5, out10;
    xsell_keys_t    *k;
    xsell_visitor_t  v;

    k = keys_of(SECRET_A, "prints");

    assert_false(xsell_holdout(k, &visitor, 8055));
    assert_true(xsell_holdout(k, &visitor, 8056));

    v = visitor;
    out5 = 0;
    out10 = 0;

    for (i = 0; i < 40000; i++) {
        memcpy(v.id, &i, sizeof(i));

        assert_false(xsell_holdout(k, &v, 0));
        assert_true(xsell_holdout(k, &v, 10000));

        if (xsell_holdout(k, &v, 500)) {
            out5++;
            assert_true(xsell_holdout(k, &v, 1000));
        }

        out10 += xsell_holdout(k, &v, 1000);
    }

    assert_in_range(out5, 1800, 2200);          /* 4.6 standard deviations */
    assert_in_range(out10, 3720, 4280);

    xsell_keys_destroy(k);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(together_as_alone),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(only_one_length),
        cmocka_unit_test(tokens_are_bound),
        cmocka_unit_test(rotation),
        cmocka_unit_test(cookie_time),
        cmocka_unit_test(cookie_remembered),
        cmocka_unit_test(secret_files),
        cmocka_unit_test(other_arguments),
        cmocka_unit_test(visitor_keys),
        cmocka_unit_test(aliases),
        cmocka_unit_test(holdout),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
