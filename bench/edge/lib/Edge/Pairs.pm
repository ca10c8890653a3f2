package Edge::Pairs;

# The timed rows of the edge benchmark: pairs of short slices, of a variant
# and of what it is compared with, by our own client (load.c).
#
# What a request costs on a shared machine changes by half within seconds, as
# others come and go; within a tenth of a second it mostly doesn't.  So a
# slice is 40 ms, its counterpart comes next, the order alternates, and only
# ratios of neighbours are looked at (Table.pm).  What a front costs also
# depends on where its memory lies, by some hundredths for as long as it runs:
# all are started anew a few times.
#
# Each front of the harness has one worker on core 0; core 1 has our client and
# the upstream, which caches make idle.

use strict;
use warnings;

use Time::HiRes qw(sleep);

use Edge::Fronts qw(with_fronts);
use Edge::Shop qw(slurp spew);

use Exporter qw(import);
our @EXPORT_OK = qw(pairs);

use constant {
    CONNECTIONS => 32,          # enough that the worker never waits
    SLICE_MS    => 40,
    REST_MS     => 20,
    WARM_SEC    => 2.2,         # older pages are remembered (`client`)
    LATENCY_K   => 64,
};

# base, variant; the last two say how far the others can be believed: a front
# against itself, and against another with the same configuration
my @PAIRS = ([ '03', '13' ], [ '04', '13' ], [ '03', '13off' ],
             [ '03', '13none' ], [ '03', '13page' ], [ '01', '13type' ],
             [ '03', '03' ], [ '03', '13same' ]);
my @LATENCY = ('03', '04', '13');

my %FRAGMENT = ('04' => 1, '13' => 1);

my @COLUMNS = qw(start conns K base variant round side requests wall_ns cpu_ns
                 wait_ns p50_ns p99_ns idle_ns errors);


# pairs(dir, harness's command, sizes, how): dir holds bin/load and v/cookies,
# and the harness's pages; dir/pairs.tsv is made.  how: starts, and rounds of
# each; rt, in the real-time class, with rests in which others run.
sub pairs
{
    my ($dir, $run, $sizes, $how) = @_;
    my ($starts, $rounds) = @$how{qw(starts rounds)};
    my @load = (($how->{rt} ? qw(chrt -r 1) : ()), qw(taskset -c 1),
                "$dir/bin/load", "$dir/v/cookies");
    my $rest = $how->{rt} ? REST_MS : 0;
    my @run = (@$run, $how->{rt} ? '--rt' : ());
    my %name = map { $_ => 1 } map { @$_ } @PAIRS, \@LATENCY;
    my $out = join("\t", @COLUMNS) . "\n";

    for my $start (0 .. $starts - 1) {
        with_fronts(\@run, [ sort keys %name ], sub {
            my ($front) = @_;
            my $slices = sub {
                my ($k, $conns, $n, @names) = @_;

                return client(@load, $conns, SLICE_MS, $rest, $n,
                              map { target($dir, $front, $k, $_) } @names);
            };

            warm($slices, $sizes, sort keys %name);

            for my $k (@$sizes) {
                for my $p (@PAIRS) {
                    $out .= join("\t", $start, CONNECTIONS, $k, @$p, $_) . "\n"
                        for $slices->($k, CONNECTIONS, $rounds, @$p);
                }

                next if $k != LATENCY_K;
                $out .= join("\t", $start, 1, $k, @LATENCY[0, 2], $_) . "\n"
                    for $slices->($k, 1, $rounds, @LATENCY);
            }
        });

        printf "pairs: start %d of %d, load %s\n", $start + 1, $starts,
               (split ' ', slurp('/proc/loadavg'))[0];
    }

    spew("$dir/pairs.tsv", $out);
}


# every page of every front is known before one is measured
sub warm
{
    my ($slices, $sizes, @names) = @_;

    for my $again (0, 1) {
        sleep WARM_SEC if $again;

        for my $k (@$sizes) {
            $slices->($k, CONNECTIONS, 1, $_) for @names;
        }
    }
}


# as the harness checks lengths
sub target
{
    my ($dir, $front, $k, $name) = @_;
    my $least = -12 + (-s "$dir/pages/p$k.html")
                + ($FRAGMENT{$name} ? -s "$dir/pages/frag.html" : 0);

    return join ',', $front->{$name}{port}, "/p$k.html",
                $front->{$name}{worker}, $least, $least + 40;
}


sub client
{
    my (@load) = @_;

    open my $p, '-|', @load or die "edge: $load[0]: $!\n";
    chomp(my @lines = <$p>);
    close $p or die "edge: failed: @load\n";

    return @lines;
}


1;
