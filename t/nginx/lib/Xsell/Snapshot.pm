package Xsell::Snapshot;

# A second reader of snapshot files (engine/store/xsell_snapshot.h), so that
# a test can ask for an item's sums by its id.  It believes the file: whether
# one is good is what build/xsell snapshot says.
#
#     my $s = Xsell::Snapshot->read("$dir/state/prints.snapshot");
#     $s->{epoch}, {applied}, {views}, {sessions}
#     $s->item('a')           # { views, impressions, clicks, carts, orders }
#     $s->pair('a', 'b')      # { viewed, bought }
#
# Items stand there by a keyed hash (SipHash-2-4), so this has one of its own.

use strict;
use warnings;
no warnings 'portable';         # 64-bit constants

use Xsell::Tools qw(slurp);

my %SECTION = (0x20 => 'items', 0x50 => 'pairs', 0x60 => 'sessions');

sub read {
    my ($class, $path) = @_;

    my $p = slurp($path);
    substr($p, 0, 8) eq 'xsellsnp' or die "$path: no snapshot";

    my $self = bless { items => {}, pairs => {}, sessions => 0, place => {} },
        $class;

    ($self->{epoch}, undef, $self->{time_ms}) = unpack 'x16 V V Q<', $p;
    $self->{key} = substr $p, 48, 16;
    ($self->{applied}, undef, $self->{visits}, $self->{views})
        = unpack 'x64 Q<4', $p;

    my $at = 256;
    my $n = 0;

    while ($at + 16 <= length $p) {
        my ($type, undef, $bytes, $count) = unpack "x$at v v V V", $p;
        my $name = $SECTION{$type} // '';
        $at += 16;

        for (1 .. $count) {
            my $record = substr $p, $at, $bytes;
            $at += $bytes;
            next if $name eq '';
            $self->{sessions}++ if $name eq 'sessions';
            $self->_item($record, $n++) if $name eq 'items';
            $self->_pair($record) if $name eq 'pairs';
        }
    }

    return $self;
}

sub _item {
    my ($self, $record, $n) = @_;

    my %item;
    (my $hash, @item{qw(born_s age pop trend sold decay_s views impressions
                        clicks carts orders)})
        = unpack 'Q< V V f< f< f< V V V V V V', $record;

    $self->{items}{$hash} = \%item;
    $self->{place}{$hash} = $n;

    return;
}

sub _pair {
    my ($self, $record) = @_;

    my ($one, $two, $viewed, $bought) = unpack 'V V v v', $record;
    $self->{pairs}{"$one $two"} = { viewed => $viewed, bought => $bought };

    return;
}

sub hash {
    my ($self, $id) = @_;

    return siphash($self->{key}, $id) || 1;
}

sub item { return $_[0]{items}{ $_[0]->hash($_[1]) } }

sub pair {
    my ($self, $one, $two) = @_;

    my @at = map { $self->{place}{ $self->hash($_) } // return } $one, $two;

    return $self->{pairs}{"$at[0] $at[1]"};
}


# Words are unsigned; only additions wrap, and those are done as integers.

sub _rotl { return (($_[0] << $_[1]) | ($_[0] >> (64 - $_[1]))) }

sub _add { use integer; return $_[0] + $_[1] }

sub _rounds {
    my ($v, $n) = @_;

    for (1 .. $n) {
        for ([ 0, 1, 13 ], [ 2, 3, 16 ], [ 0, 3, 21 ], [ 2, 1, 17 ]) {
            my ($i, $k, $bits) = @$_;
            $v->[$i] = 0 | _add($v->[$i], $v->[$k]);
            $v->[$k] = _rotl($v->[$k], $bits) ^ $v->[$i];
            $v->[$i] = _rotl($v->[$i], 32) if $bits == 13 || $bits == 17;
        }
    }

    return;
}

sub siphash {
    my ($key, $text) = @_;

    my ($k0, $k1) = unpack 'Q<2', $key;
    my $v = [ $k0 ^ 0x736f6d6570736575, $k1 ^ 0x646f72616e646f6d,
              $k0 ^ 0x6c7967656e657261, $k1 ^ 0x7465646279746573 ];
    my $n = length $text;
    my $pad = "\0" x (7 - $n % 8);

    for my $w (unpack 'Q<*', $text . $pad . chr($n & 0xff)) {
        $v->[3] ^= $w;
        _rounds($v, 2);
        $v->[0] ^= $w;
    }

    $v->[2] ^= 0xff;
    _rounds($v, 4);

    return $v->[0] ^ $v->[1] ^ $v->[2] ^ $v->[3];
}

1;
