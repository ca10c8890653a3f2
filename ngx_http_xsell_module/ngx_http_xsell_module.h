
/*
 * ngx_http_xsell_module.h: what the stages of the glue share.
 *
 *     request -> session -> recommend -> render -> inject
 *                   ^                                |
 *                   +------- learn <---- event <-----+
 *
 * The glue knows nginx and no mathematics.  Stages call each other only
 * through the functions declared here, in this order of dependency: module,
 * stages, zone and conf, xsell.h.
 */

#ifndef NGX_HTTP_XSELL_MODULE_H
#define NGX_HTTP_XSELL_MODULE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <xsell.h>


/* a context of our own: directives of an xsell_shop block.  The bit is free
   in every nginx up to 1.29 */

#define NGX_HTTP_XSELL_SHOP_CONF      0x00100000

#define NGX_HTTP_XSELL_CONSENT_ASSUMED   0
#define NGX_HTTP_XSELL_CONSENT_REQUIRED  1


typedef struct MMDB_s  ngx_http_xsell_mmdb_t;


/* a name that locations use before the number behind it is known: of a slot
   (in shared memory, which counts by it), of a template (in the shop's set) */

typedef struct {
    ngx_str_t                    text;
    ngx_int_t                    index;         /* -1: not known yet */
    ngx_uint_t                   items;         /* of a slot: the most */
    u_char                      *file;          /* first mention */
    ngx_uint_t                   line;
} ngx_http_xsell_name_t;


/* a slot with one of its templates, or with "none": counted by itself */

typedef struct {
    ngx_http_xsell_name_t       *slot;
    ngx_str_t                    look;
    ngx_uint_t                   index;         /* in shared memory; 0: not
                                                   known, or no room there */
} ngx_http_xsell_face_t;


/* what a slot may look like: one of these templates; face: how each is counted
   here */

typedef struct {
    ngx_http_xsell_name_t       *look[XSELL_ARMS];
    ngx_http_xsell_face_t       *face[XSELL_ARMS + 1];  /* the last: none */
    ngx_uint_t                   n;
    ngx_uint_t                   hide;          /* or like nothing */
} ngx_http_xsell_choice_t;


/* what the learner keeps between ticks (ngx_http_xsell_learn.c) */

typedef struct {
    unsigned                     holds:1;       /* the lease is ours */
    unsigned                     log_failed:1;  /* said so already */
    unsigned                     save_failed:1;
    ngx_msec_t                   tried;         /* last try for the lease */
    ngx_msec_t                   saved;         /* last snapshot begun */
    ngx_msec_t                   pause;         /* of the adaptive timer */
    xsell_snapshot_t            *snapshot;      /* being written */
    ngx_fd_t                     fd;            /* of its temporary file */
    void                        *sync;          /* fsync and rename under way */
    u_char                      *log;           /* lines not yet written */
    size_t                       log_n;
    uint32_t                     count_at;      /* of the sessions' count */
    uint64_t                     count_n;
} ngx_http_xsell_learner_t;


typedef struct {
    ngx_str_t                    name;
    ngx_uint_t                   defined;       /* the block was seen */
    u_char                      *file;          /* of the block, or of the */
    ngx_uint_t                   line;          /* first mention */

    /* directives */
    size_t                       size;
    ngx_str_t                    catalog_file;
    ngx_str_t                    templates;     /* folder */
    ngx_str_t                    theme;
    ngx_str_t                    geoip;
    ngx_str_t                    state;
    ngx_msec_t                   interval;      /* of snapshots */
    ngx_str_t                    secret;
    ngx_uint_t                   holdout;       /* permyriad */
    ngx_uint_t                   min_visits;
    ngx_uint_t                   diversity;     /* hundredths */
    ngx_open_file_t             *log;

    /* made from them while the configuration is read */
    xsell_settings_t             settings;
    xsell_catalog_t             *catalog;
    xsell_keys_t                *keys;
    xsell_templates_t           *look;
    xsell_business_t            *business;      /* NULL: no rules.json */
    ngx_http_xsell_mmdb_t       *mmdb;
    ngx_str_t                    css;           /* the stylesheet */
    ngx_str_t                    css_hash;
    ngx_array_t                  names;         /* .._name_t *: of slots */
    ngx_array_t                  faces;         /* .._face_t *: of each slot */
    ngx_array_t                  looks;         /* .._name_t *: of templates
                                                   that slots use */
    xsell_plan_t                 plan;

    /* the zone */
    ngx_shm_zone_t              *zone;
    xsell_arena_t                arena;
    uint32_t                     number;        /* of our catalogue */
    unsigned                     fresh:1;       /* formatted by this cycle */
    unsigned                     stateless:1;   /* state is another's: keep
                                                   off */
    ngx_fd_t                     lock_fd;       /* of the state folder */

    /* the worker */
    xsell_ranker_t              *ranker;
    xsell_claim_t                claim;
    ngx_http_xsell_learner_t     learner;
} ngx_http_xsell_shop_t;


typedef struct ngx_http_xsell_known_s  ngx_http_xsell_known_t;
typedef struct ngx_http_xsell_page_s   ngx_http_xsell_page_t;


typedef struct {
    ngx_array_t                  shops;         /* ngx_http_xsell_shop_t * */
    ngx_array_t                  slots;         /* ngx_array_t *: as written,
                                                   of .._slot_t */
    size_t                       page_cache;    /* bytes of `known` */
    unsigned                     used:1;        /* some location uses one */
    unsigned                     alone:1;       /* no filter of others is
                                                   before ours */
    ngx_http_xsell_known_t      *known;         /* the worker's; NULL: none */
} ngx_http_xsell_main_conf_t;


/* a shop as a server sees it */

typedef struct {
    ngx_http_xsell_shop_t       *shop;
    ngx_str_t                    prefix;        /* of its endpoint, or empty */
    ngx_uint_t                   slots;         /* locations with slots */
    u_char                      *file;          /* of the first of these */
    ngx_uint_t                   line;
} ngx_http_xsell_server_shop_t;


typedef struct {
    ngx_array_t                  shops;         /* .._server_shop_t */
} ngx_http_xsell_srv_conf_t;


typedef struct {
    ngx_str_t                    name;
    ngx_str_t                    template;
    ngx_http_complex_value_t    *title;         /* heading; NULL: the usual */
    ngx_uint_t                   items;
    ngx_str_t                    offers;        /* as written, or empty */
    ngx_uint_t                   recall;        /* ... viewed */
    uint32_t                     told;          /* bit per XSELL_PLACE_*, and
                                                   one for "too large", that
                                                   the log has; a worker's */
    ngx_str_t                    selector;      /* empty: a marker */
    ngx_str_t                    existing;      /* existing=..., root=...; */
    ngx_str_t                    root;          /* as written, or empty */
    u_char                      *file;
    ngx_uint_t                   line;
    ngx_uint_t                   used;          /* a location with a shop, or
                                                   "xsell off", has it */
} ngx_http_xsell_slot_t;


/* parameters of xsell_event */

enum {
    NGX_HTTP_XSELL_PARAM_ITEM = 0,
    NGX_HTTP_XSELL_PARAM_ITEMS,
    NGX_HTTP_XSELL_PARAM_ID,
    NGX_HTTP_XSELL_PARAM_VALUE,
    NGX_HTTP_XSELL_PARAM_QUANTITY,
    NGX_HTTP_XSELL_PARAMS
};


/* what can be wrong with the value of one when a request has it */

enum {
    NGX_HTTP_XSELL_WRONG_EMPTY = 0,
    NGX_HTTP_XSELL_WRONG_UNKNOWN,               /* no item of the catalogue */
    NGX_HTTP_XSELL_WRONG_FORM,                  /* no number */
    NGX_HTTP_XSELL_WRONGS
};


typedef struct {
    ngx_uint_t                   type;          /* XSELL_EVENT_* */
    ngx_http_complex_value_t    *param[NGX_HTTP_XSELL_PARAMS];
    u_char                      *file;
    ngx_uint_t                   line;
    uint32_t                     told;          /* bit per parameter and what
                                                   was wrong with it, that the
                                                   log has; a worker's */
} ngx_http_xsell_event_conf_t;


/* what of a location's pages is said once per worker */

#define NGX_HTTP_XSELL_TOLD_CODING       1
#define NGX_HTTP_XSELL_TOLD_CHARSET      2
#define NGX_HTTP_XSELL_TOLD_PLAIN        4
#define NGX_HTTP_XSELL_TOLD_ITEM         8


typedef struct {
    ngx_http_xsell_shop_t       *shop;          /* NULL: off */
    ngx_http_complex_value_t    *item;
    ngx_int_t                    item_index;    /* of the variable that item
                                                   is; -1: more, or less */
    ngx_http_complex_value_t    *language;
    ngx_uint_t                   consent;
    ngx_http_complex_value_t    *consent_value;
    ngx_uint_t                   consent_set;
    ngx_array_t                 *slots;         /* ngx_http_xsell_slot_t */
    xsell_places_t              *places;        /* number i is of slot i */
    ngx_http_xsell_name_t      **names;         /* of slot i in the shop */
    ngx_http_xsell_choice_t     *looks;         /* its templates */
    ngx_array_t                 *events;        /* .._event_conf_t */
    ngx_http_xsell_shop_t       *endpoint;      /* this location serves it */
    ngx_str_t                    prefix;        /* of the shop's endpoint in
                                                   this server */
    ngx_str_t                    css;           /* URL of the stylesheet; a
                                                   worker's, or empty */
    ngx_http_xsell_shop_t       *status;
    ngx_uint_t                   prometheus;
    u_char                      *file;          /* of `xsell` */
    ngx_uint_t                   line;
    unsigned                     off:1;         /* by `xsell off` */
    unsigned                     told:4;        /* NGX_HTTP_XSELL_TOLD_*; a
                                                   worker's */
} ngx_http_xsell_loc_conf_t;


/* a visitor, worked out once a request and shop */

typedef struct {
    ngx_http_xsell_shop_t       *shop;
    xsell_visitor_t              visitor;
    uint64_t                     key;           /* 0: no profile */
    uint64_t                     known;         /* of the cookie, whatever the
                                                   consent: to be erased */
    uint32_t                     network;       /* hash of his; 0: unknown */
    unsigned                     done:1;
    unsigned                     cookie:1;      /* brought a valid one */
    unsigned                     stale:1;       /* valid, to be renewed */
    unsigned                     sent:1;        /* brought any, good or bad */
    unsigned                     consent:1;
    unsigned                     refused:1;     /* the "off" cookie */
    unsigned                     holdout:1;
    unsigned                     bot:1;         /* also prefetch, preview */
} ngx_http_xsell_visitor_t;


/* what a client says of itself and of what it wants: headers that several
   stages ask for, found in one walk (ngx_http_xsell_said) */

typedef struct {
    ngx_str_t                   *accept;
    ngx_str_t                   *dest;          /* Sec-Fetch-Dest */
    ngx_str_t                   *purpose;       /* Sec-Purpose: prefetch */
    ngx_str_t                   *gpc;           /* Sec-GPC */
    ngx_table_elt_t             *coding;        /* an Accept-Encoding, */
    ngx_uint_t                   codings;       /* and how many there are */
    unsigned                     ahead:1;       /* a prefetch or preview */
    unsigned                     done:1;
} ngx_http_xsell_said_t;


/*
 * One a main request, in r->main's pool; found again after an internal
 * redirect has wiped the module contexts (ngx_http_xsell_state).
 */

typedef struct {
    ngx_http_xsell_visitor_t     visitor;
    ngx_http_xsell_said_t        said;

    ngx_uint_t                   state;         /* XSELL_STATE_* */
    unsigned                     counted:1;     /* belongs to pages_total */
    unsigned                     decided:1;     /* header filter ran */
    unsigned                     personal:1;    /* header filter changed it */
    unsigned                     clicked:1;     /* came by a valid link */

    ngx_str_t                    token;         /* xs= as it came */
    uint32_t                     item;          /* of the catalogue */
    ngx_str_t                    item_id;
    ngx_uint_t                   from;          /* XSELL_FROM_*: of item */
    ngx_uint_t                   items;         /* shown */
    struct ngx_http_xsell_fragment_s  *hidden;  /* of slots that chose to show
                                                   nothing; NULL: none did */
    ngx_http_xsell_loc_conf_t   *hidden_in;     /* the location that has them */
    uint64_t                     rules;         /* bit per rule of the shop's
                                                   that brought one of them */
    ngx_uint_t                   time_us;       /* decision and rendering */
    char                         country[2];
    char                         region[8];
    ngx_uint_t                   region_n;
    unsigned                     located:1;
    xsell_moment_t               moment;        /* what the view said of it,
                                                   then all of it */
    xsell_told_t                 told;          /* what a decision knew of it */
    unsigned                     is_told:1;
    ngx_array_t                 *form;          /* ngx_keyval_t */
    unsigned                     form_done:1;
    unsigned                     sniffs:1;      /* at the body's first bytes */

    ngx_table_elt_t             *accept;        /* the client's own
                                                   Accept-Encoding */
    xsell_sniff_t                sniff;
    struct ngx_http_xsell_inflate_s  *inflate;  /* NULL: comes plain */
    ngx_http_xsell_page_t       *page;          /* NULL: not one that can be
                                                   remembered */
    struct ngx_http_xsell_product_s  *product;  /* NULL: the body need not
                                                   be looked at for its
                                                   item */
    struct ngx_http_xsell_inject_s  *inject;    /* NULL: body untouched */
} ngx_http_xsell_state_t;


/* a rendered fragment on its way into the page */

typedef struct ngx_http_xsell_fragment_s {
    ngx_str_t                    html;
    uint64_t                     impression;
    xsell_ref_t                  shown[XSELL_SLATE_MAX];
    ngx_uint_t                   n;             /* of these */
    ngx_http_xsell_face_t       *face;          /* the template, or none */
    ngx_uint_t                   slot_name;
    uint64_t                     rules;         /* as of the state */
    ngx_uint_t                   caps;          /* counters of the session
                                                   that showing it moves */
    unsigned                     raw:1;         /* may have <script>, <style> */
    unsigned                     plain:1;       /* ASCII, as the page asks */
    unsigned                     placed:1;
    unsigned                     hidden:1;      /* a slate that shows nothing */
} ngx_http_xsell_fragment_t;


#define ngx_http_xsell_mono_ms()   ((uint64_t) ngx_current_msec)
#define ngx_http_xsell_now(shop)                                              \
    xsell_now_ms(&(shop)->arena, ngx_http_xsell_mono_ms())


/* module, directives, conf */

extern ngx_module_t   ngx_http_xsell_module;
extern ngx_command_t  ngx_http_xsell_commands[];

ngx_int_t ngx_http_xsell_preconfiguration(ngx_conf_t *cf);
ngx_int_t ngx_http_xsell_postconfiguration(ngx_conf_t *cf);
void *ngx_http_xsell_create_main_conf(ngx_conf_t *cf);
void *ngx_http_xsell_create_srv_conf(ngx_conf_t *cf);
void *ngx_http_xsell_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_xsell_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);

/* the shop of that name, made on first mention (conf) */
ngx_http_xsell_shop_t *ngx_http_xsell_shop(ngx_conf_t *cf, ngx_str_t *name);

/* the server's entry for a shop, made on first mention (conf) */
ngx_http_xsell_server_shop_t *ngx_http_xsell_server_shop(ngx_conf_t *cf,
    ngx_http_xsell_srv_conf_t *xscf, ngx_http_xsell_shop_t *shop);

/* whether a name may be part of cookie, zone and file names (conf) */
char *ngx_http_xsell_check_name(ngx_conf_t *cf, ngx_str_t *name,
    const char *what);

/* says that a word "name=..." is no parameter, and the nearest of those that
   there are, "items=" and so on, NULL last; NGX_DECLINED: it is no such word
   (conf) */
ngx_int_t ngx_http_xsell_no_parameter(ngx_conf_t *cf, ngx_str_t *word,
    const char *const *known);

/* checks a defined shop and loads its files (load) */
ngx_int_t ngx_http_xsell_shop_load(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop);

/* the items, built or mapped (catalog) */
ngx_int_t ngx_http_xsell_catalog_load(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop);

/* templates, strings, theme (look) */
ngx_int_t ngx_http_xsell_look_load(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop);

/* rules.json: its text, as a shop's own rules; what the page tells them; what
   they did to a slate; the names of those that did something (business) */
ngx_int_t ngx_http_xsell_business_load(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop, ngx_str_t *path, ngx_str_t *text);
void ngx_http_xsell_business_ask(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_http_xsell_shop_t *shop,
    xsell_query_t *q);
void ngx_http_xsell_business_note(const xsell_slate_t *slate,
    ngx_http_xsell_fragment_t *fragment);
ngx_int_t ngx_http_xsell_business_names(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, uint64_t rules, ngx_str_t *names);

/* a whole file, terminated, to be freed by ngx_free(); larger than `max`,
   unreadable: said, and nothing to free.  `what` is a word for people (load) */
ngx_int_t ngx_http_xsell_read_file(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop, const char *what, ngx_str_t *path,
    off_t max, ngx_str_t *text, ngx_file_info_t *fi);

/* an error of ours with the place in the configuration */
void ngx_http_xsell_conf_error(ngx_uint_t level, ngx_conf_t *cf,
    u_char *file, ngx_uint_t line, const char *fmt, ...);

/* what the engine says of a file (load): with the place in it, or if it
   names none, in the configuration.  file_warn: an xsell_warn_pt, ctx is a
   ngx_http_xsell_from_t */

typedef struct {
    ngx_conf_t                  *cf;
    ngx_http_xsell_shop_t       *shop;
    const char                  *what;          /* "catalog" */
    ngx_str_t                   *path;
} ngx_http_xsell_from_t;

void ngx_http_xsell_file_error(ngx_http_xsell_from_t *from,
    ngx_uint_t level, const xsell_error_t *err);
void ngx_http_xsell_file_warn(void *from, const xsell_error_t *warning);

/* a value with variables (location) */
char *ngx_http_xsell_complex(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_complex_value_t **cv);

/* setters of directives (directives.c's table names them) */
char *ngx_http_xsell_shop_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_xsell_shop_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_xsell_shop_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_xsell_shop_state(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_xsell_shop_log(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_xsell_shop_holdout(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_xsell_shop_diversity(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_xsell_shop_min_visits(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_xsell_on(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_xsell_item(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_xsell_consent(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_xsell_language(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_xsell_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_xsell_event(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_xsell_endpoint(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_xsell_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* zone */

ngx_int_t ngx_http_xsell_zone_add(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop);
ngx_int_t ngx_http_xsell_zone_start(ngx_cycle_t *cycle,
    ngx_http_xsell_shop_t *shop);
void ngx_http_xsell_zone_save(ngx_cycle_t *cycle,
    ngx_http_xsell_shop_t *shop);

/* the state folder (state.c): names, lock, snapshot files */

ngx_int_t ngx_http_xsell_state_check(ngx_conf_t *cf,
    ngx_http_xsell_shop_t *shop);
ngx_int_t ngx_http_xsell_state_lock(ngx_cycle_t *cycle,
    ngx_http_xsell_shop_t *shop, ngx_uint_t reload);
ngx_int_t ngx_http_xsell_state_load(ngx_cycle_t *cycle,
    ngx_http_xsell_shop_t *shop);

/* before a snapshot is begun: takes back a finished upgrade's epoch */
void ngx_http_xsell_state_rollback(ngx_http_xsell_shop_t *shop,
    ngx_log_t *log);

/* creates the temporary file of a snapshot; NGX_INVALID_FILE with *why */
ngx_fd_t ngx_http_xsell_state_open(ngx_http_xsell_shop_t *shop,
    const char **why);

/* fsync, compare epochs, rename; closes fd.  Blocks: only the master and the
   learner's helper thread call it.  NULL or what went wrong. */
const char *ngx_http_xsell_state_commit(ngx_http_xsell_shop_t *shop,
    ngx_fd_t fd, uint32_t epoch, ngx_uid_t owner);
void ngx_http_xsell_state_discard(ngx_http_xsell_shop_t *shop, ngx_fd_t fd);

/* request */

/* the request's state, made if `create`; NULL: none, or out of memory */
ngx_http_xsell_state_t *ngx_http_xsell_state(ngx_http_request_t *r,
    ngx_uint_t create);

ngx_int_t ngx_http_xsell_post_read_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_xsell_preaccess_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_xsell_log_handler(ngx_http_request_t *r);

/* value of the first header of that name (lower case), or NULL */
ngx_str_t *ngx_http_xsell_header_in(ngx_http_request_t *r, const char *name,
    size_t n);

/* adds a header to the answer; key and value are kept, not copied */
ngx_int_t ngx_http_xsell_header_out(ngx_http_request_t *r, const char *key,
    u_char *value, size_t n);

void ngx_http_xsell_locate(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, ngx_http_xsell_state_t *st);

/* bot: a program, or a page fetched ahead of a wish for it */

ngx_uint_t ngx_http_xsell_is_bot(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st);
/* whether this header says so of the request */
ngx_uint_t ngx_http_xsell_is_ahead(ngx_table_elt_t *h);

/* geo (the only file that knows libmaxminddb) */

ngx_http_xsell_mmdb_t *ngx_http_xsell_geo_open(ngx_pool_t *pool,
    ngx_str_t *file, const char **why);
void ngx_http_xsell_geo_look_up(ngx_http_xsell_mmdb_t *mmdb,
    struct sockaddr *sa, ngx_http_xsell_state_t *st);

/* session */

/* works out who this is for a shop: cookie, consent, GPC, bot.  consent: -1
   where the location's rule is not known yet (a valid cookie counts as yes) */
ngx_http_xsell_visitor_t *ngx_http_xsell_visitor(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, ngx_int_t consent);
ngx_int_t ngx_http_xsell_consented(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf);
/* Global Privacy Control */
ngx_uint_t ngx_http_xsell_gpc(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st);
void ngx_http_xsell_visitor_new(ngx_http_xsell_visitor_t *v);
ngx_int_t ngx_http_xsell_cookie_send(ngx_http_request_t *r,
    ngx_http_xsell_visitor_t *v);
ngx_int_t ngx_http_xsell_cookie_expire(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop);
ngx_int_t ngx_http_xsell_cookie_refuse(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop);

/* moment: what this view is like, into st->moment; and as a text */

void ngx_http_xsell_moment(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st);
#define NGX_HTTP_XSELL_MOMENT_LEN  160
size_t ngx_http_xsell_moment_text(const ngx_http_xsell_state_t *st,
    u_char *out);

/* recommend and render */

/* decides and renders every slot; fragments[i] belongs to slot i.  Sets
   st->state.  Fails open. */
ngx_http_xsell_fragment_t *ngx_http_xsell_recommend(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_http_xsell_state_t *st,
    xsell_session_t *session);

/* what all fragments of a page share goes into `page` */
ngx_int_t ngx_http_xsell_render_page(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, xsell_fragment_t *page);
/* notes a slate, shown or not, where clicks will look for it */
void ngx_http_xsell_open(ngx_http_xsell_loc_conf_t *xlcf,
    ngx_http_xsell_state_t *st, ngx_uint_t i, const xsell_slate_t *slate,
    ngx_http_xsell_fragment_t *fragment);
ngx_int_t ngx_http_xsell_render(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_http_xsell_state_t *st,
    ngx_uint_t i, xsell_slate_t *slate, const xsell_fragment_t *page,
    ngx_http_xsell_fragment_t *fragment);

/* accept: what an upstream is asked for */

ngx_int_t ngx_http_xsell_accept(ngx_http_request_t *r);
ngx_http_xsell_said_t *ngx_http_xsell_said(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st);
/* 0: what the client asks for is something else (a picture, a script) */
ngx_uint_t ngx_http_xsell_page_wanted(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st);
/* and it says so itself, whatever it will get */
ngx_uint_t ngx_http_xsell_page_unwanted(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st);
/* nginx's own filters may know again what the client takes */
void ngx_http_xsell_accept_back(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st);
void ngx_http_xsell_accept_report(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_http_xsell_state_t *st);

/* coding: NGX_DECLINED if the body is packed and can't be unpacked */

ngx_int_t ngx_http_xsell_inflate(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st);
/* whether it (still) is */
ngx_uint_t ngx_http_xsell_packed(ngx_http_request_t *r);
/* whether this Content-Encoding (or NULL) says so */
ngx_uint_t ngx_http_xsell_coded(ngx_table_elt_t *h);

/* inflate: the body comes packed, from here on it goes on plain */

ngx_int_t ngx_http_xsell_inflate_create(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_uint_t gzip);
ngx_int_t ngx_http_xsell_body_inflate(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_chain_t *in);

/* charset */

ngx_uint_t ngx_http_xsell_charset(ngx_http_request_t *r);
/* n fragments as the page's charset can have them */
ngx_int_t ngx_http_xsell_charset_write(ngx_http_request_t *r,
    ngx_http_xsell_fragment_t *fragment, ngx_uint_t n);
void ngx_http_xsell_sniff(ngx_http_request_t *r, ngx_http_xsell_state_t *st);
void ngx_http_xsell_body_sniff(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_chain_t *in);
void ngx_http_xsell_encoding_report(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_uint_t told);

/* decide (header filter) */

void ngx_http_xsell_decide_init(void);

/* body: the body filter.  _body_plain: of a page that has been unpacked;
   _body_send: to nginx's next filter.  in NULL: whether what waits can go */

void ngx_http_xsell_body_init(void);
ngx_int_t ngx_http_xsell_body_plain(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_chain_t *in);
ngx_int_t ngx_http_xsell_body_send(ngx_http_request_t *r, ngx_chain_t *out);

/* inject */

ngx_int_t ngx_http_xsell_body_inject(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_chain_t *in);
void ngx_http_xsell_inject(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_http_xsell_state_t *st,
    ngx_http_xsell_fragment_t *fragment);
/* the page turns out to be none that anything can go into: from here on it
   passes as it comes */
void ngx_http_xsell_inject_stop(ngx_http_xsell_state_t *st);
const char *ngx_http_xsell_inject_place(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_uint_t report);
void ngx_http_xsell_inject_unseen(ngx_http_xsell_state_t *st);
/* which template each slot has, "related=grid,low=none" */
ngx_int_t ngx_http_xsell_inject_looks(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_str_t *looks);

/* pages that were scanned before (known.c, known_page.c): which one this
   response is, asked before its headers are changed; whether it is known to
   have no place at all; its length, if nothing goes into it */

ngx_int_t ngx_http_xsell_known_init(ngx_conf_t *cf,
    ngx_http_xsell_main_conf_t *xmcf);
ngx_uint_t ngx_http_xsell_page_alone(ngx_cycle_t *cycle);
ngx_http_xsell_page_t *ngx_http_xsell_page(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf);
ngx_uint_t ngx_http_xsell_known_none(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st);
void ngx_http_xsell_page_untouched(ngx_http_request_t *r,
    ngx_http_xsell_page_t *page);
void ngx_http_xsell_slot_report(ngx_http_request_t *r,
    ngx_http_xsell_slot_t *slot, ngx_uint_t why);

/* product: the item of a page */

extern ngx_http_complex_value_t  ngx_http_xsell_item_off;

void ngx_http_xsell_body_product(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_chain_t *in);
void ngx_http_xsell_find_item(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_http_xsell_state_t *st);
/* whether all bytes of the body must pass in memory */
ngx_uint_t ngx_http_xsell_product_wanted(ngx_http_xsell_state_t *st);

/* event */

/* applies to the session and queues for the learner; s may be NULL */
ngx_int_t ngx_http_xsell_event_send(ngx_http_xsell_shop_t *shop,
    xsell_event_t *ev, xsell_session_t *s);
void ngx_http_xsell_event_view(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, xsell_session_t *s);
/* a slot chose to show nothing, on a page that people asked for */
void ngx_http_xsell_event_hidden(ngx_http_xsell_state_t *st,
    ngx_http_xsell_fragment_t *fragment);
void ngx_http_xsell_event_shown(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, ngx_http_xsell_fragment_t *fragment);
void ngx_http_xsell_event_click(ngx_http_request_t *r,
    ngx_http_xsell_srv_conf_t *xscf, ngx_http_xsell_state_t *st);
void ngx_http_xsell_event_log(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_http_xsell_state_t *st);
/* an xsell_item that the catalogue lacks: says it, once per worker and location
   (mistake) */
void ngx_http_xsell_item_mistake(ngx_http_request_t *r,
    ngx_http_xsell_loc_conf_t *xlcf, ngx_str_t *value);
/* a value that makes no event, or not all of it: counts it and says it, once
   per worker and directive (mistake) */
void ngx_http_xsell_event_mistake(ngx_http_request_t *r,
    ngx_http_xsell_shop_t *shop, ngx_http_xsell_event_conf_t *conf,
    ngx_uint_t param, ngx_uint_t wrong, ngx_str_t *value);
/* NGX_BUSY: not done, and nothing was counted */
ngx_int_t ngx_http_xsell_event_erase(ngx_http_xsell_shop_t *shop,
    uint64_t key);

/* $xsell_form_NAME (form.c) */
ngx_str_t *ngx_http_xsell_form(ngx_http_request_t *r,
    ngx_http_xsell_state_t *st, u_char *name, size_t n);

/* learn */

ngx_int_t ngx_http_xsell_learn_start(ngx_cycle_t *cycle,
    ngx_http_xsell_main_conf_t *xmcf);
void ngx_http_xsell_learn_stop(ngx_http_xsell_main_conf_t *xmcf);
void ngx_http_xsell_learn_soon(ngx_http_xsell_shop_t *shop);

/* variables, status, endpoint */

ngx_int_t ngx_http_xsell_add_variables(ngx_conf_t *cf);
ngx_int_t ngx_http_xsell_status_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_xsell_endpoint_handler(ngx_http_request_t *r);

/* answers with a body of our own and that Cache-Control */
ngx_int_t ngx_http_xsell_answer(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body, const char *cache);


/* adds one to a counter in shared memory */
#define ngx_http_xsell_count(shop, field)                                     \
    (void) __atomic_fetch_add(&(shop)->arena.counters->field, 1,              \
                              __ATOMIC_RELAXED)

/* a view of an nginx string, and the other way round */

static ngx_inline xsell_str_t
ngx_http_xsell_view(ngx_str_t *s)
{
    xsell_str_t  v;

    v.p = (const char *) s->data;
    v.n = s->len;

    return v;
}


#endif /* NGX_HTTP_XSELL_MODULE_H */
