# Hazard: parts, lengths and methods: a range of a page that is another one for
# each visitor, a length of bytes that are no longer these, a HEAD that counts
# as a view, a connection that is out of step after one of them.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $page = Xsell::Shop::page('a');
my $data = join '', map { chr 33 + $_ % 90 } 1 .. 300_000;

my $slot = 'xsell prints; xsell_item a; xsell_consent assumed; '
         . 'xsell_slot related after "#product";';

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'h' ],
    http  => <<'CONF',
    proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;
    proxy_cache_path %%DIR%%/tmp/slices keys_zone=s:1m;
CONF
    more  => <<"CONF",
    location /u/       { proxy_pass http://%%UP%%; $slot }
    location /on/      { proxy_pass http://%%UP%%/u/; xsell prints;
                         xsell_item a; }
    location /off/     { proxy_pass http://%%UP%%/u/; }
    location /force/   { proxy_pass http://%%UP%%/u/; proxy_force_ranges on;
                         $slot }
    location /hit/     { proxy_pass http://%%UP%%/u/; proxy_cache c;
                         proxy_cache_valid 200 206 1m; proxy_force_ranges on;
                         add_header X-Cache \$upstream_cache_status; $slot }
    location /slice/   { slice 100; proxy_cache s; proxy_cache_valid 206 1m;
                         proxy_cache_key \$uri\$slice_range;
                         proxy_set_header Range \$slice_range;
                         proxy_http_version 1.1;
                         proxy_pass http://%%UP%%/part/; $slot }
    location /slice0/  { slice 100; proxy_cache s; proxy_cache_valid 206 1m;
                         proxy_cache_key \$uri\$slice_range;
                         proxy_set_header Range \$slice_range;
                         proxy_http_version 1.1;
                         proxy_pass http://%%UP%%/part/; }
    location /static/  { root %%DIR%%/html; $slot }
    location /rewrite/ { rewrite ^ /u/a last; }
    location /moved/   { return 302 /u/a; }
    location /text/    { default_type text/html; $slot
                         return 200 '<body><div id="product">x</div></body>'; }
    location /empty/   { empty_gif; $slot }
    location /gone/    { return 204; }
CONF
    upstream => {
        '/u/a'    => { headers => [ [ ETag => '"u"' ],
                                    [ 'Accept-Ranges', 'bytes' ] ],
                       body => $page },
        '/u/data' => { headers => [ [ 'Content-Type', 'application/pdf' ],
                                    [ ETag => '"d"' ],
                                    [ 'Accept-Ranges', 'bytes' ] ],
                       body => $data },
        '/u/206'  => { status => 206, body => substr($page, 0, 40),
                       headers => [ [ 'Content-Range', 'bytes 0-39/'
                                      . length $page ] ] },
        '/u/304'  => { status => 304, headers => [ [ ETag => '"u"' ] ] },
        '/u/204'  => { status => 204 },
        '/u/404'  => { status => 404, body => $page },
        '/u/302'  => { status => 302, headers => [ [ Location => '/u/a' ] ],
                       body => $page },
        '/u/empty' => '',
        '/u/nolen' => { body => $page, framing => 'close' },
        '~^/p/'   => sub { Xsell::Shop::page('a') },
        # a server that knows ranges
        '~^/part/' => sub {
            my ($r) = @_;
            my ($from, $to) = ($r->{headers}{range} || '')
                              =~ /^bytes=(\d+)-(\d+)$/
                or return { headers => [ [ ETag => '"s"' ] ], body => $page };
            $to = length($page) - 1 if $to >= length $page;
            return { status => 206, body => substr($page, $from,
                                                   $to - $from + 1),
                     headers => [ [ ETag => '"s"' ], [ 'Content-Range',
                         "bytes $from-$to/" . length $page ] ] };
        },
    },
    files => { 'html/static/a.html' => $page, 'html/static/d.pdf' => $data },
);

$t->start;

sub is_page {
    my ($name, $r, $want, $sections) = @_;

    my ($body, $n) = Xsell::Shop::bare($r->body);

    ok $r->complete, "$name: complete" or diag $r->error;
    is $n, $sections, "$name: sections";
    ok $body eq $want, "$name: every other byte as sent" or diag $body;
    my $length = $r->header('Content-Length');
    ok !defined $length || $length == length $r->body, "$name: its length"
        if $r->complete;

    return $r;
}

# --- ranges ----------------------------------------------------------------

{
    my @ranges = ('bytes=0-9', 'bytes=-5', 'bytes=10-', 'bytes=0-1,5-9,20-',
                  'bytes=99999999-', 'bytes=x', 'items=1-2');

    for my $path ('/u/a', '/force/a', '/hit/a', '/hit/a', '/static/a.html',
                  '/slice/a', '/p/a')
    {
        for my $range (@ranges) {
            my $r = $t->get($path, headers => [ [ Range => $range ] ]);
            is_page("trap 9: $path $range", $r, $page,
                    $path =~ /slice/ ? 0 : 1);
            is $r->status, 200, "trap 9: $path $range: no part";
            is $r->header('Accept-Ranges'), undef,
                "trap 9: $path: none is offered" if $path !~ /slice/;
        }
    }

    # a part that the upstream sends passes as one
    my $r = is_page('trap 9: 206', $t->get('/u/206'), substr($page, 0, 40), 0);
    is $r->status, 206, 'trap 9: stays one';
    is $r->header('Content-Range'), 'bytes 0-39/' . length $page,
        'trap 9: with its range';

    # where there are no slots, all is as nginx has it
    for my $path ('/slice0/a') {
        $r = $t->get($path, headers => [ [ Range => 'bytes=5-14' ] ]);
        is $r->status . $r->body, '206' . substr($page, 5, 10),
            "trap 9: $path: no slot, a part";
    }
}

# --- what is wanted for something else -------------------------------------

{
    my @for = ([ 'Sec-Fetch-Dest', 'video' ], [ Accept => '*/*' ]);
    my $own = sprintf '"%x-%x"', (stat $t->dir . '/html/static/d.pdf')[9],
        length $data;
    $t->get('/hit/data');

    for ([ '/static/d.pdf', $own ], [ '/hit/data', '"d"' ]) {
        my ($path, $etag) = @$_;
        my $r = $t->get($path, headers => [ @for, [ Range => 'bytes=5-9' ] ]);
        is $r->status . $r->body, '206' . substr($data, 5, 5),
            "trap 9: $path: a video has its parts";
        $r = $t->get($path, headers => [ @for, [ 'If-None-Match', $etag ] ]);
        is $r->status, 304, "trap 8: $path: and its 304";
        $r = $t->get($path, headers => [ [ 'If-None-Match', $etag ] ]);
        is $r->status, 200, "trap 8: $path: not where a page may be wanted";
    }

    # a page that is asked for like a video has no parts all the same, and no
    # fragment: nobody looks at it
    for my $path ('/static/a.html', '/hit/a', '/force/a', '/u/a') {
        my $r = $t->get($path, headers => [ @for, [ Range => 'bytes=5-9' ] ]);
        is_page("trap 9: $path as a video", $r, $page, 0);
        is $r->status, 200, "trap 9: $path as a video: whole";
        is $r->header('ETag'), undef, "trap 8: $path: without a validator";
    }
}

# --- methods and statuses ---------------------------------------------------

{
    my $views = $t->count('events_total', type => 'view');
    my $shown = $t->count('impressions_total');

    for my $path ('/u/a', '/static/a.html', '/hit/a', '/u/nolen', '/u/empty',
                  '/text/', '/u/404')
    {
        my $head = $t->head($path);
        ok $head->complete && $head->body eq '', "trap 11: HEAD $path";
    }

    is $t->count('events_total', type => 'view'), $views,
        'trap 11: HEAD is no view';
    is $t->count('impressions_total'), $shown, 'trap 11: and no impression';

    is_page("$_->[0]", $t->get($_->[0]), $_->[1], $_->[2])
        for [ '/u/204', '', 0 ], [ '/u/404', $page, 0 ],
            [ '/u/302', $page, 0 ], [ '/u/empty', '', 0 ],
            [ '/u/nolen', $page, 1 ], [ '/gone/', '', 0 ],
            [ '/rewrite/', $page, 1 ],
            [ '/text/', '<body><div id="product">x</div></body>', 1 ];

    my $r = $t->get('/u/304', headers => [ [ 'If-None-Match', '"u"' ] ]);
    is $r->status . ($r->header('ETag') // ''), '304"u"',
        "trap 8: the origin's own 304 passes";
    is $r->header('Set-Cookie') // 'none', 'none', 'trap 14: without a cookie';

    for my $method (qw(POST PUT DELETE OPTIONS PATCH)) {
        $r = $t->request($method, '/u/a', body => 'a=1');
        is_page("$method: untouched", $r, $page, 0);
        is $r->header('ETag'), '"u"', "$method: its validator";
    }

    is_page('/empty/', $t->get('/empty/'), $t->get('/empty/')->body, 0);
}

# --- HTTP/1.0, 0.9, keep-alive, pipelining ---------------------------------

{
    for my $path ('/u/a', '/hit/a', '/static/a.html', '/u/nolen') {
        my $r = $t->get($path, version => '1.0');
        is_page("trap 10: 1.0 $path", $r, $page, 1);
        is $r->header('Transfer-Encoding'), undef, "trap 10: 1.0 $path: plain";

        # kept open only if the end can be known
        my $c = $t->client;
        $r = $c->request('GET', $path, version => '1.0', keep => 1);
        my $kept = ($r->header('Connection') || '') eq 'keep-alive';
        is_page("trap 10: 1.0 kept, $path", $r, $page, 1);
        ok !$kept || defined $r->header('Content-Length'),
            "trap 10: 1.0 $path: not kept without a length";
        is_page("trap 10: 1.0 again, $path",
                $c->request('GET', $path, version => '1.0'), $page, 1)
            if $kept;
    }

    my $c = $t->client;
    $c->send("GET /u/a\r\n");
    my ($body, $n) = Xsell::Shop::bare($c->read_all);
    is "$n$body", "1$page", 'trap 10: HTTP/0.9';

    my @way = (
        [ '/u/a' ], [ '/u/a', method => 'HEAD' ], [ '/static/a.html' ],
        [ '/u/304' ], [ '/u/a', method => 'POST', body => 'x' x 9000 ],
        [ '/u/204' ], [ '/hit/a' ], [ '/u/empty' ], [ '/u/404' ],
        [ '/static/a.html', method => 'HEAD' ], [ '/text/' ],
        [ '/slice/a' ], [ '/u/206' ], [ '/moved/' ], [ '/u/data' ], [ '/p/a' ],
    );
    my @r = $t->pipeline(@way);
    is join(' ', map { $_->status } @r), '200 200 200 304 200 204 200 200 404'
        . ' 200 200 200 206 302 200 200', 'trap 10: pipelined: each its answer';
    is join(' ', map { (Xsell::Shop::bare($_->body))[1] } @r),
        '1 0 1 0 0 0 1 0 0 0 1 0 0 0 0 1', 'trap 10: each its section';
    is scalar(grep { !$_->complete } @r), 0, 'trap 10: in step';
    is((Xsell::Shop::bare($r[-1]->body))[0], $page, 'trap 10: to the last');
}

# --- files to be kept ------------------------------------------------------

{
    for my $path ('/u/data', '/static/d.pdf', '/on/data', '/hit/data') {
        my $r = $t->get($path);
        is $r->body, $data, "$path: a file to be kept is untouched";
        is $r->header('Content-Length'), length $data, "$path: its length";
        ok defined $r->header('ETag'), "$path: its validator";
    }
}

$t->done;
done_testing;
