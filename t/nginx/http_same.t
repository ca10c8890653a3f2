# Hazard: a module that changes what it has no business with.  The same server
# is asked the same things: plain nginx, the module loaded, `xsell off`, a shop
# without slots, and slots whose place is on no page.  The first four differ in
# no byte, the last in the headers that the README tells of and in no other.

use strict;
use warnings;

use lib 't/nginx/lib';

use IO::Uncompress::Gunzip ();
use Test::More;
use Xsell;
use Xsell::Shop;

my $page = Xsell::Shop::page('a');
my $long = $page =~ s/<footer>/'<p>lorem ipsum<\/p>' x 4000 . '<footer>'/er;
my @etag = ([ ETag => '"v1"' ],
            [ 'Last-Modified', 'Wed, 01 Jan 2020 00:00:00 GMT' ]);

my $up = Xsell::Upstream->new({
    '/a'     => { headers => [ @etag ], body => $page },
    '/long'  => { headers => [ @etag ], body => $long },
    '/plain' => { headers => [ @etag, [ 'Content-Type', 'text/plain' ] ],
                  body => 'words ' x 2000 },
    '/json'  => { headers => [ [ 'Content-Type', 'application/json' ] ],
                  body => '{"a":"<div id=\"product\">"}' },
    '/chunks' => { framing => 'chunked', pieces => [ split /(?=<)/, $page ] },
    '/close' => { framing => 'close', body => $long },
    '/gzip'  => { headers => [ [ Vary => 'Accept-Encoding' ] ], gzip => 1,
                  body => $long },
    '/204'   => { status => 204 },
    '/304'   => { status => 304, headers => [ @etag ] },
    '/404'   => { status => 404, body => $page },
    '/500'   => { status => 500, body => $page },
    '/302'   => { status => 302, headers => [ [ Location => '/a' ] ],
                  body => $page },
    '/cookie' => { headers => [ [ 'Set-Cookie', 'a=1' ],
                                [ 'Set-Cookie', 'b=2' ],
                                [ 'Cache-Control', 'max-age=5' ] ],
                   body => $page },
    '/cut'   => { body => $long, cut => 20_000 },
    '/empty' => '',
    '/inc'   => "<!--# include virtual=\"/up/plain\" -->$page<!--# echo "
                . 'var="arg_x" default="none" -->',
    '/accel' => { headers => [ [ 'X-Accel-Redirect', '/files/a.html' ] ],
                  body => 'x' },
    '/echo'  => sub {
        my ($r) = @_;
        my $head = join '', sort map { "$_\n" }
            grep { !/^(?:Host|X-Forwarded|Accept-Encoding)/ }
            split /\r\n/, $r->{head};
        return { headers => [ [ 'Content-Type', 'text/plain' ] ],
                 body => "$head\n$r->{body}" };
    },
});

my $server = <<'CONF';
    ssi_types text/plain;
    gzip_min_length 0;
    %%ON%%
    location /up/     { proxy_pass http://%%UP%%/; }
    location /open/   { proxy_pass http://%%UP%%/; proxy_buffering off;
                        proxy_http_version 1.1; }
    location /cache/  { proxy_pass http://%%UP%%/; proxy_cache c;
                        proxy_cache_valid any 1h; proxy_cache_revalidate on;
                        add_header X-Cache $upstream_cache_status always; }
    location /gz/     { proxy_pass http://%%UP%%/; gzip on; gunzip on;
                        gzip_types text/plain; gzip_proxied any; }
    location /ssi/    { proxy_pass http://%%UP%%/; ssi on; }
    location /sub/    { proxy_pass http://%%UP%%/; sub_filter Words Worte;
                        sub_filter lorem LOREM; sub_filter_once off; }
    location /add/    { proxy_pass http://%%UP%%/; add_before_body /up/plain;
                        add_after_body /up/a; addition_types text/plain; }
    location /charset/ { proxy_pass http://%%UP%%/; charset utf-8;
                        override_charset on; }
    location /auth/   { proxy_pass http://%%UP%%/; auth_request /up/a; }
    location /err/    { proxy_pass http://%%UP%%/; proxy_intercept_errors on;
                        error_page 404 =410 /files/a.html;
                        error_page 500 = @named; }
    location /force/  { proxy_pass http://%%UP%%/; proxy_force_ranges on; }
    location /hide/   { proxy_pass http://%%UP%%/; expires 1h;
                        add_header X-A b always; add_trailer X-T t; }
    location /files/  { alias %%DIR%%/html/; gzip_static on; }
    location /auto/   { alias %%DIR%%/html/; autoindex on; }
    location /try/    { root %%DIR%%/html; try_files $uri /files$uri @named; }
    location /rate/   { proxy_pass http://%%UP%%/; limit_rate 400k; }
    location /thread/ { alias %%DIR%%/html/; aio threads; sendfile off;
                        directio 512; output_buffers 1 512; }
    location /ret/    { default_type text/html; return 200 "$args <p>x</p>"; }
    location /move/   { rewrite ^/move/(.*) /up/$1 last; }
    location /in/     { internal; }
    location /gif/    { empty_gif; }
    location @named   { rewrite ^ /a break; proxy_pass http://%%UP%%; }
    location /xsell-/ { return 404; }
CONF

my $endpoint = 'location /xsell/ { xsell_endpoint prints; }';
my $consent = 'xsell_consent assumed; ';
my %way = (
    plain  => [ '' ],
    loaded => [ '' ],
    off    => [ "xsell off; $endpoint" ],
    bare   => [ "xsell prints; $endpoint" ],
    nowhere => [ "xsell prints; xsell_item a; $consent "
               . "xsell_slot s after \"#nowhere\"; $endpoint" ],
);
my %t;

for my $way (sort keys %way) {
    my $t = Xsell::Shop->new(
        items => [ 'a' .. 'h' ], upstream => $up, server => $server,
        vars => { ON => $way{$way}[0] },
        $way eq 'plain' ? (module => 0) : (),
        http => 'proxy_cache_path %%DIR%%/tmp/c keys_zone=c:1m;',
    );
    $t->configure(server => $server,
        http => 'proxy_cache_path %%DIR%%/tmp/c keys_zone=c:1m;')
        if $way =~ /plain|loaded/;
    for my $name ([ 'a.html', $page ], [ 'long.html', $long ],
                  [ 'plain.txt', 'text ' x 500 ], [ 'sub/x.html', $page ])
    {
        my $path = $t->write_file("html/$name->[0]", $name->[1]);
        utime 1577836800, 1577836800, $path;
    }
    utime 1577836800, 1577836800, $t->dir . '/html/sub';
    $t{$way} = $t->start;
}

my @asked;

for my $way (qw(up open cache cache gz ssi sub add charset auth err force hide
                move rate))
{
    push @asked, map { [ GET => "/$way/$_" ] }
        $way eq 'rate' ? qw(a) : qw(a plain chunks gzip 204 404 500 302 cookie
                                    empty inc accel echo?x=1);
    next if $way eq 'rate';
    # (nginx sends an auth_request the length of a body that it does not send)
    push @asked, [ POST => "/$way/echo", 'a=1' ] if $way ne 'auth';
    push @asked, [ HEAD => "/$way/a" ],
        [ GET => "/$way/long", undef, Range => 'bytes=5-9' ],
        [ GET => "/$way/a", undef, 'If-None-Match' => '"v1"' ],
        [ GET => "/$way/plain", undef, Range => 'bytes=0-3,10-12' ],
        [ GET => "/$way/plain", undef, 'If-Modified-Since' =>
                                       'Wed, 01 Jan 2020 00:00:00 GMT' ],
        [ GET => "/$way/plain", undef, 'Accept-Encoding' => 'gzip' ],
        [ GET => "/$way/long", undef, 'Accept-Encoding' => 'gzip' ],
        [ GET => "/$way/gzip", undef, 'Accept-Encoding' => 'gzip' ];
}

push @asked, map { [ GET => $_ ] } '/files/a.html', '/files/plain.txt',
    '/files/', '/files/sub', '/auto/', '/try/a.html', '/try/none',
    '/thread/long.html', '/thread/plain.txt', '/ret/?a=b', '/in/x', '/gif/',
    '/none', '/up/a?axs=1', '/up/../a', '/up//a', '/up/%61', '/up/close',
    '/up/304', '/open/304';
push @asked, [ GET => '/files/a.html', undef, Range => 'bytes=2-5' ],
    [ GET => '/files/plain.txt', undef, Range => 'bytes=2-5,8-9' ],
    [ GET => '/files/plain.txt', undef, 'If-Unmodified-Since' =>
                                        'Wed, 01 Jan 2003 00:00:00 GMT' ],
    [ PUT => '/files/a.html', 'x' ], [ OPTIONS => '/up/a' ],
    [ TRACE => '/up/a' ], [ GET => '/up/cut' ], [ GET => '/open/cut' ];

sub ask {
    my ($t, $version, $method, $path, $body, @headers) = @_;

    my @h = ([ 'User-Agent', 'Mozilla/5.0' ]);
    while (my ($name, $value) = splice @headers, 0, 2) {
        push @h, [ $name, $value ];
    }

    return $t->client->request($method, $path, headers => \@h,
        version => $version, defined $body ? (body => $body) : ());
}

# what may differ between two servers that do the same
sub text {
    my ($t, $r) = @_;

    my ($port, $dir) = ($t->port, $t->dir);
    my $head = join "\n", map { "$_->[0]: $_->[1]" }
        grep { $_->[0] !~ /^(?:Date|Expires)$/ } @{ $r->headers };
    my $text = join "\n", $r->status, $r->version, $head,
        join(',', map { "@$_" } @{ $r->trailers || [] }), $r->error // '';

    s/\Q$port\E/PORT/g, s/boundary=\d+/boundary=B/g for $text;

    my $body = $r->body =~ s/^--\d{20}/--B/mgr;

    # chunks are what one write was, which is a matter of time
    return "$text\n\n$body";
}

my $n = 0;
my %differ;

for my $asked (@asked) {
    for my $version ('1.1', '1.0') {
        next if $version eq '1.0' && $asked->[1] !~ m{^/(?:up|gz|files|ssi)/};

        # caches see the same history
        my %r = map { $_ => ask($t{$_}, $version, @$asked) } sort keys %way;
        my $want = text($t{plain}, $r{plain});
        my $what = join ' ', $version, map { $_ // '-' } @$asked;
        $n++;

        for my $way (qw(loaded off bare)) {
            my $got = text($t{$way}, $r{$way});
            push @{ $differ{$way} }, "$what:\n$want\nis:\n$got"
                if $got ne $want;
        }

        # where a place was looked for: the headers of the README
        my ($a, $b) = @r{qw(plain nowhere)};
        my $html = $b->header('Cache-Control') // '';
        if ($html ne 'private, no-cache') {
            my $got = text($t{nowhere}, $b);
            push @{ $differ{nowhere} }, "$what:\n$want\nis:\n$got"
                if $got ne $want
                   # conditions and ranges were taken out, and what it asks
                   # its upstream for is plain
                   && $what !~ /Range|If-|gzip/;
            next;
        }

        next if $what =~ /Range|If-/ && $a->status != 200;

        # without a length an HTTP/1.0 client can't tell
        next if $what =~ m{^1\.0 GET /up/cut};

        # filters behind us can read what came packed
        next if $what =~ m{/(?:ssi|sub|add)/gzip};

        my $of = sub {
            my ($r) = @_;
            my $body = $r->body;
            if (($r->header('Content-Encoding') // '') eq 'gzip') {
                IO::Uncompress::Gunzip::gunzip(\$body, \my $plain);
                $body = $plain;
            }
            return join "\n", $r->status, $r->error // '', sort(map {
                "$_->[0]: $_->[1]" } grep { $_->[0] !~ /^(?:Date|ETag|Expires
                |Last-Modified|Accept-Ranges|Cache-Control|Content-Length|Age
                |Transfer-Encoding|Connection|Content-Encoding|Vary|X-Cache)$/x
                && "@$_" !~ /^Set-Cookie xs_/ } @{ $r->headers }), '', $body;
        };
        my ($x, $y) = ($of->($a), $of->($b));
        $x =~ s/^closed in .*/cut/m, $y =~ s/^closed in .*/cut/m;
        push @{ $differ{nowhere} }, "$what:\n$x\nis:\n$y" if $x ne $y;
    }
}

cmp_ok $n, '>', 300, "$n requests, each to five servers";

for my $way (grep { $_ ne 'plain' } sort keys %way) {
    my @d = @{ $differ{$way} || [] };
    is scalar @d, 0, "$way: the same answers"
        or diag join "\n---\n", map { substr $_, 0, 1500 }
                grep { defined } @d[0 .. 3];
}

$_->done for values %t;
done_testing;
