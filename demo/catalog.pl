#!/usr/bin/perl

# Makes the demo shop: catalog.pl FOLDER writes
#
#   catalog.json   the feed, as a shop would export it for xsell
#   shop.json      what the shop itself knows (demo/shop.pl reads it)
#   img/*.svg      the pictures
#
# The same files every time: titles, palettes and drawings follow from the
# position in the lists below.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use Art;
use File::Path 'make_path';
use JSON::PP;

my $PER_STYLE = 11;
my @PALETTES = qw(terracotta indigo sage primary mono ocean rose ochre plum
    forest);

my @SIZES = (['30 x 40 cm', 0], ['40 x 50 cm', 14], ['50 x 70 cm', 32],
    ['70 x 100 cm', 78]);

# slug, name, blurb, artists, media, base price, two word lists
my @STYLES = (
    ['bauhaus', 'Bauhaus', 'Circle, square, triangle, and nothing too much.',
        ['Ilse Brandt', 'Otto Lemke'], ['Screen print', 'Lithograph'], 54,
        [qw(Study Composition Grid Figure)],
        ['in Quarter Turns', 'for a Stairwell', 'with Five Arcs', 'No. 12',
            'in Equal Parts', 'for a Lecture Hall', 'on a Square']],
    ['colourfield', 'Colour field', 'Large quiet planes to look into.',
        ['Marian Voss', 'Theo Abarca'], ['Giclée print', 'Lithograph'], 78,
        ['Resting', 'Late', 'Slow', 'Two Rooms of', 'Standing'],
        ['Light', 'Hour', 'Warmth', 'Weather', 'Evening', 'Silence']],
    ['waves', 'Lines', 'One line, repeated until it moves.',
        ['Noor Halim', 'Jonas Field'], ['Risograph', 'Screen print'], 42,
        ['Signal', 'Tide', 'Echo', 'Murmur', 'Drift'],
        ['at Noon', 'from the North', 'in Forty Lines', 'after Rain',
            'Unanswered', 'and Return']],
    ['botanical', 'Botanical', 'Stems and leaves from an invented garden.',
        ['Clara Wren', 'Edith Marlowe'], ['Linocut', 'Giclée print'], 46,
        [qw(Olive Fern Eucalyptus)],
        ['in the Window', 'by the Arch', 'at Midday', 'and Clay',
            'in October', 'on the Table', 'after Rain']],
    ['cityscape', 'City', 'Roofs, windows, and the sun behind them.',
        ['Luca Ferrante', 'Petra Novak'], ['Screen print', 'Risograph'], 48,
        ['Harbour', 'Old Town', 'East Side', 'River', 'Uptown'],
        ['at Six', 'before the Storm', 'in August', 'with Chimneys',
            'Seen from the Ferry', 'Asleep']],
    ['suprematism', 'Suprematist', 'Planes in flight.',
        ['Vera Kolin', 'Anton Mirov'], ['Lithograph', 'Woodcut'], 62,
        ['Ascent', 'Red Line', 'Eight Planes', 'Diagonal', 'Collision'],
        ['and Circle', 'over White', 'No. 4', 'without Gravity',
            'toward the Corner', 'in Two Weights']],
    ['midcentury', 'Mid-century', 'Mobiles, pebbles and paper stars.',
        ['Dot Hansen', 'Ray Calloway'], ['Screen print', 'Giclée print'], 52,
        ['Mobile', 'Cairn', 'Paper Stars'],
        ['for a Bright Room', 'at the Lake House', '1957', 'on Sunday',
            'in Balance', 'for the Hall', 'and Evening']],
    ['inkwash', 'Ink wash', 'Mountains, mostly mist.',
        ['Mei Tanabe', 'Shun Okada'], ['Giclée print', 'Woodcut'], 68,
        ['Pine', 'Far Boat', 'Five Peaks'],
        ['above the Mist', 'at First Light', 'in Thaw', 'before Snow',
            'and Red Sun', 'without a Path', 'in the South']],
    ['mosaic', 'Mosaic', 'Small pieces, one weather.',
        ['Inés Robledo', 'Karim Aziz'], ['Giclée print', 'Linocut'], 58,
        ['Courtyard', 'Fountain', 'Glass', 'Shards', 'Terrace'],
        ['in the Afternoon', 'under Water', 'of Warm Stone', 'Mended',
            'at the Coast', 'in Bloom']],
    ['nightsky', 'Night sky', 'Long exposures of places without lamps.',
        ['Ada Lindqvist', 'Tomas Hale'], ['Giclée print', 'Screen print'], 56,
        ['Orbit', 'New Moon', 'The Swan'],
        ['over Pines', 'from the Ridge', 'in Forty Minutes',
            'at the Cabin', 'Rising', 'in January', 'Twice']],
    ['opart', 'Op art', 'Flat paper that will not stay flat.',
        ['Rita Vasko', 'Emil Zander'], ['Screen print', 'Lithograph'], 60,
        [qw(Tunnel Lens Fold)],
        ['No. 3', 'in Two Colours', 'off Centre', 'to the Left',
            'for One Eye', 'at Rest', 'Again']],
    ['dunes', 'Dunes & sea', 'Warm horizons for cold rooms.',
        ['Salma Idris', 'June Harper'], ['Giclée print', 'Risograph'], 49,
        ['Dunes', 'Salt Road', 'Slack Water'],
        ['Going Home', 'in Layers', 'at the Bay', 'after the Wind',
            'with a Low Sun', 'in September', 'Facing West']],
);

my %WORD = (
    terracotta => 'fired clay and brick', indigo => 'indigo with a little gold',
    sage => 'sage and dry grass', primary => 'red, yellow and blue',
    mono => 'black, white and every grey', ocean => 'deep and shallow water',
    rose => 'dusty rose and wine', ochre => 'ochre and slate',
    plum => 'plum and lilac', forest => 'moss and pine',
);


sub item
{
    my ($k, $style) = @_;
    my ($slug, $name, $blurb, $artists, $media, $base, $first, $second)
        = @{ $STYLES[$style] };
    my $palette = $PALETTES[($k * 3 + $style) % @PALETTES];
    my $size = $SIZES[($k * 7 + $style) % @SIZES];
    my $medium = $media->[$k % 2];
    my $sku = sprintf '%s-%02d', uc substr($slug, 0, 3), $k + 1;
    my $title = $first->[$k % @$first] . ' ' . $second->[$k % @$second];
    my $price = $base + $size->[1] + ($k * 5 + $style) % 9;

    return {
        id => $sku,
        title => $title,
        artist => $artists->[int($k / 2) % 2],
        section => $slug,
        style => $name,
        medium => $medium,
        palette => $palette,
        colours => [map { "#$_" } @{ $Art::PALETTE{$palette} }[2 .. 5]],
        size => $size->[0],
        price => sprintf('%.2f', $price),
        image => "/img/$sku.svg",
        available => ($k == 7 && $style % 4 == 1) ? 0 : 1,
        description => "$blurb A "
            . lc($medium) . " in $WORD{$palette}, $size->[0], on 250 g cotton "
            . 'paper. Signed and numbered, edition of ' . (60 + 15 * ($k % 5))
            . '.',
    };
}


sub feed
{
    my ($i) = @_;

    return {
        id => $i->{id},
        title => $i->{title},
        url => "/p/$i->{id}",
        image => $i->{image},
        price => $i->{price},
        currency => 'EUR',
        availability => $i->{available} ? 'in_stock' : 'out_of_stock',
        brand => $i->{artist},
        category => ['Art prints', $i->{style}],
        tags => [$i->{palette}, lc $i->{medium}],
        description => $i->{description},
    };
}


sub spew
{
    my ($file, $text) = @_;

    open my $fh, '>', "$file.tmp" or die "$file: $!\n";
    binmode $fh;
    print $fh $text or die "$file: $!\n";
    close $fh or die "$file: $!\n";
    rename "$file.tmp", $file or die "$file: $!\n";
}


my ($dir) = @ARGV;

die "usage: catalog.pl FOLDER\n" if !defined $dir;

my $json = JSON::PP->new->utf8->canonical->pretty;
my @items;

make_path("$dir/img");

for my $k (0 .. $PER_STYLE - 1) {
    for my $style (0 .. $#STYLES) {
        my $i = item($k, $style);

        spew("$dir/img/$i->{id}.svg", Art::picture($i->{section},
                $i->{palette}, $i->{id}, $k));
        push @items, $i;
    }
}

spew("$dir/catalog.json", $json->encode([map { feed($_) } @items]));
spew("$dir/shop.json", $json->encode({
    name => 'Halden & Lund',
    tagline => 'Art prints in small editions',
    currency => 'EUR',
    sign => '€',
    heading => 'Goes well with it',
    story => 'For the same wall',
    hero => 'CIT-04',
    wall => 'On the wall this week',
    palettes => { map { $_ => [map { "#$_" } @{ $Art::PALETTE{$_} }[2 .. 5]] }
        @PALETTES },
    sections => [map { { slug => $_->[0], name => $_->[1], blurb => $_->[2],
        category => "Art prints > $_->[1]" } }
        @STYLES],
    items => \@items,
}));

print scalar(@items), " prints\n";
