# Hazard: somebody is followed who did not agree; a cookie that others can
# read, forge or keep; clients without cookies that push real visits out.

use strict;
use warnings;

use lib 't/nginx/lib';

use Digest::SHA qw(hmac_sha256);
use File::Temp ();
use MIME::Base64 qw(decode_base64url encode_base64url);
use Test::More;
use Xsell;
use Xsell::Shop;

my $DAY = 24 * 3600;
my $SECRET = pack 'H*', '0123456789abcdef' x 4;     # of Xsell::Shop
my $SAME = [ [ 'Sec-Fetch-Site' => 'same-origin' ] ];
my $GPC = [ [ 'Sec-GPC' => '1' ] ];


# --- cookies, made and read beside the engine ------------------------------

# RFC 5869 without salt, one block
sub subkey {
    my ($purpose, $shop) = @_;

    my $prk = hmac_sha256($SECRET, "\0" x 32);

    return hmac_sha256("xsell $purpose\0$shop\x01", $prk);
}

sub sign {
    my ($id, $issued, $shop) = @_;

    $shop //= 'prints';
    my $head = 1 << 4 | ord(subkey('fingerprint', $shop)) & 15;
    my $signed = pack 'C a16 V', $head, $id, $issued;

    return encode_base64url($signed . substr
        hmac_sha256($signed, subkey('cookie', $shop)), 0, 15);
}

# (id, issued) of a cookie, if its signature is good
sub read_cookie {
    my ($text) = @_;

    my (undef, $id, $issued) = unpack 'C a16 V', decode_base64url($text);

    return sign($id, $issued) eq $text ? ($id, $issued) : ();
}

sub cookie_of {
    my ($r, $name) = @_;

    return ($r->cookies->{ $name || 'xs_prints' } || {})->{value};
}

sub known {
    my ($t, $cookie) = @_;

    my $me = $t->get('/xsell/me', cookies => { xs_prints => $cookie })->json;

    return $me->{known} ? join '', map { $_->{id} } @{ $me->{items} } : 'no';
}


# --- what it looks like, and where it goes out -----------------------------

{
    my $t = Xsell::Shop->new(
        upstream => {
            '/p/asset' => { headers => [ [ 'Content-Type', 'image/svg+xml' ] ],
                            body => '<svg/>' },
            '/p/error' => { status => 500, body => Xsell::Shop::page('a') },
            '/p/gone'  => { status => 404, body => Xsell::Shop::page('a') },
            '/p/moved' => { status => 302, headers => [ [ 'Location', '/' ] ],
                            body => Xsell::Shop::page('a') },
            '/p/same'  => { status => 304 },
            '/p/empty' => { status => 204 },
            '/p/post'  => Xsell::Shop::page('a'),
            '/ssi'     => '<html><body><!--#include virtual="/p/a" --></body>',
            '/p/inc'   => '<html><body><div id="product">x</div>'
                          . '<!--#include virtual="/p/b" --></body>',
            '~^/p/'    => Xsell::Shop::page('a'),
            '~^/q/'    => Xsell::Shop::page('a'),
            '*'        => 'plain',
        },
        http => 'ssi_types text/html;',
        more => <<'CONF',
    ssi on;
    location /ssi { proxy_pass http://%%UP%%; }
    location /q/ { proxy_pass http://%%UP%%; xsell prints; xsell_item a; }
CONF
    )->start;

    my $r = $t->get('/p/a');
    like $r->header('Set-Cookie'),
        qr/^xs_prints=[\w-]{48}; Path=\/; Max-Age=7776000; HttpOnly; SameSite=Lax$/,
        'the cookie: 48 characters, host-only, not for scripts, 90 days';

    my ($id, $issued) = read_cookie(cookie_of($r));
    ok defined $id, 'signed as documented';
    cmp_ok abs($issued - time), '<=', 2, 'now';
    isnt +(read_cookie(cookie_of($t->get('/p/a'))))[0], $id,
        'the next visitor is another';

    my $v = $t->visit;
    $v->get('/p/a') for 1 .. 3;
    is scalar($v->received), 1, 'it is sent once';

    my @none = map { $_->[1] // "GET $_->[0]" }
        grep { defined $t->request($_->[2] || 'GET', $_->[0])
                         ->header('Set-Cookie') }
        [ '/p/asset' ], [ '/p/error' ], [ '/p/gone' ], [ '/p/moved' ],
        [ '/p/same' ], [ '/p/empty' ], [ '/' ], [ '/ssi' ], [ '/q/a' ],
        [ '/xsell/me' ], [ '/xsell/s/x.css' ], [ '/xsell/nothing' ],
        [ '/metrics' ], [ '/status' ], [ '/p/post', 'a form', 'POST' ],
        [ '/p/a', 'HEAD', 'HEAD' ];
    is "@none", '', 'trap 14: no cookie where others may keep the response';

    like $t->get('/ssi')->body, qr/Item a/, 'a page in a page';
    my @cookies = $t->get('/p/inc')->all('Set-Cookie');
    is scalar @cookies, 1, 'and one that includes another sends one';


    # --- what is taken for a cookie -----------------------------------------

    my $with = sub {
        my ($cookie, @more) = @_;
        return cookie_of($t->get('/p/a', cookies => "xs_prints=$cookie",
                                 @more));
    };
    my $now = time;

    is $with->(sign('i' x 16, $now)), undef, 'a good one is not sent again';
    is $with->(sign('i' x 16, $now - $DAY + 60)), undef, 'nor within a day';

    my $renewed = $with->(sign('i' x 16, $now - $DAY - 60));
    ($id, $issued) = read_cookie($renewed // '');
    is $id, 'i' x 16, 'after a day it is renewed';
    cmp_ok abs(($issued // 0) - $now), '<=', 5, 'from now on';

    is +(read_cookie($with->(sign('i' x 16, $now - 89 * $DAY)) // ''))[0],
        'i' x 16, 'also late';

    my $good = sign('i' x 16, $now);
    my %bad = (
        'too old'    => sign('i' x 16, $now - 91 * $DAY),
        'future'     => sign('i' x 16, $now + 2 * $DAY),
        "another's"  => sign('i' x 16, $now, 'other'),
        'forged'     => $good =~ s/(.)$/$1 eq 'A' ? 'B' : 'A'/er,
        'another id' => $good =~ s/^(....)./$1_/r,
        short        => substr($good, 1),
        long         => "A$good",
        empty        => '',
        quoted       => "\"$good\"",
        huge         => 'A' x 3000,
        bytes        => "\xff\x80" x 24,
        letters      => '=' x 48,
    );

    for (sort keys %bad) {
        my ($id) = read_cookie($with->($bad{$_}) // '');
        ok defined $id && $id ne 'i' x 16, "trap 15: a cookie that is $_: a new visit";
    }

    is cookie_of($t->get('/p/a', headers => [
        [ 'Cookie', 'a=b; c="d;' ], [ 'Cookie', "x=y; xs_prints=$good" ],
        map { [ 'Cookie', "n$_=$_" ] } 1 .. 50 ])), undef,
        'found among many Cookie headers';
    is cookie_of($t->get('/p/a', cookies => "axs_prints=1; xs_prints=$good")),
        undef, 'not taken for one whose name ends like it';
    isnt cookie_of($t->get('/p/a', cookies => "__Host-xs_prints=$good")),
        undef, 'the cookie of https is none here';

    $t->done;
}


# --- https -----------------------------------------------------------------

SKIP: {
    my $dir = File::Temp->newdir;
    my $made = system "openssl req -x509 -newkey rsa:2048 -nodes -days 1 "
        . "-subj /CN=localhost -keyout $dir/key -out $dir/crt >$dir/log 2>&1";
    skip 'no openssl', 5 if $made != 0;

    my $t = Xsell::Shop->new(
        files => { key => Xsell::Tools::slurp("$dir/key"),
                   crt => Xsell::Tools::slurp("$dir/crt") },
        more => 'listen 127.0.0.1:%%PORT2%% ssl; ssl_certificate %%DIR%%/crt;
                 ssl_certificate_key %%DIR%%/key;',
    )->start;

    my $https = sub {
        my ($cookie) = @_;
        open my $f, '>', "$dir/request" or die $!;
        print {$f} "GET /p/a HTTP/1.1\r\nHost: localhost\r\n"
            . ($cookie ? "Cookie: $cookie\r\n" : '')
            . "Connection: close\r\n\r\n";
        close $f;
        return scalar qx(openssl s_client -quiet -connect \\
            127.0.0.1:@{[ $t->port(2) ]} <$dir/request 2>$dir/log);
    };

    my $page = $https->();
    like $page, qr/^Set-Cookie: __Host-xs_prints=[\w-]{48}; Path=\/; Max-Age=7776000; HttpOnly; SameSite=Lax; Secure\r$/m,
        'on https: __Host- and Secure';
    unlike $page, qr/Domain=/i, 'and no domain';

    my ($cookie) = $page =~ /(__Host-xs_prints=[\w-]{48})/;
    unlike $https->($cookie), qr/^Set-Cookie/m, 'it is known again';
    like $https->($cookie =~ s/__Host-//r), qr/^Set-Cookie: __Host-/m,
        'one that plain http could have set is not';

    like $t->get('/p/a')->header('Set-Cookie'), qr/^xs_prints=/,
        'plain http has the plain name';

    $t->done;
}


# --- consent ---------------------------------------------------------------

{
    my $t = Xsell::Shop->new(consent => 'required $cookie_ok')->start;

    for my $value (undef, '', qw(0 no No NO false False FALSE)) {
        my $r = $t->get('/p/a', cookies =>
                        defined $value ? "ok=$value" : 'other=1');
        my $name = defined $value ? "'$value'" : 'no value';
        ok !defined $r->header('Set-Cookie')
            && $r->body =~ /<section/ && $r->body !~ /xs=/,
            "$name is no: no cookie, plain links, an unpersonal fragment";
    }

    for my $value (qw(yes 1 true on granted 00 none)) {
        my $r = $t->get('/p/a', cookies => "ok=$value");
        ok cookie_of($r) && $r->body =~ /xs=/, "'$value' is yes";
    }

    is $t->count('sessions'), 0, 'nobody is known yet';

    my $sums = $t->metric('/metrics', 'xsell_events_total', type => 'view');
    $t->get('/p/b', cookies => 'ok=no');
    is $t->metric('/metrics', 'xsell_events_total', type => 'view') - $sums,
        1, 'without consent a view is counted, no more';

    ok !defined cookie_of($t->get('/p/a', cookies => 'ok=yes',
                                  headers => $GPC)), 'GPC: no cookie';
    ok defined cookie_of($t->get('/p/a', cookies => 'ok=yes',
                                 headers => [ [ 'Sec-GPC', '0' ] ])),
        'GPC of 0 is none';

    # who was known takes it back
    for my $how ([ 'consent withdrawn', 'no' ],
                 [ 'GPC', 'yes', headers => $GPC ])
    {
        my ($what, $ok, @headers) = @$how;
        my $v = $t->visit;
        $v->set('ok', 'yes');
        $v->get("/p/$_") for qw(a b c);
        my $cookie = $v->cookie('xs_prints');
        is known($t, $cookie), 'cba', "$what: a visitor is known";

        my $erased = $t->metric('/metrics', 'xsell_events_total',
                                type => 'erase');
        $v->set('ok', $ok);
        my $r = $v->get('/p/d', @headers);
        is $r->header('Set-Cookie'),
            'xs_prints=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
            "$what: the cookie is expired";
        is known($t, $cookie), 'no', "$what: the record is gone";
        like $r->body, qr/<section/, "$what: the page has offers";
        unlike $r->body, qr/xs=/, "$what: for anybody";
        is $t->metric('/metrics', 'xsell_events_total', type => 'erase')
            - $erased, 1, "$what: counted";

        $v->get('/p/d', @headers);
        is scalar($v->received), 2, "$what: said once";
    }

    # an unreadable cookie of somebody who does not agree goes too
    is cookie_of($t->get('/p/a', cookies => 'ok=no; xs_prints=junk')), '',
        'a bad cookie is expired as well';

    $t->done;
}


# --- the endpoint ----------------------------------------------------------

{
    my $t = Xsell::Shop->new->start;
    my $v = $t->visit;

    is $v->get('/xsell/me')->body,
        "{\n  \"shop\": \"prints\",\n  \"offers\": true,\n"
        . "  \"known\": false\n}\n", 'nothing is known of a stranger';

    $v->get("/p/$_") for qw(a b);
    my $me = $v->get('/xsell/me');
    is $me->json->{visits}, 1, 'one visit';
    is $me->json->{orders}, 0, 'no orders';
    is join('', map { $_->{id} } @{ $me->json->{items} }), 'ba', 'two items';
    is $me->header('Cache-Control'), 'no-store', 'for nobody\'s cache';
    is $v->head('/xsell/me')->status, 200, 'HEAD';

    # methods and routes
    for ([ GET => 'me/erase', 'POST' ], [ HEAD => 'me/off', 'POST' ],
         [ PUT => 'me/on', 'POST' ], [ POST => 'me', 'GET, HEAD' ],
         [ DELETE => 'me', 'GET, HEAD' ], [ POST => 's/x.css', 'GET, HEAD' ],
         [ OPTIONS => 'me/erase', 'POST' ])
    {
        my ($method, $route, $allow) = @$_;
        my $r = $v->request($method, "/xsell/$route", headers => $SAME);
        is $r->status . ' ' . ($r->header('Allow') // ''), "405 $allow",
            "$method $route";
    }

    for my $route ('', 'x', 'me/', 'me/x', 'mee', 'me/erased', 's/', 's/.css',
                   's/x', 's/x.js', 'e', 'studio/')
    {
        is $v->get("/xsell/$route")->status, 404, "no route '$route'";
        is $v->post("/xsell/$route", '', headers => $SAME)->status, 404,
            "nor for POST '$route'";
    }

    # from where
    my $host = 'localhost:' . $t->port;
    my %from = (
        'Sec-Fetch-Site: same-site' => 403,
        'Sec-Fetch-Site: cross-site' => 403,
        'Sec-Fetch-Site: none' => 403,
        'Sec-Fetch-Site: ' => 403,
        "Sec-Fetch-Site: cross-site|Origin: http://$host" => 403,
        'Origin: null' => 403,
        'Origin: ' => 403,
        'Origin: http://example.org' => 403,
        'Origin: http://localhost:1' => 403,
        "Origin: http://$host.example.org" => 403,
        "Origin: http://example.org/$host" => 403,
        "Origin: $host" => 403,
        'Referer: http://localhost/' => 403,
        'X: 1' => 403,
    );

    for my $route (qw(erase off on)) {
        for (sort keys %from) {
            my @headers = map { [ split /: /, $_, 2 ] } split /\|/;
            is $t->post("/xsell/me/$route", '', host => $host,
                        cookies => $v->cookies, headers => \@headers)->status,
                $from{$_}, "$route, $_";
        }
    }

    is known($t, $v->cookie('xs_prints')), 'ba',
        'none of these changed anything';

    my $cookie = $v->cookie('xs_prints');
    my $r = $v->post('/xsell/me/erase', { any => 'thing' }, host => $host,
                     headers => [ [ 'Origin', "http://$host" ] ]);
    is $r->body, "{\"erased\": true}\n", 'an older browser\'s Origin';
    is $r->header('Set-Cookie'),
        'xs_prints=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
        'erased: the cookie goes';
    is $r->header('Cache-Control'), 'no-store', 'nobody keeps the answer';
    is known($t, $cookie), 'no', 'and the record';
    is $t->post('/xsell/me/erase', '', headers => $SAME)->status, 200,
        'a stranger is erased easily';

    # no offers, and offers again
    $v->get("/p/$_") for qw(a b);
    $cookie = $v->cookie('xs_prints');
    $r = $v->post('/xsell/me/off', '', headers => [
        @$SAME, [ 'Accept', 'text/html,*/*' ] ]);
    like $r->header('Content-Type'), qr{^text/plain}, 'words for people';
    is $v->cookie('xs_prints'), 'off', 'off is kept in the cookie alone';
    is known($t, $cookie), 'no', 'off erases';

    $r = $v->get('/p/a');
    unlike $r->body, qr/<section/, 'no offers';
    ok !defined $r->header('Set-Cookie'), 'and nothing more is set';
    is $v->get('/xsell/me')->json->{offers}, JSON::PP::false(), 'me says so';

    is $v->post('/xsell/me/on', '', headers => $SAME)->body,
        "{\"offers\": true}\n", 'on again';
    $r = $v->get('/p/a');
    like $r->body, qr/<section/, 'offers again';
    like cookie_of($r), qr/^[\w-]{48}$/, 'to a new visitor';

    # the stylesheet
    my ($css) = $r->body =~ m{href="(/xsell/s/[0-9a-f]{16}\.css)"};
    ok defined $css, 'the fragment names its stylesheet';
    $r = $t->get($css);
    is $r->header('Cache-Control'), 'public, max-age=31536000, immutable',
        'which may be kept for ever';
    is $r->header('Content-Type'), 'text/css; charset=utf-8', 'as what it is';
    my $old = $t->get('/xsell/s/0123456789abcdef.css');
    is $old->status . $old->header('Cache-Control'), '200public, max-age=60',
        'a page of before the reload gets the current one, for a minute';
    is $old->body, $r->body, 'the same';
    is $t->head($css)->header('Content-Length'), length $r->body, 'HEAD';

    $t->done;
}


# --- probation -------------------------------------------------------------

{
    my $t = Xsell::Shop->new(zone => '2m', shop => 'min_visits 3;')->start;

    # what real visits taught: a goes with h
    my @real = map { $t->walk('a', 'h', 'c') } 1 .. 3;
    Xsell::wait_for(sub { ($t->offers($t->visit->get('/p/a')))[0] eq 'h' });
    my $before = join '', $t->offers($t->visit->get('/p/a'));
    like $before, qr/^h/, 'three visits taught that a goes with h';

    # a first view alone is in nobody's index, but its visitor may look
    my $shy = $t->visit;
    $shy->get('/p/b');
    is known($t, $shy->cookie('xs_prints')), 'b', 'one view: known to itself';
    ok Xsell::wait_for(sub { $t->count('sessions') == 3 }),
        'the sums know of three visits';

    my $capacity = $t->count('sessions_capacity');
    my $flood = 3000;
    cmp_ok $flood, '>', $capacity / 8, "room for $capacity, $flood come";

    my ($sent, $bad) = (0, 0);
    my $client = $t->client;
    while ($sent < $flood) {
        my @answers = $client->pipeline(
            map { [ '/p/' . ('a' .. 'g')[$_ % 7] ] } 1 .. 100);
        $bad += grep { $_->status != 200 || !cookie_of($_) } @answers;
        $sent += 100;
        $client = $t->client if $sent % 500 == 0;
    }

    is $bad, 0, 'each is answered, with a cookie of its own';
    $t->learned($flood);

    is_deeply [ map { known($t, $_->cookie('xs_prints')) } @real ],
        [ ('cha') x 3 ], 'real visits are all there';
    like join('', $t->offers($t->visit->get('/p/a'))), qr/^h/,
        'and what they taught';
    is $t->metric('/metrics', 'xsell_dropped_total',
                  reason => 'session_evicted'), 0, 'no visit made room';
    cmp_ok $t->metric('/metrics', 'xsell_dropped_total',
                      reason => 'probation_evicted'), '>', 0,
        'trap 76: the flood evicted itself';
    ok Xsell::wait_for(sub { $t->count('sessions') == 3 }),
        'still three visits';

    # the same, with cookies that nobody here has signed
    $client = $t->client;
    $client->pipeline(map { [ '/p/b', cookies => 'xs_prints='
                              . encode_base64url(pack 'N9', $_ .. $_ + 8) ] }
                      1 .. 300);
    is_deeply [ map { known($t, $_->cookie('xs_prints')) } @real ],
        [ ('cha') x 3 ], 'made-up cookies are no way in';

    $t->done;
}

done_testing;
