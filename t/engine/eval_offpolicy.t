#!/usr/bin/perl

# xsell eval offpolicy.  The hazards: a weight the wrong way up, an estimate
# that is right only where it is not needed, intervals that are too narrow
# (rows of one visitor taken for independent ones, a few clicks of large
# weight), a model that has seen what it predicts, a log whose probabilities
# are wrong or missing and that is valued all the same.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;
use XsellCli;


# the fields of the last line
sub value {
    my $code = xsell('', 'eval', 'offpolicy', @_);
    return $code == 0 ? { (split /\n/, $out)[-1] =~ /(\S+?)=(\S+)/g } : {};
}

sub near {
    my ($got, $want, $what, $within) = @_;
    cmp_ok abs(($got // 9e9) - $want), '<=', $within // 1e-6, $what
        or diag "got " . ($got // 'nothing') . ", want $want";
}

sub json {
    my (%row) = @_;
    return '{' . join(',', map { "\"$_\":" . ($row{$_} =~ /^[{\[\d-]/
        ? $row{$_} : "\"$row{$_}\"") } sort keys %row) . "}\n";
}

# numbers that are the same on every machine
my $state = 1;
sub uniform {
    $state = ($state * 16807) % 2147483647;
    return $state / 2147483647;
}


# ---- by hand -------------------------------------------------------------

# weights 2, 0, 2, .5
my $four = write_file("$dir/four", join '',
    json(action => 'a', propensity => .5, reward => 1, target => 1),
    json(action => 'b', propensity => .5, reward => 0, target => 0),
    json(action => 'a', propensity => .25, reward => 0, target => .5),
    json(action => 'b', propensity => .8, reward => 1, target => .4));

my $v = value('--log', $four);
near $v->{ips}, 2.5 / 4, 'IPS';
near $v->{snips}, 2.5 / 4.5, 'SNIPS';
near $v->{ess}, 2.5, 'effective sample size: 4.5^2 / 8.25';
near $v->{weight}, 4.5 / 4, 'mean weight';
near $v->{logged}, .5, 'what was earned';
is_deeply [@$v{qw(rows units actions)}], [4, 4, 2], 'rows, units, actions';
is $v->{dm}, undef, 'no model without the whole policy';

# deviation of a mean: sqrt(sum of squares / n / (n - 1))
my ($low, $high) = $out =~ /^ips +\S+ +(\S+) - +(\S+)/m;
near +($high - $low) / 2 / 1.959964,
    sqrt((1.375 ** 2 + 2 * .625 ** 2 + .125 ** 2) / 4 / 3),
    'normal interval', 2e-6;

# the same in other money
write_file("$dir/money", read_file($four) =~ s/"reward":1/"reward":250/gr);
near value('--log', "$dir/money")->{ips}, 250 * 2.5 / 4, 'rewards in money';

is_deeply value('--log', $four), $v, 'twice the same';
is_deeply value('--log', write_file("$dir/four.gz", gz(read_file($four)))),
    $v, 'gzip';
isnt value('--log', $four, '--seed', 2)->{snips_low} . $out, $v->{snips_low},
    'another bootstrap';

# numbers as names are names
write_file("$dir/numbers", read_file($four) =~ s/"a"/17/gr =~ s/"b"/18/gr);
near value('--log', "$dir/numbers")->{ips}, 2.5 / 4, 'actions are numbers';


# ---- Open Bandit's form --------------------------------------------------

my $header = ",timestamp,item_id,position,click,propensity_score,"
    . "user_feature_0\n";
sub csv {
    my ($click) = @_;
    my $n = 0;
    return $header . join '', map { my ($item, $position, $p) = @$_;
        join(',', $n, "2019-11-24 00:00:0$n", $item, $position,
             $click->[$n++], $p, 'x') . "\n" } @_[1 .. $#_];
}

# at 1: x twice, y once; at 2: x once, y twice
my @shown = (['x', 1, .5], ['x', 1, .5], ['y', 1, .25], ['x', 2, .4],
    ['y', 2, .8], ['y', 2, .8]);
my $csv = write_file("$dir/csv", csv([1, 0, 1, 0, 1, 0], @shown));

$v = value('--log', $csv, '--policy', 'uniform');
near $v->{ips}, (1 + 2 + .625) / 6, 'uniform: .5 each';
near $v->{weight}, (1 + 1 + 2 + 1.25 + .625 + .625) / 6, 'and its weights',
    1e-4;
is $v->{truth}, undef, 'no log of its own';

# of another log: at 1 y always, at 2 x 3 times of 4; z is new to the first
my $other = write_file("$dir/other", csv([0, 1, 1, 0, 0, 1], ['y', 1, 1],
    ['y', 1, 1], ['x', 2, .75], ['x', 2, .75], ['z', 2, .25], ['x', 2, .75]));
$v = value('--log', $csv, '--policy', $other);
near $v->{ips}, (4 + 0) / 6, 'as often as the other log has it';
near $v->{weight}, (4 + .75 / .4) / 6, 'what it never has weighs nothing',
    1e-4;
near $v->{truth}, .5, 'its own mean';
like $out, qr/^its log +0\.500000 /m, 'is told';

is value('--log', $csv)->{ips}, undef, 'no target, no policy';
like $err, qr/decision 1 has no "target"/, 'says so';
write_file("$dir/less", join '', (split /^/, read_file($other))[0 .. 2]);
is value('--log', $csv, '--policy', "$dir/less")->{ips}, undef,
    'a position that the policy never filled';
like $err, qr/nothing at position "2"/, 'says which';


# ---- with known truth ----------------------------------------------------

# Three offers in two places; b is best, and more so the larger the context's
# number.  Logged with unequal probabilities; valued: b always.
my %chance = (a => .6, b => .1, c => .3);
my %worth = (a => -2, b => -.5, c => -1.5);
my ($truth, @log);

for my $i (1 .. 4000) {
    my $u = uniform();
    my $action = $u < .6 ? 'a' : $u < .7 ? 'b' : 'c';
    my $x = uniform() * 2 - 1;
    my %p = map { $_ => 1 / (1 + exp -($worth{$_} + $x)) } keys %worth;

    $truth += $p{b} / 4000;
    push @log, { action => $action, propensity => $chance{$action},
        reward => (uniform() < $p{$action}) + 0, position => $i % 2 + 1,
        context => sprintf('[%.4f]', $x), target => '{"b":1}' };
}

my $log = write_file("$dir/log", join '', map { json(%$_) } @log);
$v = value('--log', $log);
near $v->{$_}, $truth, "$_ is near the truth", .05
    for qw(ips snips dm dr);
ok $v->{"${_}_low"} < $truth && $truth < $v->{"${_}_high"},
    "$_: the truth is inside" for qw(ips snips dr);
cmp_ok $v->{dr_high} - $v->{dr_low}, '<', $v->{ips_high} - $v->{ips_low},
    'DR is narrower than IPS';
cmp_ok abs($v->{weight} - 1), '<', .1, 'weights of 1 on average';

# either the probabilities or the model may be wrong
write_file("$dir/wrong", join '', map { json(%$_, propensity => .5) } @log);
my $wrong = value('--log', "$dir/wrong");
cmp_ok abs($wrong->{ips} - $truth), '>', .2, 'wrong propensities: IPS is off';
cmp_ok abs($wrong->{weight} - 1), '>', .5, 'the mean weight tells';
near $wrong->{dr}, $truth, 'DR is not', .05;

# pays only where the number is near 0, which no line in it says
my @bent = map { my ($x) = $_->{context} =~ /(-?[\d.]+)/;
    my $p = $_->{action} eq 'b' && abs($x) < .5 ? .9 : .1;
    +{ %$_, reward => (uniform() < $p) + 0,
      target => abs($x) < .5 ? '{"b":1}' : '{"a":1}' } } @log;
my $pays = 0;
$pays += ($_->{target} =~ /b/ ? .9 : .1) / 4000 for @bent;
my $bent = value('--log', write_file("$dir/bent", join '',
    map { json(%$_) } @bent));
cmp_ok abs($bent->{dm} - $pays), '>', .1, 'wrong model: DM is off';
near $bent->{dr}, $pays, 'DR is not', .06;
ok $bent->{dr_low} < $pays && $pays < $bent->{dr_high}, 'and says so';

# a model that has seen what it predicts thinks that luck is skill
my @luck = map { json(action => 'o' . int(uniform() * 200),
    propensity => .005, reward => (uniform() < .3) + 0,
    target => '{"o7":1}') } 1 .. 400;
my $luck = value('--log', write_file("$dir/luck", join '', @luck));
cmp_ok $luck->{dm}, '<', .5, 'rare actions stay near the others';

# rows of one visitor
my $i = 0;
my $times = write_file("$dir/times", join '', map { $i++;
    json(%$_, session => "v$i") x 4 } @log[0 .. 999]);
my $once = write_file("$dir/once", join '', map { json(%$_) } @log[0 .. 999]);
my $alone = write_file("$dir/alone", join '', map { json(%$_) x 4 }
    @log[0 .. 999]);
my %wide;
for ([times => $times], [once => $once], [alone => $alone]) {
    $v = value('--log', $_->[1]);
    $wide{$_->[0]} = $v->{ips_high} - $v->{ips_low};
}
near $wide{times} / $wide{once}, 1, 'told four times is known once', .001;
near $wide{alone} / $wide{once}, .5, 'without session: as if four', .05;

# how often the truth is inside, of 40 small logs with few clicks of large
# weight: it is .04, of a policy that the log follows once in 20
my $inside = 0;
for my $seed (1 .. 40) {
    my $rows = join '', map { my $hit = uniform() < .05;
        json(action => $hit ? 'x' : 'y', propensity => $hit ? .05 : .95,
             reward => (uniform() < ($hit ? .04 : .01)) + 0,
             target => '{"x":1}') } 1 .. 1500;
    $v = value('--log', write_file("$dir/small", $rows), '--resamples', 500);
    $inside++ if $v->{ips_low} <= .04 && $v->{ips_high} >= .04;
}
cmp_ok $inside, '>=', 34, "95 % intervals: $inside of 40";


# ---- what is no log ------------------------------------------------------

my $good = '{"action":"a","propensity":0.5,"reward":1,"target":1}';
for my $case (
    ['no JSON', '{"action":', qr/:2: /],
    ['no action', '{"propensity":0.5,"reward":1}', qr/:2: "action"/],
    ['no propensity', '{"action":"a","reward":1}', qr/:2: the propensity/],
    ['propensity 0', $good =~ s/0\.5/0/r, qr/:2: the propensity/],
    ['propensity over 1', $good =~ s/0\.5/1.5/r, qr/:2: the propensity/],
    ['no reward', '{"action":"a","propensity":1}', qr/:2: the reward/],
    ['negative reward', $good =~ s/:1,/:-1,/r, qr/:2: the reward/],
    ['target over 1', $good =~ s/1}/2}/r, qr/:2: "target"/],
    ['targets over 1', $good =~ s/1}/{"a":0.6,"b":0.6}}/r, qr/:2: the prob/],
    ['longer context', $good =~ s/}/,"context":[1]}/r, qr/:2: "context"/],
    ['text as context', $good =~ s/}/,"context":["x"]}/r, qr/:2: "context"/],
) {
    my ($name, $line, $message) = @$case;
    is xsell('', 'eval', 'offpolicy', '--log',
        write_file("$dir/bad", "$good\n$line\n")), 1, "$name: fails";
    like $err, $message, "$name: says where";
}

for my $case (
    ['empty', '', qr/no decisions/],
    ['no header', "a,b,c\n", qr/:1: neither JSON nor/],
    ['nan', csv([1], ['x', 1, 'nan']), qr/:2: the propensity/],
    ['infinite', csv(['inf'], ['x', 1, 1]), qr/:2: the reward/],
    ['cut', "${header}0,t,x\n", qr/:2: the propensity/],
) {
    my ($name, $text, $message) = @$case;
    is xsell('', 'eval', 'offpolicy', '--policy', 'uniform', '--log',
        write_file("$dir/bad", $text)), 1, "$name: fails";
    like $err, $message, "$name: says why";
}

is xsell('', 'eval', 'offpolicy'), 2, 'no log';
is xsell('', 'eval', 'offpolicy', '--log', $four, '--resamples', 1), 2,
    'too few resamples';
is xsell('', 'eval', 'offpolicy', '--log', $four, 'more'), 2, 'a word more';
is xsell('', 'eval', 'offpolicy', '--help'), 0, 'help';
like $out, qr/^usage: xsell eval offpolicy --log/, 'is printed';


# ---- public data ---------------------------------------------------------

# two policies ran side by side: each log says what the other earned
SKIP: {
    my $data = ($ENV{XSELL_SHARED} || "$root/../shared") . '/data';
    my ($random, $bts) = map { "$data/obd_men_$_.csv.gz" } qw(random bts);
    skip 'no public data', 10 if !-r $random;

    for ([$random, $bts, .0069], [$bts, $random, .0046]) {
        my ($from, $to, $mean) = @$_;
        $v = value('--log', $from, '--policy', $to);
        near $v->{truth}, $mean, "$to: its mean";
        ok $v->{"${_}_low"} < $mean && $mean < $v->{"${_}_high"},
            "$_: is inside" for qw(ips snips dr);
        near $v->{weight}, 1, 'weights', .07;
    }
}

done_testing;
