# Hazard: what the module answers itself, and words of strangers: a body that
# nobody reads and that is taken for the next request, a method that changes
# something, a line break that becomes a header, a name that becomes markup.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Time::HiRes qw(time);
use Xsell;
use Xsell::Shop;

my $slot = 'xsell prints; xsell_item a; xsell_consent assumed; '
         . 'xsell_slot related after "#product";';
my $evil = q{"><script>alert(1)</script>'&};

my $t = Xsell::Shop->new(
    items => { map({ $_ => {} } 'a' .. 'f'),
               g => { title => $evil, brand => $evil, url => '/p/g?a="b\'c' },
               h => { title => $evil, image => '/i/"onerror=alert(1)' } },
    more => <<"CONF",
    client_max_body_size 20k;
    client_body_buffer_size 1k;
    location /csp/ { proxy_pass http://%%UP%%/p/; $slot }
    location /in/  { proxy_pass http://%%UP%%; xsell prints; xsell_item a;
                     xsell_slot related after "b#x" items=7; }
    location /guarded/ { deny all; xsell_status prints; }
    location = /lang { proxy_pass http://%%UP%%/p/a; $slot
                       xsell_language \$arg_l; }
CONF
)->start;

# --- bodies that nobody asked for ------------------------------------------

{
    my @same = ([ 'Sec-Fetch-Site', 'same-origin' ]);
    my $n = 0;

    # each is followed by another request on the same connection
    for my $o ([ '/xsell/me', 'GET' ], [ '/xsell/s/x.css', 'GET' ],
               [ '/xsell/nothing', 'GET' ], [ '/status', 'GET' ],
               [ '/metrics', 'GET' ], [ '/xsell/me/erase', 'POST' ],
               [ '/xsell/me/off', 'POST' ], [ '/xsell/me/erase', 'PUT' ],
               [ '/status', 'POST' ], [ '/xsell/me', 'DELETE' ])
    {
        my ($path, $method) = @$o;

        for my $body ('a=1', 'x' x 5000, "GET /p/a HTTP/1.1\r\n\r\n" x 10) {
            my @r = $t->pipeline(
                [ $path, method => $method, body => $body,
                  headers => \@same ], [ '/p/b' ], [ '/xsell/me' ]);
            $n++ if $r[1]->status == 200 && $r[1]->body =~ /<h1>Item b</
                    && $r[2]->status == 200 && $r[2]->json->{shop}
                    && $r[0]->complete;
        }
    }

    is $n, 30, 'trap 39: a body is no request, whoever reads it';

    # how it comes
    my $c = $t->client;
    $c->send_pieces([ split //, "POST /xsell/me/erase HTTP/1.1\r\nHost: x\r\n"
        . "Sec-Fetch-Site: same-origin\r\nContent-Length: 3\r\n\r\na=1" ]);
    is $c->response('POST')->status, 200, 'trap 39: byte by byte';
    $c->send("POST /xsell/me/off HTTP/1.1\r\nHost: x\r\n"
        . "Sec-Fetch-Site: same-origin\r\nTransfer-Encoding: chunked\r\n\r\n"
        . "1\r\na\r\n2\r\n=1\r\n0\r\n\r\n");
    is $c->response('POST')->status, 200, 'trap 39: in chunks';
    my $r = $c->request('POST', '/xsell/me/on', body => 'a=1', keep => 1,
        headers => [ @same, [ Expect => '100-continue' ] ]);
    is $r->status, 200, 'trap 39: that asks first';
    is $c->request('POST', '/xsell/me/erase', body => 'x' x 30_000,
                   headers => \@same)->status, 413, 'trap 39: too large';

    $c = $t->client;
    $c->send("POST /xsell/me/erase HTTP/1.1\r\nHost: x\r\n"
             . "Content-Length: 100\r\n\r\na");
    $c->reset;
    is $t->get('/p/a')->status, 200, 'trap 39: a client that goes';
}

# --- methods ---------------------------------------------------------------

{
    my %allow = ('/xsell/me' => 'GET', '/xsell/s/x.css' => 'GET',
                 '/status' => 'GET', '/metrics' => 'GET',
                 '/xsell/me/erase' => 'POST');
    my $wrong = '';

    for my $path (sort keys %allow) {
        for my $method (qw(GET HEAD POST PUT DELETE OPTIONS PATCH TRACE X)) {
            my $r = $t->request($method, $path, version => '1.1');
            my $ok = $method eq 'HEAD' ? 'GET' : $method;
            # a POST of nobody knows whose page is refused, not unknown
            my $good = $r->status == 405 ? $ok ne $allow{$path}
                : $r->status =~ /^(?:200|403)$/ ? $ok eq $allow{$path}
                : $method eq 'TRACE' || $method eq 'X';
            $wrong .= "$method $path: " . $r->status . '; ' if !$good;
            $wrong .= "$method $path: no Allow; " if $r->status == 405
                && $method ne 'TRACE' && ($r->header('Allow') // '')
                                         !~ /$allow{$path}/;
        }

        next if $allow{$path} ne 'GET';
        my ($get, $head) = ($t->get($path), $t->head($path));
        is $head->header('Content-Length'), length $get->body,
            "trap 41: HEAD $path: the length of GET" if $path !~ /me|s$/;
        unlike $get->header('Cache-Control') // '', qr/public/,
            "trap 41: $path is for nobody's cache" if $path !~ /css/;
    }

    is $wrong, '', 'trap 41: each method where it belongs';
    is $t->get('/guarded/')->status, 403, 'trap 45: numbers are guarded';
}

# --- words of strangers ----------------------------------------------------

{
    my $bad = '';

    for my $s ("%0d%0aX-Evil:%201", "%0aX-Evil:1", "%00", "//evil.example/",
               "javascript:alert(1)", "%E2%80%A8X-Evil:1", '"><script>',
               "a'b\"c<d>")
    {
        my $raw = $s =~ s/%([0-9a-fA-F]{2})/chr hex $1/ger =~ s/[\0\r\n]//gr;

        for my $path ("/p/$s", "/p/a?xs=$s", "/p/a?$s=xs", "/xsell/s/$s.css",
                      "/xsell/me/$s", "/xsell/$s", "/lang?l=$s",
                      "/status?$s", "/metrics?$s")
        {
            my $r = $t->get($path =~ s/([" <>'])/sprintf '%%%02x', ord $1/ger,
                headers => [ [ Cookie => "xs_prints=$raw; consent=$raw" ],
                             [ 'Accept-Language', $raw ],
                             [ Referer => $raw ], [ Origin => $raw ] ]);
            my ($head) = $r->raw =~ /\A(.*?)\r\n\r\n/s;
            $bad .= "$path: a header; " if !defined $head
                || $head =~ /X-Evil|evil\.example|javascript:/i
                || $head =~ /[^\r\n\t -~]/;
            # the upstream of /p/ writes what it is asked for into its page
            $bad .= "$path: markup; "
                if $path !~ m{^/p/[^a]|^/p/a['"]}
                   && $r->body =~ /<script>|\Q$raw\E/ && $raw =~ /[<:]/;
            $bad .= "$path: sent elsewhere; " if $r->status =~ /^30/;
        }
    }

    is $bad, '', 'trap 42: no word of a request gets into a header or markup';

    my $html = $t->fragment($t->get('/csp/a'), 'related');
    unlike $html, qr/<script/, 'trap 43: a title is no markup';
    like $html, qr/&lt;script/, 'trap 43: but words';
    my ($rc, $out) = do {
        $t->write_file('evil.json', Xsell::Shop::catalog(
            { a => { url => 'javascript:alert(1)' } }));
        (my $http = $t->{http}) =~ s/catalog\.json/evil.json/;
        $t->test_conf(http => $http, server => $t->{server});
    };
    is $rc, 1, 'trap 43: an address that is a script is refused';
    like $out, qr/"url" must start with .*evil\.json:\d+/,
        'trap 43: with its place';
    unlike $html, qr/\s(?:style|on\w+)=|<style|<script/,
        'trap 44: no inline style or script';

    # a policy of the page stays what it is
    my @csp = ([ 'Content-Security-Policy', "default-src 'self'; script-src "
                 . "'nonce-abc'" ], [ 'X-Frame-Options', 'DENY' ]);
    $t->upstream->route('/p/c' => { headers => \@csp,
                                    body => Xsell::Shop::page('c') });
    my $r = $t->get('/csp/c');
    is join('|', map { $r->all($_->[0]) } @csp),
        join('|', map { $_->[1] } @csp), 'trap 44: the page\'s policy stays';
    is scalar($t->offers($r)), 6, 'trap 44: with offers';
}

# --- places in what is no markup -------------------------------------------

{
    my $real = '<b id="x">1</b>';
    my %in = (
        script   => "<script>\"$real\"</script>",
        escaped  => "<script><!-- <script>$real</script> $real--></script>",
        style    => "<style>$real</style>",
        textarea => "<textarea>$real</textarea>",
        title    => "<title>$real</title>",
        xmp      => "<xmp>$real</xmp>",
        iframe   => "<iframe>$real</iframe>",
        noembed  => "<noembed>$real</noembed>",
        template => "<template>$real</template>",
        comment  => "<!-- $real -->",
        bogus    => "<!b id=x><?b id=\"x\"><//b id=\"x\">",
        value    => "<p title='$real' data-x=\"<b id=x>\">",
        cdata    => "<svg><![CDATA[ $real ]]></svg>",
        noscript => "<noscript>$real</noscript>",
        select   => "<select><option>$real</option></select>",
    );

    $t->upstream->route(map({ ("/in/$_" => "<!doctype html><body>$in{$_}end") }
                            keys %in),
                        map({ ("/in/${_}2" => "<!doctype html><body>$in{$_}"
                               . "<p>$real</p>end") } keys %in));

    for my $name (sort keys %in) {
        my ($body, $n) = Xsell::Shop::bare($t->get("/in/$name")->body);
        is "$n$body", "0<!doctype html><body>$in{$name}end",
            "trap 29: what stands in a $name is no place";
        my $r = $t->get("/in/${name}2");
        ($body, $n) = Xsell::Shop::bare($r->body);
        like $body, qr/\A<!doctype html><body>\Q$in{$name}\E/,
            "trap 29: a $name stays";
    }
}

# --- machines, and fetches before anybody asked ----------------------------

{
    my $views = $t->count('events_total', type => 'view');
    my $shown = $t->count('impressions_total');

    for my $h ([ 'User-Agent', 'Googlebot/2.1' ], [ 'X-Moz', 'prefetch' ],
               [ 'Sec-Purpose', 'prefetch;prerender' ],
               [ 'Purpose', 'prefetch' ], [ 'X-Purpose', 'preview' ])
    {
        my $r = $t->get('/p/a', headers => [ $h ]);
        is scalar($t->offers($r)), 6, "trap 46: $h->[1] sees the same page";
        unlike $r->body, qr/xs=/, "trap 46: $h->[1] gets plain links";
        is $r->header('Set-Cookie'), undef, "trap 46: $h->[1]: no cookie";
    }

    is $t->count('events_total', type => 'view'), $views,
        'trap 46: none is a view';
    is $t->count('impressions_total'), $shown, 'trap 46: or an impression';
}

$t->done(allow => qr/evil\.json/);
done_testing;
