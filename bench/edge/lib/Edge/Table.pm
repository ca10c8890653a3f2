package Edge::Table;

# The table of the edge benchmark: each measure beside its gate and its goal.
#
# Instructions and system calls are counted and the same on every machine:
# a gate of these that is not met is a failure.  Times are medians over rounds
# of ratios taken inside one round; they say what this machine says today.

use strict;
use warnings;

use List::Util qw(max min);

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


sub median
{
    my @s = sort { $a <=> $b } @_;

    return undef if !@s;
    return @s % 2 ? $s[@s / 2] : ($s[@s / 2 - 1] + $s[@s / 2]) / 2;
}


# values of a variant by round
sub by_round
{
    my ($rows, $variant, $k, $mode, $column) = @_;

    return { map { $_->{round} => $_->{$column} }
             grep { $_->{variant} =~ /^\Q$variant\E-/ && $_->{K} == $k
                    && $_->{mode} eq $mode } @$rows };
}


sub ratio
{
    my ($rows, $over, $under, $k, $mode, $column) = @_;
    my $a = by_round($rows, $over, $k, $mode, $column);
    my $b = by_round($rows, $under, $k, $mode, $column);

    return median(map { $a->{$_} / $b->{$_} }
                  grep { $b->{$_} } sort keys %$a);
}


# table(dir, sizes, worst): prints; the number of gates that were counted and
# are not met
sub table
{
    my ($dir, $sizes, $worst) = @_;
    my %ir = counted("$dir/ir.tsv", 'Ir_per_request');
    my %rounds = counted("$dir/rounds.tsv", 'rounds');
    my %calls = counted("$dir/calls.tsv", 'calls');
    my @bench = rows("$dir/bench.tsv");
    my (@out, $failed);

    # exact: a failure fails.  more: more is better.
    my $row = sub {
        my ($what, $value, $gate, $goal, $form, %o) = @_;

        return if !defined $value;

        my $met = sub { $o{more} ? $value >= $_[0] : $value <= $_[0] };
        my $said = $met->($goal) ? 'goal' : $met->($gate) ? 'gate'
                 : $o{exact} ? 'NOT MET' : 'not met';

        $failed++ if $said eq 'NOT MET';
        push @out, [ $what, map({ sprintf $form, $_ } $gate, $goal, $value),
                     $said ];
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

    $row->("CPU, ratio to a cache hit, $_ KiB",
           ratio(\@bench, '13', '03', $_, 'sat', 'cpu_us'),
           @{ $CPU{$_} }, '%.2f') for grep { $CPU{$_} } @$sizes;
    $row->("throughput, ratio to sub_filter, $_ KiB",
           ratio(\@bench, '13', '04', $_, 'sat', 'rps'),
           @{ $RATE{$_} }, '%.2f', more => 1) for grep { $RATE{$_} } @$sizes;

    idle($row, $added, \@bench, $sizes);
    added_p50($row, \@bench, 64);

    show(\@out);

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


# pages on which we have nothing to do
sub idle
{
    my ($row, $added, $bench, $sizes) = @_;

    for my $v ([ '13off', '03', 'xsell off' ],
               [ '13none', '03', 'known to have no slot, viewed' ],
               [ '13page', '03', 'known to have no slot, no item' ],
               [ '13type', '01', 'no HTML' ])
    {
        my ($name, $base, $what) = @$v;

        $row->("instructions, $what, $_ KiB", $added->($name, $base, $_),
               1500, 300, '%+d', exact => 1) for @$sizes;
        $row->("CPU, $what, $_ KiB",
               ratio($bench, $name, $base, $_, 'sat', 'cpu_us'), 1.05, 1.05,
               '%.2f') for @$sizes;
    }
}


sub added_p50
{
    my ($row, $bench, $k) = @_;
    my ($plain, $sub, $ours) = map {
        median(values %{ by_round($bench, $_, $k, 'c1', 'p50_us') })
    } qw(03 04 13);

    return if !defined $ours || !defined $sub || $sub <= $plain;

    $row->("added p50, share of sub_filter's, $k KiB",
           ($ours - $plain) / ($sub - $plain), 0.5, 0.25, '%.2f');
}


sub show
{
    my ($out) = @_;
    my @head = ('measure', 'gate', 'goal', 'measured', 'met');
    my $wide = max(map { length $_->[0] } @$out, \@head);
    my $form = "%-${wide}s %10s %10s %10s  %s\n";

    print "\n";
    printf $form, @head;
    printf $form, @$_ for @$out;
}


1;
