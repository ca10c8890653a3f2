# Hazard: a visitor's link parameter reaches the upstream, a cache key or a
# variable: each click would be a page of its own there; or a link that the
# browser spells another way than the catalogue and that is never counted.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $T = 'B' x 31;               # the form of a token, nobody's signature


# --- nothing that goes on shows it -----------------------------------------

# ways through nginx: location lines, what the upstream gets for the path
# /WAY/p and the arguments ARGS
my %way = (
    plain    => [ 'proxy_pass http://%%UP%%;', '/plain/pARGS' ],
    uri      => [ 'proxy_pass http://%%UP%%/x/;', '/x/pARGS' ],
    request  => [ 'proxy_pass http://%%UP%%$request_uri;', '/request/pARGS' ],
    args     => [ 'proxy_pass http://%%UP%%/v$is_args$args;', '/vARGS' ],
    try      => [ 'try_files /none /tried$uri$is_args$args;',
                  '/tried/try/pARGS' ],
    named    => [ 'try_files /none @named;', '/named/pARGS' ],
    rewrite  => [ 'rewrite ^/rewrite(/.*) /rewritten$1 last;',
                  '/rewritten/pARGS' ],
    break    => [ 'rewrite ^/break(/.*) /b$1 break; '
                  . 'proxy_pass http://%%UP%%;', '/b/pARGS' ],
    error    => [ 'error_page 404 = /errored$uri?$args; return 404;',
                  '/errored/error/pARGS' ],
    atname   => [ 'error_page 418 = @named; return 418;', '/atname/pARGS' ],
    if       => [ 'if ($request_uri ~ "[?&]xs=") { return 500; } '
                  . 'if ($arg_xs) { return 501; } '
                  . 'proxy_pass http://%%UP%%;', '/if/pARGS' ],
    mirrored => [ 'mirror /mirror; proxy_pass http://%%UP%%;',
                  '/mirrored/pARGS' ],
    asked    => [ 'auth_request /auth; proxy_pass http://%%UP%%;',
                  '/asked/pARGS' ],
    header   => [ 'proxy_set_header X-Original-URI $request_uri; '
                  . 'proxy_set_header X-X $x; '
                  . 'proxy_set_header X-Query $query_string; '
                  . 'proxy_pass http://%%UP%%;', '/header/pARGS' ],
);

# arguments as they come, and what is left of them
my @args = (
    [ "xs=$T"                  => '' ],
    [ "a=1&xs=$T"              => 'a=1' ],
    [ "xs=$T&a=1"              => 'a=1' ],
    [ "a=1&xs=$T&b=2"          => 'a=1&b=2' ],
    [ "xs=$T&a=1&xs=$T&b&xs=x" => 'a=1&b' ],
    [ 'xs'                     => '' ],
    [ 'xs='                    => '' ],
    [ 'b=2&xs&a=1'             => 'b=2&a=1' ],
    [ 'xs&xs&xs'               => '' ],
    [ "a=%20&xs=bad%2&c=+"     => 'a=%20&c=+' ],
);

# nothing of ours: left as it is
my @kept = ('axs=1', 'xsa=1&axs', 'a=xs=1&x&s', 'XS=1', 'xs%3d1', '', '&&');

{
    my $locations = join '', map {
        "location /$_/ { $way{$_}[0] }\n"
    } sort keys %way;

    my $t = Xsell::Shop->new(
        upstream => {
            '*' => 'plain',
            '~^/accel/' => { headers => [
                [ 'X-Accel-Redirect', '/inner/p?own=1' ] ] },
        },
        server => "set \$x \$request_uri;\n$locations" . <<'CONF',
    location /tried/     { proxy_pass http://%%UP%%; }
    location @named      { proxy_pass http://%%UP%%; }
    location /rewritten/ { proxy_pass http://%%UP%%; }
    location /errored/   { proxy_pass http://%%UP%%; }
    location /accel/     { proxy_pass http://%%UP%%; }
    location /inner/     { internal; proxy_pass http://%%UP%%;
                           proxy_set_header X-Original-URI $request_uri; }
    location = /mirror   { internal; proxy_pass http://%%UP%%$request_uri; }
    location = /auth     { internal; proxy_pass http://%%UP%%$request_uri; }
    location = /answer   {
        return 200 "$request_uri|$args|$query_string|$arg_xs|$x|$uri$is_args";
    }
    location /redirect/  { return 302 /to$request_uri; }
    location = /folder   { proxy_pass http://%%UP%%/; }
    location /folder/    { proxy_pass http://%%UP%%; }
    location /page/      { proxy_pass http://%%UP%%; xsell prints;
                           xsell_slot s after "#product"; }
    location /xsell/     { xsell_endpoint prints; }
CONF
        http => 'log_format paths "$request_uri $args";
                 access_log %%DIR%%/paths.log paths;',
    )->start;

    for my $way (sort keys %way) {
        my (@got, @want, $wrong);
        $t->upstream->clear;

        for (@args) {
            my ($in, $out) = @$_;
            my $r = $t->get("/$way/p?$in");
            $wrong .= "$in: " . $r->status . ' ' if $r->status != 200;
            push @want, $way{$way}[1] =~ s/ARGS/$out eq '' ? '' : "?$out"/er;
        }

        # a mirror may be asked after the page has been sent
        Xsell::wait_for(sub {
            $t->upstream->requests
                >= @args * ($way =~ /mirrored|asked/ ? 2 : 1) });
        my @requests = $t->upstream->requests;

        if ($way =~ /mirrored|asked/) {
            is_deeply [ sort map { $_->{uri} } @requests ],
                [ sort @want, @want ], "trap 74: $way: both requests without it";
        } else {
            is_deeply [ map { $_->{uri} } @requests ], \@want,
                "trap 74: $way: the upstream never sees it";
        }
        is $wrong, undef, "$way: each is answered";
        is scalar(grep { $_->{head} =~ /[?&]xs\b/ } @requests), 0,
            "$way: in no header either";
    }

    for my $args (@kept) {
        # $arg_xs, asked in "if", doesn't know small from large
        my @ways = sort grep { !/^(?:mirrored|asked|if)$/ } keys %way;
        $t->upstream->clear;
        $t->get("/$_/p?$args") for @ways;

        # "?" without arguments is kept only where the line goes on as it is
        is_deeply [ map { $_->{uri} =~ s/\?$//r } $t->upstream->requests ],
            [ map { $way{$_}[1] =~ s/ARGS/$args eq '' ? '' : "?$args"/er }
              @ways ], "left alone: '$args'";
    }

    $t->upstream->clear;
    $t->get("/accel/p?a=1&xs=$T");
    is_deeply [ map { $_->{uri} } $t->upstream->requests ],
        [ '/accel/p?a=1', '/inner/p?own=1' ], 'X-Accel-Redirect';
    is +($t->upstream->requests)[1]{headers}{'x-original-uri'},
        '/accel/p?a=1', 'and $request_uri behind it';

    is $t->get("/answer?b=2&xs=$T&a=1")->body,
        '/answer?b=2&a=1|b=2&a=1|b=2&a=1||/answer?b=2&a=1|/answer?',
        'variables, also one set before the location was known';
    is $t->get("/answer?xs=$T")->body, '/answer||||/answer|/answer',
        'and when nothing is left';
    is $t->get("/redirect/p?xs=$T&a=1")->header('Location'),
        'http://localhost:' . $t->port . '/to/redirect/p?a=1',
        'a redirect loses it';
    is $t->get("http://localhost/answer?xs=$T&a=1")->body,
        '/answer?a=1|a=1|a=1||/answer?a=1|/answer?',
        'a request line with the host';

    $t->upstream->clear;
    $t->get("/plain/p?a=1&xs=$T#there");
    $t->get("/plain/p?xs=$T#there");
    $t->request('POST', "/plain/p?xs=$T&a=1", body => 'xs=mine');
    $t->request('HEAD', "/plain/p?xs=$T");
    is_deeply [ map { $_->{method} . $_->{uri} . $_->{body} }
                $t->upstream->requests ],
        [ 'GET/plain/p?a=1#there', 'GET/plain/p#there',
          'POST/plain/p?a=1xs=mine', 'HEAD/plain/p' ],
        'a fragment stays, a form is nobody\'s business, any method';

    $t->get("/page/p?xs=$T&a=1");
    is +($t->upstream->requests)[-1]{uri}, '/page/p?a=1',
        'and where fragments are';

    $t->stop;
    unlike $t->read_file('paths.log'), qr/[?& ]xs(?:=|\s|$)/m,
        'nor does the log by $request_uri and $args';
    $t->done;
}


# --- one page in the cache, whoever comes by which link ---------------------

{
    my $t = Xsell::Shop->new(
        http => 'proxy_cache_path %%DIR%%/tmp/c levels= keys_zone=c:1m;
                 proxy_cache_path %%DIR%%/tmp/d levels= keys_zone=d:1m;',
        more => 'location /c/ { proxy_pass http://%%UP%%; proxy_cache c;
                     proxy_cache_valid 1h;
                     add_header X-Cache $upstream_cache_status; }
                 location /d/ { proxy_pass http://%%UP%%; proxy_cache d;
                     proxy_cache_key $uri$is_args$args; proxy_cache_valid 1h;
                     add_header X-Cache $upstream_cache_status; }',
    )->start;

    for my $c (qw(c d)) {
        my @status = map { $t->get("/$c/p$_")->header('X-Cache') }
            '', "?xs=$T", '?xs=' . 'C' x 31, '?xs', '?xs=&xs=1', '';
        is "@status", 'MISS HIT HIT HIT HIT HIT', "$c: one page by all links";

        @status = map { $t->get("/$c/q?$_")->header('X-Cache') }
            "a=1&xs=$T", 'a=1', "xs=$T&a=1", 'a=2';
        is "@status", 'MISS HIT HIT MISS', "$c: other parameters count";

        my @files = glob($t->dir . "/tmp/$c/*");
        is scalar @files, 3, "$c: three files";
        is scalar(grep { $t->read_file($_) =~ /[?&]xs/ } @files), 0,
            "$c: without a trace of it";
    }

    $t->done;
}


# --- links as browsers spell them ------------------------------------------

# what a browser makes of an href: WHATWG URL, as far as it matters here
sub as_browser {
    my ($url) = @_;

    # references that Xsell::Shop leaves
    $url =~ s/&#(\d+);/chr $1/ge;
    $url =~ s/&(quot|lt|gt);/{ quot => '"', lt => '<', gt => '>' }->{$1}/ge;

    $url =~ s/#.*//s;
    my ($path, $query) = split /\?/, $url, 2;
    utf8::encode($path) if utf8::is_utf8($path);

    $path =~ s/([^\x21\x24-\x3b\x3d\x40-\x5f\x61-\x7a\x7c\x7e])/
               sprintf '%%%02X', ord $1/gex;
    $path =~ s{/(?:\.|%2e)(?=/|$)}{}gi;
    1 while $path =~ s{/[^/]+/(?:\.|%2e){2}(?=/|$)}{}i;

    return defined $query ? "$path?$query" : $path;
}

{
    my @urls = (                    # [ catalogue's URL, what is expected ]
        [ '/p/plain' ],
        [ '/p/with space/x' ],
        [ '/p/done%20already' ],
        [ '/p/slash%2Fin' ],
        [ "/p/gr\xc3\xbcn/\xe2\x82\xac" ],
        [ '/p/gr%C3%BCn/%e2%82%ac' ],
        [ '/p/100%25' ],
        [ '/p/a&b+c;d=e,f' ],
        [ "/p/quote\"d'" ],
        [ '/p/<tag>' ],
        [ '/p//two//slashes' ],
        [ '/p/./dot/../dots' ],
        [ '/p/query?size=xl&color=a%20b', qr/&xs=/ ],
        [ '/p/fragment#there', qr/\?xs=[\w-]{31}#there$/ ],
        [ '/p/both?a=1#there', qr/\?a=1&xs=[\w-]{31}#there$/ ],
        [ '/p/empty?', qr/\?&xs=[\w-]{31}$/ ],
        [ 'http://localhost/p/same' ],
        [ 'HTTPS://LocalHost:8443/p/port' ],
        [ 'http://localhost.example.org/p/no', undef ],
        [ 'http://localhost2/p/no', undef ],
        [ 'https://other.example.org/p/no', undef ],
        [ '/p/bad%zz', undef ],
    );

    # three pages: a slate holds twelve
    my %items = map {
        (sprintf('i%02d', $_) => { url => $urls[$_][0],
                                   category => 'C' . int($_ / 10) })
    } 0 .. $#urls;
    $items{"page$_"} = { category => "C$_", url => "/p/page$_",
                         availability => 'out of stock' } for 0 .. 2;

    # decoded here: the catalogue is written as characters
    utf8::decode($_->{url}) for values %items;

    my $t = Xsell::Shop->new(
        items => \%items, slot => 'related after "#product" items=12',
        # files are bytes
        files => { 'catalog.json' =>
                   do { my $c = Xsell::Shop::catalog(\%items);
                        utf8::encode($c); $c } },
    )->start;

    my $v = $t->visit;
    my %link;

    # the rest of a slate is of other categories, so each is there at last
    for my $page (map { "page$_" } 0 .. 2) {
        my $r = $v->get("/p/$page");
        my @items = $t->offers($r);
        my @links = $t->links($r);
        @link{@items} = @links;
    }

    for my $i (0 .. $#urls) {
        my ($url, $want) = @{ $urls[$i] };
        my $link = $link{ sprintf 'i%02d', $i };

        if (!defined $link) {
            fail "$url is offered";
            next;
        }

        if (@{ $urls[$i] } > 1 && !defined $want) {
            unlike $link, qr/xs=/, "$url: a plain link";
            next;
        }

        like $link, $want || qr/\?xs=[\w-]{31}$/, "$url: a token";

        my $before = $t->metric('/metrics', 'xsell_clicks_total');
        my $path = as_browser($link =~ s{^https?://[^/]*}{}ir);
        my $r = $v->get($path);
        is $r->status, 200, "$url: followed";
        is $t->metric('/metrics', 'xsell_clicks_total') - $before, 1,
            "$url: as $path it is a click";
    }

    # so many clicks of one visitor may push one another out of the ledger, by
    # chance, with the keys of its buckets; and are more than one may teach
    is_deeply [ grep { !/"(?:ledger_evicted|reward_capped)"/ }
                $t->get('/metrics')->body
                =~ /^(xsell_dropped_total\{.* [1-9]\d*)$/mg ],
        [], 'nothing is dropped';

    $t->done;
}

done_testing;
