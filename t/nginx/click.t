# Hazard: a click that is counted twice or for nobody, and a link parameter
# that shows up where pages are cached, logged or made: every visitor's link
# would be a page of its own there.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Time::HiRes qw(sleep time);
use Xsell;
use Xsell::Shop;

my $BOT = [ [ 'User-Agent' => 'Mozilla/5.0 (compatible; Testbot/1.0)' ] ];
my $ALPHABET = join '', 'A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_';

# what has been counted since the last call, as "click forged=3 ..."
my %before;

sub counted {
    my ($t) = @_;

    my $m = $t->metrics('/metrics');
    my (%now, @changes);

    for (keys %$m) {
        $now{$1} += $m->{$_} if /^xsell_dropped_total\{reason="click_(\w+)"/;
        $now{click} += $m->{$_} if /^xsell_clicks_total\{/;
        $now{event} += $m->{$_} if /^xsell_events_total\{.*type="click"/;
    }

    for (sort keys %now) {
        my $n = $now{$_} - ($before{ $t->dir }{$_} // 0);
        push @changes, $n == 1 ? $_ : "$_=$n" if $n;
    }

    $before{ $t->dir } = \%now;

    return join ' ', @changes;
}

# links of a page by the item that they are for
sub links_by_item {
    my ($t, $r) = @_;

    my @items = $t->offers($r);
    my @links = $t->links($r);

    return map { $items[$_] => $links[$_] } 0 .. $#items;
}

sub token { return $_[0] =~ /[?&]xs=([\w-]{31})(?:[&#]|$)/ ? $1 : undef }


# --- one visitor: once, and only as it was made ----------------------------

{
    my $t = Xsell::Shop->new(
        slot => 'related after "#product" items=12',
        http => "xsell_shop other { zone 4m; catalog %%DIR%%/catalog.json;
                     secret %%DIR%%/secret; holdout off; }\n"
                . 'server { listen 127.0.0.1:%%PORT2%%;
                     location /p/ { proxy_pass http://%%UP%%; xsell other;
                         xsell_item $item; xsell_slot s append "#product"; }
                     location /xsell/ { xsell_endpoint other; }
                     location = /metrics { xsell_status other prometheus; }
                   }',
    )->start;

    my $v = $t->visit;
    my %link = links_by_item($t, $v->get('/p/a'));

    is_deeply [ sort keys %link ], [ 'b' .. 'h' ], 'links to all other items';
    is scalar(grep { defined token($_) } values %link), 7,
        'each with a token';
    counted($t);

    is $v->get($link{b})->status, 200, 'a followed link is the page';
    is counted($t), 'click event', 'and a click';

    $v->get($link{b}) for 1 .. 3;
    is counted($t), 'replay=3', 'the same again is a replay';

    $v->get($link{c}) for 1 .. 2;
    is counted($t), 'click event replay', 'another row of the slate counts';

    # every character, each changed to one with another lowest bit and to
    # one with another highest
    my $token = token($link{d});

    for my $at (0 .. 30) {
        my $value = index $ALPHABET, substr $token, $at, 1;
        for my $bit (1, 32) {
            my $forged = $token;
            substr $forged, $at, 1, substr $ALPHABET, $value ^ $bit, 1;
            $v->get("/p/d?xs=$forged");
        }
    }

    is counted($t), 'forged=62', 'each character of a token is signed';

    my @bad = (substr($token, 0, 30), $token . 'A', '', 'A' x 1000,
               "$token%00", '%41' . substr($token, 1), lc $token);
    $v->get("/p/d?xs=$_") for @bad;
    $v->get('/p/d?xs');
    is counted($t), 'forged=8', 'nor does another length or spelling count';

    $v->get("/p/e?xs=$token");
    $v->get("/p/dd?xs=$token");
    is counted($t), 'forged=2', 'a token is for one path';

    # the same key, visitor and path, but another shop
    my $other = $t->visit(port => $t->port(2));
    $other->get('/p/a');
    $other->get("/p/d?xs=$token");
    is $t->metric('/metrics', 'xsell_clicks_total'), 2, 'none counted here';
    like $t->get('/metrics', port => $t->port(2))->body,
        qr/reason="click_forged"\} 1\n/, 'one shop\'s token is not another\'s';
    is counted($t), '', 'and not this shop\'s matter';

    $v->get($link{d});
    is counted($t), 'click event', 'none of this used the click up';

    # other parameters before and after, the path spelled another way
    $v->get("/p/%65?utm=1&xs=" . token($link{e}) . '&b=2');
    is counted($t), 'click event', 'however the path is spelled';

    is_deeply [ map { { id => $_->{id}, clicked => $_->{clicked} } }
                @{ $v->get('/xsell/me')->json->{items} }[0 .. 1] ],
        [ map { { id => $_, clicked => JSON::PP::true() } } 'e', 'd' ],
        'the visitor\'s record knows the clicks';

    $t->done;
}


# --- other visitors, nobody, bots, GPC, off --------------------------------

{
    my $t = Xsell::Shop->new(
        slot => 'related after "#product" items=12')->start;

    my $v = $t->visit;
    my %link = links_by_item($t, $v->get('/p/a'));
    my $other = $t->visit;
    $other->get('/p/a');
    counted($t);

    $other->get($link{b});
    is counted($t), 'foreign', 'a link that was passed on is no click';

    $t->get($link{b});
    is counted($t), 'anonymous', 'nor one from somebody without a cookie';

    $t->get($link{b}, cookies => { xs_prints => 'A' x 48 });
    $t->get($link{b}, cookies => { xs_prints => '' });
    is counted($t), 'anonymous=2', 'or with a bad one';

    $v->get($link{b}, headers => $BOT);
    $v->get($link{b}, headers => [ [ 'Sec-Purpose' => 'prefetch' ] ]);
    $v->get($link{b}, headers => [ [ 'Purpose' => 'prefetch' ] ]);
    is counted($t), '', 'bots and prefetches count nothing at all';

    my $gpc = [ [ 'Sec-GPC' => '1' ] ];
    my $off = { xs_prints => 'off' };

    $t->get($link{b}, headers => $gpc, cookies => $v->cookies);
    is counted($t), 'anonymous', 'GPC: no click';
    $t->get($link{b}, cookies => $off);
    is counted($t), 'anonymous', 'switched off: no click';

    # GPC has erased the record by what the page said; the slate still stands
    $v->get($link{b});
    is counted($t), 'click event', 'none of them used the click up';

    for ([ 'a bot', headers => $BOT ], [ 'GPC', headers => $gpc ],
         [ 'a preview', headers => [ [ 'X-Purpose' => 'preview' ] ] ])
    {
        my ($who, @how) = @$_;
        my $r = $t->get('/p/a', @how);
        cmp_ok scalar($t->links($r)), '>', 0, "$who sees offers";
        unlike $r->body, qr/xs=/, "$who gets plain links";
    }

    unlike $t->get('/p/a', cookies => $off)->body, qr/<section/,
        'switched off: no offers';

    $t->done;
}


# --- two shops of one server -----------------------------------------------

{
    my $t = Xsell::Shop->new(
        slot => 'related after "#product" items=12',
        http => 'xsell_shop other { zone 4m; catalog %%DIR%%/catalog.json;
                     secret %%DIR%%/secret; holdout off; }',
        more => 'location /q/ { proxy_pass http://%%UP%%/p/; xsell other;
                     xsell_item b; xsell_slot s append "#product"; }
                 location /xsell2/ { xsell_endpoint other; }',
    )->start;

    my $v = $t->visit;
    my %link = links_by_item($t, $v->get('/p/a'));
    counted($t);

    $t->get($link{b});
    is counted($t), 'anonymous', 'nobody\'s click is that shop\'s matter';
    $v->get($link{b});
    is counted($t), 'click event', 'a visitor\'s click, too';

    $t->done;
}


# --- another run of the server ---------------------------------------------

{
    # one offer a page, so that a slate of one number is always the same
    my $t = Xsell::Shop->new(items => [ 'a', 'b' ])->start;

    my $v = $t->visit;
    my ($b) = $t->links($v->get('/p/a'));
    my ($a) = $t->links($v->get('/p/b'));

    ok $t->reload, 'a reload';
    counted($t);
    $v->get($b);
    is counted($t), 'click event', 'goes on with the links of before';

    my $second = int time;
    ok $t->stop, 'a stop';
    Xsell::wait_for(sub { int time > $second });
    $t->start;
    $before{ $t->dir } = {};

    # another's slates get the numbers that the old ones had
    my $other = $t->visit;
    my ($fresh_b) = $t->links($other->get('/p/a'));
    my ($fresh_a) = $t->links($other->get('/p/b'));

    $v->get($_) for $a, $b;
    is counted($t), 'late=2', 'and a start: links of the old run are late';

    $other->get($_) for $fresh_a, $fresh_b;
    is counted($t), 'click=2 event=2', 'and use up nobody else\'s click';

    $t->done;
}


# --- faster than a person --------------------------------------------------

{
    my $t = Xsell::Shop->new(
        slot => 'related after "#product" items=12',
        shop => 'log %%DIR%%/state/events.ndjson;',
        more => 'location = /cart { proxy_pass http://%%UP%%; xsell prints;
                                    xsell_event cart item=$arg_sku; }',
    )->start;

    my $v = $t->visit;
    my $start = time;
    my %link = links_by_item($t, $v->get('/p/a'));
    $v->get($link{b});
    my $fast = time - $start < 0.25;

    sleep 0.4;                          # the time itself is what is tested
    $v->get($link{c});
    is counted($t), 'click=2 event=2', 'fast or slow: a click';

    my @clicks;
    Xsell::wait_for(sub {
        @clicks = grep { /"type":"click"/ }
            split /\n/, $t->read_file('state/events.ndjson');
        return @clicks == 2;
    });

    SKIP: {
        skip 'this machine was too slow', 1 if !$fast;
        like $clicks[0], qr/"fast":true/, 'the log says which was fast';
    }
    unlike $clicks[1], qr/"fast"/, 'and which was not';

    $v->get('/cart?sku=b') if $fast;
    $v->get('/cart?sku=c');
    my $carted = Xsell::wait_for(sub {
        $t->metric('/metrics', 'xsell_carts_total') > 0 });
    $t->learned($t->metric('/metrics', 'xsell_events_total'));
    is $t->metric('/metrics', 'xsell_carts_total'), 1,
        'only the slow one is learned: its cart is credited to the slot';

    # an erased visitor's clicks are credited no more, were the cookie kept
    my $w = $t->visit;
    %link = links_by_item($t, $w->get('/p/a'));
    sleep 0.4;
    $w->get($link{b});
    my $cookie = $w->cookies;
    $w->post('/xsell/me/erase', '',
             headers => [ [ 'Sec-Fetch-Site', 'same-origin' ] ]);
    is $t->metric('/metrics', 'xsell_events_total', type => 'erase'), 1,
        'a visitor is erased after a slow click';
    $t->get('/p/d', cookies => $cookie);
    $t->get('/cart?sku=b', cookies => $cookie);
    $t->learned($t->metric('/metrics', 'xsell_events_total'));
    is $t->metric('/metrics', 'xsell_carts_total'), 1,
        'the click is forgotten: no credit';

    $t->done;
}

done_testing;
