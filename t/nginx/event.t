# Hazard: carts and orders that are lost, counted twice or made up, and a log
# that says who somebody is.

use strict;
use warnings;

use lib 't/nginx/lib';

use File::Temp ();
use JSON::PP ();
use MIME::Base64 qw(decode_base64url);
use Test::More;
use Time::HiRes qw(time);
use Xsell;
use Xsell::Shop;

my $BOT = [ [ 'User-Agent' => 'Testbot/1.0' ] ];

# a shop whose upstream answers as the arguments say: status, order headers
sub answer {
    my ($r) = @_;

    my %arg = map { my ($k, $v) = split /=/, $_, 2;
                    ($k => ($v // '') =~ s/%(..)/chr hex $1/ger) }
              split /&/, $r->{args};

    return {
        status => $arg{status} || 200,
        headers => [ map { [ "X-Order-\u$_", $arg{$_} ] }
                     grep { defined $arg{$_} } qw(id total items) ],
        body => 'done',
    };
}

sub shop {
    my (%o) = @_;

    my $page = Xsell::Shop->can('page');

    return Xsell::Shop->new(
        slot => 'related after "#product" items=12',
        upstream => {
            '~^/p/' => sub { $page->((split m{/}, $_[0]{path})[2]) },
            '*' => \&answer,
        },
        more => <<'CONF',
    location = /cart/add {
        proxy_pass http://%%UP%%; xsell prints;
        xsell_consent required $ok;
        client_body_buffer_size 4k;
        xsell_event cart item=$xsell_form_sku quantity=$xsell_form_n;
    }
    location = /cart/remove {
        proxy_pass http://%%UP%%; xsell prints;
        xsell_event cart_remove item=$xsell_form_sku;
    }
    location = /rate {
        proxy_pass http://%%UP%%; xsell prints;
        xsell_event rate item=$xsell_form_sku value=$xsell_form_stars;
    }
    location = /dismiss {
        proxy_pass http://%%UP%%; xsell prints;
        xsell_event dismiss item=$xsell_form_sku;
    }
    location = /thanks {
        proxy_pass http://%%UP%%; xsell prints;
        xsell_event order id=$upstream_http_x_order_id
                          value=$upstream_http_x_order_total
                          items=$upstream_http_x_order_items;
    }
CONF
        http => 'map $cookie_consent $ok { default yes; no no; }',
        %o,
    )->start;
}

# what has been counted since the last call: events and drops, not of views
my %before;

sub counted {
    my ($t) = @_;

    my $m = $t->metrics('/metrics');
    my (%now, @changes);

    for (keys %$m) {
        $now{$1} += $m->{$_} if /^xsell_events_total\{.*type="(cart|cart_remove|order|rate|dismiss)"/;
        $now{$1} += $m->{$_} if /^xsell_dropped_total\{reason="(\w+)"/;
    }

    for (sort keys %now) {
        my $n = $now{$_} - ($before{ $t->dir }{$_} // 0);
        push @changes, $n == 1 ? $_ : "$_=$n" if $n;
    }

    $before{ $t->dir } = \%now;

    return join ' ', @changes;
}

# ids in the visitor's cart, and bought ones
sub entries {
    my ($v, $what) = @_;

    return join ' ', sort map { $_->{id} } grep { $_->{$what} }
           @{ $v->get('/xsell/me')->json->{items} || [] };
}

sub visitor {
    my ($t, @ids) = @_;

    my $v = $t->visit;
    $v->get("/p/$_") for @ids ? @ids : 'c';

    return $v;
}


# --- forms -----------------------------------------------------------------

{
    my $t = shop(items => [ 'a' .. 'h', 'with space', '12',
                            "gr\x{fc}n", 'q"u&o=te' ],
                 files => { 'catalog.json' => do {
                     my $c = Xsell::Shop::catalog([ 'a' .. 'h', 'with space',
                         '12', "gr\x{fc}n", 'q"u&o=te' ]);
                     utf8::encode($c); $c } });

    my $post = sub {
        my ($type, $body, @more) = @_;
        my $v = visitor($t);
        counted($t);
        my $r = $v->post('/cart/add', $body, headers => [
            $type ? [ 'Content-Type', $type ] : (), @more ]);
        my ($id) = entries($v, 'in_cart');
        return counted($t) . ($id eq '' ? '' : " $id");
    };

    my $form = 'application/x-www-form-urlencoded';

    my %forms = (
        'sku=a'                          => 'cart a',
        'x=1&sku=a&y=2'                  => 'cart a',
        'sku=with+space'                 => 'cart with space',
        'sku=with%20space'               => 'cart with space',
        'sku=gr%C3%BCn'                  => "cart gr\x{fc}n",
        'sku=q%22u%26o%3dte'             => 'cart q"u&o=te',
        '%73ku=a'                        => 'cart a',
        'sku=a&sku=b'                    => 'cart a',
        '&&sku=a&'                       => 'cart a',
        'n=3&sku=a'                      => 'cart a',
        'sku'                            => 'event_empty',
        'sku='                           => 'event_empty',
        'ssku=a&skus=b'                  => 'event_empty',
        ''                               => 'event_empty',
        'sku=nosuch'                     => 'event_unknown',
        'sku=' . 'a' x 2000              => 'event_unknown',
        'sku=%00a'                       => 'event_unknown',
        'sku=a&n=many'                   => 'event_invalid',
        'sku=a&n=-1'                     => 'event_invalid',
        'sku=a&n=65536'                  => 'event_invalid',
        'sku=a&n='                       => 'cart a',
        (join '&', (map { "f$_=1" } 1 .. 200), 'sku=a') => 'cart a',
    );

    for (sort keys %forms) {
        my $name = length > 60 ? substr($_, 0, 57) . '...' : $_;
        is $post->($form, $_), $forms{$_}, "urlencoded '$name'";
    }

    is $post->("$form; charset=UTF-8", 'sku=a'), 'cart a', 'with a charset';
    is $post->(undef, 'sku=a'), 'cart a', 'without a type';

    my $part = sub {
        my ($name, $value, $more) = @_;
        return "--B\r\nContent-Disposition: form-data; name=\"$name\""
            . ($more // '') . "\r\n\r\n$value\r\n";
    };

    my %parts = (
        'one field'   => [ $part->(sku => 'a') . "--B--\r\n", 'cart a' ],
        'many fields' => [ $part->(x => "y\r\n\r\nz") . $part->(sku => 'a')
                           . $part->(n => 2) . "--B--", 'cart a' ],
        'words'       => [ $part->(sku => 'with space') . "--B--\r\n",
                           'cart with space' ],
        'a preamble'  => [ "sku\r\n" . $part->(sku => 'a') . "--B--\r\n",
                           'cart a' ],
        'a typed field' => [
            $part->(sku => 'a', "\r\nContent-Type: text/plain") . "--B--\r\n",
            'cart a' ],
        'a file'      => [
            $part->(sku => 'a', '; filename="a.txt"') . "--B--\r\n",
            'event_empty' ],
        'bytes'       => [ $part->(file => join('', map { chr } 0 .. 255),
                           '; filename="x"') . $part->(sku => 'a')
                           . "--B--\r\n", 'cart a' ],
        'cut short'   => [ substr($part->(sku => 'a'), 0, -3), 'event_empty' ],
        'no end'      => [ "--B\r\nContent-Disposition: form-data; "
                           . 'name="sku', 'event_empty' ],
        'no field'    => [ "--B--\r\n", 'event_empty' ],
        'an empty one' => [ $part->(sku => '') . "--B--\r\n",
                            'event_empty' ],
    );

    for (sort keys %parts) {
        my ($body, $want) = @{ $parts{$_} };
        is $post->('multipart/form-data; boundary=B', $body), $want,
            "multipart: $_";
    }

    is $post->('multipart/form-data; boundary="B"; charset=utf-8',
               $parts{'one field'}[0]), 'cart a', 'a quoted boundary';
    is $post->('multipart/form-data', $parts{'one field'}[0]), 'event_empty',
        'no boundary';
    is $post->('multipart/form-data; boundary=' . 'B' x 71,
               $parts{'one field'}[0]), 'event_empty', 'one that is too long';

    my %json = (
        '{"sku":"a"}'                    => 'cart a',
        ' { "n": 2, "sku" : "a" } '      => 'cart a',
        '{"sku":12}'                     => 'cart 12',
        '{"sku":"gr\\u00fcn"}'           => "cart gr\x{fc}n",
        '{"sku":"q\\"u&o=te","n":"3"}'   => 'cart q"u&o=te',
        '{"sku":["a"]}'                  => 'event_empty',
        '{"item":{"sku":"a"}}'           => 'event_empty',
        '{"sku":null}'                   => 'event_empty',
        '{"sku":"a"'                     => 'event_empty',
        '["sku","a"]'                    => 'event_empty',
        '"sku"'                          => 'event_empty',
        'sku=a'                          => 'event_empty',
        '{"sku":"nosuch"}'               => 'event_unknown',
        '{"sku":"a","n":1.5}'            => 'event_invalid',
        '[' x 3000                       => 'event_empty',
    );

    for (sort keys %json) {
        my $name = length > 60 ? substr($_, 0, 57) . '...' : $_;
        is $post->('application/json', $_), $json{$_}, "trap 71: JSON $name";
    }

    # how it comes
    my $v = visitor($t);
    counted($t);
    my $client = $t->client;
    $client->send("POST /cart/add HTTP/1.1\r\nHost: localhost\r\nCookie: "
        . 'xs_prints=' . $v->cookie('xs_prints') . "\r\n"
        . "Content-Type: $form\r\nTransfer-Encoding: chunked\r\n\r\n");
    $client->send_pieces([ "3\r\nsku\r\n", "1\r\n=\r\n", "1\r\na\r\n",
                           "0\r\n\r\n" ], 0.005);
    is $client->response->status, 200, 'a form in chunks';
    is counted($t) . entries($v, 'in_cart'), 'carta', 'is read';

    $v = visitor($t);
    counted($t);
    $client = $t->client;
    $client->send("POST /cart/add HTTP/1.1\r\nHost: localhost\r\nCookie: "
        . 'xs_prints=' . $v->cookie('xs_prints') . "\r\n"
        . "Content-Type: $form\r\nContent-Length: 5\r\n\r\ns");
    $client->send_pieces([ qw(k u = b) ], 0.005);
    is $client->response->status, 200, 'a form byte by byte';
    is counted($t) . entries($v, 'in_cart'), 'cartb', 'is read too';

    # two in one write: the body ends where it ends
    $v = visitor($t);
    counted($t);
    my @r = $t->pipeline(map { [ '/cart/add', method => 'POST',
        body => "sku=$_", cookies => $v->cookies,
        headers => [ [ 'Content-Type', $form ] ] ] } qw(d e));
    is counted($t) . entries($v, 'in_cart'), 'cart=2d e', 'trap 39: pipelined';

    is $post->($form, 'sku=a&pad=' . 'x' x 8000), 'event_empty',
        'a body in a file is not read: no event';
    like $t->error_log, qr/a client request body is buffered/, 'so it was';

    is $t->get('/cart/add?sku=a')->status, 200, 'a GET has no form';
    is counted($t), 'event_empty', 'and is no event';

    $t->done;
}


# --- who and when ----------------------------------------------------------

{
    my $t = shop();
    my $v = visitor($t);
    counted($t);

    for my $status (200, 201, 204, 302, 303) {
        $v->post("/cart/add?status=$status", { sku => 'a' });
        is counted($t), 'cart', "status $status: an event";
    }

    for my $status (400, 403, 404, 409, 422, 500, 503) {
        $v->post("/cart/add?status=$status", { sku => 'b' });
        $v->get("/thanks?status=$status&id=s$status");
        is counted($t), '', "status $status: nothing happened";
    }

    is entries($v, 'in_cart'), 'a', 'nor was anything remembered';

    $v->post('/cart/add', { sku => 'b' }, headers => $BOT);
    $v->get('/thanks?id=bot', headers => $BOT);
    is counted($t), '', 'a bot buys nothing';

    $t->post('/cart/add', { sku => 'b' });
    is counted($t), 'cart', 'without a cookie: a sum';
    is $t->count('sessions'), 0, 'and nobody';

    $v->set('consent', 'no');
    $v->post('/cart/add', { sku => 'd' });
    is counted($t), 'cart', 'without consent: a sum';
    $v->drop('consent');
    is entries($v, 'in_cart'), 'a', 'and no record';

    $v->post('/cart/add', { sku => 'd' });
    $v->post('/cart/remove', { sku => 'a' });
    is counted($t), 'cart cart_remove', 'taken out again';
    is entries($v, 'in_cart'), 'd', 'and so it is remembered';

    $v->post('/rate', { sku => 'b', stars => 5 });
    is counted($t), 'rate', 'a rating';
    $v->post('/rate', { sku => 'b', stars => $_ }) for qw(0 6 4.5 55 x);
    is counted($t), 'event_invalid=5', 'of one to five stars';
    $v->post('/rate', { sku => 'nil', stars => 3 });
    is counted($t), 'event_unknown', 'of an item';
    $v->post('/rate', { sku => 'b' });
    is counted($t), 'event_empty', 'without stars it is none';

    my ($offer) = $t->offers($v->get('/p/c'));
    ok defined $offer, 'something is offered';
    $v->post('/dismiss', { sku => $offer });
    is counted($t), 'dismiss', 'and dismissed';
    is scalar(grep { $_ eq $offer } $t->offers($v->get('/p/c'))), 0,
        'so it is offered no more';
    is entries($v, 'dismissed'), $offer, 'as who asks is told';
    $v->post('/dismiss', { sku => 'nil' });
    is counted($t), 'event_unknown', 'nor is what the catalogue lacks';

    $t->done;
}


# --- orders ----------------------------------------------------------------

{
    my $t = shop();

    my $value = sub { return $t->count('order_value_minor_total') };
    my $v = visitor($t);
    my $w = visitor($t);
    counted($t);

    $v->post('/cart/add', { sku => $_ }) for qw(a b);
    $v->get('/thanks?id=1&total=25.00');
    is counted($t), 'cart=2 order', 'an order';
    is entries($v, 'bought'), 'a b', 'of what was in the cart';
    is entries($v, 'in_cart'), '', 'which is empty now';
    ok Xsell::wait_for(sub { $value->() == 2500 }), 'its value';
    is $v->get('/xsell/me')->json->{orders}, 1, 'the visitor\'s first';

    $v->post('/cart/add', { sku => 'd' });
    $v->get('/thanks?id=1&total=25.00') for 1 .. 2;
    is counted($t), 'cart order_repeated=2', 'loaded again it is no order';
    is entries($v, 'in_cart'), 'd', 'and does not buy the next cart';
    is $v->get('/xsell/me')->json->{orders}, 1, 'nor counts for the visitor';

    $w->get('/thanks?id=1&total=25.00');
    is counted($t), 'order_repeated', 'nor by another visitor';
    ok $t->reload, 'a reload';
    $v->get('/thanks?id=1&total=25.00');
    is counted($t), 'order_repeated', 'nor after it';
    is $value->(), 2500, 'the sum is as it was';

    $v->get("/p/$_") for qw(e f g h);
    $v->get('/thanks?id=2&total=1.5&items=e,%20f;nosuch,,g');
    is counted($t), 'event_unknown order', 'an order with its items';
    is entries($v, 'bought'), 'a b e f g', 'those that there are';
    is entries($v, 'in_cart'), 'd', 'the cart is another matter';
    ok Xsell::wait_for(sub { $value->() == 2650 }), 'decimals are padded';

    $v->get('/thanks?id=3');
    is counted($t), 'event_empty order', 'without a value';
    $v->get('/thanks?total=9');
    $v->get('/thanks?id=&total=9');
    $v->get('/thanks');
    is counted($t), 'event_empty=3', 'without an id it is no order';

    for my $bad ('abc', '-1', '1e9', '0x10', '99999999999999999999',
                 'NaN', '1;2')
    {
        $v->get("/thanks?id=bad$bad&total=$bad");
        is counted($t), 'event_invalid', "a value of '$bad'";
    }

    $t->get('/thanks?id=4&total=10&items=a,b');
    is counted($t), 'order', 'an order without a cookie is one';
    ok Xsell::wait_for(sub { $value->() == 3650 }), 'with its value';

    $t->done;
}


# --- what orders and carts change ------------------------------------------

{
    my $t = shop(items => { (map { $_ => {} } 'a' .. 'h'),
                            gone => { availability => 'out of stock' },
                            old  => { availability => 'discontinued' } });

    for (1, 2) {
        my $v = visitor($t, $_ == 1 ? 'c' : 'd');
        $v->post('/cart/add', { sku => $_ }) for qw(a h gone);
        $v->get("/thanks?id=o$_");
    }

    my $r;
    ok Xsell::wait_for(sub {
        $r = $t->visit->get('/p/a');
        return ($t->offers($r))[0] eq 'h';
    }), 'two orders with a and h: h is offered first';
    like $r->body, qr/data-xsell-item="h" data-xsell-reason="bought"/,
        'and says why';

    my @never = grep { /^(?:gone|old)$/ } map { $t->offers($_) }
        map { $t->visit->get("/p/$_") } qw(a h gone old);
    is "@never", '', 'what cannot be had is never offered';

    my $v = visitor($t, 'b');
    is scalar(grep { $_ eq 'h' } $t->offers($v->get('/p/a'))), 1,
        'a visitor is offered h';
    $v->post('/cart/add', { sku => 'h' });
    is scalar(grep { $_ eq 'h' } $t->offers($v->get('/p/a'))), 0,
        'not while it is in the cart';
    $v->post('/cart/remove', { sku => 'h' });
    is scalar(grep { $_ eq 'h' } $t->offers($v->get('/p/a'))), 1,
        'taken out it is offered again';
    $v->get('/thanks?id=mine&items=h');
    is scalar(grep { $_ eq 'h' } $t->offers($v->get('/p/a'))), 0,
        'not when it is bought';
    is scalar(grep { $_ eq 'h' } $t->offers($t->visit->get('/p/a'))), 1,
        'others are offered it';

    $t->done;
}


# --- the event log ---------------------------------------------------------

{
    my $geo = Xsell::have_mmdb();
    my $mmdb = File::Temp->new(SUFFIX => '.mmdb');
    Xsell::write_mmdb("$mmdb", { '127.0.0.0/8' => {
        country => { iso_code => 'NL' } } }) if $geo;

    my $t = shop(
        shop => 'log %%DIR%%/state/events.ndjson;'
                . ($geo ? 'geoip %%DIR%%/country.mmdb;' : ''),
        $geo ? (files => { 'country.mmdb' => Xsell::Tools::slurp("$mmdb") })
             : (),
        workers => 2,
    );

    my @lines;
    my $lines = sub {
        my ($n, $file) = @_;
        Xsell::wait_for(sub {
            @lines = split /\n/, $t->read_file($file || 'state/events.ndjson');
            return @lines >= $n;
        }) or diag "only " . @lines . " of $n lines";
        return map { JSON::PP->new->utf8->decode($_) } @lines;
    };

    # An event is told after its answer has gone: what another worker is asked
    # next may overtake it.  What has to come later waits for the line.
    my $start = int(1000 * time);
    my $v = visitor($t, 'a');
    my $asked = time;
    my $r = $v->get('/p/b');
    my %link;
    my @offers = $t->offers($r);
    @link{@offers} = $t->links($r);
    $v->get($link{d});
    my $clicked = time;
    $v->get($link{d});                          # replay, and a refresh
    $lines->(5);
    $v->post('/cart/add', { sku => 'd', n => 2 });
    $lines->(6);
    $v->post('/cart/remove', { sku => 'd' });
    $lines->(7);
    $v->post('/cart/add', { sku => 'd' });
    $lines->(8);
    $v->get('/thanks?id=secret-order-7&total=12.50');
    $lines->(9);
    $t->post('/cart/add', { sku => 'e' });
    my $w = visitor($t, 'a');
    my $key = $v->cookie('xs_prints');
    $lines->(11);
    $v->post('/xsell/me/erase', '',
             headers => [ [ 'Sec-Fetch-Site', 'same-origin' ] ]);

    my @events = sort { $a->{time} <=> $b->{time} } $lines->(12);
    my %by;
    push @{ $by{ $_->{type} } }, $_ for @events;

    is join(' ', map { $_ . '=' . @{ $by{$_} } } sort keys %by),
        'cart=3 cart_remove=1 click=1 erase=1 order=1 view=5',
        'a line for each event';

    my ($alias) = map { $_->{visitor} } @{ $by{order} };
    like $alias, qr/^[0-9a-f]{16}$/, 'visitors have an alias';

    my $now = 1000 * time;
    is scalar(grep { $_->{time} < $start - 1000 || $_->{time} > $now + 1000 }
              @events), 0, 'times are of the wall clock';

    my $strip = sub {
        my ($e) = @_;
        return { map { $_ => $e->{$_} }
                 grep { !/^(?:time|impression|country)$/ } keys %$e };
    };
    my $yes = JSON::PP::true();
    my $no = JSON::PP::false();
    my %v = (visitor => $alias);

    # events of two workers' rings come in any order within a few ms
    my @views = sort { $a->{item} cmp $b->{item} || exists $a->{refresh}
                       <=> exists $b->{refresh} }
                grep { $_->{visitor} eq $alias } @{ $by{view} };
    is_deeply [ map { $strip->($_) } @views ], [
        { %v, type => 'view', item => 'a', cookie => $no,
          new_visit => $yes },
        { %v, type => 'view', item => 'b' },
        { %v, type => 'view', item => 'd' },
        { %v, type => 'view', item => 'd', refresh => $yes },
    ], 'views';
    # of a machine that was busy elsewhere it can't be said what is fast
    my $fast = $clicked - $asked < 0.3 ? $yes : $by{click}[0]{fast};
    is_deeply [ map { $strip->($_) } @{ $by{click} } ], [
        { %v, type => 'click', item => 'd', slot => 'related',
          template => 'carousel',
          defined $fast ? (fast => $fast) : (),
          position => (grep { $offers[$_] eq 'd' } 0 .. $#offers)[0] },
    ], 'the click';
    like $by{click}[0]{impression}, qr/^\d+$/, 'of which impression';
    my @carts = sort { ($a->{visitor} // '') cmp ($b->{visitor} // '')
                       || $b->{quantity} <=> $a->{quantity} } @{ $by{cart} };
    is_deeply [ map { $strip->($_) } @carts ], [
        { type => 'cart', item => 'e', quantity => 1, value => '12.50' },
        { %v, type => 'cart', item => 'd', quantity => 2, value => '25.00' },
        { %v, type => 'cart', item => 'd', quantity => 1, value => '12.50' },
    ], 'carts, one of nobody';
    my $order = $strip->($by{order}[0]);
    like delete $order->{order}, qr/^[0-9a-f]{16}$/, 'an order\'s keyed hash';
    is_deeply $order, { %v, type => 'order', items => [ 'd' ],
                        value => '12.50' }, 'its items and value';
    is $by{erase}[0]{visitor}, $alias, 'the erasure';

    isnt +(grep { $_->{visitor} ne $alias } @{ $by{view} })[0]{visitor},
        $alias, 'another visitor, another alias';

    SKIP: {
        skip 'no writer of country databases', 1 if !$geo;
        is scalar(grep { ($_->{country} // '') ne 'NL' }
                  grep { $_->{type} ne 'erase' } @events), 0, 'countries';
    }

    # nothing from which somebody could be found: id, its halves, address
    my $id = substr decode_base64url($key), 1, 16;
    my $log = $t->read_file('state/events.ndjson');
    my @secret = ($key, substr($key, 0, 20), unpack('H*', $id),
        unpack('H16', $id), unpack('H16', reverse substr($id, 0, 8)),
        unpack('Q<', $id), unpack('Q>', $id), '127.0.0.1', 'secret-order');
    is join(' ', grep { index(lc $log, lc $_) >= 0 } @secret), '',
        'the log holds no id of a visitor or order';

    # logrotate: renamed, then USR1
    my $old = @lines;
    rename $t->dir . '/state/events.ndjson', $t->dir . '/state/events.1'
        or die "rename: $!";
    $t->signal('USR1');
    ok Xsell::wait_for(sub { -e $t->dir . '/state/events.ndjson' }),
        'trap 64: USR1: a new file';

    # each worker opens it when its turn comes: ask until the learner has
    my ($sent, @new) = (0);
    Xsell::wait_for(sub {
        $t->post('/cart/add', { sku => 'f' });
        $sent++;
        @new = split /\n/, $t->read_file('state/events.ndjson');
        return @new;
    });
    Xsell::wait_for(sub {
        @new = split /\n/, $t->read_file('state/events.ndjson');
        my @first = split /\n/, $t->read_file('state/events.1');
        return @new + @first == $old + $sent;
    });
    cmp_ok scalar(@new), '>', 0, 'has the next lines';
    is @new + (split /\n/, $t->read_file('state/events.1')), $old + $sent,
        'and none is lost between the two';

    $t->done;
}

done_testing;
