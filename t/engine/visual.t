#!/usr/bin/perl

# Pictures: xsell eval visual, xsell catalog --images.  The hazards: products
# told apart by what is behind them; colours that clash called harmony; a
# picture that crashes, floods or stalls the build of a catalogue; a name in a
# feed that leads out of the folder; a placeholder that makes strangers look
# alike; a result that depends on which reader was first.

use strict;
use warnings;

use Compress::Zlib ();
use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();

use Test::More;
use Time::HiRes 'time';
use XsellCli;

my $readers = $xsell;
$readers =~ s{[^/]*\z}{xsell-pictures};


# ---- pictures ------------------------------------------------------------

sub chunk {
    my ($type, $data) = @_;
    return pack('N', length $data) . $type . $data
        . pack 'N', Compress::Zlib::crc32($type . $data);
}

sub png_of {
    my ($w, $h, $rows) = @_;
    return "\x89PNG\r\n\x1a\n" . chunk('IHDR', pack 'NNC5', $w, $h, 8, 2, 0, 0,
        0) . chunk('IDAT', Compress::Zlib::compress($rows)) . chunk('IEND', '');
}

# a picture whose pixel is what $color->(x, y) of 0..1 says: [r, g, b]
sub png {
    my ($w, $h, $color) = @_;
    my $rows = '';
    for my $y (0 .. $h - 1) {
        $rows .= "\0";
        $rows .= pack 'C3', @{ $color->(($_ + .5) / $w, ($y + .5) / $h) }
            for 0 .. $w - 1;
    }
    return png_of($w, $h, $rows);
}

my %rgb = (
    red => [220, 40, 40], orange => [240, 140, 30], yellow => [240, 220, 40],
    green => [40, 150, 60], teal => [30, 140, 140], blue => [40, 80, 200],
    violet => [130, 50, 170], grey => [128, 128, 128], black => [20, 20, 20],
    white => [250, 250, 250], lime => [150, 200, 40], sand => [205, 180, 145],
    redorange => [225, 90, 30], magenta => [210, 40, 140],
);

# forms in the unit square
my %form = (
    disc => sub { ($_[0] - .5)**2 + ($_[1] - .5)**2 < .09 },
    bar => sub { abs($_[0] - .5) < .12 && abs($_[1] - .5) < .4 },
    legs => sub { abs($_[1] - .5) < .35
        && (abs($_[0] - .35) < .08 || abs($_[0] - .65) < .08 || $_[1] < .25
            && abs($_[0] - .5) < .23) },
);

# a thing of a form and a colour before a wall
sub thing {
    my ($form, $color, $wall, %o) = @_;
    my ($w, $h) = @{ $o{size} || [64, 64] };
    my ($dx, $dy, $scale) = @{ $o{at} || [0, 0, 1] };
    return png($w, $h, sub {
        my ($x, $y) = map { ($_ - .5) / $scale + .5 } $_[0] - $dx, $_[1] - $dy;
        return $rgb{ $form{$form}->($x, $y) ? $color : $wall };
    });
}

# of the first beside each other one: what looks alike, what goes with it
sub pair {
    my @file = @_;
    xsell('', 'eval', 'visual', '--pair', @file) == 0 or diag $err;
    my (@looks, @goes);
    while ($out =~ /^looks=(\S+) goes=(\S+)$/mg) {
        push @looks, $1;
        push @goes, $2;
    }
    return \@looks, \@goes;
}


# ---- without libvips -----------------------------------------------------

mkdir "$dir/bin" or die $!;
system('cp', $xsell, "$dir/bin/xsell") == 0 or die 'cp';
write_file("$dir/one/a.png", thing('disc', 'red', 'white'));

{
    local $XsellCli::xsell = "$dir/bin/xsell";
    is xsell('', 'eval', 'visual', '--pair', ("$dir/one/a.png") x 2), 1,
        'without a reader of pictures';
    like $err, qr/built without libvips; install libvips-dev/, 'it says why';
}

if (!-x $readers) {
    diag 'built without libvips: pictures are not tested';
    done_testing;
    exit;
}


# ---- harmony -------------------------------------------------------------

my %file;
for my $color (keys %rgb) {
    my $wall = $color eq 'white' ? 'grey' : 'white';
    $file{$color} = write_file("$dir/patch/$color.png",
        thing('disc', $color, $wall));
}

# how well colours go with the first one
sub goes {
    my ($color, @others) = @_;
    my %goes;
    @goes{@others} = @{ (pair(@file{$color, @others}))[1] };
    return \%goes;
}

my $red = goes('red', keys %rgb);
my $clash = $red->{teal};

cmp_ok $red->{red}, '>', .99, 'a colour goes with itself';
cmp_ok $red->{redorange}, '>', .4, 'neighbours on the wheel';
cmp_ok $red->{$_}, '<', .2, "red and $_ clash" for qw(teal lime);
cmp_ok goes('magenta', 'green')->{green}, '<', .2,
    'magenta and green clash';
for (['red', 'green'], ['blue', 'orange'], ['yellow', 'violet']) {
    my $goes = goes(@$_)->{ $_->[1] };
    cmp_ok $goes, '>', .25, "opposite on Itten's wheel: @$_";
    cmp_ok $goes, '>', 1.5 * $clash, 'more than those that are not';
}
for my $neutral (qw(grey black)) {
    my $goes = goes($neutral, qw(red teal violet white));
    cmp_ok $goes->{$_}, '>', .45, "$neutral goes with $_"
        for qw(red teal violet);
    cmp_ok $goes->{white}, '>', .95, "$neutral and white";
}
is goes('teal', 'red')->{red}, $clash, 'whichever is asked first';

pair(@file{qw(red grey)});
like $out, qr{^\S+red\.png: oklab\(0\.5\d 0\.[12]\d 0\.[01]\d\) 9\d%}m,
    'the palette is the product\'s, not the wall\'s';


# ---- looks ---------------------------------------------------------------

my %other;
$other{moved} = thing('legs', 'blue', 'white', at => [.12, -.08, .7]);
$other{wall} = thing('legs', 'blue', 'sand');
$other{large} = thing('legs', 'blue', 'white', size => [200, 200]);
$other{wide} = thing('legs', 'blue', 'white', at => [0, 0, .6]);
$other{color} = thing('legs', 'red', 'white');
$other{form} = thing('disc', 'blue', 'white');
write_file("$dir/other/$_.png", $other{$_}) for keys %other;
write_file("$dir/other/same.png", thing('legs', 'blue', 'white'));

my %like;
@like{sort keys %other} = @{ (pair(map { "$dir/other/$_.png" } 'same',
    sort keys %other))[0] };
cmp_ok $like{$_}, '>', .93, "the same thing, $_: $like{$_}"
    for qw(moved wall large wide);
cmp_ok $like{color}, '>', $like{form}, 'form counts more than colour';
cmp_ok $like{color}, '<', $like{large}, 'but colour counts';
cmp_ok $like{form}, '<', .7, "another form: $like{form}";


# ---- precision -----------------------------------------------------------

my @colors = qw(red green blue black yellow violet);
for my $form (sort keys %form) {
    my $n = 0;
    for my $color (@colors) {
        $n++;
        write_file("$dir/set/$form/$n.png", thing($form, $color,
            $n % 2 ? 'white' : 'sand', at => [.02 * $n - .06, 0, 1 - .05 * $n]));
    }
}
write_file("$dir/set/README", 'no folder');
write_file("$dir/set/disc/notes.txt", 'no picture');
write_file("$dir/set/disc/.hidden.png", 'hidden');

is xsell('', 'eval', 'visual', '--images', "$dir/set"), 0, 'a folder a class';
my ($p) = $out =~ /^P\@5=(\S+) images=18 classes=3\n\z/;
cmp_ok $p, '>=', .8, "forms are told apart: $p";
xsell('', 'eval', 'visual', '--images', "$dir/set", '--verbose');
like $out, qr/^disc: P\@5=[01]\.\d+ images=6$/m, 'each class';

is xsell('', 'eval', 'visual', '--images', "$dir/none"), 1, 'no folder';
is xsell('', 'eval', 'visual', '--images', "$dir/one"), 1, 'too few';
is xsell('', 'eval', 'visual'), 2, 'nothing to do';
is xsell('', 'eval', 'visual', '--pair', $file{red}), 2, 'one of a pair';


# ---- hostile pictures ----------------------------------------------------

my $good = thing('disc', 'red', 'white');
my $row = "\0" . "\x55" x 15000;
my %bad = (
    'empty.png' => ['', 'is neither'],
    'text.jpg' => ["hello\n" x 100, 'is neither'],
    'svg.png' => ['<svg xmlns="http://www.w3.org/2000/svg" width="9" '
        . 'height="9"/>', 'is neither'],
    'cut.png' => [substr($good, 0, length($good) / 2), 'is broken'],
    'head.png' => [substr($good, 0, 20), 'is broken'],
    'jpeg.jpg' => ["\xff\xd8\xff\xe0" . 'x' x 1000, 'is broken'],
    'gif.gif' => ['GIF89a' . "\xff" x 200, 'is broken'],
    'webp.webp' => ["RIFF\x10\0\0\0WEBPVP8 " . 'x' x 40, 'is broken'],
    'size.png' => [png_of(9000, 9000, "\0" x 1000),
        'has more than 64 million'],
    # of one colour: some kilobytes that unpack to 75 MB
    'bomb.png' => [png_of(5000, 5000, $row x 5000), ''],
);
$bad{"a[shrink=8].png"} = [$good, ''];
write_file("$dir/bad/$_", $bad{$_}[0]) for keys %bad;
POSIX::mkfifo("$dir/bad/pipe.png", 0600) or die $!;
mkdir "$dir/bad/folder.png" or die $!;
$bad{'pipe.png'} = $bad{'folder.png'} = [undef, 'is no regular file'];
open my $large, '>', "$dir/bad/large.png" or die $!;
truncate $large, 40 * 1024 * 1024;
close $large;
$bad{'large.png'} = [undef, 'is larger than 32 MiB'];

my $shop = join '', map { my $id = s/\.\w+\z//r;
    qq({"id":"$id","title":"T","url":"/$id","image":"/x/$_"}\n) }
    sort keys %bad;
write_file("$dir/bad.json", $shop);

my $began = time;
is xsell('', 'catalog', '--images', "$dir/bad", "$dir/bad.json"), 0,
    'bad pictures stop nothing';
cmp_ok time - $began, '<', 20, 'nor take for ever';
like $out, qr/^pictures: of 2 of 14 items; 12 could not be read$/m,
    'those that are good count';
my $named = () = $err =~ /: left out$/mg;
is $named, 10, 'ten are named';
for (sort grep { $bad{$_}[1] } keys %bad) {
    next if $err !~ /\Q$_\E/;           # one of them is past the ten
    like $err, qr/\Q$_\E: \Q$bad{$_}[1]\E.*: left out$/m, $_;
}


# a reader that crashes or stalls: a program in its place

for (['ends', 'exit 1', 1, qr/ends at every picture/],
    ['answers nonsense', 'head -c 1 >/dev/null; printf "xxxxyyyyzzzz"; sleep 9',
        1, qr/made its reader end|ends at every/])
{
    my ($what, $script, $code, $message) = @$_;
    my $place = "$dir/fake-$what";
    mkdir $place or die $!;
    system('cp', $xsell, "$place/xsell") == 0 or die 'cp';
    write_file("$place/xsell-pictures", "#!/bin/sh\n$script\n");
    chmod 0755, "$place/xsell-pictures";
    local $XsellCli::xsell = "$place/xsell";
    is xsell('', 'catalog', '--images', "$dir/bad", "$dir/bad.json"), $code,
        "a reader that $what";
    like $err, $message, 'it is said';
}


# ---- whose picture -------------------------------------------------------

mkdir "$dir/shop" or die $!;
write_file("$dir/shop/one.png", thing('disc', 'red', 'white'));
write_file("$dir/shop/media/p/two.png", thing('disc', 'red', 'sand'));
write_file("$dir/shop/three 3.png", thing('disc', 'orange', 'white'));
write_file("$dir/shop/four.jpeg", thing('bar', 'green', 'white'));
write_file("$dir/secret.png", thing('bar', 'red', 'white'));
write_file("$dir/shop.json", join "\n",
    '{"id":"one","title":"1","url":"/1","category":"a"}',
    '{"id":"two","title":"2","url":"/2","category":"a",'
        . '"image":"https://cdn.shop/x/media/p/two.png?w=2"}',
    '{"id":"three","title":"3","url":"/3","category":"a",'
        . '"image":"/i/three%203.png"}',
    '{"id":"four","title":"4","url":"/4","category":"b"}',
    '{"id":"five","title":"5","url":"/5"}',
    '{"id":"../secret","title":"6","url":"/6"}',
    '{"id":"seven","title":"7","url":"/7","image":"/../secret.png"}',
    '{"id":"eight","title":"8","url":"/8","image":"/a/%2e%2e/secret.png"}',
    '{"id":"nine","title":"9","url":"/9","image":"/a/..%2fsecret.png"}', '');

is xsell('', 'catalog', '--images', "$dir/shop", '--item', 'one',
    "$dir/shop.json"), 0, 'pictures by id and by link';
like $out, qr/^pictures: of 4 of 9 items; 0 could/m,
    'no name leads out of the folder';
like $out, qr/looks like it:\n\s+1\s+\S+\s+two\s.*\n\s+2\s+\S+\s+three\s/,
    'the same form, then the same form in another colour';
like $out, qr/goes with it:\n/, 'and what goes with it';

my $first = $out;
xsell('', 'catalog', '--images', "$dir/shop", '--item', 'one',
    "$dir/shop.json") for 1 .. 2;
is $out, $first, 'always the same';

is xsell('', 'catalog', '--images', "$dir/shop", '--compile', '-o',
    "$dir/shop.xsc", "$dir/shop.json"), 0, 'into a compiled catalogue';
my ($near) = $first =~ /(  looks like it:.*)/s;
xsell('', 'catalog', '--item', 'one', "$dir/shop.xsc");
like $out, qr/\Q$near\E/, 'the same lists';
is xsell('', 'catalog', '--images', "$dir/shop", "$dir/shop.xsc"), 1,
    'that has been compiled';
like $err, qr/is compiled already/, 'learns no more';

is xsell('', 'catalog', '--images', "$dir/one", "$dir/shop.json"), 1,
    'a folder with the pictures of nobody';
like $err, qr/has a picture of no item/, 'it is said';
is xsell('', 'catalog', '--images', "$dir/shop", '--json', "$dir/shop.json"),
    0, 'as JSON';
like $out, qr/\A\{/, 'nothing but JSON';

# what ten products show is no picture of any of them
write_file("$dir/empty/p$_.png", thing('bar', 'grey', 'white')) for 1 .. 10;
write_file("$dir/empty/p11.png", thing('disc', 'red', 'white'));
write_file("$dir/empty.json", join '', map {
    qq({"id":"p$_","title":"P $_","url":"/$_"}\n) } 1 .. 11);
xsell('', 'catalog', '--images', "$dir/empty", "$dir/empty.json");
like $out, qr/^pictures: of 1 of 11/m, 'a placeholder counts for nobody';
like $err, qr/the same picture as 9 other products/, 'it is said';


# ---- photos --------------------------------------------------------------

my $photos = ($ENV{XSELL_SHARED} || "$root/../shared") . '/data/clothing';

SKIP: {
    skip 'no photos', 2 if !-d $photos;

    is xsell('', 'eval', 'visual', '--images', $photos), 0, 'photos';
    ($p) = $out =~ /^P\@5=(\S+) images=372 classes=10\n\z/m;
    cmp_ok $p, '>=', .62, "same class among the five most alike: $p";
}

done_testing;
