#!/usr/bin/perl

# Makes a shop from real invoices: retail.pl INVOICES FOLDER, where INVOICES
# is UCI's "Online Retail" as CSV, also gzipped, with the columns InvoiceNo,
# StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID,
# Country.  Writes to FOLDER
#
#   catalog.json    the feed            shop.json    for demo/shop.pl
#   history.ndjson  an order event for each invoice, for `xsell replay`
#   visits.ndjson   the same told as visits, baskets.txt as lines of codes:
#                   for the page that explains the offers (Explain.pm)
#
# Kept: sold (not returned) quantities of real products, whose codes begin
# with five digits.  An order event has at most 16 lines; larger invoices are
# dealt out to several events, shuffled, so that lines which stand side by
# side on the paper are not the only pairs.  The shuffle is seeded by the
# invoice's number: the same file gives the same log.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Path 'make_path';
use JSON::PP;

my $LINES = 16;
my $VIEWS = 12;

# a title is put under the first that fits
my @SECTIONS = (
    ['christmas', 'Christmas', 'For one month, planned in ten.',
        qr/CHRISTMAS|XMAS|REINDEER|SANTA|SNOW|ADVENT|BAUBLE/],
    ['bags', 'Bags', 'Jumbo, lunch, shopper, tote.',
        qr/\bBAGS?\b|SHOPPER|TOTE|RUCKSACK|BACKPACK|CHARLOTTE/],
    ['lights', 'Lights & candles', 'Something warm after four.',
        qr/LIGHT|LANTERN|CANDLE|LAMP|BULB/],
    ['tea', 'Tea & cake', 'For the table at four.',
        qr/TEA\b|TEAPOT|TEACUP|CAKE|MUG|CUP\b|CUPS\b|COFFEE|SAUCER|DOIL/],
    ['kitchen', 'Kitchen', 'Tins, jars, and what they hold.',
        qr/KITCHEN|BAKING|JAM\b|TINS?\b|PLATE|BOWL|TRAY|CUTLERY|SPOON|JAR|
            PANTRY|LUNCH|BREAD|EGG|APRON|OVEN|COOK|RECIPE|BOTTLE|JUG|SNACK/x],
    ['party', 'Party & paper', 'Bunting first.',
        qr/PARTY|BUNTING|WRAP|RIBBON|CARD|NAPKIN|GARLAND|BIRTHDAY|BALLOON|
            TISSUE|STRAW|GIFT TAPE|PAPER/x],
    ['play', 'Play', 'For the short and the patient.',
        qr/TOY|GAME|JIGSAW|PUZZLE|DOLL|CHILD|KIDS|SKIPPING|BLOCK|SOLDIER|
            DOMINO|PLAYING|SPACEBOY|DOLLY|PAINT|CRAYON|CRAFT/x],
    ['desk', 'Desk', 'Pens, books, and the drawers for them.',
        qr/PEN\b|PENS\b|PENCIL|NOTEBOOK|BOOK|STICKER|STATIONERY|RULER|MEMO|
            CALCULATOR|DRAWER|MAGNET/x],
    ['jewellery', 'Jewellery', 'Small and shiny.',
        qr/NECKLACE|BRACELET|EARRING|\bRING\b|BROOCH|JEWEL|HAIR|BEAD/],
    ['garden', 'Garden', 'Outdoors, or pretending.',
        qr/GARDEN|PLANT|HERB|FLOWER|BIRD|WATERING|SEED|PARASOL|PICNIC/],
    ['comfort', 'Comfort', 'Warm hands, dry hair.',
        qr/HOT WATER|HAND WARMER|CUSHION|UMBRELLA|QUILT|SCARF|SLIPPER|SOAP|
            BATH|TOWEL|WARMER/x],
    ['home', 'Home', 'Hooks, hearts, frames and clocks.', qr/./],
);


sub rows                                # calls back with the fields
{
    my ($file, $each) = @_;
    my $fh;

    if ($file =~ /\.gz$/) {
        open $fh, '-|', 'gzip', '-dc', '--', $file or die "$file: $!\n";
    } else {
        open $fh, '<', $file or die "$file: $!\n";
    }

    my $head = <$fh> // die "$file: no lines\n";

    $head =~ s/^\xef\xbb\xbf|[\r\n]+$//g;
    die "$file: line 1 is not InvoiceNo,StockCode,Description,Quantity,"
        . "InvoiceDate,UnitPrice,CustomerID,Country\n"
        if $head ne 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,'
            . 'UnitPrice,CustomerID,Country';

    while (my $line = <$fh>) {
        $line =~ s/[\r\n]+$//;

        my @f;

        if (index($line, '"') < 0) {
            @f = split /,/, $line, -1;
        } else {
            while ($line =~ /\G(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g) {
                push @f, defined $1 ? $1 =~ s/""/"/gr : $2;
                last if @f == 8;
            }
        }

        $each->(@f) if @f == 8;
    }

    close $fh;
    die "$file: could not be read as a whole\n" if $? && $file =~ /\.gz$/;
}


sub title_of
{
    my ($names) = @_;
    my ($best) = sort { $names->{$b} <=> $names->{$a} || $a cmp $b }
        keys %$names;
    my $t = lc $best;

    $t =~ s/\s+/ /g;
    $t =~ s/^ | $//g;
    $t =~ s/(^|[ \-\/(&.])([a-z])/$1 . uc $2/ge;
    $t =~ s/ (And|Of|In|With|On|For|The|A|To|At|By) /' ' . lc($1) . ' '/ge;
    $t =~ s/\bUk\b/UK/g;

    return $t;
}


sub median
{
    my @p = sort { $a <=> $b } @_;

    return $p[$#p / 2];
}


sub section_of
{
    my ($title) = @_;
    my $t = uc $title;

    for (@SECTIONS) {
        return $_ if $t =~ $_->[3];
    }
}


sub shuffle                             # Fisher and Yates, seeded
{
    my ($seed, @list) = @_;
    my $s = $seed % 2147483647 || 1;

    for my $i (reverse 1 .. $#list) {
        $s = $s * 48271 % 2147483647;

        my $j = $s % ($i + 1);

        @list[$i, $j] = @list[$j, $i];
    }

    return @list;
}


my ($file, $dir) = @ARGV;

die "usage: retail.pl INVOICES FOLDER\n" if !defined $dir;
make_path($dir);

my (%names, %prices, %lines, @invoices);

rows($file, sub {
    my ($invoice, $code, $name, $n, $date, $price, $customer) = @_;

    return if $n !~ /^\d+$/ || $n < 1 || $invoice =~ /^C/
        || $code !~ /^\d{5}\w*$/ || $price !~ /^\d+(\.\d+)?$/ || $price <= 0
        || $name eq '' || $date !~ /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/;

    my $time = "$1T$2Z";

    $names{$code}{$name}++;
    push @{ $prices{$code} }, $price;

    if (!$lines{$invoice}) {
        push @invoices, $invoice;
        $lines{$invoice} = { time => $time, customer => $customer =~ s/\.0$//r,
            code => {} };
    }

    $lines{$invoice}{code}{$code} += $n * $price;
});

my @items;

for my $code (sort keys %names) {
    my $title = title_of($names{$code});
    my $s = section_of($title);

    push @items, {
        id => $code,
        title => $title,
        section => $s->[0],
        style => $s->[1],
        price => sprintf('%.2f', median(@{ $prices{$code} })),
        image => "/img/$code.svg",
        available => 1,
        sold => scalar @{ $prices{$code} },
        description => "$title. Sold "
            . (@{ $prices{$code} } == 1 ? 'once' : @{ $prices{$code} }
                . ' times') . ' in the year behind this demo.',
    };
}

my $json = JSON::PP->new->canonical;

sub spew
{
    my ($name, $what) = @_;

    open my $fh, '>:utf8', "$dir/$name" or die "$dir/$name: $!\n";
    ref $what eq 'CODE' ? $what->($fh) : print $fh $json->encode($what), "\n";
    close $fh or die "$dir/$name: $!\n";
}

spew('catalog.json', sub {
    my ($fh) = @_;

    for my $i (@items) {
        print $fh $json->encode({
            id => $i->{id}, title => $i->{title}, url => "/p/$i->{id}",
            image => $i->{image}, price => $i->{price}, currency => 'GBP',
            category => $i->{style}, description => $i->{description},
        }), "\n";
    }
});

spew('shop.json', {
    name => 'The Gift Room',
    tagline => 'All-occasion gifts',
    intro => scalar(@items) . ' products and ' . scalar(@invoices)
        . ' invoices of a real shop: the UCI "Online Retail" data.',
    note => 'Titles and prices are those of the invoices; pictures are drawn '
        . 'from the titles.',
    heading => 'Goes with it',
    story => 'Also from the gift room',
    wall => 'Sold most',
    currency => 'GBP',
    sign => "\x{a3}",
    draw => 1,
    explain => 1,
    sections => [map { { slug => $_->[0], name => $_->[1], blurb => $_->[2],
        category => $_->[1] } }
        @SECTIONS],
    items => [sort { $b->{sold} <=> $a->{sold} || $a->{id} cmp $b->{id} }
        @items],
});

spew('baskets.txt', sub {
    my ($fh) = @_;

    print $fh join(' ', sort keys %{ $lines{$_}{code} }), "\n" for @invoices;
});

spew('visits.ndjson', sub {
    my ($fh) = @_;

    for my $invoice (@invoices) {
        my @codes = shuffle($invoice =~ s/\D//gr,
            sort keys %{ $lines{$invoice}{code} });

        print $fh $json->encode({ type => 'view', visitor => "i$invoice",
            time => $lines{$invoice}{time}, item => $_ }), "\n"
            for splice @codes, 0, $VIEWS;
    }
});

my $events = 0;

spew('history.ndjson', sub {
    my ($fh) = @_;

    for my $invoice (sort { $lines{$a}{time} cmp $lines{$b}{time}
            || $a cmp $b } @invoices)
    {
        my $l = $lines{$invoice};
        my @codes = shuffle($invoice =~ s/\D//gr, sort keys %{ $l->{code} });
        my $parts = int((@codes + $LINES - 1) / $LINES);

        for my $part (0 .. $parts - 1) {
            my @mine = @codes[grep { $_ % $parts == $part } 0 .. $#codes];
            my $value = 0;

            $value += $l->{code}{$_} for @mine;
            $events++;
            print $fh $json->encode({
                type => 'order',
                time => $l->{time},
                visitor => $l->{customer} || "i$invoice",
                order => $parts > 1 ? "$invoice-$part" : $invoice,
                items => \@mine,
                value => sprintf('%.2f', $value),
            }), "\n";
        }
    }
});

print scalar(@items), " products, ", scalar(@invoices), " invoices, $events "
    . "order events\n";
