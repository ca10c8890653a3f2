package Edge::Table;

# The table of the edge benchmark: each measure beside its gate and its goal.
#
# Instructions and system calls are counted and the same on every machine:
# a gate of these that is not met is a failure.  Times are medians of ratios of
# neighbouring slices, each with the interval in which it is (Ratio.pm); they
# say what this machine says today.

use strict;
use warnings;

use List::Util qw(max min sum0);

use Edge::Ratio qw(median ratio added);

use Exporter qw(import);
our @EXPORT_OK = qw(table);

my %CPU  = (8 => [ 1.2, 1.0 ], 64 => [ 1.6, 1.4 ], 512 => [ 1.5, 1.3 ]);
my %RATE = (8 => [ 1.2, 1.5 ], 64 => [ 2.0, 2.5 ], 512 => [ 3.5, 4.4 ]);


# rows of a file of the harness, as hashes
sub rows
{
    my ($file) = @_;
    my (@head, @rows);

    open my $f, '<', $file or return;

    while (<$f>) {
        chomp;
        my @c = split /\t/;

        if (!@head) {
            @head = @c;
            next;
        }

        push @rows, { map { $head[$_] => $c[$_] } 0 .. $#head };
    }

    return @rows;
}


# { variant (to the first "-"), KiB } => value
sub counted
{
    my ($file, $column) = @_;

    return map { ($_->{variant} =~ s/-.*//r) . " $_->{K}" => $_->{$column} }
           rows($file);
}


# table(dir, sizes, worst): prints; the number of gates that were counted and
# are not met
sub table
{
    my ($dir, $sizes, $worst) = @_;
    my %ir = counted("$dir/ir.tsv", 'Ir_per_request');
    my %rounds = counted("$dir/rounds.tsv", 'rounds');
    my %calls = counted("$dir/calls.tsv", 'calls');
    my @slices = rows("$dir/pairs.tsv");
    my (@out, $failed);

    # exact: a failure fails.  more: more is better.  With no gate it is only
    # said.
    my $row = sub {
        my ($what, $value, $gate, $goal, $form, %o) = @_;

        return if !defined $value;

        if (!defined $gate) {
            push @out, [ $what, '', '', sprintf($form, $value), '', '' ];
            return;
        }

        my $met = sub { $o{more} ? $value >= $_[0] : $value <= $_[0] };
        my $said = $met->($goal) ? 'goal' : $met->($gate) ? 'gate'
                 : $o{exact} ? 'NOT MET' : 'not met';

        $failed++ if $said eq 'NOT MET';
        push @out, [ $what, map({ sprintf $form, $_ } $gate, $goal, $value),
                     '', $said ];
    };

    # value: [ it, least, most ]
    my $timed = sub {
        my ($what, $value, $gate, $goal, %o) = @_;

        return if !defined $value;

        my ($is, $least, $most) = @$value;

        $row->($what, $is, $gate, $goal, '%.2f', %o);
        $out[-1][5] .= '?'
            if defined $gate && $least < $gate && $gate < $most;
        $out[-1][4] = sprintf '%.2f-%.2f', $least, $most;
    };

    my $added = sub {
        my ($variant, $base, $k) = @_;
        my ($a, $b) = @ir{"$variant $k", "$base $k"};

        return defined $a && defined $b
               ? $a - $b - ($rounds{"$variant $k"} // 0) : undef;
    };

    my @known = map { $added->('13', '03', $_) } @$sizes;

    $row->("instructions over a cache hit, $sizes->[$_] KiB", $known[$_],
           20000, 12000, '%+d', exact => 1) for 0 .. $#$sizes;
    $row->('  flat: largest less smallest', max(@known) - min(@known), 1500,
           1500, '%d', exact => 1)
        if @known > 1 && !grep { !defined } @known;

    scanned($row, $added, $sizes, $worst);

    for my $k (@$sizes) {
        my ($a, $b) = @calls{"13 $k", "03 $k"};

        $row->("system calls over a cache hit, $k KiB", $a - $b,
               $k <= 32 ? (0.3, 0.3) : (2.3, 1.3), '%+.1f', exact => 1)
            if defined $a && defined $b;
    }

    $timed->("CPU, ratio to a cache hit, $_ KiB",
             ratio(\@slices, '03', '13', $_, 'cpu_ns'), @{ $CPU{$_} })
        for grep { $CPU{$_} } @$sizes;
    $timed->("throughput, ratio to sub_filter, $_ KiB",
             ratio(\@slices, '04', '13', $_, 'wall_ns'), @{ $RATE{$_} },
             more => 1)
        for grep { $RATE{$_} } @$sizes;

    idle($row, $timed, $added, \@slices, $sizes);
    $timed->("added p50, one connection, share of sub_filter's, $_ KiB",
             added(\@slices, $_), 0.5, 0.25) for @$sizes;
    itself($timed, \@slices, $sizes);

    show(\@out);
    busy(\@slices) if @slices;

    printf "\ninstructions: less those of the learner's rounds and of new bases,"
         . " which go\nby the clock and under callgrind fall on each request"
         . " (%s)\n",
         join ', ', map { sprintf '%s K: %d', $_, $rounds{"13 $_"} }
                    grep { defined $rounds{"13 $_"} } @$sizes
        if %rounds;

    return $failed // 0;
}


# per byte: the slope between the two largest pages; of hostile pages (all of
# 64 KiB) the slope from nothing
sub scanned
{
    my ($row, $added, $sizes, $worst) = @_;

    return if @$sizes < 2;

    my ($small, $large) = @$sizes[-2, -1];
    my ($a, $b) = map { $added->('13s', '03', $_) } $small, $large;

    return if !defined $a || !defined $b;

    my $rate = ($b - $a) / ($large - $small) / 1024;
    my $fixed = $a - $rate * $small * 1024;

    $row->('instructions per byte of a page that is scanned', $rate, 1.5,
           0.6, '%.2f', exact => 1);

    for my $w (@$worst) {
        my $v = $added->('13s', '03', $w->[0]);

        $row->("  ratio to that of a page of $w->[1]",
               ($v - $fixed) / 65536 / $rate, 3, 3, '%.2f', exact => 1)
            if defined $v && $rate > 0;
    }
}


# Pages on which we have nothing to do.  On that of an item there is something,
# without a slot too: the view is counted, in the visit and for the learner.
# What that costs is said, and no gate's.
sub idle
{
    my ($row, $timed, $added, $slices, $sizes) = @_;

    for my $v ([ '13off', '03', 'xsell off' ],
               [ '13page', '03', 'known to have no slot' ],
               [ '13type', '01', 'no HTML' ],
               [ '13none', '03', 'no slot, and its view counted', 1 ])
    {
        my ($name, $base, $what, $told) = @$v;
        my @ir = $told ? () : (1500, 300);
        my @cpu = $told ? () : (1.05, 1.05);

        $row->("instructions, $what, $_ KiB", $added->($name, $base, $_),
               @ir[0, 1], '%+d', exact => 1) for @$sizes;
        $timed->("CPU, $what, $_ KiB",
                 ratio($slices, $base, $name, $_, 'cpu_ns'), @cpu[0, 1])
            for @$sizes;
    }
}


# how fine these measures are
sub itself
{
    my ($timed, $slices, $sizes) = @_;

    for my $k (@$sizes) {
        $timed->("  CPU, a cache hit to itself, $k KiB",
                 ratio($slices, '03', '03', $k, 'cpu_ns'));
        $timed->("  CPU, a cache hit to another front's, $k KiB",
                 ratio($slices, '03', '13same', $k, 'cpu_ns'));
    }
}


# was anything else the limit?
sub busy
{
    my ($slices) = @_;
    my @many = grep { $_->{conns} > 1 } @$slices;
    my %row = map { ("@$_{qw(base variant K)}" => 1) } @many;
    my ($front, $waits, $idle) = map {
        my $column = $_;

        100 * median(map { $_->{$column} / $_->{wall_ns} } @many);
    } qw(cpu_ns wait_ns idle_ns);

    printf "\ntimes: medians of %d slices of a row, with 95 %% intervals (?: the"
         . " gate is inside);\nof a slice the worker ran %.0f %%, waited for its"
         . " core %.0f %%, the client waited %.0f %%;\n%d wrong responses\n",
         @many / keys %row,
         $front, $waits, $idle, sum0(map { $_->{errors} } @$slices);
}


sub show
{
    my ($out) = @_;
    my @head = ('measure', 'gate', 'goal', 'measured', 'interval', 'met');
    my $wide = max(map { length $_->[0] } @$out, \@head);

    print "\n";
    printf "%-${wide}s %8s %8s %8s %10s  %s\n", @$_ for \@head, @$out;
}


1;
