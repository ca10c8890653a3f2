# Hazard: HTTP/2, where a connection is many, a length is a promise, a window
# stops one stream and not its neighbours, and an error of a filter frees what
# core still uses.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Time::HiRes qw(sleep time);
use Xsell qw(memory wait_for);
use Xsell::H2;
use Xsell::Shop;

my $page = Xsell::Shop::page('a');
my $line = '<p class="x">' . 'lorem ipsum ' x 80 . "</p><!-- c -->\n";
my $late = $page =~ s/<div id="product">/$line x 700 . '<div id="product">'/er;
my $huge = $page =~ s/<div id="product">/$line x 9000 . '<div id="product">'/er;

my $slot = 'xsell prints; xsell_item a; xsell_consent assumed; '
         . 'xsell_slot related after "#product";';

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'h' ],
    shop  => 'templates %%DIR%%/t;',
    http  => 'proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;',
    more  => <<"CONF",
    listen 127.0.0.1:%%PORT2%% http2;
    location /u/     { proxy_pass http://%%UP%%; $slot }
    location /open/  { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                       proxy_http_version 1.1; $slot }
    location /hit/   { proxy_pass http://%%UP%%/u/; proxy_cache c;
                       proxy_cache_valid 200 1m; $slot }
    location /gzip/  { proxy_pass http://%%UP%%/u/; gzip on;
                       gzip_min_length 0; $slot }
    location /end/   { proxy_pass http://%%UP%%/u/; xsell prints;
                       xsell_item a; xsell_consent assumed;
                       xsell_slot end append "body"; }
    location /large/ { proxy_pass http://%%UP%%/u/; xsell prints;
                       xsell_item a; xsell_consent assumed;
                       xsell_slot related after "#product" template=large; }
    location /static/ { root %%DIR%%/html; $slot }
    location /trailer/ { proxy_pass http://%%UP%%/u/; add_trailer X-End yes;
                       $slot }
CONF
    files => {
        # more than one window
        't/large.mustache' => '<aside data-xsell-slot="{{slot}}">'
            . '{{#items}}<p>' . 'x' x 15000 . "</p>{{/items}}</aside>\n",
        'html/static/a.html'    => $page,
        'html/static/late.html' => $late,
    },
);

$t->upstream->route(
    '/u/a'     => $page,
    '/u/late'  => $late,
    '/u/huge'  => $huge,
    '/u/empty' => '',
    '/u/slow'  => { framing => 'chunked', gap => 0.1, pieces => [
                    '<html><body>1', '<div id="product">2</div>', '3<p',
                    '>4</body></html>' ] },
    '/u/cut'   => { body => $late, cut => 300_000 },
    '/u/cutc'  => { body => $late, cut => 300_000, framing => 'chunked' },
    '/u/reset' => { body => $late, cut => 300_000, reset => 1 },
    '/u/304'   => { status => 304 },
    '/u/204'   => { status => 204 },
);

$t->start;

sub h2 { return Xsell::H2->new(port => $t->port(2), @_) }

sub is_page {
    my ($name, $s, $want, $sections) = @_;

    my ($body, $n) = Xsell::Shop::bare($s->{body});

    ok $s->{ended} && !defined $s->{reset}, "$name: ended";
    is $s->{status}, 200, "$name: status";
    is $n, $sections, "$name: sections";
    ok $body eq $want, "$name: every other byte";
    my ($length) = @{ $s->{headers}{'content-length'} || [] };
    ok !defined $length || $length == length $s->{body},
        "$name: no other length is promised";

    return;
}

# --- many at once ----------------------------------------------------------

{
    my $h = h2();
    my %want = (a => $page, late => $late, empty => '');
    my @asked = map { my $way = $_; map { [ $h->get("/$way/$_"), $way, $_ ] }
                      'a', 'late', 'empty' } qw(u open hit hit);

    is_page("trap 31: $_->[1] $_->[2]", $h->stream($_->[0]), $want{ $_->[2] },
            $_->[2] eq 'empty' ? 0 : 1) for @asked;
    is_page("trap 31: static $_", $h->stream($h->get("/static/$_.html")),
            $want{$_}, 1) for qw(a late);

    my $s = $h->stream($h->request('HEAD', '/u/late'));
    is_deeply [ @$s{qw(status body ended)} ], [ 200, '', 1 ], 'HEAD';
    is $h->stream($h->get("/u/$_"))->{status}, $_, "a $_" for 204, 304;
    $s = $h->stream($h->request('POST', '/u/a', 'a=1' x 10));
    is_deeply [ @$s{qw(status body ended)} ], [ 200, $page, 1 ],
        'POST: untouched';

    $s = $h->stream($h->get('/trailer/a'));
    is_page('trap 32: add_trailer', $s, $page, 1);
    is $s->{headers}{'x-end'}[0] // 'in Huffman code', 'in Huffman code',
        'trap 32: the trailer ends it';
    is $h->goaway, undef, 'no error of the connection';
}

# --- windows ---------------------------------------------------------------

{
    # the fragment is several windows; each grows only by what was read
    my $h = h2(window => 1000);
    my $s = $h->stream($h->get('/large/a'));
    cmp_ok length $s->{body}, '>', 90_000, 'trap 31: a fragment of 90 KB';
    is_page('trap 31: through windows of 1000', $s, $page, 1);
    cmp_ok scalar @{ $s->{data} }, '>', 90, 'trap 31: in many frames';

    # one that stops, in the middle of page or fragment: its neighbours go on
    for my $window (1, 300, 1500, 20_000) {
        $h = h2(window => $window, grow => 0, timeout => 0.3);
        my $id = $h->get('/large/late');
        my @other = map { $h->get('/u/a') } 1 .. 3;
        1 while $h->step(0.15);
        $h->{timeout} = 10;

        my $first = $h->{streams}{$id};
        is length $first->{body}, $window, "trap 22: $window bytes, no more";

        $h->allow($_, 1 << 24) for @other;
        is_page("trap 22: beside it $window", $h->stream($_), $page, 1)
            for $other[1];

        # byte by byte through what comes next, then all of it
        $h->allow($id, 1), $h->step for 1 .. 50;
        $h->allow($id, 1 << 24);
        is_page("trap 22: after $window", $h->stream($id), $late, 1);
    }
}

# --- flushes ---------------------------------------------------------------

{
    my $h = h2();
    my $start = time;
    my $id = $h->get('/open/slow');
    my $s = $h->{streams}{$id};
    my @at;

    while (!$s->{ended} && $h->step) {
        my ($body) = Xsell::Shop::bare($s->{body});
        my $i = 0;
        for my $word ('1', '2</div>', '3', '4') {
            $at[$i++] //= time - $start if index($body, $word) >= 0;
        }
    }

    is_page('trap 25: pieces', $s,
            '<html><body>1<div id="product">2</div>3<p>4</body></html>', 1);
    is join(' ', grep { $at[$_] > $_ * 0.1 + 0.095 } 0 .. 3), '',
        'trap 25: come when they are sent' or diag "@at";
}

# --- what breaks off -------------------------------------------------------

{
    my $h = h2();

    for my $path (qw(/u/cut /open/cut /open/cutc /end/cut /hit/cut /u/reset)) {
        my $s = $h->stream($h->get($path));
        my ($body) = Xsell::Shop::bare($s->{body});
        ok !$s->{ended}, "trap 37: $path: not ended";
        ok defined $s->{reset}, "trap 37: $path: but reset";
        is index($late, $body), 0, "trap 37: $path: what came is the page's";
    }

    is_page('trap 37: the connection goes on', $h->stream($h->get('/u/a')),
            $page, 1);
    is $h->goaway, undef, 'trap 37: with no error';
}

# --- who goes --------------------------------------------------------------

{
    my ($worker) = $t->worker_pids;

    for my $n (1 .. 30) {
        my $h = h2(window => $n * 700, grow => 0, timeout => 0.05);
        my @id = map { $h->get($_) } '/u/huge', '/hit/huge', '/large/late',
                                     '/open/slow', '/gzip/huge';
        $h->step(0.005) for 1 .. $n;
        $h->cancel($_) for @id[0 .. $n % 5];
        $h->step(0.005) if $n % 2;
        $h->close;
    }

    my $h = h2();
    is_page('trap 30: after 30 that left in the middle',
            $h->stream($h->get('/u/late')), $late, 1);
    is scalar(grep { $_ == $worker } $t->worker_pids), 1,
        'trap 30: the worker lives';
}

$t->done;
done_testing;
