# Hazard (trap 85): a page that was scanned before is cut by memory, not by
# looking at it: in the wrong place, with a wrong length, or of another version.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Time::HiRes qw(sleep time);
use Xsell;
use Xsell::Shop;

# --- pages -----------------------------------------------------------------

my $li = '<ul><li id="x">one<li>two</ul>';

# a page of about that size, the product at that part of it
sub make {
    my ($size, $part, $product) = @_;

    my $n = 0;
    my $filler = '';
    $filler .= sprintf "<p class=\"f%d\">lorem ipsum dolor</p>\n", $n++
        while length $filler < $size;
    my $at = index $filler, '<p', int($part * length $filler);
    $at = length $filler if $at < 0;

    return "<!doctype html><html><head><title>x</title></head><body>\n"
        . substr($filler, 0, $at) . ($product // '<div id="product">it</div>')
        . substr($filler, $at) . "</body></html>\n";
}

# of exactly that size
sub exactly {
    my ($size) = @_;

    my $page = make($size - 2000, 0.5);
    my $pad = $size - length($page) - 7;

    $page =~ s{</body>}{'<!--' . 'x' x $pad . '--></body>'}e;

    return $page;
}

my $all = '<div id="old"><p>gone</p>' . 'g' x 500 . '</div>'
    . '<div id="product">it</div><p>between</p><!--xsell below-->'
    . "<div id=\"old2\">$li</div>";

my %page = (
    tiny  => make(10, 0),           k1     => make(1000, 0.5),
    e1    => exactly(32767),        e2     => exactly(32768),
    e3    => exactly(32769),        e4     => exactly(65536),
    early => make(100_000, 0),      middle => make(100_000, 0.5),
    late  => make(100_000, 1),      m5     => make(5_000_000, 0.7),
    none  => make(100_000, 0.5, ''), none1 => make(1000, 0.5, ''),
    alls  => make(5000, 0.5, $all), alll   => make(90_000, 0.5, $all),
    allx  => make(90_000, 1, $all), close  => make(200, 0.5, $li),
    closel => make(90_000, 1, $li),
    cut   => make(50_000, 0.9, '<div id="old">to the end'),
    part  => make(40_000, 0.1, '<div id="old">' . 'y' x 40_000 . '</div>'),
);

# places of a location, and what else stands in it
my $one = 'xsell_slot related after "#product";';
my %slots = (
    one   => $one,
    end   => 'xsell_slot end append "body";',
    all   => 'xsell_slot one before "#product" items=2;
              xsell_slot two append "#product" items=2;
              xsell_slot below items=1;
              xsell_slot rep replace "#old" items=1;
              xsell_slot rep2 replace "#old2" items=1;',
    close => 'xsell_slot li append "#x";',
    rep   => 'xsell_slot rep replace "#old";',
    bad   => 'xsell_slot bad after "title"; access_log %%DIR%%/place.log p;',
    nosend => "$one sendfile off;",
    aio   => "$one sendfile on; aio threads; output_buffers 2 32k;",
    dio   => "$one sendfile on; directio 4k; output_buffers 2 32k;",
    chunk => "$one sendfile on; sendfile_max_chunk 64k; tcp_nopush on;",
    limit => "$one limit_rate 20m; limit_rate_after 10k;",
    small => "$one output_buffers 1 4k; sendfile off;",
);

my %get = (
    one   => [ sort keys %page ],
    end   => [ qw(tiny e2 e3 middle m5) ],
    all   => [ qw(alls alll allx none) ],
    close => [ qw(close closel none1) ],
    rep   => [ qw(alls alll cut part none) ],
    bad   => [ qw(k1 middle) ],
    (map { $_ => [ qw(k1 e2 e3 late m5 none) ] }
         qw(nosend aio dio chunk limit small)),
);

my %has = (one => qr/"product"/, end => qr/body/, close => qr/"x"/,
           all => qr/"product"/, rep => qr/\[\[|"old"/, bad => qr/^$/);
$has{$_} ||= $has{one} for keys %slots;

my $on = 'xsell prints; xsell_item a; xsell_consent assumed;';
my $tell = 'error_log %%DIR%%/tell.log debug;';
my $conf = '';

for my $name (sort keys %slots) {
    my $log = $name =~ /^(?:one|nosend|aio)$/ ? $tell : '';
    $conf .= "location /$name/ { proxy_pass http://%%UP%%/p/; proxy_cache c;
        $on $slots{$name} $log }
        location /file/$name/ { alias %%DIR%%/html/; $on $slots{$name} $log
        }\n";
}

my $cache = "proxy_cache c; $on $one";

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'z' ],
    page => sub { $page{ $_[0] } // Xsell::Shop::page($_[0]) },
    more => <<"CONF",
    listen 127.0.0.1:%%PORT2%% http2;
    listen 127.0.0.1:%%PORT3%% ssl http2;
    ssl_certificate %%DIR%%/cert.pem; ssl_certificate_key %%DIR%%/key.pem;
    sendfile on;
    proxy_cache_valid 200 1h;
    proxy_cache_key \$uri\$cookie_key;
    $conf
    location /pieces/ { proxy_pass http://%%UP%%; $cache }
    location /zip { proxy_pass http://%%UP%%; gunzip on; $cache $tell }
    location /gz/ { proxy_pass http://%%UP%%/p/; $cache gzip on;
        gzip_min_length 0; }
    location /sub/ { proxy_pass http://%%UP%%/p/; $cache
        sub_filter lorem LOREM-IPSUM; sub_filter_once off; }
    location /ssi/ { proxy_pass http://%%UP%%/p/; $cache ssi on; }
    location /ssis { proxy_pass http://%%UP%%; $cache ssi on; }
    location /accel { proxy_pass http://%%UP%%; $cache }
    location /internal/ { internal; alias %%DIR%%/html/; $on $one }
    location /slice/ { proxy_pass http://%%UP%%/p/; slice 64k; $cache
        proxy_set_header Range \$slice_range; }
    location /err { proxy_pass http://%%UP%%; proxy_intercept_errors on;
        proxy_cache_valid 404 1h; error_page 404 =200 /file/one/k1; $cache }
    location /vary { proxy_pass http://%%UP%%; $cache }
    location /cond/ { proxy_pass http://%%UP%%/p/; $cache
        proxy_cache_revalidate on; add_header X-Cache
        \$upstream_cache_status; proxy_cache_bypass \$http_x_refresh;
        limit_rate \$rate; $tell }
    location /place/ { proxy_pass http://%%UP%%/p/; $cache
        access_log %%DIR%%/place.log p; }
    location /idle/ { proxy_pass http://%%UP%%/p/; proxy_cache c;
        xsell prints; xsell_item off; xsell_consent required \$cookie_ok; $one
        access_log %%DIR%%/idle.log idle; }
    location /parts { proxy_pass http://%%UP%%; proxy_cache c; ssi on;
        xsell prints; xsell_item off; xsell_consent required \$cookie_ok; $one
        access_log %%DIR%%/parts.log idle; }
    location /part { proxy_pass http://%%UP%%; proxy_set_header X-Session
        \$xsell_session; xsell prints; xsell_consent required \$cookie_no; }
    location /stale/ { proxy_pass http://%%UP%%/p/; $cache
        proxy_cache_valid 200 1s; proxy_cache_use_stale updating;
        proxy_cache_background_update on; }
    location /held/ { proxy_pass http://%%UP%%/p/; $cache }
    location /open/ { alias %%DIR%%/html/; open_file_cache max=100
        inactive=1h; open_file_cache_valid 1h; open_file_cache_min_uses 1;
        $on $one $tell }
CONF
    http => <<'CONF',
    map $http_x_slow $rate { default 0; 1 12k; }
    proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;
    types { } default_type text/html;
    log_format p "$uri $xsell_state $xsell_place";
    log_format idle "$xsell_state $xsell_session";
CONF
);

system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
       . " -keyout " . $t->dir . "/key.pem -out " . $t->dir
       . "/cert.pem 2>/dev/null") == 0 or BAIL_OUT('openssl');

$t->write_file("html/$_", $page{$_}) for keys %page;
$t->start;

my $written = time;

# what became of pages since the last call, where the log tells it
my $told = 0;

sub known {
    open my $f, '<', $t->dir . '/tell.log' or return;
    seek $f, $told, 0;
    my @said = map { /xsell: page known, (.*)$/ ? $1 : () } <$f>;
    $told = tell $f;
    return @said;
}

# the page with the name of the slot for each section, and without any
sub shape {
    my ($body) = @_;

    $body =~ s{<section\ class="xs"[^>]*data-xsell-slot="(\w+)".*?</section>\n}
              {[[$1]]}gsx;

    return $body;
}

sub bare {
    my ($body) = @_;

    return shape($body) =~ s/\[\[\w+\]\]//gr;
}

# --- pages from the cache --------------------------------------------------

my %shape;

# Two rounds fill the cache and the memory, the third one takes from it.  A page
# that was learned when it was young is learned once more when it is older, so
# what can be done meanwhile is done between the first and the second.

sub round {
    my ($round) = @_;

    for my $name (sort keys %get) {
        for my $page (@{ $get{$name} }) {
            my $path = "/$name/$page";
            my $r = $t->get($path);
            my $shape = shape($r->body);

            if ($round == 1) {
                $shape{$path} = $shape;
                is $shape =~ /\[\[/ || 0, $shape =~ $has{$name} || 0,
                    "$path: has a place";
                is $r->header('Content-Length'), undef, "$path: no length";
                next;
            }

            ok $shape eq $shape{$path}, "$path: the same places, $round";
            is $r->error, undef, "$path: framing, $round";

            if ($round == 3) {
                is $r->header('Content-Length'), length $r->body,
                    "$path: its length is told";
                ok bare($r->body) eq $page{$page}, "$path: every other byte"
                    if $name !~ /all|rep|close/;
            }
        }
    }

    return;
}

round(1);

# --- filters and modules around us -----------------------------------------

sub thrice {
    my ($path, $want, %o) = @_;

    my $decode = delete $o{decode} || sub { $_[0] };
    my $key = 0;

    for my $n (1 .. 4) {
        my $r = $t->get($path, %o);
        my $body = $decode->($r->body);
        is $r->error, undef, "$path: framing $n";
        ok shape($body) eq $want, "$path: page $n";
        sleep 0.06 if $n == 1;
    }

    return;
}

require IO::Uncompress::Gunzip;
my @gzip = (headers => [ [ 'Accept-Encoding', 'gzip' ] ], decode => sub {
    IO::Uncompress::Gunzip::gunzip(\(my $x = $_[0]), \my $out);
    return $out;
});

for my $page (qw(k1 middle none)) {
    thrice("/gz/$page", $shape{"/one/$page"}, @gzip);
    thrice("/gz/$page", $shape{"/one/$page"});
    thrice("/sub/$page", $shape{"/one/$page"} =~ s/lorem/LOREM-IPSUM/gr);
    thrice("/ssi/$page", $shape{"/one/$page"});
    thrice("/slice/$page", $shape{"/one/$page"});
}

# pages that came without a length get one
{
    $t->upstream->route("/pieces/$_", { framing => 'chunked',
        pieces => [ $page{$_} =~ /.{1,9000}/gs ] }) for qw(k1 middle none);
    thrice("/pieces/$_", $shape{"/one/$_"}) for qw(k1 middle none);
    my $r = $t->get('/pieces/middle');
    is $r->header('Content-Length'), length $r->body, 'chunked: a length';
}

# "identity" is plain
{
    $t->upstream->route('/pieces/id', { body => $page{k1},
        headers => [ [ 'Content-Encoding', 'identity' ] ] });
    thrice('/pieces/id', $shape{'/one/k1'});
    my $r = $t->get('/pieces/id');
    is $r->header('Content-Length'), length $r->body, 'identity: a length';
}

# packed in the cache, plain to this client: not the cached bytes
{
    $t->upstream->route('/zip', { body => $page{middle}, gzip => 1 });
    my $plain = $t->get('/zip');
    known();
    sleep 0.06;

    for (1 .. 3) {
        my $r = $t->get('/zip');
        is $r->error, undef, 'gunzip: framing';
        ok bare($r->body) eq $page{middle}, 'gunzip: page';
    }

    is scalar(known()), 0, 'trap 85: gunzip: not known';
}

# an include in a page, and included pages
{
    $t->upstream->route('/ssis', "<html><body><!--#include virtual=\""
        . "/one/k1\" --><div id=\"product\">a</div><p>b</p></body></html>\n");
    thrice('/ssis', '<html><body>' . $page{k1} . '<div id="product">a</div>'
           . "[[related]]<p>b</p></body></html>\n");
}

# redirects inside nginx: the body is not the cached answer's
{
    $t->upstream->route("/accel$_", { headers => [
        [ 'Content-Type', 'text/html' ],
        [ 'X-Accel-Redirect', "/internal/$_" ] ], body => $page{$_} })
        for qw(k1 middle none);
    $t->upstream->route('/err', { status => 404, body => $page{k1} });

    thrice("/accel$_", $shape{"/one/$_"}) for qw(k1 middle none);
    thrice('/err', $shape{'/one/k1'});
}

# variants are pages of their own
{
    $t->upstream->route('~^/vary/a', { headers => [
        [ 'Content-Type', 'text/html' ], [ 'Vary', 'X-V' ] ],
        body => $page{e3} });

    my ($x, $y) = map { [ headers => [ [ 'X-V', $_ ] ] ] } 1, 2;

    for my $n (1 .. 4) {
        my $r = $t->get('/vary/a', @$x);
        ok shape($r->body) eq $shape{'/one/e3'}, "vary 1: $n";
        sleep 0.06 if $n == 1;

        if ($n == 1) {
            $t->upstream->route('~^/vary/a', { headers => [
                [ 'Content-Type', 'text/html' ], [ 'Vary', 'X-V' ] ],
                body => $page{late} });
        }

        $r = $t->get('/vary/a', @$y);
        ok shape($r->body) eq $shape{'/one/late'}, "vary 2: $n";
        sleep 0.06 if $n == 1;
    }
}

# who gets no fragment gets the page, with its length
{
    my $bot = [ [ 'Cookie', 'xs_prints_off=1' ] ];
    thrice("/held/$_", $shape{"/one/$_"}) for qw(middle k1);
    my $r = $t->get('/held/middle', cookies => { xs_prints_off => 1 });
    is $r->header('Content-Length') // length $r->body, length $r->body,
        'without a fragment: length';
}

# --- the entry is replaced -------------------------------------------------

{
    my $filler = 'x' x 50_000;
    my @v = map { "<html><body>$_$filler</body></html>\n" }
        '<i>1</i><div id="product">a</div><i>2</i>',
        '<i>12</i><div id="product">a</div><i></i>';

    for my $n (0 .. 5) {
        my $body = $v[$n % 2];
        $t->upstream->route('/p/swap', $body);
        my $want = $body =~ s{</div>}{</div>[[related]]}r;

        # the upstream reads its routes at its leisure
        Xsell::wait_for(sub {
            my $r = $t->get('/cond/swap', headers => [ [ 'X-Refresh', 1 ] ]);
            return shape($r->body) eq $want;
        });

        for my $k (1 .. 3) {
            ok shape($t->get('/cond/swap')->body) eq $want,
                "trap 85: replaced $n: page $k";
            sleep 0.06 if $k == 1;
        }

        known();
        $t->get('/cond/swap');
        is scalar(known()), 1, "replaced $n: known again";
    }
}

# --- the rest of the pages from the cache ----------------------------------

{
    my $wait = $written + 3.1 - time;
    sleep $wait if $wait > 0;
}

round($_) for 2, 3;

# --- how they pass: up to 32 KiB read at once, above as parts of a file ----

known();
$t->get("/one/e2");
is join('; ', known()), '1 cuts, read', '32 KiB: read';
$t->get("/one/e3");
is join('; ', known()), '1 cuts, as a file', 'one byte more: a file';
$t->get("/nosend/m5");
is join('; ', known()), '1 cuts, read', 'without sendfile: read';

# of a page that is not large and asked for often, the bytes are kept: they stay
# those of its version, whatever has become of the page before they are sent
{
    $t->get('/one/k1') for 1 .. 8;
    known();
    ok shape($t->get('/one/k1')->body) eq $shape{'/one/k1'}, 'kept: the page';
    is join('; ', known()), '1 cuts, kept', 'kept: not read';

    $t->get('/one/e4') for 1 .. 12;
    known();
    my $r = $t->get('/one/e4');
    ok bare($r->body) eq $page{e4} && $r->body =~ /<section class="xs"/,
        'kept: 64 KiB';
    is join('; ', known()), '1 cuts, kept', 'kept: not in parts';

    $t->get($_) for (qw(/one/m5 /nosend/k1 /aio/e3)) x 8;
    known();
    $t->get($_) for qw(/one/m5 /nosend/k1 /aio/e3);
    is join('; ', known()), '1 cuts, as a file; 1 cuts, read; 1 cuts, as a file',
        'kept: no large one, none that is read anyway, none by a thread';

    thrice('/gz/k1', $shape{'/one/k1'}, @gzip) for 1 .. 3;
    thrice('/sub/k1', $shape{'/one/k1'} =~ s/lorem/LOREM-IPSUM/gr) for 1 .. 3;

    # a slow client has the old version, others the new one
    my $old = make(20_000, 0.5);
    my $new = $old =~ s/lorem ipsum/ipsum lorem/gr;
    my $fresh = sub {
        my ($page) = @_;

        $t->upstream->route('/p/keeps', $page);
        Xsell::wait_for(sub {
            my $r = $t->get('/cond/keeps', headers => [ [ 'X-Refresh', 1 ] ]);
            return bare($r->body) eq $page;
        });
    };

    $fresh->($old);
    sleep 2.1;
    $t->get('/cond/keeps') for 1 .. 9;
    known();

    my $c = $t->client;
    $c->send("GET /cond/keeps HTTP/1.1\r\nHost: localhost\r\n"
             . "X-Slow: 1\r\nConnection: close\r\n\r\n");
    Xsell::wait_for(sub { return join('', known()) =~ /kept/ });
    $fresh->($new);
    ok bare($t->get('/cond/keeps')->body) eq $new, 'kept: a new version'
        for 1 .. 9;
    ok bare($c->response->body) eq $old, 'kept: the old one, asked for before';
}

is $t->count('pages_total', state => 'no_place') > 0, 1, 'pages without place';

# a page without a place costs no decision
{
    my $n = $t->count('decision_seconds_count');
    my $r = $t->get("/one/none");
    is $t->count('decision_seconds_count'), $n, 'no place: nothing is decided';
    is $r->header('Content-Length'), length $page{none}, 'no place: length';
    ok $r->body eq $page{none}, 'no place: the page';
}

# --- HTTP ------------------------------------------------------------------

{
    my $head = $t->head("/one/middle");
    is $head->status, 200, 'HEAD';
    is $head->header('Content-Length'), undef, 'HEAD: no length';
    is $head->error, undef, 'HEAD: framing';

    for my $path (qw(/one/middle /one/k1 /one/none)) {
        my $r = $t->get($path, version => '1.0');
        is $r->header('Content-Length'), length $r->body, "1.0 $path: length";
        ok shape($r->body) eq $shape{$path}, "1.0 $path: page";

        $r = $t->get($path, headers => [ [ Range => 'bytes=5-9' ] ]);
        is $r->status, 200, "$path: no range";
        ok shape($r->body) eq $shape{$path}, "$path: the whole page";

        $r = $t->get($path, headers => [ [ 'If-None-Match' => '*' ] ]);
        is $r->status, 200, "$path: no condition";
    }

    my @r = $t->pipeline(map { [ "/one/$_" ] } qw(e2 m5 none k1 e3 late));
    is join(',', map { $_->error // '' } @r), ',,,,,', 'pipelined';
    ok shape($r[$_]->body) eq $shape{ '/one/' . (qw(e2 m5 none k1 e3 late))[$_] },
        "pipelined: page $_" for 0 .. 5;
}

SKIP: {
    my $curl = `curl --version 2>&1`;
    skip 'curl without HTTP/2', 1 unless $curl =~ /nghttp2/;

    for my $base ('--http2-prior-knowledge http://127.0.0.1:' . $t->port(2),
                  '--http2 https://127.0.0.1:' . $t->port(3),
                  '--http1.1 https://127.0.0.1:' . $t->port(3))
    {
        for my $path (qw(/one/k1 /one/e2 /one/e3 /one/m5 /one/none /all/alll
                         /end/middle /rep/part /dio/late))
        {
            my $body = `curl -s -k -m 20 -A Mozilla/5.0 $base$path`;
            is $?, 0, "$base$path";
            ok shape($body) eq $shape{$path}, "$base$path: page";
        }
    }
}

# a client that is slow to read
{
    my $c = $t->client(rcvbuf => 4096);
    $c->send("GET /one/m5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    sleep 0.5;
    my $r = $c->response;
    is $r->error, undef, 'slow client: framing';
    ok shape($r->body) eq $shape{'/one/m5'}, 'slow client: page';
}

# a stale page is served while a new one is fetched
{
    my $filler = 'x' x 40_000;
    my @v = map { "<html><body>$_$filler</body></html>\n" }
        '<div id="product">a</div><i>12345</i>',
        '<i>12345</i><div id="product">a</div>';
    my @want = map { s{</div>}{</div>[[related]]}r } @v;

    $t->upstream->route('/p/bg', $v[0]);
    $t->get('/stale/bg');
    sleep 0.1;
    $t->get('/stale/bg') for 1 .. 2;
    $t->upstream->route('/p/bg', $v[1]);
    sleep 2.1;

    # stale, and known; then the new one, at once known to nobody
    ok shape($t->get('/stale/bg')->body) eq $want[0], 'stale: the old page';
    sleep 0.1;
    ok shape($t->get('/stale/bg')->body) eq $want[1], 'updated: page'
        for 1 .. 3;
}

# what is said of known pages is what is said of scanned ones
{
    for my $page (qw(k1 middle none)) {
        $t->get("/place/$page");
        sleep 0.06;
        $t->get("/place/$page") for 1 .. 3;
    }

    my %said;
    $said{$_}++ for grep { /place|bad/ } split /\n/, $t->read_file('place.log');

    is join('; ', map { "$_: $said{$_}" } sort keys %said),
        '/bad/k1 no_place in_head: 3; /bad/middle no_place in_head: 3; '
        . '/place/k1 shown served: 4; /place/middle shown served: 4; '
        . '/place/none no_place absent: 4', 'states and places';
}

# who looks at a page that nothing fits in and that is of no item is asked for
# by those only who want to know, and by a visitor who takes consent back
{
    my $n = 0;
    my $get = sub {
        my ($cookie, @headers) = @_;
        $n++;
        return $t->get('/idle/none', headers =>
                       [ [ 'Cookie', $cookie ], @headers ])
                 ->header('Set-Cookie');
    };

    my ($cookie) = ($get->('ok=1') // '') =~ /^(xs_prints=[^;]+)/;
    ok defined $cookie, 'idle: a cookie while the page is not known';

    Xsell::wait_for(sub { return !defined $get->('ok=1') });
    is $get->("ok=1; $cookie"), undef, 'idle: none is asked for afterwards';

    my @said;
    Xsell::wait_for(sub {
        return (@said = split /\n/, $t->read_file('idle.log')) == $n;
    });
    like $said[-1], qr/^no_place [\w-]{16}$/, 'idle: $xsell_session finds out';
    is $said[-2], 'no_place ', 'idle: of nobody it says nothing';

    # a part of the page, whose location has a consent of its own, asks first
    $t->upstream->route('/parts', '<html><body>'
                        . '<!--# include virtual="/part" --></body></html>');
    my $decided = sub { $t->count('decision_seconds_count') };
    Xsell::wait_for(sub {
        my $before = $decided->();
        $t->get('/parts', headers => [ [ 'Cookie', "ok=1; $cookie" ] ]);
        return $decided->() == $before;
    });
    is +(split /\n/, $t->read_file('parts.log'))[-1], $said[-1],
        'idle: the page says who, not one of its parts';

    for my $case ([ $cookie, 'consent withdrawn' ],
                  [ "ok=1; $cookie", 'GPC', [ 'Sec-GPC', '1' ] ])
    {
        my ($with, $why, @header) = @$case;
        like $get->($with, @header) // '', qr/^xs_prints=;.*Max-Age=0/,
            "idle: $why: the cookie goes";
    }
}

# --- files that no cache holds ---------------------------------------------

# they are too young to be remembered
{
    my $wait = $written + 4 - time;
    $t->get("/file/one/$_") for qw(k1 middle);
    sleep $wait if $wait > 0;

    for my $round (1 .. 3) {
        for my $name (grep { !/^limit|^small/ } sort keys %get) {
            for my $page (@{ $get{$name} }) {
                my $path = "/file/$name/$page";
                my $r = $t->get($path);
                is $r->error, undef, "$path: framing $round";
                ok shape($r->body) eq $shape{"/$name/$page"},
                    "$path: page $round";
                is $r->header('Content-Length'), undef, "$path: no promise";
            }
        }
    }

    known();
    my $r = $t->get('/file/one/middle');
    is join('; ', known()), '1 cuts, as a file', 'a known file';
    $t->get('/file/one/k1');
    is join('; ', known()), '1 cuts, read', 'a small one';
    $t->get('/file/one/none');
    is join('; ', known()), '0 cuts, as a file', 'one without a place';

    for my $page (qw(middle k1 m5 none)) {
        for (1 .. 3) {
            ok shape($t->get("/open/$page")->body) eq $shape{"/one/$page"},
                "open_file_cache: $page";
        }
    }

    # replaced: of the same size and time, another inode
    my $path = $t->dir . '/html/middle';
    my ($mtime) = (stat $path)[9];
    my $other = $page{middle};
    $other =~ s{(<p class="f\d+">[^<]*</p>\n)(<div id="product">it</div>)}
               {$2$1} or die;
    $t->write_file('html/middle', $other);
    utime $mtime, $mtime, $path;

    known();
    my $want = $other =~ s{it</div>}{it</div>[[related]]}r;
    $r = $t->get('/file/one/middle');
    ok $r->body eq $other, 'replaced file: it passes as it is';
    is scalar(known()), 0, 'replaced file: not known';
    ok shape($t->get('/file/one/middle')->body) eq $want,
        'replaced file: scanned' for 1 .. 3;

    # that it lost its name is a change too: once it passes as it is
    is $t->get('/open/middle')->body, $page{middle},
        'open_file_cache: the old file';
    ok shape($t->get('/open/middle')->body) eq $shape{'/one/middle'},
        'open_file_cache: it is scanned' for 1 .. 3;
}

$t->done;
unlike $t->read_file('tell.log'), qr/\[(?:alert|emerg|crit)\]/,
    'nor in the log that tells';

# --- fragments for some of the places --------------------------------------

# what a slot without a fragment does not replace is there for another one
{
    my $outer = '<html><body><div id="outer"><p id="inner">in</p><p>of</p></div>'
        . 'x' x 40_000 . "</body></html>\n";
    my $some = Xsell::Shop->new(
        items => [ qw(a b c) ],
        page => sub { $outer },
        http => 'proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;',
        more => "location /c/ { proxy_pass http://%%UP%%/p/; proxy_cache c;
                 proxy_cache_valid 200 1h; $on
                 xsell_slot one after '#inner' items=1;
                 xsell_slot two replace '#outer' items=1; }
                 location = /cart { proxy_pass http://%%UP%%; xsell prints;
                 xsell_event cart item=\$arg_i; }")->start;

    my ($all, $less) = ($some->visit, $some->visit);

    $_->get('/c/x') for $all, $less;
    $less->get("/cart?i=$_") for qw(c);
    sleep 0.06;

    my $both = $outer =~ s{<div.*</div>}{[[two]]}r;
    my $one = $outer =~ s{(in</p>)}{$1\[\[one]]}r =~ s{\\}{}gr;

    for my $n (1 .. 6) {
        ok shape($all->get('/c/x')->body) eq $both, "two places: $n";
        ok shape($less->get('/c/x')->body) eq $one, "one of them: $n";
    }

    $some->done;
}

# --- 0: nothing is remembered ----------------------------------------------

{
    my $off = Xsell::Shop->new(
        page => sub { $page{middle} },
        http => 'proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;
                 xsell_page_cache 0;',
        more => "location /c/ { proxy_pass http://%%UP%%/p/; $cache
                 proxy_cache_valid 200 1h; }")->start;

    for my $n (1 .. 4) {
        my $r = $off->get('/c/a');
        ok shape($r->body) eq $shape{'/one/middle'}, "off: page $n";
        is $r->header('Content-Length'), undef, "off: length $n";
        sleep 0.06 if $n == 1;
    }

    $off->done;
}

done_testing;
