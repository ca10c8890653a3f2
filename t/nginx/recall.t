# Hazard: what a visitor viewed is shown to another one, or to who said no; the
# page's own product, one that lies in the cart, or a product twice; what was
# viewed is learned as if it had been an offer.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $t = Xsell::Shop->new(
    items   => { map { $_ => {} } 'a' .. 'h' },
    shop    => 'min_visits 2;',
    slot    => 'recent after "#product" items=3 offers=viewed '
             . '"title=Recently viewed"',
    more    => <<'CONF',
    location /cart/ { proxy_pass http://%%UP%%/p/; xsell prints;
        xsell_consent assumed; xsell_event cart item=$arg_item; }
    location /asked/ { proxy_pass http://%%UP%%/p/; xsell prints;
        xsell_item $arg_item; xsell_consent required $cookie_ok;
        xsell_slot recent after "#product" offers=viewed title=Recent; }
    location = /home { proxy_pass http://%%UP%%/p/home; xsell prints;
        xsell_consent assumed;
        xsell_slot recent after "#product" offers=viewed title=Recent; }
CONF
);
$t->start;

my $v = $t->visit;
my @seen = map { [ $t->offers($v->request('GET', "/p/$_"), 'recent') ] }
           qw(a b c b d);

is_deeply \@seen, [ [], ['a'], [ 'b', 'a' ], [ 'c', 'a' ],
                    [ 'b', 'c', 'a' ] ],
    'newest first, each once, not the one of the page';

my $r = $v->request('GET', '/p/e');
is_deeply [ $t->offers($r, 'recent') ], [ 'd', 'b', 'c' ], 'as many as asked';
like $r->body, qr/Recently viewed/, 'with its heading';
unlike $r->body, qr/data-xsell-reason="(?!none)/, 'for no reason of ours';

$v->request('GET', '/cart/a?item=d');
is_deeply [ $t->offers($v->request('GET', '/p/f'), 'recent') ],
    [ 'e', 'b', 'c' ], 'nor what lies in the cart';

is_deeply [ $t->offers($v->request('GET', '/home'), 'recent') ],
    [ 'f', 'e', 'b', 'c', 'a' ], 'on a page without a product';

is_deeply [ $t->offers($t->visit->request('GET', '/p/e'), 'recent') ], [],
    'of another visitor nothing';

my $no = $t->visit;
$no->request('GET', "/asked/$_?item=$_") for qw(a b);
is_deeply [ $t->offers($no->request('GET', '/asked/c?item=c'), 'recent') ], [],
    'without consent nothing';

# a click counts for the slot, and teaches nothing

my ($link) = $t->links($v->request('GET', '/p/g'));
sleep 1;    # less than .3 s after the page it would be no person's
$v->request('GET', $link);
ok Xsell::wait_for(sub {
    $t->count('clicks_total', slot => 'recent') == 1;
}, 5), 'a click is counted';

$t->done;
done_testing;
