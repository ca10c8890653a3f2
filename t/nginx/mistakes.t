# Hazard: carts and orders that nobody counts, for years, because a form's field
# is named otherwise than the configuration says or the shop's ids are not those
# of the catalogue: and nothing tells.  Or what tells fills the log, with what
# visitors have sent.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $t = Xsell::Shop->new(
    slot => 'related after "#product"',
    upstream => {
        '~^/p/' => sub { Xsell::Shop::page((split m{/}, $_[0]{path})[2]) },
        '*' => sub {
            my %arg = map { split /=/, $_, 2 } split /&/, $_[0]{args} // '';
            return { headers => [ map { [ "X-Order-\u$_", $arg{$_} ] }
                                  sort keys %arg ], body => 'done' };
        },
    },
    more => <<'CONF',
    location = /cart/add {
        proxy_pass http://%%UP%%; xsell prints;
        xsell_event cart item=$xsell_form_sku quantity=$xsell_form_n;
    }
    location = /cart/remove {
        proxy_pass http://%%UP%%; xsell prints;
        xsell_event cart_remove item=$arg_sku;
    }
    location = /thanks {
        proxy_pass http://%%UP%%; xsell prints;
        xsell_event order id=$upstream_http_x_order_id
            value=${upstream_http_x_order_total}
            items=$upstream_http_x_order_items;
    }
CONF
)->start;

my $v = $t->visit;
$v->get('/p/a');

my %now;

# what a request adds: counters of events and reasons, and lines of the log
sub after {
    my ($do) = @_;

    my $mark = $t->mark;
    $do->();

    my $m = $t->metrics('/metrics');
    my %sum;
    for (keys %$m) {
        $sum{$1} += $m->{$_}
            if /^xsell_events_total\{.*type="(cart|cart_remove|order)"/
            || /^xsell_dropped_total\{reason="(event_\w+)"/;
    }
    my @more = map { "$_=" . ($sum{$_} - ($now{$_} // 0)) }
               grep { $sum{$_} != ($now{$_} // 0) } sort keys %sum;
    %now = %sum;

    return (join(' ', @more), grep { /\bxsell: event/ }
                              split /\n/, $t->log_since($mark));
}

# nginx counts a directive by its last line
sub place {
    my ($directive) = @_;

    my @lines = split /\n/, $t->{text};
    my ($n) = grep { $lines[$_ - 1] =~ /^\s*\Q$directive\E/ } 1 .. @lines;
    $n++ while $lines[$n - 1] !~ /;/;
    return qr/of \S+nginx\S*\.conf:$n\b/;
}

my @cases = (
    [ 'a field of another name', cart => 'not counted',
      sub { $v->post('/cart/add', { product => 'a' }) }, 'event_empty=1',
      qr/"item=\$xsell_form_sku" is empty, the request's body has no such field/ ],
    [ 'an unknown item', cart => 'not counted',
      sub { $v->post('/cart/add', { sku => 'nosuch' }) }, 'event_unknown=1',
      qr/the catalog has no item "nosuch", from "item=\$xsell_form_sku"/ ],
    [ 'a number that is none', cart => 'not counted',
      sub { $v->post('/cart/add', { sku => 'a', n => 'two' }) },
      'event_invalid=1',
      qr/"two", from "quantity=\$xsell_form_n", is no whole number/ ],
    [ 'another parameter', cart_remove => 'not counted',
      sub { $v->get('/cart/remove?id=a') }, 'event_empty=1',
      qr/"item=\$arg_sku" is empty, the URL has no such parameter/ ],
    [ 'no order id', order => 'not counted',
      sub { $v->get('/thanks?number=1&total=1') }, 'event_empty=1',
      qr/"id=\$upstream_http_x_order_id" is empty, the answer has no such header/ ],
    [ 'no value', order => 'counted without its value',
      sub { $v->get('/thanks?id=1&items=a') }, 'event_empty=1 order=1',
      qr/"value=\$\{upstream_http_x_order_total\}" is empty, the answer has no/ ],
    [ 'a comma', order => 'not counted',
      sub { $v->get('/thanks?id=2&total=12,50&items=a') }, 'event_invalid=1',
      qr/"12,50", from "value=.*", is no decimal number such as 12.50/ ],
    [ 'items of another numbering', order => 'counted without what is unknown',
      sub { $v->get('/thanks?id=3&total=1&items=17,18,19') },
      'event_unknown=1 order=1',
      qr/the catalog has no item "17", from "items=\$upstream_http_x_order_items"/ ],
);

after(sub {});

for (@cases) {
    my ($name, $event, $becomes, $do, $counted, $like) = @$_;

    my ($what, @lines) = after($do);
    is $what, $counted, "$name: counted";
    is scalar(@lines), 1, "$name: one line";
    my $at = place("xsell_event $event ");
    like $lines[0] // '', qr/\[warn\].*"$event" $at $becomes: $like/,
        "$name: which, where, why";
}

for (@cases) {
    my ($name, $event, $becomes, $do, $counted) = @$_;

    my ($what, @lines) = after($do);
    is scalar(@lines), 0, "$name: said once";
}

# --- who sends what --------------------------------------------------------

ok $t->reload, 'a reload, new workers';
ok Xsell::wait_for(sub { scalar(() = $t->error_log =~ /worker process \d+ exited/g) },
                   10), 'the old ones are gone';

{
    my ($what, @lines) = after(sub {
        $v->request('POST', '/cart/add',
                    headers => [ [ 'Content-Type',
                                   'application/x-www-form-urlencoded' ] ],
                    body => 'sku=%0a%22%5c%1b[31m%c3%bc' . 'x' x 500);
    });

    is scalar(@lines), 1, 'what a visitor sent stays on its line';
    like $lines[0] // '', qr/no item "\\x0A\\x22\\x5C\\x1B\[31m\\xC3\\xBCx{54}\.\.\.",/,
        'escaped, and no more than 64 bytes of it';
}

{
    my ($what, @lines) = after(sub {
        $t->client->request('POST', '/cart/add', body => 'product=a',
                            headers => [ [ 'User-Agent', 'Testbot/1.0' ] ]);
    });

    is "$what@lines", '', 'a program tells nothing';
}

# --- pages of items that the catalogue lacks --------------------------------

{
    my $mark = $t->mark;

    $v->get("/p/nosuch%22$_") for 1 .. 3;
    my @lines = grep { /\bxsell: a page/ } split /\n/, $t->log_since($mark);

    is scalar(@lines), 1, 'a page of nothing: a line, once';
    like $lines[0] // '', qr/\[warn\].*no item "[^"]+", from "xsell_item \$/,
        'that says whose';
}

$t->done;
done_testing;
