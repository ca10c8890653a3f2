#!/usr/bin/perl

# The command line as people and scripts use it: what it says, and with which
# exit code.  The hazards: a failure that exits with 0, a running shop's state
# that is overwritten, a snapshot cut off by a full disk that replaces a good
# one, a message without file and line.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;
use XsellCli;


# ---- usage ----------------------------------------------------------------

is xsell(''), 2, 'no command is wrong usage';
like $err, qr/^usage: xsell COMMAND/m, 'and says how';
is xsell('', '--help'), 0, 'help is no mistake';
like $out, qr/recommend .* why/, 'help lists the commands';
is xsell('', 'frobnicate'), 2, 'an unknown command';
like $err, qr/no command "frobnicate"/, 'is named';

for my $command (qw(check plan replay recommend snapshot)) {
    is xsell('', $command, '--help'), 0, "$command --help";
    like $out, qr/^usage: xsell $command /, "$command says how it is used";
    is xsell('', $command), 2, "$command without arguments";
    is xsell('', $command, '--frobnicate'), 2, "$command, unknown option";
}

is xsell('', 'plan', 'large'), 2, 'a size that is none';
is xsell('', 'plan', '0'), 2, 'no size at all';
is xsell('', 'plan', '16e'), 2, 'a unit that is none';
is xsell('', 'plan', '99999999999g'), 2, 'a size beyond numbers';
is xsell('', 'plan', '4k'), 1, 'a size that is too small';
is xsell('', 'plan', '128m', '1g'), 0, 'two sizes';
like $out, qr/^128m: 128 MiB\n.* items.*\n.* sessions/, 'a plan';


# ---- check ----------------------------------------------------------------

my $catalog = "$dir/catalog.json";
my @items = map {
    my $group = int($_ / 10);
    sprintf '{"id":"P-%d","title":"Print %d | %d","url":"/p/%d","price":%d.5,'
        . '"currency":"EUR","category":"Prints > G%d"}',
        $_, $_, $group, $_, $_ + 1, $group
} 0 .. 99;
write_file($catalog, "[\n" . join(",\n", @items) . "\n]\n");

is xsell('', 'check', $catalog), 0, 'a good catalogue';
like $out, qr/^\Q$catalog\E: 100 items, currency EUR, 0 warnings\n/, 'is summed';
like $out, qr/10 categories/, 'with its categories';
like $out, qr/bytes an item/, 'and its cost';
is $err, '', 'and nothing to complain about';

is xsell($items[0], 'check', '-'), 0, 'from standard input';
is xsell(qq([{"id":"a","title":"t",\n"url":"x"}]), 'check', '-'), 1,
    'a bad one fails';
like $err, qr/^xsell: \(input\):2:7: error: item 1 "a": "url" must/,
    'with file, line and column';
is $out, '', 'and no summary';

my $warned = '{"id":"a","title":"t","url":"/","colour":1}';
is xsell($warned, 'check', '-'), 0, 'a warning is no failure';
like $err, qr/^xsell: \(input\):1:42: warning: key "colour"/, 'but is said';
is xsell($warned, 'check', '--strict', '-'), 1, 'unless it is to be';
is xsell('', 'check', "$dir/absent", $catalog), 1, 'one of two files is absent';
like $err, qr/absent: No such file/, 'which is named';
like $out, qr/100 items/, 'and the other is still checked';

SKIP: {
    skip 'no /dev/full', 1 if !-c '/dev/full';
    is system("$xsell check $catalog >/dev/full 2>/dev/null") >> 8, 1,
        'output that can not be written is a failure';
}


# ---- replay ---------------------------------------------------------------

# visits that stay within a group of ten prints; one in four ends in an order
my $time = 1732300000000;
my (@log, $seed);
$seed = 1;
sub pick { $seed = ($seed * 1103515245 + 12345) % 2147483648; $seed >> 8 }

for my $visit (0 .. 599) {
    my $group = $visit % 10;
    for (1 .. 4) {
        $time += 1000;
        push @log, sprintf '{"type":"view","time":%d,"visitor":"v%d",'
            . '"item":"P-%d"}', $time, $visit, $group * 10 + pick() % 10;
    }
    push @log, sprintf '{"type":"order","time":%d,"visitor":"v%d",'
        . '"order":"o%d","value":"20.00","items":["P-%d","P-%d"]}', $time,
        $visit, $visit, $group * 10, $group * 10 + 1 if $visit % 4 == 0;
}

my $log = "$dir/log.ndjson";
my $state = "$dir/state.snapshot";
my @bad = ('{"type":"view","time":1,"item":"P-1"}', 'garbage',
    '{"type":"view","time":"2024-12-01","visitor":"x","item":"gone"}');
write_file($log, join "\r\n", @log, '', @bad, '');

my @replay = ('--catalog', $catalog, '--state', $state, '--zone', '8m');

is xsell('', 'replay', $log, @replay), 0, 'a log is replayed';
like $out, qr/2,554 lines .* 2,550 events learned: 2,400 view, 150 order/,
    'and says what it learned';
like $out, qr/1 of unknown items \(from line 2,554 on: ids/,
    'what it did not know, and where';
like $out, qr/2 lines rejected/, 'and what it rejected';
like $err, qr/log\.ndjson:2552:23: rejected: "time" is too small/,
    'each with its line';
like $err, qr/log\.ndjson:2553:1: rejected:/, 'also without JSON';
like $out, qr/600 sessions/, 'all visits are there';
is sprintf('%o', (stat $state)[2] & 07777), '600',
    'only the owner reads the snapshot';

my $before = read_file($state);
is xsell('', 'replay', $log, @replay), 1, 'a state is not overwritten';
like $err, qr/--force/, 'and it says what would';
is read_file($state), $before, 'the state is what it was';
is xsell('', 'replay', $log, @replay, '--force'), 0, 'with --force it is';
is xsell('', 'replay', $log, @replay, '--force', '--strict'), 1,
    'rejected lines fail a strict replay';

is xsell('', 'replay', "$dir/absent", @replay, '--force'), 1, 'no log';
is xsell('', 'replay', $log, '--catalog', "$dir/absent", '--state', $state,
    '--force'), 1, 'no catalogue';
is xsell("\n\n", 'replay', '-', '--catalog', $catalog, '--state',
    "$dir/empty"), 1, 'a log of nothing is a failure';
is xsell('', 'replay', $log, '--catalog', $catalog, '--state',
    "$dir/no/such/folder"), 1, 'nowhere to write';
like $err, qr/No such file/, 'which is said';
is xsell('', 'replay', $log, @replay, '--force', '--zone', '1k'), 1,
    'a zone of nothing';
is xsell('', 'replay', $log, @replay, '--min-visits', '0'), 2, 'no visits';
is_deeply [glob "$dir/*.tmp"], [], 'no temporary file is left';

# the same log and seed: the same bytes, whoever learns them and when
my @same = map {
    is xsell('', 'replay', $log, '--catalog', $catalog, '--zone', '8m',
        '--state', "$dir/seed", '--force', '--seed', $_), 0, "seed $_";
    read_file("$dir/seed");
} 7, 7, 8;
ok length $same[0] > 10000 && $same[0] eq $same[1], 'the same bytes';
isnt $same[0], $same[2], 'another seed, other keys';
is xsell('', 'replay', $log, @replay, '--force', '--seed', 'x'), 2, 'no seed';

# a warm-up of orders alone, of visitors that were never seen to view
my $orders = join "\n", map {
    sprintf '{"type":"order","time":"2024-01-01 %02d:00","visitor":%d,'
        . '"order":"%d","items":["P-5","P-%d"]}', $_, $_, $_, 20 + $_ % 2
} 0 .. 11;
is xsell($orders, 'replay', '-', '--catalog', $catalog, '--state',
    "$dir/orders"), 0, 'orders alone';
is xsell('', 'recommend', '--catalog', $catalog, '--state', "$dir/orders",
    '--item', 'P-5', '--items', 2), 0, 'and what they teach';
like $out, qr/bought +P-2[01].*\n.*bought +P-2[01]/, 'is bought together';

SKIP: {
    skip 'needs a file size limit', 2
        if system('bash -c "ulimit -f 1" 2>/dev/null') != 0;
    my $code = system("bash -c 'trap \"\" XFSZ; ulimit -f 4; exec $xsell "
        . "replay $log @replay --force >/dev/null 2>$dir/err'") >> 8;
    is $code, 1, 'a disk that is full is a failure';
    is xsell('', 'snapshot', $state), 0, 'that leaves the old state';
}


# ---- snapshot and recommend -----------------------------------------------

is xsell('', 'snapshot', $state), 0, 'a snapshot is good';
like $out, qr/good/, 'and says so';
like $out, qr/100 items, 600 sessions/, 'with what is in it';

my $bytes = read_file($state);
write_file("$dir/cut", substr $bytes, 0, length($bytes) / 2);
is xsell('', 'snapshot', "$dir/cut"), 1, 'half of it is not';
substr($bytes, length($bytes) / 2, 1) ^= "\x01";
write_file("$dir/turned", $bytes);
is xsell('', 'snapshot', "$dir/turned", $state), 1, 'nor one with a bit turned';
like $err, qr/turned: error: /, 'which is named';
like $out, qr/good/, 'and the other one is still read';
is xsell('', 'snapshot', $catalog), 1, 'a catalogue is no snapshot';

my @recommend = ('--catalog', $catalog, '--state', $state);
is xsell('', 'recommend', @recommend, '--item', 'P-42', '--items', 4), 0,
    'what goes with an item';
my @rows = $out =~ /^ +\d+ +-?[\d.]+ +(\w+) +(P-\d+) /mg;
is scalar(@rows) / 2, 4, 'as many as asked for';
is scalar(grep { /^P-/ && !/^P-4\d$/ } @rows), 0,
    'all of them seen by the same visits';
ok !(grep { $_ eq 'P-42' } @rows), 'not the item itself';
is xsell('', 'recommend', @recommend, '--item', 'P-42', '--item', 'P-10',
    '--markdown'), 0, 'as a table';
like $out, qr/^\|---\|---\|\n\| Print 42 \\\| 4 \| Print .*\n\| Print 10 /m,
    'with a row an item';
is xsell('', 'recommend', @recommend, '--item', 'gone', '--item', 'P-1'), 1,
    'an item that is not there';
like $err, qr/no item "gone"/, 'is named';
like $out, qr/^P-1 /m, 'and the other is shown';
is xsell('', 'recommend', @recommend, '--item', 'P-1', '--items', 13), 2,
    'more than a slate holds';
is xsell('', 'recommend', '--catalog', $catalog, '--state', "$dir/cut",
    '--item', 'P-1'), 1, 'a broken state';

# more partners than an item keeps: who stays is drawn, but always the same
my @offered;
my $many = join '', map {
    my $n = $_;
    map { qq({"type":"order","time":) . (1_700_000_000_000 + $n * 9000 + $_)
        . qq(,"visitor":"m$n-$_","order":"m$n-$_","items":["P-0","P-)
        . (1 + $n % 40) . qq("]}\n) } 1 .. 3;
} 0 .. 159;
for my $run (0, 1) {
    is xsell($many, 'replay', '-', '--catalog', $catalog, '--state',
        "$dir/many$run", '--zone', '8m'), 0, 'orders are replayed';
    xsell('', 'recommend', '--catalog', $catalog, '--state', "$dir/many$run",
        '--item', 'P-0', '--items', 12);
    push @offered, $out;
}
like $offered[0], qr/ bought /, 'what was bought with it is offered';
is $offered[0], $offered[1], 'the same log gives the same offers';

done_testing;
