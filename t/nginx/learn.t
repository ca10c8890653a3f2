# Hazard: what visits teach reaches other visits late, after a restart, or
# only in the worker that saw them.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Time::HiRes qw(time sleep);
use Xsell;
use Xsell::Shop;

for my $workers (1, 2) {

    my $t = Xsell::Shop->new(items => [ 'a' .. 'h' ], workers => $workers,
                             shop => 'min_visits 3;')->start;

    # all of one category: nobody is offered b before others went there
    my $first = $t->get('/p/a');
    is $first->status, 200, "$workers: a page passes";
    like $first->body, qr/<section class="xs"/, "$workers: with a fragment";
    my $before = index join(',', $t->offers($first)), 'b';

    $t->walk('a', 'h') for 1 .. 3;

    my $start = time;
    my ($ms, $page, @offers);

    # the third visit may be learned after the first two put h in front

    while (time - $start < 2) {
        $page = $t->visit->get('/p/a');
        @offers = $t->offers($page);
        $ms = 1000 * (time - $start);
        last if $page->body =~ /data-xsell-item="h" data-xsell-reason="viewed"/;
        sleep 0.005;
    }

    is $offers[0], 'h', "$workers: three visits a, h: a fourth is shown h";
    cmp_ok $ms, '<', 100, "$workers: within 100 ms of the last view";
    diag sprintf '%d worker(s): %.1f ms', $workers, $ms;

    like $t->visit->get('/p/a')->body,
        qr/data-xsell-item="h" data-xsell-reason="viewed"/,
        "$workers: and says why";

    $t->done;
}

done_testing;
