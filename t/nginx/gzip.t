# Hazard: pages that come compressed.  Undone wrongly they lose bytes, wait for
# more, or end where they broke; done for some visitors only they tell who is
# who; compressed no more they are five times what they were; and a small body
# can be a page that fills the memory.

use strict;
use warnings;

use lib 't/nginx/lib';

use Compress::Raw::Zlib;
use IO::Compress::Gzip ();
use IO::Uncompress::Gunzip ();
use Test::More;
use Time::HiRes qw(time);
use Xsell qw(memory wait_for);
use Xsell::H2;
use Xsell::Shop;

srand 4;

my $page = Xsell::Shop::page('a');
my $line = join ' ', map { "w" . int rand 1e6 } 1 .. 12;
my $big = $page =~ s{<footer>}{join('', map { "<p>$line $_</p>\n" }
                                    1 .. 3000) . '<footer>'}er;

my $slot = 'xsell prints; xsell_item a; xsell_consent assumed; '
         . 'xsell_slot related after "#product";';

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'h' ],
    http  => <<'CONF',
    proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;
    proxy_max_temp_file_size 0;
    gzip_min_length 0;
CONF
    more  => <<"CONF",
    listen 127.0.0.1:%%PORT2%% http2;
    location /u/       { proxy_pass http://%%UP%%; $slot }
    location /gz/      { proxy_pass http://%%UP%%/u/; gzip on; $slot }
    location /via/     { proxy_pass http://%%UP%%/u/; gzip on;
                         gzip_proxied private; $slot }
    location /gun/     { proxy_pass http://%%UP%%/u/; gunzip on; $slot }
    location /both/    { proxy_pass http://%%UP%%/u/; gunzip on; gzip on;
                         gzip_vary on; $slot }
    location /open/    { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                         proxy_http_version 1.1; $slot }
    location /opengz/  { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                         proxy_http_version 1.1; gzip on; $slot }
    location /small/   { proxy_pass http://%%UP%%/u/; proxy_buffers 4 1k;
                         proxy_buffer_size 1k; proxy_busy_buffers_size 2k;
                         $slot }
    location /ssi/     { proxy_pass http://%%UP%%/u/; ssi on;
                         sub_filter "Words." "Worte."; $slot }
    location /added2/  { proxy_pass http://%%UP%%/u/; $slot
                         add_before_body /note; add_after_body /note; }
    location = /note   { return 200 note; }
    location /rate/    { proxy_pass http://%%UP%%/u/; limit_rate 1m; $slot }
    location /added/   { proxy_pass http://%%UP%%/u/; $slot
                         add_header Content-Encoding gzip; }
    location /fill/    { proxy_pass http://%%UP%%/u/; proxy_cache c;
                         proxy_cache_key \$arg_k; proxy_cache_valid 1m; }
    location /hit/     { proxy_pass http://%%UP%%/u/; proxy_cache c;
                         proxy_cache_key \$arg_k; proxy_cache_valid 1m;
                         add_header X-Cache \$upstream_cache_status; $slot }
    location /hitgun/  { proxy_pass http://%%UP%%/u/; proxy_cache c;
                         proxy_cache_key \$arg_k; proxy_cache_valid 1m;
                         gunzip on; gzip on; $slot }
    location /stale/   { proxy_pass http://%%UP%%/u/; proxy_cache c;
                         proxy_cache_key stale; proxy_cache_valid 1s;
                         proxy_cache_use_stale updating;
                         proxy_cache_background_update on;
                         add_header X-Cache \$upstream_cache_status; $slot }
    location /static/  { root %%DIR%%/html; gzip_static on; gzip on;
                         gzip_types text/css; $slot }
    location /always/  { alias %%DIR%%/html/static/; gzip_static always;
                         $slot }
    location /none/    { proxy_pass http://%%UP%%/u/; xsell prints;
                         xsell_item a; xsell_consent assumed; }
    location /off/     { proxy_pass http://%%UP%%/u/; }
    location /lost/    { proxy_pass http://%%UP%%; error_page 404 = /u/gzip;
                         proxy_intercept_errors on; $slot }
    location /away/    { proxy_pass http://%%UP%%; error_page 404 = /plain/a;
                         proxy_intercept_errors on; $slot }
    location /plain/   { alias %%DIR%%/html/static/; gzip_static on;
                         default_type text/html; }
CONF
);

# gzip of a text in pieces, each flushed; "raw" and "zlib" for deflate
sub pack_pieces {
    my ($how, @pieces) = @_;

    my %bits = (gzip => WANT_GZIP, raw => -MAX_WBITS, zlib => MAX_WBITS);
    my ($z) = Compress::Raw::Zlib::Deflate->new(-AppendOutput => 0,
                                                -WindowBits => $bits{$how});
    my @out;

    for my $i (0 .. $#pieces) {
        $z->deflate($pieces[$i], my $body);
        $z->flush(my $end, $i < $#pieces ? Z_SYNC_FLUSH : Z_FINISH);
        push @out, $body . $end;
    }

    return @out;
}

sub packed { return join '', pack_pieces($_[1] || 'gzip', $_[0]) }

sub unpacked {
    my ($r) = @_;

    IO::Uncompress::Gunzip::gunzip(\($r->body), \my $plain);

    return $plain // '';
}

sub coded {
    my ($coding, $body, %o) = @_;

    return { headers => [ [ 'Content-Encoding', $coding ],
                          @{ delete $o{headers} || [] } ],
             body => $body, %o };
}

my $gz = packed($page);
my $css = 'a { color: red }' x 40;

my @words = map { "<p>word $_</p>" } 1 .. 5;
my @texts = ("<html><body>$words[0]", "$words[1]<div id=\"product\">",
             "</div>$words[2]", $words[3], "$words[4]</body></html>");

# whether a header goes both ways, for Vary
my $saved = sub { coded('gzip', $gz,
    headers => [ [ Vary => 'Accept-Encoding' ], [ 'X-A' => 'b' ] ]) };

$t->upstream->route(
    '/u/a'       => $page,
    '/u/gzip'    => coded('gzip', $gz, headers => [ [ ETag => '"g"' ],
                        [ 'Content-MD5' => 'x' ] ]),
    '/u/xgzip'   => coded('x-gzip', $gz),
    '/u/GZIP'    => coded(' GZip ', $gz),
    '/u/zlib'    => coded('deflate', packed($page, 'zlib')),
    '/u/raw'     => coded('deflate', packed($page, 'raw')),
    '/u/two'     => coded('gzip', packed(substr $page, 0, 99)
                                  . packed(substr $page, 99)),
    '/u/three'   => coded('gzip', packed('') . packed($page) . packed('')),
    '/u/garbage' => coded('gzip', $gz . "\0\0\0garbage"),
    '/u/tail1f'  => coded('gzip', $gz . "\x1f"),
    '/u/zlibtail' => coded('deflate', packed($page, 'zlib') . 'x' x 5000),
    '/u/nothing' => coded('gzip', ''),
    '/u/empty'   => coded('gzip', packed('')),
    '/u/emptyraw' => coded('deflate', packed('', 'raw')),
    '/u/big'     => coded('gzip', packed($big)),
    '/u/stored'  => coded('gzip', do {
                        IO::Compress::Gzip::gzip(\$big, \my $p, -Level => 0,
                            -Name => 'n' x 300, -Comment => 'c'); $p }),
    '/u/identity' => coded('identity', $page),
    '/u/Identity' => coded(' Identity ', $page),
    '/u/blank'   => coded('', $page),
    '/u/commas'  => coded(' ,identity, ,', $page),
    '/u/gzipid'  => coded('identity, gzip,', $gz),
    '/u/twolines' => coded('gzip', $gz,
                          headers => [ [ 'Content-Encoding', 'identity' ] ]),
    '/u/unheard' => coded('x-rot13', $page),
    '/u/br'      => coded('br', "\x0b\x02<div id=\"product\">\x03"),
    '/u/zstd'    => coded('zstd', "\x28\xb5\x2f\xfd<div id=\"product\">"),
    '/u/compress' => coded('compress', "\x1f\x9d<div id=\"product\">"),
    '/u/twice'   => coded('gzip, gzip', packed($gz)),
    '/u/lines'   => coded('gzip', packed($gz),
                          headers => [ [ 'Content-Encoding', 'gzip' ] ]),
    '/u/public'  => coded('gzip', $gz, headers => [
                        [ 'Cache-Control', 'public, max-age=60' ],
                        [ Expires => 'Thu, 01 Jan 2037 00:00:00 GMT' ] ]),
    '/u/css'     => { headers => [ [ 'Content-Encoding', 'gzip' ],
                          [ 'Content-Type', 'text/css' ], [ ETag => '"c"' ] ],
                      body => packed($css) },
    '/u/error'   => coded('gzip', $gz, status => 500),
    '/u/flush'   => coded('gzip', '', framing => 'chunked', gap => 0.1,
                          pieces => [ pack_pieces('gzip', @texts) ]),
    '/u/vary'    => coded('gzip', $gz, headers => [
                          [ Vary => 'Accept-Encoding' ] ]),
    '/u/inc'     => '[included]',
    '/u/ssi'     => coded('gzip', packed('<!--# include virtual="/off/inc" -->'
                                         . $page)),
    '/u/stale'   => coded('gzip', $gz),
    '/lost/x'    => { status => 404, body => 'gone' },
    '/away/x'    => { status => 404, body => 'gone' },
);

$t->write_file('html/static/a.html', $page);
$t->write_file('html/static/a.html.gz', $gz);
$t->write_file('html/static/a', $page);
$t->write_file('html/static/a.gz', $gz);
$t->write_file('html/static/only.html', $page);
$t->write_file('html/static/only.html.gz', $gz);
$t->write_file('html/static/a.css', $css);
$t->write_file('html/static/a.css.gz', packed($css));

$t->start;

my ($worker) = $t->worker_pids;

sub takes { return (headers => [ map { [ 'Accept-Encoding', $_ ] } @_ ]) }

# a page with its section; packed if so many sections
sub is_page {
    my ($name, $r, $want, $coding, $sections) = @_;

    ok $r->complete, "$name: complete" or diag $r->error;
    is $r->header('Content-Encoding') // 'plain', $coding // 'plain',
        "$name: its encoding";

    my ($bare, $n) = Xsell::Shop::bare($coding ? unpacked($r) : $r->body);
    is $n, $sections // 1, "$name: sections";
    ok $bare eq $want, "$name: every other byte as written"
        or diag length($bare) . ' against ' . length $want;

    return $r;
}

# --- ways to pack ----------------------------------------------------------

is_page("trap 1: /u/$_", $t->get("/u/$_"), $page)
    for qw(gzip xgzip GZIP zlib raw two three garbage tail1f zlibtail);
is_page("/u/$_", $t->get("/u/$_"), $big) for qw(big stored);
is_page("/small/$_", $t->get("/small/$_"), $big) for qw(big stored);
is_page("/u/$_", $t->get("/u/$_"), '', undef, 0)
    for qw(nothing empty emptyraw);
is_page('/u/gzipid', $t->get('/u/gzipid'), $page);
is_page('/u/unheard', $t->get('/u/unheard'), $page, 'x-rot13', 0);

# what is plain stays what its headers call it
for ([ identity => 'identity' ], [ Identity => 'Identity' ], [ blank => '' ],
     [ commas => ',identity, ,' ], [ twolines => 'identity' ])
{
    my ($path, $coding) = @$_;
    my $r = $t->get("/u/$path");
    is $r->header('Content-Encoding'), $coding, "/u/$path: its encoding";
    is_deeply [ Xsell::Shop::bare($r->body) ], [ $page, 1 ],
        "/u/$path: plain";
}
# the page is ended by the filter of additions, from within our call of it

is_page("additions, $_", $t->get("/added2/$_"),
        'note' . ($_ eq 'zlib' ? $page : $big) . 'note') for qw(big stored zlib);

is_page('/u/error', $t->get('/u/error'), $page, 'gzip', 0);
is_page('/lost/x', $t->get('/lost/x', takes('gzip')), $page);
is_page('/ssi/ssi', $t->get('/ssi/ssi', takes('gzip')),
        '[included]' . $page =~ s/Words/Worte/r);

# --- whatever the client takes ---------------------------------------------

for my $takes (undef, 'gzip', 'gzip, deflate, br', 'br', 'gzip;q=0',
               'identity', '')
{
    my @takes = defined $takes ? takes($takes) : ();
    my $gzip = ($takes // '') =~ /^gzip(?!;)/ ? 'gzip' : undef;
    my $what = $takes // 'nothing said';

    for my $page_path (qw(gzip big)) {
        my $want = $page_path eq 'big' ? $big : $page;

        is_page("$_, $what", $t->get($_, @takes), $want)
            for "/u/$page_path", "/gun/$page_path", "/open/$page_path";
        is_page("$_, $what", $t->get($_, @takes), $want, $gzip)
            for "/gz/$page_path", "/both/$page_path", "/opengz/$page_path";
    }

    my $r = $t->get('/both/a', @takes);
    is $r->header('Vary'), 'Accept-Encoding', "$what: Vary";
    $r = $t->get('/u/vary', @takes);
    is $r->header('Vary'), 'Accept-Encoding', "$what: the upstream's Vary";
}

is_page('gzip, HTTP/1.0', $t->get('/u/big', version => '1.0'), $big);

# gzip_proxied goes by a header that is ours
is_page("gzip_proxied, $_", $t->get("/via/$_", headers => [
    [ 'Accept-Encoding', 'gzip' ], [ Via => '1.1 x' ] ]), $page, 'gzip')
    for qw(gzip public);

# --- headers do not tell who it is -----------------------------------------

{
    my %who = (visitor => [], gpc => [ [ 'Sec-GPC', 1 ] ],
               bot => [ [ 'User-Agent', 'a bot' ] ]);

    for my $path (qw(/u/gzip /gz/gzip /both/vary /u/br /hit/gzip?k=who)) {
        my %said;

        for my $who (sort keys %who) {
            for my $method (qw(GET HEAD)) {
                my $r = $t->request($method, $path, headers => [
                    [ 'Accept-Encoding', 'gzip' ], @{ $who{$who} } ]);
                my @lines = map { "$_->[0]: $_->[1]" }
                            grep { $_->[0] !~ /^(?:Date|Set-Cookie|X-Cache
                                                |Transfer-Encoding
                                                |Connection)$/x }
                            @{ $r->headers };

                # nginx's gzip looks away at HEAD
                @lines = grep { !/^Content-Encoding: gzip$/ } @lines
                    if $path =~ m{^/(?:gz|both)/};
                push @{ $said{ join "\n", @lines } }, "$who $method";
            }
        }

        is scalar keys %said, 1, "$path: the same headers for all"
            or diag explain \%said;
    }

    my $r = $t->get('/u/gzip', headers => [ [ 'If-None-Match', '"g"' ] ]);
    is_page('If-None-Match', $r, $page);
    is join(' ', map { $r->header($_) // '-' } 'ETag', 'Content-MD5'), '- -',
        'no validators of other bytes';
}

# --- what is asked for -----------------------------------------------------

{
    my $asked = sub {
        my ($path, @headers) = @_;
        $t->upstream->clear;
        $t->get($path, headers => \@headers);
        my ($got) = $t->upstream->requests;
        return $got->{headers}{'accept-encoding'} // 'no header';
    };

    my $ae = sub { [ 'Accept-Encoding', $_[0] ] };
    my $all = $ae->('gzip, deflate, br, zstd');
    my $html = [ 'Accept', 'text/html,application/xhtml+xml,*/*;q=0.8' ];
    my $any = [ 'Accept', '*/*' ];
    my $dest = sub { [ 'Sec-Fetch-Dest', $_[0] ] };

    my $js = '/u/a.js';
    my $api = [ 'Accept', 'application/json, */*' ];

    for ([ 'no header', '/u/a' ], [ '', '/u/a', $all ], [ '', $js, $all ],
         [ '', '/u/a', $all, $html ],
         [ '', '/u/a', $all, $html, $dest->('document') ],
         [ '', '/u/a', $all, $any, $dest->('iframe') ],
         [ '', '/u/a', $all, $html, $dest->('empty') ],
         [ '', '/u/a', $all, $any, $dest->('empty'),
           [ 'Sec-Purpose', 'prefetch' ] ],
         [ 'gzip', '/u/a', $all, $any, $dest->('empty') ],
         [ 'gzip', '/u/a', $all, $any, $dest->('script') ],
         [ 'gzip', '/u/a', $all, $api ], [ 'gzip', $js, $all, $any ],
         [ '', '/u/a', $all, $any ],
         [ 'gzip', $js, $ae->('br, x-gzip'), $any ],
         [ 'gzip', $js, $ae->('br;q=1,gzip;q=0.01'), $any ],
         [ 'gzip', $js, $ae->('*'), $any ],
         [ '', $js, $ae->('*;q=0'), $any ],
         [ '', $js, $ae->('br, *;q=1, gzip; q=0.000'), $any ],
         [ '', $js, $ae->('br'), $any ], [ '', '/u/a', $ae->('br') ],
         [ '', $js, $ae->(''), $any ], [ '', $js, $ae->('gzipx'), $any ],
         [ ', ', '/u/a', $ae->('br'), $ae->('gzip'), $html ],
         [ $all->[1], '/none/a', $all, $html ],
         [ $all->[1], '/off/a', $all, $html ])
    {
        my ($want, $path, @headers) = @$_;
        is $asked->($path, @headers), $want, join ' ', 'asks', $path,
            map { "$_->[0]: $_->[1]" } @headers;
    }

    $t->upstream->clear;
    my $h = Xsell::H2->new(port => $t->port(2));
    $h->stream($h->get('/u/a', 'accept-encoding' => 'gzip, br'));
    is(($t->upstream->requests)[0]{headers}{'accept-encoding'}, '',
        'HTTP/2: asks /u/a');

    $t->upstream->clear;
    $t->post('/u/a', 'x', headers => [ $all ]);
    is(($t->upstream->requests)[0]{headers}{'accept-encoding'}, $all->[1],
        'a POST asks as it did');
}

# what is no page passes as the upstream packed it
{
    my $r = $t->get('/u/css', takes('gzip'));
    ok $r->body eq packed($css), 'a stylesheet stays packed';
    is $r->header('ETag'), '"c"', 'with its headers';

    $r = $t->get('/static/a.css', headers => [ [ 'Accept-Encoding', 'gzip' ],
        [ Accept => 'text/css,*/*;q=0.1' ] ]);
    ok $r->body eq packed($css), 'a .gz of no page is served as it is';

    # no slots: nothing changes
    $r = $t->get('/none/gzip', takes('gzip'));
    ok $r->body eq $gz && $r->header('ETag') eq '"g"'
        && $r->header('Content-Length') == length $gz, 'no slots: as it came';
}

# a page that is fetched as a picture or a script is looked at by nobody
for my $as ([ 'Sec-Fetch-Dest', 'image' ], [ 'Sec-Fetch-Dest', 'script' ],
            [ Accept => 'image/avif,image/webp' ])
{
    my $r = is_page("$as->[0]: $as->[1]",
                    $t->get('/u/gzip', headers => [ $as ]), $page, undef, 0);

    is $r->header('Cache-Control'), 'private, no-cache',
        'its headers are those of all';
}

is_page('fetched by a script of a page',
        $t->get('/u/gzip', headers => [ [ 'Sec-Fetch-Dest', 'empty' ],
                                        [ Accept => '*/*' ] ]), $page);

# --- caches and files ------------------------------------------------------

{
    # filled by a location without slots, for a client that takes gzip
    $t->get('/fill/big?k=1', takes('gzip'));

    for my $takes ([], [ takes('gzip') ]) {
        for my $n (1, 2) {
            my $r = is_page("cache $n", $t->get('/hit/big?k=1', @$takes),
                            $big);
            is $r->header('X-Cache'), 'HIT', 'from the cache';
        }

        is_page('cache, gunzip', $t->get('/hitgun/big?k=1', @$takes), $big,
                @$takes ? 'gzip' : undef);
    }

    # one variant for all that want a page
    $t->upstream->clear;
    for my $takes ('gzip', 'br', 'gzip, br', 'identity', undef) {
        is_page('vary', $t->get('/hit/vary?k=2', defined $takes
            ? takes($takes) : ()), $page);
    }
    is scalar(my @got = $t->upstream->requests), 1, 'vary: asked once';

    # refreshed behind the back of a visitor
    my $browser = sub { $t->get('/stale/stale', takes('gzip, br')) };
    $browser->();
    $t->upstream->clear;
    ok wait_for(sub { $browser->(); scalar $t->upstream->requests }, 5),
        'stale: refreshed';
    is_page('stale', $browser->(), $page);
    is(($t->upstream->requests)[0]{headers}{'accept-encoding'}, '',
        'stale: asks for a plain page too');

    is_page('gzip_static', $t->get('/static/a.html', takes('gzip')), $page,
            'gzip');
    is_page('gzip_static', $t->get('/static/a.html'), $page);
    is_page("gzip_static always, $_", $t->get('/always/only.html',
        $_ ? takes('gzip') : ()), $page) for 0, 1;

    # a location without slots, reached from one that has them
    my $r = $t->get('/away/x', takes('gzip'));
    ok $r->body eq $gz, 'error_page: the .gz of a location without slots';
}

# --- what can't be undone --------------------------------------------------

{
    my $count = sub { $t->count('pages_total', state => 'encoding') };
    my $before = $count->();
    my $views = $t->count('events_total', type => 'view');

    for my $name (qw(br zstd compress twice lines)) {
        my $r = $t->get("/u/$name", takes('gzip, br'));
        my $plain = $t->get("/off/$name", takes('gzip, br'));
        ok $r->body eq $plain->body, "$name: untouched";
        is $r->header($_), $plain->header($_), "$name: $_"
            for qw(Content-Encoding Content-Length Cache-Control);
        is $r->header('Set-Cookie'), undef, "$name: no cookie";
    }

    my $r = $t->get('/added/gzip');
    ok $r->body eq $gz, 'add_header says it again: untouched';

    $t->head('/u/br');

    is $count->() - $before, 6, 'each is counted';
    is $t->count('events_total', type => 'view') - $views, 6,
        'and is a view all the same';
    is scalar(() = $t->error_log =~ /\[warn\].*otherwise than by gzip/g), 2,
        'said once per worker and location';
}

# --- cut anywhere ----------------------------------------------------------

{
    my $half = int(length($page) / 2);
    my $members = packed(substr $page, 0, $half) . packed(substr $page, $half)
                . 'tail';
    my @whole = (gzip => $members, deflate => packed($page, 'raw'),
                 deflate => packed($page, 'zlib'));
    my ($n, $bad) = (0, '');

    while (my ($coding, $bytes) = splice @whole, 0, 2) {
        for my $size (1, 2, 3, 7, 'random', 'random') {
            my (@pieces, $at);

            for ($at = 0; $at < length $bytes; $at += length $pieces[-1]) {
                push @pieces, substr $bytes, $at,
                    $size eq 'random' ? 1 + int rand 60 : $size;
            }

            $t->upstream->route('/u/cut' => coded($coding, '',
                framing => 'chunked', pieces => \@pieces));

            for my $path (qw(/u/cut /open/cut /opengz/cut /ssi/cut)) {
                my $r = $t->get($path, takes('gzip'));
                my ($bare, $found) = Xsell::Shop::bare($path =~ /gz/
                    ? unpacked($r) : $r->body);
                my $want = $path =~ /ssi/ ? $page =~ s/Words/Worte/r : $page;
                $n++;
                $bad .= "$coding $size $path\n"
                    if !$r->complete || $found != 1 || $bare ne $want;
            }
        }
    }

    is $bad, '', "$n pages in pieces of any size";
}

# --- bytes leave when they arrive ------------------------------------------

# the text of a body as far as it came, its chunks joined, unpacked
sub so_far {
    my ($raw, $gzip) = @_;

    my ($head, $body) = $raw =~ /\A(.*?\r\n)\r\n(.*)\z/s or return '';
    my $bytes = '';

    while ($body =~ s/\A([0-9a-f]+)\r\n//) {
        $bytes .= substr $body, 0, hex $1;
        last if length $body < 2 + hex $1;
        substr $body, 0, 2 + hex $1, '';
    }

    return $bytes if !$gzip;

    my ($z) = Compress::Raw::Zlib::Inflate->new(-WindowBits => WANT_GZIP);
    $z->inflate($bytes, my $text);

    return $text // '';
}

# a response, and when each word was there, in seconds after the first
sub flow {
    my ($path) = @_;

    my $c = $t->client;
    $c->send("GET $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
             . "Accept-Encoding: gzip\r\n\r\n");
    my $r = $c->response;
    my $raw = '';
    my @at;

    for ($c->arrivals) {
        $raw .= $_->[1];
        my $text = so_far($raw, $path =~ /gz/);

        for my $i (0 .. $#words) {
            $at[$i] //= $_->[0] if index($text, $words[$i]) >= 0;
        }
    }

    return ($r, map { defined $_ ? $_ - $at[0] : 99 } @at[0 .. $#words]);
}

for my $path (qw(/open/flush /opengz/flush /u/flush)) {
    my ($r, @at, @late);

    # a busy machine is late by itself, but not three times
    for (1 .. 3) {
        ($r, @at) = flow($path);
        @late = grep { $at[$_] > $_ * 0.1 + 0.09 } 0 .. $#words;
        last if !@late;
    }

    ok $r->complete, "$path: complete";
    is "@late", '', "$path: no piece waits for the next" or diag "@at";
}

# --- broken ----------------------------------------------------------------

{
    my $body = packed($big);
    my $n = length $body;
    my ($count, $bad) = (0, '');

    my %broken = map { ("early $_" => substr $body, 0, $_) }
                 1, 2, 5, 10, 11, 100, int $n / 2, $n - 9, $n - 8, $n - 1;
    (my $flip = $body) =~ s/\A.{300}\K(.{40})/~$1/se;
    (my $crc = $body) =~ s/.{8}\z/~$&/se;
    %broken = (%broken, flip => $flip, crc => $crc, none => 'not gzip at all',
               member => packed($page) . "\x1f\x8b\x08\xff\xff\xff\xff",
               dict => substr($gz, 0, 3) . "\xff" . substr $gz, 4);

    for my $name (sort keys %broken) {
        $t->upstream->route('/u/broken' => coded('gzip', $broken{$name}));

        for my $path (qw(/u/broken /open/broken /gz/broken /hit/broken?k=),
                      '/hit/broken?k=')
        {
            my $key = $path =~ /k=/ ? $path . $name =~ s/ //r : $path;
            my $r = $t->get($key, takes('gzip'));
            my $text = $path =~ /gz/ ? undef : $r->body;
            $count++;

            $bad .= "$name $path: complete\n" if $r->complete;
            $bad .= "$name $path: status\n" if $r->status != 200;

            next if !defined $text;

            my ($bare) = Xsell::Shop::bare($text);
            $bad .= "$name $path: not what it was\n"
                if $name =~ /early|crc/ && index($big, $bare) != 0;
            $bad .= "$name $path: what was there is lost\n"
                if $name eq 'crc' && length $bare < length($big) - 1024;
        }
    }

    is $bad, '', "$count broken bodies are cut, never completed";
    like $t->error_log, qr/\[error\].*gzip body of "\/u\/broken" ends early/,
        'the log says so';
    is_deeply [ $t->worker_pids ], [ $worker ], 'the worker lives';

    # what broke is the page's connection, not the next page's
    my @r = $t->pipeline([ '/u/gzip' ], [ '/u/gzip' ]);
    is scalar(grep { $_->complete } @r), 2, 'the next ones are whole';

    # HTTP/2 breaks the stream off, not the connection
    my $h = Xsell::H2->new(port => $t->port(2));
    my $s = $h->stream($h->get('/u/broken', 'user-agent' => 'x'));
    ok !$s->{ended}, 'h2: not ended';
    ok defined $s->{reset}, 'h2: reset';
    $s = $h->stream($h->get('/u/gzip', 'user-agent' => 'x'));
    ok $s->{ended}, 'h2: the next one is whole';
    is $h->goaway, undef, 'h2: the connection lives';

    # an upstream that dies in the middle
    $t->upstream->route('/u/died' => coded('gzip', $body, cut => $n / 2));
    ok !$t->get($_)->complete, "$_: cut" for '/u/died', '/open/died';
}

# --- memory ----------------------------------------------------------------

# a sanitizer keeps what is freed
my $flat = `$t->{nginx} -V 2>&1` =~ /-fsanitize/ ? 1 << 30 : 1;

{
    my $bomb = packed($page . '<p>lorem</p>' x 4_500_000);
    $t->upstream->route('/u/bomb' => coded('gzip', $bomb));

    my $drain = sub {
        my ($path, $pause) = @_;
        my $socket = $t->client->socket;
        my $n = 0;
        syswrite $socket, "GET $path HTTP/1.0\r\n\r\n";
        select undef, undef, undef, $pause if $pause;
        while (my $got = sysread $socket, my $bytes, 1 << 20) {
            $n += $got;
        }
        return $n;
    };

    $drain->($_) for qw(/u/big /small/big /rate/gzip);
    my $anon = memory($worker)->{RssAnon};
    my $peak = memory($worker)->{VmHWM} // 0;

    for my $path ('/u/bomb', '/small/bomb') {
        cmp_ok length $bomb, '<', 400_000, 'a small body';
        cmp_ok $drain->($path, 0.2), '>', 54e6, "$path: a page of 54 MB";
    }

    my $grown = memory($worker)->{RssAnon} - $anon;
    cmp_ok $grown, '<', 2048 * $flat, "in flat memory ($grown kB more)";

  SKIP: {
        skip 'no VmHWM', 1 if !$peak;
        my $high = memory($worker)->{VmHWM} - $peak;
        cmp_ok $high, '<', 4096 * $flat, "at any time ($high kB more)";
    }

    # a stream of many flushes
    $t->upstream->route('/u/many' => coded('gzip', '', framing => 'chunked',
        pieces => [ pack_pieces('gzip', map { $_ % 3 ? "<i>$_</i>" : '' }
                                1 .. 6_000) ]));
    $drain->('/open/many');
    $anon = memory($worker)->{RssAnon};
    cmp_ok $drain->('/open/many'), '>', 35_000, 'a stream of 6,000 flushes';
    $grown = memory($worker)->{RssAnon} - $anon;
    cmp_ok $grown, '<', 256 * $flat, "in flat memory ($grown kB more)";

    # a client that stops for a while
    my $c = $t->client(rcvbuf => 2048);
    $c->send("GET /small/big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    select undef, undef, undef, 0.5;
    is_page('a slow client', $c->response, $big);
    is_page('a limited rate', $t->get('/rate/big'), $big);
}

# --- what a site may want to know ------------------------------------------

is scalar(() = $t->error_log =~ m{\[notice\].*left\ uncompressed,\ though
                                  .*gzip\ on}xg) > 0, 1,
    'the log says that pages leave uncompressed';

$t->done;

# --- brotli, static and on the fly -----------------------------------------

SKIP: {
    my @brotli = grep { -e } map { "/usr/lib/nginx/modules/ngx_http_brotli_"
                                   . "${_}_module.so" } qw(filter static);
    skip 'no brotli module', 1 if !@brotli || `curl --version` !~ /brotli/;

    for my $before (0, 1) {
        my @load = map { "load_module $_;\n" } @brotli;
        my $ours = "load_module $t->{module};\n";
        my $b = Xsell::Shop->new(module => 0,
            main => join('', $before ? ($ours, @load) : (@load, $ours)),
            more => "brotli on; brotli_min_length 1; gzip on;
                location /u/ { proxy_pass http://%%UP%%; $slot }
                location /s/ { alias %%DIR%%/html/; $slot "
                . (@brotli > 1 ? 'brotli_static on;' : '') . '}');
        $b->upstream->route('/u/gzip' => coded('gzip', $gz));
        $b->write_file('html/a.html', $page);
        $b->write_file('html/a.html.br', "\x0b\x02\x80<div>\x03");
        my ($rc) = $b->try_start;

      SKIP: {
            skip 'brotli module of another nginx', 1 if $rc;

            my $name = $before ? 'before' : 'after';
            my $url = 'http://127.0.0.1:' . $b->port;

            for my $path ('/u/gzip', '/s/a.html') {
                my @curl = ('curl', '-s', '-m', 10, '-A', 'Mozilla',
                            '-H', 'Accept: text/html', '--compressed');
                my $run = sub { open my $p, '-|', @curl, @_, $url . $path
                                    or die $!;
                                local $/; scalar <$p> };
                my $head = $run->('-D', '-', '-o', '/dev/null');
                my ($bare, $n) = Xsell::Shop::bare($run->());

                like $head, qr/^Content-Encoding: br/mi,
                    "$path: brotli loaded $name us packs";
                is $n, 1, "$path: a section";
                ok $bare eq $page, "$path: every other byte";
            }
        }

        $b->done;
    }
}

done_testing;
