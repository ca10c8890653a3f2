# Hazard: bytes that come late, or not at all, because of us: a flush that is
# swallowed, a first byte that waits for the last, a worker that waits for one
# slow client, an upload or a stream of events that is taken for a page.  And
# the other way round: a page that broke off and looks complete.

use strict;
use warnings;

use lib 't/nginx/lib';

use Compress::Raw::Zlib ();
use IO::Select;
use Test::More;
use Time::HiRes qw(sleep time);
use Xsell qw(memory wait_for);
use Xsell::Shop;

my $page = Xsell::Shop::page('a');
my $line = '<p class="x">' . 'lorem ipsum ' x 80 . "</p><!-- c -->\n";
my $big = $page =~ s/<footer>/$line x 5500 . '<footer>'/er;
my $late = $page =~ s/<div id="product">/$line x 5500 . '<div id="product">'/er;

my $slot = 'xsell prints; xsell_item a; xsell_consent assumed; '
         . 'xsell_slot related after "#product";';
my $end = 'xsell prints; xsell_item a; xsell_consent assumed; '
        . 'xsell_slot end append "body";';

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'h' ],
    http  => <<'CONF',
    proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;
    client_body_buffer_size 16k;
    client_max_body_size 64m;
    proxy_max_temp_file_size 0;
    log_subrequest on;
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
CONF
    more  => <<"CONF",
    location /open/  { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                       $slot }
    location /open1/ { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                       proxy_http_version 1.1; $slot }
    location /gzip/  { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                       gzip on; gzip_min_length 0; $slot }
    location /u/     { proxy_pass http://%%UP%%; $slot }
    location /u1/    { proxy_pass http://%%UP%%/u/; proxy_http_version 1.1;
                       $slot }
    location /end/   { proxy_pass http://%%UP%%/u/; $end }
    location /end1/  { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                       proxy_http_version 1.1; $end }
    location /hit/   { proxy_pass http://%%UP%%/u/; proxy_cache c;
                       proxy_cache_valid 200 1m; $end }
    location /none/  { proxy_pass http://%%UP%%/u/; proxy_buffering off; }
    location /few/   { proxy_pass http://%%UP%%/u/; proxy_buffers 4 4k;
                       proxy_buffer_size 4k; proxy_busy_buffers_size 8k;
                       $slot }
    location /cached/ { proxy_pass http://%%UP%%/u/; proxy_cache c;
                       proxy_cache_valid 200 1m; sendfile on; aio threads;
                       sendfile_max_chunk 64k; output_buffers 2 32k;
                       directio 4k; add_header X-Cache \$upstream_cache_status;
                       $slot }
    location /static/ { root %%DIR%%/html; sendfile on; aio threads;
                       directio 4k; output_buffers 2 32k; $slot }
    location /rate/  { alias %%DIR%%/html/static/; limit_rate 8m;
                       sendfile on; $slot }
    location /rate0/ { alias %%DIR%%/html/static/; limit_rate 8m;
                       sendfile off; aio threads; $slot }
    location /ws/    { proxy_pass http://%%UP%%/ws/; proxy_http_version 1.1;
                       proxy_set_header Upgrade \$http_upgrade;
                       proxy_set_header Connection \$connection_upgrade;
                       $slot }
    location /up/    { proxy_pass http://%%UP%%/u/up; $slot }
    location /up0/   { proxy_pass http://%%UP%%/u/up; $slot
                       proxy_request_buffering off;
                       proxy_http_version 1.1; }
CONF
);

my @pieces = ('<html><body>one', '<p>two</p>', '<div id="product">three',
              '</div>four', '<p class="x', '">six</p>', '<i>7</i>', '<!-- 8',
              '-->nine', '</body></html>');

sub spaced {
    my ($framing, @more) = @_;

    return { framing => $framing, gap => 0.1, pieces => [ @pieces ], @more };
}

my $sse = [ 'Content-Type', 'text/event-stream' ];

$t->write_file('html/static/big.html', $big);
$t->write_file('html/static/late.html', $late);
$t->upstream->route(
    '/u/a'       => $page,
    '/u/big'     => $big,
    '/u/late'    => $late,
    '/u/chunked' => spaced('chunked'),
    '/u/closed'  => spaced('close'),
    '/u/length'  => spaced('length'),
    '/u/accel'   => spaced('chunked',
                           headers => [ [ 'X-Accel-Buffering', 'no' ] ]),
    '/u/sse'     => { framing => 'chunked', gap => 0.1, headers => [ $sse ],
                      pieces => [ map { "data: <div id=\"product\">$_\n\n" }
                                  1 .. 5 ] },
    '/u/up'      => { body => $page, headers => [ [ 'X-Got', 'it' ] ] },
    '/ws/a'      => { raw => [ "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n"
                      . "Connection: Upgrade\r\n\r\n<div id=\"product\">",
                      \0.05, '</div>bytes' ] },
);

$t->start;

sub is_page {
    my ($name, $r, $want, $sections) = @_;

    my ($body, $n) = Xsell::Shop::bare($r->body);

    ok $r->complete, "$name: complete" or diag $r->error;
    is $n, $sections, "$name: sections";
    ok $body eq $want, "$name: every other byte as sent"
        or diag length($body) . ' against ' . length $want;

    return $r;
}

# --- bytes leave when they arrive ------------------------------------------

# when each of the words was there, in seconds after the first
sub arrived {
    my ($c, $unpack, @words) = @_;

    my ($text, @at) = ('');

    for ($c->arrivals) {
        my ($time, $bytes) = @$_;
        $text .= $unpack ? $unpack->($bytes) : $bytes;
        for my $i (0 .. $#words) {
            $at[$i] //= $time if index($text, $words[$i]) >= 0;
        }
    }

    return map { defined $_ ? $_ - $at[0] : 99 } @at;
}

# of a chunked gzip, the text of what came; undef: the bytes are the text
sub unpacker {
    my ($gzip) = @_;

    return undef if !$gzip;

    my ($z) = Compress::Raw::Zlib::Inflate->new(
        -WindowBits => Compress::Raw::Zlib::WANT_GZIP());
    my $head = 1;
    my $rest = '';
    return sub {
        $rest .= $_[0];
        return '' if $head && $rest !~ s/\A.*?\r\n\r\n//s;
        $head = 0;
        my $out = '';
        # chunk by chunk, those that are whole
        while ($rest =~ /\A([0-9a-f]+)\r\n/) {
            my ($n, $from) = (hex $1, $+[0]);
            last if length $rest < $from + $n + 2;
            my $bytes = substr $rest, $from, $n;
            substr $rest, 0, $from + $n + 2, '';
            $z->inflate($bytes, my $text);
            $out .= $text;
        }
        return $out;
    };
}

sub ask {
    my ($c, $path) = @_;

    $c->send("GET $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
             . ($path =~ /gzip/ ? "Accept-Encoding: gzip\r\n" : '')
             . "\r\n");

    return $c;
}

# which pieces came later than they were sent
sub late {
    my ($at, @got) = @_;

    return grep { $got[$_] > $at->[$_] * 0.1 + 0.095 } 0 .. $#$at;
}

# all at the same time, each byte with its time
sub fill_all {
    my (@clients) = @_;

    my $select = IO::Select->new(map { $_->socket } @clients);
    my %of = map { fileno $_->socket => $_ } @clients;

    while ($select->count) {
        my @ready = $select->can_read(5) or last;
        for (@ready) {
            my $c = $of{ fileno $_ };
            $select->remove($_) if !$c->fill(0) && $c->eof;
        }
    }

    return;
}

{
    # a word per piece; what ends within a tag is held until the next one
    my @words = ('one', 'two', 'three', 'four', undef, 'six', '<i>7', undef,
                 'nine', '</body>');
    my @at = grep { defined $words[$_] } 0 .. $#words;

    my @paths = qw(/open/chunked /open1/chunked /open/closed /open/length
                   /u/accel /gzip/chunked /open1/sse);
    my %client = map { $_ => $t->client } @paths;
    my $start = time;

    for my $path (@paths) {
        ask($client{$path}, $path);
    }

    fill_all(values %client);

    # a share of the way, not a time: the machine may be busy
    my @seen = $client{'/open1/chunked'}->arrivals;
    cmp_ok $seen[0][0] - $start, '<', 0.4 * ($seen[-1][0] - $start),
        'trap 38: the first byte waits for no fragment';

    for my $path (grep { !/sse/ } @paths) {
        my $gzip = $path =~ /gzip/;
        my $c = $client{$path};
        my $r = $c->response;
        my @got = arrived($c, unpacker($gzip), @words[@at]);

        # a busy machine is late by itself, but not three times
        for (1 .. 2) {
            last if !late(\@at, @got);
            $c = ask($t->client, $path);
            $r = $c->response;
            @got = arrived($c, unpacker($gzip), @words[@at]);
        }

        my @late = late(\@at, @got);

        ok $r->complete, "$path: complete" or diag $r->error;
        is "@late", '',
            "trap 25: $path: no piece waits for one after it"
            or diag "@got";

        next if $gzip;
        is((Xsell::Shop::bare($r->body))[0], join('', @pieces),
            "$path: every byte");
        is((Xsell::Shop::bare($r->body))[1], 1, "$path: a section");
    }

    my $c = $client{'/open1/sse'};
    my $r = $c->response;
    my @data = map { "data: <div id=\"product\">$_" } 1 .. 5;
    my @got = arrived($c, undef, @data);

    for (1 .. 2) {
        last if !late([ 0 .. 4 ], @got);
        $c = ask($t->client, '/open1/sse');
        $r = $c->response;
        @got = arrived($c, undef, @data);
    }

    is join(' ', late([ 0 .. 4 ], @got)), '',
        'trap 26: events of a stream come one by one';
    is $r->body, join('', map { "data: <div id=\"product\">$_\n\n" } 1 .. 5),
        'trap 26: as they are';
    is $r->header('Cache-Control'), undef, 'trap 26: with their headers';
}

# --- a page that breaks off ------------------------------------------------

{
    my %way = (length => 1, chunked => 1, close => 0);
    my ($n, $broken, $wrong) = (0, 0, '');
    my $more = $line x 30;
    my $body = $page =~ s/<footer>/$more<footer>/r;
    my $before = index($body, '<div id="product">') - 10;
    my $within = index($body, '</div>') + 3;
    my $after = index($body, '<footer>');

    for my $framing (sort keys %way) {
        for my $cut ($before, $within, $after, length($body) - 1) {
            for my $reset (0, 1) {
                $t->upstream->route('/u/cut', { body => $body, cut => $cut,
                    framing => $framing, reset => $reset,
                    headers => [ [ 'X-Framing', $framing ] ] });

                for my $path (qw(u u1 open open1 end end1)) {
                    my $r = $t->get("/$path/cut");
                    my $plain = $t->get('/none/cut');
                    my ($bare, $sections) = Xsell::Shop::bare($r->body);

                    # a close is the end of a page without a length, also for
                    # nginx itself, and so a page that ends there
                    my $cut_off = !$plain->complete;
                    my $what = "$path $framing $cut "
                               . ($reset ? 'RST' : 'FIN');

                    # an RST may overtake bytes that were sent before it
                    $wrong .= "$what: complete; " if $cut_off && $r->complete
                        && $r->status == 200;
                    $wrong .= "$what: not what was sent; "
                        if $cut_off && $r->status == 200
                           && index($body, substr $bare, 0,
                                    length($bare) - ($reset ? 20 : 0)) != 0;
                    $wrong .= "$what: fragment of a page that was cut; "
                        if $path =~ /end/ && $cut_off && $sections
                           && $cut <= $after;
                    $n++, $broken += $cut_off;
                }
            }
        }
    }

    is $wrong, '', "trap 37: $n pages that broke off are neither completed "
        . 'nor given an end';
    cmp_ok $broken, '>', $n / 2, "trap 37: $broken of them by any measure";

    # the same to a client that can't be told by chunks
    $t->upstream->route('/u/cut', { body => $body, cut => $after });
    my $r = $t->get('/end/cut', version => '1.0');
    is((Xsell::Shop::bare($r->body))[1], 0,
        'trap 37: HTTP/1.0: no fragment at the end of a half page');

    # it is not kept, and the next one is whole
    $t->get('/hit/cut') for 1, 2;
    $t->upstream->route('/u/cut', $body);
    is_page('trap 37: a cache keeps no half', $t->get('/hit/cut'), $body, 1);
    is_page('trap 37: its hit', $t->get('/hit/cut'), $body, 1);
}

# --- clients that are slow, stop, or go ------------------------------------

{
    my ($worker) = $t->worker_pids;

    # warm, so that what grows is of the slow ones
    is_page("trap 19: $_, warm", $t->get("/$_/late"), $late, 1)
        for qw(few cached cached);
    is $t->get('/cached/late')->header('X-Cache'), 'HIT', 'cached';

    my $anon = memory($worker)->{RssAnon};
    my %slow;

    for my $path (qw(/few/late /cached/late /static/late.html /rate/late.html
                     /rate0/late.html /u/late))
    {
        my $c = $t->client(rcvbuf => 4096, timeout => 20);
        $c->send("GET $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        $slow{$path} = $c;
    }

    # they stop reading; others go on
    my $end = time + 1.2;
    my ($asked, $long) = (0, 0);
    while (time < $end) {
        my $r = $t->get('/u/a');
        $asked++;
        $long++ if $r->seconds > 0.25;
        sleep 0.02;
    }
    cmp_ok $asked, '>', 10, 'trap 22: others are served meanwhile';
    cmp_ok $long, '<=', 1, 'trap 22: at once';

    my $grown = memory($worker)->{RssAnon} - $anon;
    cmp_ok $grown, '<', 8192,
        "trap 21: six clients that stop reading take $grown kB";

    for my $path (sort keys %slow) {
        is_page("trap 20: $path, slowly", $slow{$path}->response, $late, 1);
    }

    # and those who leave in the middle
    for my $path (sort keys %slow) {
        for (1 .. 3) {
            my $c = $t->client(rcvbuf => 4096);
            $c->send("GET $path HTTP/1.1\r\nHost: x\r\n\r\n");
            $c->fill(1);
            $_ == 1 ? $c->close : $c->reset;
        }
    }
    is_page('trap 37: after clients that left', $t->get('/few/late'), $late,
            1);
}

# --- what is no page -------------------------------------------------------

{
    my $c = $t->client;
    $c->send("GET /ws/a HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\n"
             . "Connection: Upgrade\r\n\r\n");
    my $raw = $c->read_all(3);
    like $raw, qr{^HTTP/1.1 101 .*\r\n\r\n<div id="product"></div>bytes\z}s,
        'trap 26: an upgraded connection is left alone';

    my $body = join '', map { chr 33 + $_ % 90 } 1 .. 3_000_000;
    my ($worker) = $t->worker_pids;
    for my $path ('/up/', '/up0/') {
        for my $method (qw(POST PUT)) {
            $t->upstream->clear;
            my $r = $t->request($method, $path, body => $body,
                                headers => [ [ 'X-A', 1 ] ]);
            is $r->body, $page, "$path: $method is no page view";
            is $r->header('Content-Length'), length $page,
                "$path: $method keeps its length";
            my ($got) = $t->upstream->requests;
            ok $got && $got->{body} eq $body, "$path: $method arrives whole";
        }
    }

    $c = $t->client;
    $c->send("POST /up/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
             . "Content-Length: 3\r\nConnection: close\r\n\r\n");
    $c->read_until(qr/100 Continue\r\n\r\n/, 2);
    $c->send('abc');
    my $r = $c->response('POST');
    is_deeply [ $r->status, $r->interim ], [ 200, 'HTTP/1.1 100 Continue' ],
        'an upload that asks first';
}

$t->done;
done_testing;
