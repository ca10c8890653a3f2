
/*
 * Bot: programs that say what they are, and pages fetched before anybody
 * asked for them.  Asked for once a request, by session.  Only counting and
 * links depend on it, never what is on the page, so a wrong guess costs a
 * number, not a visitor.
 *
 * A browser's User-Agent has some 110 bytes and none of the words, so the
 * answer that must be cheap is no.  All words are looked for in one pass
 * (shift-and, Baeza-Yates and Gonnet 1992): a bit per letter says how far
 * each word has come, two instructions move all of them on.  Only the words'
 * beginnings fit 64 bits; an agent that has one is searched the long way.
 * Thirteen searches, one after the other, took 17,000 instructions a page.
 *
 * And the next page mostly has an agent that was read before: those that have
 * none of the words are remembered, whole.  Where is said by three of its
 * words of eight bytes; a hash of all of it costs as much as reading it.
 */

#include "ngx_http_xsell_module.h"


#define NGX_HTTP_XSELL_STEM    4    /* letters of a word that have a bit */
#define NGX_HTTP_XSELL_AGENTS  128  /* power of two */


static ngx_str_t  ngx_http_xsell_words[] = {
    ngx_string("bot"),
    ngx_string("crawl"),
    ngx_string("spider"),
    ngx_string("slurp"),
    ngx_string("facebookexternalhit"),
    ngx_string("lighthouse"),
    ngx_string("monitor"),
    ngx_string("curl/"),
    ngx_string("wget/"),
    ngx_string("python-"),
    ngx_string("go-http-client"),
    ngx_string("scrapy"),
    ngx_string("preview")
};

#define NGX_HTTP_XSELL_WORDS                                                  \
    (sizeof(ngx_http_xsell_words) / sizeof(ngx_http_xsell_words[0]))

_Static_assert(NGX_HTTP_XSELL_WORDS * NGX_HTTP_XSELL_STEM <= 64,
               "the words' stems fit one word");


/* the bits of each byte, whatever its case, of first and of last letters */

typedef struct {
    uint64_t    letter[256];
    uint64_t    first;
    uint64_t    last;
} ngx_http_xsell_stems_t;

static ngx_http_xsell_stems_t  ngx_http_xsell_stems;


/* an agent that is no bot; len 0: none */

typedef struct {
    u_char      len;
    u_char      text[255];
} ngx_http_xsell_agent_t;

static ngx_http_xsell_agent_t  ngx_http_xsell_agents[NGX_HTTP_XSELL_AGENTS];


static void
ngx_http_xsell_stems_init(ngx_http_xsell_stems_t *stems)
{
    u_char      c;
    uint64_t    bit;
    ngx_str_t  *word;
    ngx_uint_t  i, k;

    bit = 1;

    for (i = 0; i < NGX_HTTP_XSELL_WORDS; i++) {
        word = &ngx_http_xsell_words[i];
        stems->first |= bit;

        for (k = 0; k < word->len && k < NGX_HTTP_XSELL_STEM; k++) {
            c = word->data[k];

            stems->letter[c] |= bit;
            stems->letter[ngx_toupper(c)] |= bit;
            bit <<= 1;
        }

        stems->last |= bit >> 1;
    }
}


/* whether some word of the table is there */

static ngx_uint_t
ngx_http_xsell_named(ngx_str_t *agent)
{
    u_char                  *p, *last;
    uint64_t                 at, seen;
    ngx_str_t               *word;
    ngx_uint_t               i;
    ngx_http_xsell_stems_t  *stems;

    stems = &ngx_http_xsell_stems;

    if (stems->first == 0) {
        ngx_http_xsell_stems_init(stems);
    }

    last = agent->data + agent->len;
    at = 0;
    seen = 0;

    for (p = agent->data; p < last; p++) {
        at = ((at << 1) | stems->first) & stems->letter[*p];
        seen |= at;
    }

    if ((seen & stems->last) == 0) {
        return 0;
    }

    for (i = 0; i < NGX_HTTP_XSELL_WORDS; i++) {
        word = &ngx_http_xsell_words[i];

        if (ngx_strlcasestrn(agent->data, last, word->data, word->len - 1)) {
            return 1;
        }
    }

    return 0;
}


/* headers of browsers that fetch ahead, and of those that show pictures of
   pages */

ngx_uint_t
ngx_http_xsell_is_ahead(ngx_table_elt_t *h)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    static struct {
        ngx_str_t  name;
        ngx_str_t  word;
    } header[] = {
        { ngx_string("x-moz"), ngx_string("prefetch") },
        { ngx_string("purpose"), ngx_string("prefetch") },
        { ngx_string("x-purpose"), ngx_string("preview") },
        { ngx_string("sec-purpose"), ngx_string("prefetch") }
    };

    value = &h->value;

    for (i = 0; i < sizeof(header) / sizeof(header[0]); i++) {

        if (h->key.len == header[i].name.len
            && ngx_strncmp(h->lowcase_key, header[i].name.data, h->key.len)
               == 0)
        {
            return ngx_strlcasestrn(value->data, value->data + value->len,
                                    header[i].word.data,
                                    header[i].word.len - 1)
                   != NULL;
        }
    }

    return 0;
}


/* where an agent is, or would be, remembered; NULL if it can't be */

static ngx_http_xsell_agent_t *
ngx_http_xsell_agent(ngx_str_t *agent)
{
    uint64_t  hash, word;

    if (agent->len < 2 * sizeof(word)
        || agent->len > sizeof(ngx_http_xsell_agents[0].text))
    {
        return NULL;
    }

    /* systems stand after the first words, versions at the end */

    ngx_memcpy(&hash, agent->data + agent->len - sizeof(word), sizeof(word));
    ngx_memcpy(&word, agent->data + agent->len / 4, sizeof(word));
    hash = (hash + agent->len) * 0x9e3779b97f4a7c15ull ^ word;
    ngx_memcpy(&word, agent->data + (agent->len - sizeof(word)) * 7 / 8,
               sizeof(word));
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;

    return &ngx_http_xsell_agents[hash >> 32 & (NGX_HTTP_XSELL_AGENTS - 1)];
}


static ngx_uint_t
ngx_http_xsell_agent_is_bot(ngx_str_t *agent)
{
    ngx_http_xsell_agent_t  *known;

    known = ngx_http_xsell_agent(agent);

    if (known && known->len == agent->len
        && ngx_memcmp(known->text, agent->data, agent->len) == 0)
    {
        return 0;
    }

    if (ngx_http_xsell_named(agent)) {
        return 1;
    }

    if (known) {
        known->len = (u_char) agent->len;
        ngx_memcpy(known->text, agent->data, agent->len);
    }

    return 0;
}


ngx_uint_t
ngx_http_xsell_is_bot(ngx_http_request_t *r, ngx_http_xsell_state_t *st)
{
    return ngx_http_xsell_said(r, st)->ahead
           || (r->headers_in.user_agent
               && ngx_http_xsell_agent_is_bot(
                      &r->headers_in.user_agent->value));
}
