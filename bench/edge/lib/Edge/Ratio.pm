package Edge::Ratio;

# Ratios of pairs (Pairs.pm), and how far they can be believed.
#
# Two rounds, A B B A, are one figure: what drifts evenly falls out of it, and
# so does any use of being first.  The ratio is the median of these figures, so
# that some slices in which the machine did something else don't matter.  Its
# interval holds 95 of 100 medians of what is drawn from the same figures again
# (Efron 1979): first starts, then figures of each, because those of one start
# share what memory it got.

use strict;
use warnings;

use Exporter qw(import);
our @EXPORT_OK = qw(median ratio added);

use constant DRAWN => 1000;


sub median
{
    my @s = sort { $a <=> $b } @_;

    return undef if !@s;
    return @s % 2 ? $s[@s / 2] : ($s[@s / 2 - 1] + $s[@s / 2]) / 2;
}


# by start, of each two rounds: [ of side 0, of side 1, ... ], each the sums of
# the columns and the number of slices
sub twos
{
    my @two;

    for my $r (@_) {
        my $to = $two[$r->{start}][$r->{round} / 2][$r->{side}] //= {};

        $to->{$_} += $r->{$_} for qw(requests wall_ns cpu_ns p50_ns);
        $to->{slices}++;
    }

    return grep { defined } @two;
}


# [ value, least, most ] of what `of` makes of a list of such figures
sub interval
{
    my ($starts, $of) = @_;

    return undef if !@$starts;

    my @drawn;

    srand 1;                    # the same slices, the same table

    for (1 .. DRAWN) {
        my @some = map {
            my $one = $starts->[rand @$starts];

            map { $one->[rand @$one] } @$one;
        } @$starts;

        push @drawn, $of->(@some);
    }

    @drawn = sort { $a <=> $b } @drawn;

    return [ $of->(map { @$_ } @$starts), @drawn[0.025 * DRAWN,
                                                 0.975 * DRAWN - 1] ];
}


# of a variant to its base: `column` is cpu_ns, or wall_ns upside down
sub ratio
{
    my ($rows, $base, $variant, $k, $column) = @_;
    my @starts = twos(grep { $_->{conns} > 1 && $_->{K} == $k
                             && $_->{base} eq $base
                             && $_->{variant} eq $variant } @$rows);

    for my $start (@starts) {
        for my $two (@$start) {
            my ($a, $b) = map { $_->{$column} / $_->{requests} } @$two;

            $two = $column eq 'wall_ns' ? $a / $b : $b / $a;
        }
    }

    return interval(\@starts, \&median);
}


# what the third side adds to the first side's median latency, as a share of
# what the second adds
sub added
{
    my ($rows, $k) = @_;
    my @starts = twos(grep { $_->{conns} == 1 && $_->{K} == $k } @$rows);

    for my $start (@starts) {
        for my $two (@$start) {
            my ($plain, $sub, $ours) = map { $_->{p50_ns} / $_->{slices} }
                                       @$two;

            $two = [ $ours - $plain, $sub - $plain ];
        }
    }

    return interval(\@starts, sub {
        my $of = median(map { $_->[1] } @_);

        return $of > 0 ? median(map { $_->[0] } @_) / $of : 0;
    });
}


1;
