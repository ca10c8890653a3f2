# Hazard: what 8 reloads do not show: a leak of memory or descriptors at each
# of them, a slot that is given away a generation too early, and a module
# with another layout of shared memory, loaded beside the old one.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell qw(rss wait_for);
use Xsell::Shop;
use Xsell::Traffic;

my $repo = Xsell::repo();
my @ids = map { "i$_" } 0 .. 39;

# --- 200 of all kinds ------------------------------------------------------

{
    local $ENV{XSELL_RELOADS} = 200;
    my $out = `$^X $repo/t/nginx/reload.t 2>&1`;

    is $?, 0, 't/nginx/reload.t with 200 reloads' or diag $out;
    diag $_ for $out =~ /^ok \d+ - (none of .*)/mg;
}

# --- a leak ----------------------------------------------------------------

{
    my $t = Xsell::Shop->new(items => [ @ids ],
                             shop => 'state %%DIR%%/state; '
                                   . 'log %%DIR%%/log;')->start;
    my $fds = sub { scalar(() = glob "/proc/@{[ $t->master_pid ]}/fd/*") };

    $t->reload for 1 .. 10;
    my ($rss, $open) = (rss($t->master_pid), $fds->());

    $t->reload for 1 .. 100;

    # a worker that has not ended yet has a channel of the master's
    wait_for(sub { $fds->() <= $open }, 10);
    cmp_ok $fds->(), '<=', $open, 'the master has no more open files';
    cmp_ok rss($t->master_pid), '<', $rss + 2048,
        'and no more memory after 100 reloads';
    $t->done;
}

# --- another layout --------------------------------------------------------

# nginx executes what it has loaded from a path, whatever is there now; from
# another path it loads anew, beside the old code
sub salted {
    my $b = "$repo/build/salt";

    local $ENV{CC_OPT} = '-DXSELL_LAYOUT_SALT=1';
    delete local $ENV{MAKEFLAGS};
    my $out = `make -s -C $repo B=$b module 2>&1`;
    diag $out if $?;

    return $? ? undef : "$b/ngx_http_xsell_module.so";
}

SKIP: {
    my $salted = salted() or skip 'no salted module', 1;
    my $t = Xsell::Shop->new(items => [ @ids ], workers => 2,
                             shop => 'state %%DIR%%/state;')->start;
    my @modules = ($t->{module}, $salted);

    $t->walk('i0', 'i30') for 1 .. 5;
    $t->learned(20) or diag 'not all learned';
    my $old = $t->walk('i3', 'i4');
    my $traffic = Xsell::Traffic->start($t, ids => [ @ids[10 .. 20] ]);
    my ($moved, $zones) = (0, '');

    for my $n (1 .. 20) {
        my $mark = $t->mark;

        $t->{module} = $modules[$n % 2];
        $t->configure(http => $t->{http}, server => $t->{server});
        $t->reload or diag "reload $n failed:\n" . $t->log_since($mark);
        $moved++ if $t->log_since($mark) =~ /moved \d+ items/;
    }

    is $moved, 20, 'trap 50, trap 51: 20 reloads, to another layout and back';

    my $sums = $traffic->stop;
    is $sums->{failed}, 0, "none of $sums->{requests} requests failed"
        or diag join "\n", @{ $sums->{errors} };
    is +($t->offers($t->visit->get('/p/i0')))[0], 'i30',
        'a pair is still offered';
    like $old->get('/xsell/me')->body, qr/"id": "i3"/,
        'a session is still known';

    $t->done;
}

done_testing;
