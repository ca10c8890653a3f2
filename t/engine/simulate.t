#!/usr/bin/perl

# xsell simulate.  The hazards: a shop that is not the one that was agreed on
# (its figures before are known), a world that favours who learns, policies
# that see what they must not, figures that differ from run to run or with the
# number of processes, and serving code that has stopped to learn.
# t/long/simulate.t has the figures of long runs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;
use XsellCli;


# figures by policy, as the lines have them
sub simulate {
    my $code = xsell('', 'simulate', @_);
    my %of;
    for (split /\n/, $code == 0 ? $out : '') {
        my ($name) = /^policy=(\S+) / or next;
        $of{$name} = { /(\w+)=(-?[\d.]+)/g };
    }
    return \%of;
}


# ---- the shop -------------------------------------------------------------

my @small = ('--sessions', 4000, '--policy',
    'random,alsobought,hybrid,full,oracle');
my $of = simulate(@small, '--verbose', '--curve', '--svg', "$dir/a.svg");
my $first = $out;

like $out, qr/^seed=1 click=-6\.\d+ buy=-0?\.\d+ price=1\.\d+ exit=-1\.\d+$/m,
    'the levels that calibration finds';
like $out, qr/^policy=full( (ctr|conv|aov|bounce|gap)=-?[\d.]+){5} /m,
    'a line for scripts';
like $out, qr/^curve full( +\d\.\d\d){4} \|( \d\.\d\d){4}$/m, 'the curve';
like read_file("$dir/a.svg"), qr/^<svg .*<\/svg>\n\z/s, 'and as a picture';

cmp_ok abs($of->{alsobought}{ctr} - 8), '<', 1.2,
    "the shop before: $of->{alsobought}{ctr} % of the visits click";
cmp_ok abs($of->{alsobought}{bounce} - 25), '<', 2.5, 'a quarter leaves';
cmp_ok abs($of->{alsobought}{aov} - 85), '<', 12, 'what an order is worth';
is $of->{alsobought}{gap}, '0.0', 'is where the way begins';
is $of->{oracle}{gap}, '100.0', 'and the oracle is where it ends';
cmp_ok $of->{random}{ctr}, '<', $of->{alsobought}{ctr} - 2,
    'offers at random are worse';
cmp_ok $of->{oracle}{ctr}, '>', 20, 'there is something to be gained';
cmp_ok $of->{full}{gap}, '>', 5,
    "4,000 visits teach something: $of->{full}{gap} % of it";


# ---- the same again -------------------------------------------------------

simulate(@small, '--verbose', '--curve');
is $out, $first, 'the same seed, the same figures';


# ---- items that are all the same ------------------------------------------

my $seeds = simulate('--sessions', 3000, '--policy',
    'random,alsobought,learner-fixed,full', '--world', 'null', '--seeds', 2,
    '--jobs', 2, '--holdout', 20);

is xsell('', 'simulate', '--sessions', 3000, '--policy', 'none'), 2,
    'no such policy';
cmp_ok abs($seeds->{$_}{ctr} - $seeds->{alsobought}{ctr}), '<', 1.6,
    "null world: $_ has no lift" for qw(random learner-fixed full);
ok defined $seeds->{full}{ctr_se}, 'several seeds have errors';
cmp_ok abs($seeds->{alsobought}{lift} - $seeds->{alsobought}{true_lift}), '<',
    4 * $seeds->{alsobought}{lift_error},
    'the holdout tells the true lift';


# ---- mistakes -------------------------------------------------------------

for ([['--policy', 'oracel'], qr/did you mean "oracle"/],
     [['--policy', ','], qr/no policy is named/],
     [['--world', 'flat'], qr/no world "flat"/],
     [['--sessions', 'many'], qr/"many" is no number/],
     [['--seeds', 0], qr/"0" is no number from 1/],
     [['--holdout', 60], qr/"60" is no number/],
     [['more'], qr/"more" is not wanted/])
{
    is xsell('', 'simulate', @{$_->[0]}), 2, "wrong: @{$_->[0]}";
    like $err, $_->[1], 'is said';
}

is xsell('', 'simulate', '--sessions', 100, '--policy', 'random', '--svg',
    "$dir/none/a.svg"), 1, 'a picture that can\'t be written';
like $err, qr/none\/a\.svg: /, 'is named';
is xsell('', 'simulate', '--help'), 0, 'help';
like $out, qr/^usage: xsell simulate/, 'says how';

done_testing;
