# Hazard: requests inside requests, and requests that become others: includes,
# authorisation, mirrors, error pages, redirects inside nginx.  The visitor's
# one page has one section and one cookie and is counted once; parts of it have
# none of these.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $page = Xsell::Shop::page('a');
my $other = "<!doctype html><title>o</title><div id=\"product\">other</div>\n";

my $slot = 'xsell prints; xsell_item a; xsell_consent assumed; '
         . 'xsell_slot related after "#product";';

my $image = '/usr/lib/nginx/modules/ngx_http_image_filter_module.so';
my $with_image = -e $image && !$ENV{XSELL_NGINX};      # of Debian's nginx

my @names = qw(state place item items country session time_us);

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'h' ],
    main  => $with_image ? "load_module $image;" : '',
    http  => <<'CONF',
    proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;
    log_format x "$uri $xsell_state|$xsell_place|$xsell_item|$xsell_items|"
                 "$xsell_session";
    log_subrequest on;
    access_log %%DIR%%/x.log x;
    map $http_x_set $early { default "$xsell_state"; }
CONF
    more  => <<"CONF",
    location /u/       { proxy_pass http://%%UP%%; $slot }
    location /ssi/     { proxy_pass http://%%UP%%; ssi on; $slot }
    location /ssi0/    { proxy_pass http://%%UP%%/ssi/; ssi on; }
    location /add/     { proxy_pass http://%%UP%%/u/; add_after_body /u/other;
                         add_before_body /u/a; $slot }
    location /auth/    { proxy_pass http://%%UP%%/u/; auth_request /u/ok;
                         auth_request_set \$x \$xsell_state; $slot }
    location /no/      { proxy_pass http://%%UP%%/u/; auth_request /u/forbid;
                         $slot }
    location /mirror/  { proxy_pass http://%%UP%%/u/; mirror /u/mirrored;
                         $slot }
    location /lost/    { proxy_pass http://%%UP%%; proxy_intercept_errors on;
                         error_page 404 = /u/a; error_page 500 /u/a;
                         error_page 502 = \@named; $slot }
    location \@named    { rewrite ^ /u/a break;
                         proxy_pass http://%%UP%%; $slot }
    location /dead/    { proxy_pass http://127.0.0.1:%%PORT9%%;
                         error_page 502 =200 /u/a; $slot }
    location /accel/   { proxy_pass http://%%UP%%; }
    location /accelon/ { proxy_pass http://%%UP%%/accel/; $slot }
    location /files/   { internal; alias %%DIR%%/html/; $slot }
    location /index/   { alias %%DIR%%/html/; index a.html; $slot }
    location /try/     { root %%DIR%%/html; try_files \$uri \@try; }
    location \@try      { rewrite ^ /u/a break; proxy_pass http://%%UP%%;
                         $slot }
    location /if/      { if (\$arg_q) { set \$x 1; }
                         proxy_pass http://%%UP%%; $slot }
    location /only/    { limit_except GET { deny all; }
                         proxy_pass http://%%UP%%/u/; $slot }
    location /any/     { satisfy any; deny all; auth_basic x;
                         auth_basic_user_file %%DIR%%/users;
                         proxy_pass http://%%UP%%/u/; $slot }
    location /all/     { satisfy all; allow all; auth_basic x;
                         auth_basic_user_file %%DIR%%/users;
                         proxy_pass http://%%UP%%/u/; $slot }
    location /denied/  { deny all; proxy_pass http://%%UP%%/u/; $slot }
    location /early/   { if (\$early) { } set \$y \$xsell_session;
                         add_header X-State \$xsell_state;
                         proxy_pass http://%%UP%%/u/; $slot }
    location /vars/    { ssi on; proxy_pass http://%%UP%%; $slot }
    location /bg/      { proxy_pass http://%%UP%%/u/; proxy_cache c;
                         proxy_cache_valid 200 1s; proxy_cache_lock on;
                         proxy_cache_use_stale updating;
                         proxy_cache_background_update on; $slot }
    @{[ $with_image ? "location /image/ { proxy_pass http://%%UP%%/u/;
                         image_filter resize 9 9; $slot
                         error_page 415 =200 /files/a.html; }
    location /image0/ { proxy_pass http://%%UP%%/u/; image_filter resize 9 9;
                         $slot }" : '' ]}
CONF
    files => {
        'html/a.html' => $page,
        users => "me:{PLAIN}pass\n",
    },
);

$t->upstream->route(
    '/u/a'       => { headers => [ [ ETag => '"u"' ] ], body => $page },
    '/u/other'   => $other,
    '/u/ok'      => { body => $other },
    '/u/forbid'  => { status => 403, body => $other },
    '/u/mirrored' => $page,
    '/ssi/a'     => '<!--# include virtual="/u/other" -->' . $page
                    . '<!--# include virtual="/u/a" -->',
    '/ssi/deep'  => '<!--# include virtual="/ssi/a" -->' . $page,
    '/ssi/half'  => "$page<!--# include virtual=\"/u/other\" --><!--# ec",
    '/lost/404'  => { status => 404, body => $other },
    '/lost/500'  => { status => 500, body => $other },
    '/lost/502'  => { status => 502, body => $other },
    '/accel/a'   => { headers => [ [ 'X-Accel-Redirect', '/u/a' ] ],
                      body => '' },
    '/accel/f'   => { headers => [ [ 'X-Accel-Redirect', '/files/a.html' ] ],
                      body => 'gone' },
    '/accel/n'   => { headers => [ [ 'X-Accel-Redirect', '@named' ] ],
                      body => '' },
    '/vars/a'    => join('|', map { "<!--# echo var=\"xsell_$_\" -->" }
                              @names) . $page,
    '/if/a'      => $page,
);

$t->start;

sub is_page {
    my ($name, $r, $want, $sections) = @_;

    my ($body, $n) = Xsell::Shop::bare($r->body);

    ok $r->complete, "$name: complete" or diag $r->error;
    is $n, $sections, "$name: sections";
    ok $body eq $want, "$name: every other byte as sent" or diag $body;

    return $r;
}

my @users = (headers => [ [ Authorization => 'Basic bWU6cGFzcw==' ] ]);

# --- requests inside a request ---------------------------------------------

{
    my $before = $t->count('impressions_total');
    my $views = $t->count('events_total', type => 'view');

    my $r = is_page('trap 16: ssi', $t->get('/ssi/a'), $other . $page . $page,
                    1);
    is scalar(my @c = $r->all('Set-Cookie')), 1, 'trap 14: ssi: one cookie';
    is_page('trap 16: ssi in ssi', $t->get('/ssi/deep'),
            $other . $page . $page . $page, 1);
    is_page('trap 23: ssi, half a tag at the end', $t->get('/ssi/half'),
            $t->get('/ssi0/half')->body, 1);
    is_page('trap 16: ssi around pages of a shop', $t->get('/ssi0/a'),
            $other . $page . $page, 0);
    is_page('trap 16: addition', $t->get('/add/a'), $page . $page . $other,
            1);
    is_page('trap 16: auth_request', $t->get('/auth/a'), $page, 1);
    is $t->get('/no/a')->status, 403, 'trap 16: auth_request: no';
    is_page('trap 16: mirror', $t->get('/mirror/a'), $page, 1);

    is $t->count('impressions_total') - $before, 6,
        'trap 16: one impression each';
    is $t->count('events_total', type => 'view') - $views, 6,
        'trap 16: and one view';
}

# --- redirects inside nginx ------------------------------------------------

{
    my @if = (headers => [ [ 'If-None-Match' => '"u"' ],
                           [ Range => 'bytes=0-3' ] ]);
    my $before = $t->count('impressions_total');
    my $views = $t->count('events_total', type => 'view');
    my $pages = 0;

    for my $path ('/lost/404', '/lost/502', '/accel/a', '/accel/f',
                  '/accel/n', '/accelon/a', '/accelon/f', '/try/x', '/index/',
                  '/dead/x', '/if/a', '/if/a?q=1')
    {
        my $r = is_page("trap 17: $path", $t->get($path, @if), $page, 1);
        is $r->status, 200, "trap 17: $path: no 304";
        is $r->header('ETag'), undef, "trap 17: $path: no validator";
        is scalar(my @c = $r->all('Set-Cookie')), 1,
            "trap 17: $path: one cookie";
        $pages++;
    }

    is $t->count('impressions_total') - $before, $pages,
        'trap 17: one impression each';
    cmp_ok $t->count('events_total', type => 'view') - $views, '<=', $pages,
        'trap 17: and one view at most';

    my $r = is_page('trap 18: /lost/500', $t->get('/lost/500'), $page, 0);
    is $r->status, 500, 'trap 18: an error stays one';
}

SKIP: {
    skip 'no image filter', 9 if !$with_image;

    # the header filters run for the page and again for what it became: that
    # is nobody's page, and has nothing of the first one's either
    my $r = is_page('trap 18: a filter that finalizes', $t->get('/image/a'),
                    $page, 0);
    is $r->header('Set-Cookie') // 'none', 'none', 'trap 18: no cookie';
    is $r->header('Content-Length'), length $page, 'trap 18: its own length';
    is $t->get('/image0/a')->status, 415, 'trap 18: and one that fails';
    is_page('trap 18: the next one', $t->get('/u/a'), $page, 1);
    is $t->get('/image/other')->status, 200, 'trap 18: again';
}

# --- who may --------------------------------------------------------------

{
    is $t->get('/any/a')->status, 401, 'trap 36: satisfy any lets nobody in';
    is_page('trap 36: satisfy any, with a password', $t->get('/any/a', @users),
            $page, 1);
    is $t->get('/all/a')->status, 401, 'trap 36: satisfy all';
    is_page('trap 36: satisfy all, with a password', $t->get('/all/a', @users),
            $page, 1);
    is $t->get('/denied/a')->status, 403, 'trap 36: denied stays so';
    is $t->post('/only/a', 'x')->status, 403, 'trap 36: limit_except';
    is_page('trap 36: limit_except', $t->get('/only/a'), $page, 1);
    is $t->get('/denied/a?xs=' . 'B' x 31)->status, 403,
        'trap 36: nor does a link open it';
}

# --- variables anywhere ----------------------------------------------------

{
    is_page('trap 34: variables before their time', $t->get('/early/a'),
            $page, 1);

    my $r = $t->get('/vars/a');
    my ($body, $n) = Xsell::Shop::bare($r->body);
    like $body, qr/\A[^<|]*\|[^<|]*\|a\|/, 'trap 34: variables in an include';
    is $n, 1, 'trap 34: beside a section';

    $t->get('/nothing');
    $t->get("/p/a\0");
    my $log = $t->read_file('x.log');
    cmp_ok scalar(() = $log =~ /\n/g), '>', 50,
        'trap 34: variables in every line of the log';
    like $log, qr{^/u/other [^|\n]*\|}m, 'trap 34: of subrequests too';
}

# --- a page that is updated behind our back --------------------------------

{
    is_page('background', $t->get('/bg/a'), $page, 1);
    select undef, undef, undef, 2.1;
    my $seen = $t->upstream->requests;
    is_page('trap 16: stale while it is updated', $t->get('/bg/a'), $page, 1);
    ok Xsell::wait_for(sub { $t->upstream->requests > $seen }),
        'trap 16: in the background';
    is_page('trap 16: updated', $t->get('/bg/a'), $page, 1);
}

$t->done;
done_testing;
