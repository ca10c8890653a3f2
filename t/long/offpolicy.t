# Hazard: estimates of what another policy would have earned that are wrong by
# more than they say.  Decisions of the simulated shop, in which it is known:
# the truth must be inside of the 95 % intervals, nearly always, and IPS must
# not lean to one side.
#
#     XSELL_SEEDS=8 prove t/long/offpolicy.t

use strict;
use warnings;

use lib 't/engine/lib';

use Test::More;
use XsellCli;

my $seeds = $ENV{XSELL_SEEDS} || 8;
my (%inside, $off);

for my $seed (1 .. $seeds) {
    is xsell('', 'simulate', '--sessions', 10000, '--seed', $seed, '--policy',
        'alsobought', '--log', "$dir/log"), 0, "decisions of seed $seed";
    is xsell('', 'eval', 'offpolicy', '--log', "$dir/log"), 0, 'are valued';
    diag $out;

    my %v = (split /\n/, $out)[-1] =~ /(\S+?)=(\S+)/g;
    for (qw(ips snips dr)) {
        $inside{$_} += $v{"${_}_low"} < $v{truth}
            && $v{truth} < $v{"${_}_high"};
    }
    $off += ($v{ips} / $v{truth} - 1) / $seeds;
    cmp_ok abs($v{weight} - 1), '<', .03, 'weights are 1 on average';
}

cmp_ok $inside{$_}, '>=', $seeds - 1, "$_: $inside{$_} of $seeds inside"
    for qw(ips snips dr);
cmp_ok abs($off), '<', .27 / sqrt $seeds, 'IPS does not lean';

done_testing;
