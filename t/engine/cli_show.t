#!/usr/bin/perl

# xsell catalog, render, theme, and what all commands have in common.  The
# hazards: a fragment that is not the one that nginx writes, a mistake in a
# template that prints half of it, a closed output that looks like success, a
# command that its help or the manual does not know.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use Test::More;
use XsellCli;


my @titles = ('Red cotton shirt', 'Blue cotton shirt', 'Garden hose',
    'Red <b>"wool"</b> hat', 'Red cotton shirt');
my @items = map {
    { id => "p$_", title => $titles[$_], url => "/p/$_?a=1&b=2",
      price => (10, 20, 30.5, 40)[$_] // '', currency => 'EUR',
      category => $_ == 2 ? 'Garden' : 'Clothes > Shirts',
      $_ == 3 ? (availability => 'out_of_stock') : (),
      $_ < 2 ? (brand => 'Acme', image => "/i/$_.jpg") : () }
} 0 .. 4;
delete $items[4]{price};
my $catalog = write_file("$dir/catalog.json", JSON::PP->new->encode(\@items));
my @catalog = ('--catalog', $catalog);


# ---- catalog -------------------------------------------------------------

is xsell('', 'catalog', $catalog), 0, 'a catalogue';
like $out, qr/: 5 items, 4 in_stock, 1 out_of_stock\n/, 'is summed';
like $out, qr/without: 1 price, 3 picture, 0 category, 3 brand/,
    'with what it lacks';
like $out, qr/10\.00 EUR to 40\.00 EUR, half of them up to 20\.00 EUR/,
    'its prices';
like $out, qr/1 with the title of another/, 'titles that occur twice';
like $out, qr/2 categories\n +4  Clothes > Shirts\n +1  Garden\n/,
    'and its categories, the largest first';
is xsell('', 'catalog', '--json', $catalog), 0, 'for programs';
my $json = JSON::PP::decode_json($out);
is_deeply [@$json{qw(items currency same_title)},
    $json->{price_minor}{median}, $json->{missing}{image}],
    [5, 'EUR', 1, 2000, 3], 'the same';

is xsell('', 'catalog', '--item', 'p0', $catalog), 0, 'an item';
like $out, qr{^p0  Red cotton shirt\n  /p/0\?a=1&b=2, 10\.00 EUR, in_stock, Acme},
    'is shown';
like $out, qr/^   1  0\.\d+  p[14] /m, 'and what it is like';
is xsell('', 'catalog', '--json', '--item', 'p0', $catalog), 0, 'as JSON';
$json = JSON::PP::decode_json($out);
like $json->{similar}[0]{id}, qr/^p[14]$/, 'too';
is xsell('', 'catalog', '--item', 'gone', '--item', 'p1', $catalog), 1,
    'an item that is not there';
like $err, qr/no item "gone"/, 'is named';
like $out, qr/^p1 /, 'and the other is shown';
is xsell('', 'catalog'), 2, 'no file';
is xsell('', 'catalog', $catalog, $catalog), 2, 'two files';
is xsell('', 'catalog', "$dir/gone"), 1, 'an absent file';
is xsell('[', 'catalog', '-'), 1, 'no catalogue';


# ---- render --------------------------------------------------------------

is xsell('', 'render', @catalog, '--items', 'p1,p3'), 0, 'two items';
like $out, qr/^<section class="xs" data-xsell-slot="related"/, 'in a carousel';
is_deeply [$out =~ /data-xsell-item="(\w+)"/g], ['p1', 'p3'], 'in their order';
like $out, qr/Red &lt;b&gt;/, 'escaped';
like $out, qr/href="\/p\/1\?a=1&amp;b=2"/, 'with their links';
is xsell('', 'render', @catalog, '--items', 'p1', '--lang', 'de', '--slot',
    'cart', '--title', 'Dazu', '--template', 'story'), 0,
    'in another language, slot, template';
like $out, qr/20,00\s*(?:\xc2\xa0)?\xe2\x82\xac/, 'a German price';
like $out, qr/data-xsell-slot="cart".*>Dazu<.*xs-story/s, 'all as asked';
is xsell('', 'render', @catalog, '--count', 3), 0, 'nothing asked for';
is_deeply [$out =~ /data-xsell-item="(\w+)"/g], ['p0', 'p1', 'p2'],
    'shows the first ones';
is xsell('', 'render', @catalog, '--item', 'p0'), 0, 'on the first day';
my @offered = $out =~ /data-xsell-item="(\w+)"/g;
like "@offered", qr/\bp1\b/, 'the similar one is offered';
unlike "@offered", qr/p0|p3/, 'not the item itself, nor what is sold out';

my $log = join '', map { my $v = $_;
    map { qq({"type":"view","time":) . (1732300000000 + $v * 100000
        + $_ * 20000) . qq(,"visitor":"v$v","item":"p$_"}\n) } 2, 4
} 1 .. 5;
is xsell($log, 'replay', '-', @catalog, '--state', "$dir/state"), 0, 'a state';
is xsell('', 'render', @catalog, '--item', 'p2', '--state', "$dir/state"), 0,
    'with what was learned';
like $out, qr/data-xsell-item="p4"[^>]*viewed/, 'offers what was viewed with it';

mkdir "$dir/look";
write_file("$dir/look/mine.mustache",
    '<i>{{#items}}{{title}};{{/items}}</i>');
is xsell('', 'render', @catalog, '--items', 'p0,p2', '--templates',
    "$dir/look", '--template', 'mine'), 0, 'a template of the shop';
is $out, '<i>Red cotton shirt;Garden hose;</i>', 'and nothing else';
is xsell('', 'render', @catalog, '--items', 'p0', '--template', 'mine'), 1,
    'without its folder';
like $err, qr/no template "mine"; there are carousel, grid, story/,
    'the others are named';
write_file("$dir/look/mine.mustache", "\n<i>{{/items}}</i>");
is xsell('', 'render', @catalog, '--items', 'p0', '--templates', "$dir/look"),
    1, 'a mistake in a template';
like $err, qr/mine\.mustache:2:\d+: error: /, 'has its place';
is $out, '', 'and prints nothing';
unlink "$dir/look/mine.mustache";
write_file("$dir/look/style.css", ".xs { outline: 0 }\n");

is xsell('', 'render', @catalog, '--page', '--templates', "$dir/look",
    '--base', 'https://shop.example/"', '--lang', 'he'), 0, 'a page';
like $out, qr/^<!DOCTYPE html>\n<html lang="he">.*<\/html>\n\z/s, 'is whole';
like $out, qr/<base href="https:\/\/shop\.example\/&quot;">/, 'its base escaped';
like $out, qr/<style>.*\.xs-row.*outline: ?0.*<\/style>.*<section class="xs"/s,
    'the rules in it, the own ones last';
unlike $out, qr/<link/, 'and no link to them, where nothing stands';
like $out, qr{</style>\n</head>\n<body>\n.*<section class="xs.*</section>\n}s,
    'all else of the fragment';

is xsell('', 'render', @$_), 2, "@$_ is wrong usage"
    for [], ['--items', 'p0'], [@catalog, '--count', 13],
        [@catalog, '--theme', 'x'], [@catalog, '--items', ''],
        [@catalog, '--items', 'p0', '--item', 'p1'], [@catalog, 'p0'],
        [@catalog, '--items', join ',', ('p0') x 13], ['--nothing'];
is xsell('', 'render', @catalog, @$_), 1, "@$_ fails"
    for ['--items', 'p0,gone'], ['--item', 'gone'],
        ['--state', "$dir/gone"], ['--state', $catalog],
        ['--templates', "$dir/gone"], ['--page', '--theme', "$dir/gone"];


# ---- theme ---------------------------------------------------------------

is xsell('', 'theme'), 0, 'the neutral stylesheet';
my $neutral = $out;
like $neutral, qr/--xs-[\w-]+:.*\.xs-row/s, 'has properties and rules';
is xsell('', 'theme', '--tokens'), 0, 'the neutral tokens';
ok JSON::PP::decode_json($out), 'are JSON';
is xsell($out, 'theme', '-'), 0, 'and make';
is $out, $neutral, 'the neutral stylesheet again';
is xsell('', 'theme', '--style', "$dir/look/style.css"), 0, 'with own rules';
like $out, qr/outline: ?0/, 'has them';
is xsell('{"a":', 'theme', '-'), 1, 'broken tokens';
like $err, qr/\(input\):1:\d+: error: /, 'have a place';
is xsell('', 'theme', "$dir/gone"), 1, 'absent tokens';
is xsell('', 'theme', 'a', 'b'), 2, 'two files';
is xsell('', 'theme', '--tokens', 'a'), 2, 'tokens of tokens';


# ---- all commands --------------------------------------------------------

is xsell('', '--help'), 0, 'help';
my @commands = $out =~ /^  (\w+) /mg;
is_deeply [sort @commands], [qw(catalog check eval explain item plan recommend
    render replay rewrite simulate snapshot template theme)],
    'names the commands';
my $man = read_file("$root/man/xsell.1");

for my $command (@commands) {
    is xsell('', $command, '--help'), 0, "$command --help";
    like $out, qr/^usage: xsell $command/, 'says how';
    unlike $out, qr/.{80}/, 'in lines that fit';
    is $err, '', 'and nothing else';

    my @options = $out =~ /(?<![\w!-])(--[a-z-]+)/g;
    is xsell('', $command, '--no-such-option'), 2, "$command: wrong usage";
    like $err, qr/no-such-option/, 'is named';

    ok scalar($man =~ /^\.B $command\b/m), "$command is in the manual";
    my %seen;
    for (grep { $_ ne '--help' && !$seen{$_}++ } @options) {
        (my $dashes = $_) =~ s/-/\\-/g;
        ok scalar($man =~ /\Q$dashes\E(?!\w|\\-)/), "and $_";
    }

    SKIP: {
        skip 'no /dev/full', 1 if !-c '/dev/full';
        is system("$xsell $command --help >/dev/full 2>/dev/null") >> 8, 1,
            'a full disk is a failure';
    }
}

is xsell('', 'rendr'), 2, 'a command that there is not';
like $err, qr/did you mean "render"\?/, 'but one that is near';
is xsell('', 'xyzzy'), 2, 'or not';
unlike $err, qr/did you mean/, 'near';
is xsell('', ''), 2, 'an empty one';

# output that nobody reads: the signal ends it, or it says so
system("$xsell catalog --json $catalog 2>/dev/null | true");
my $code = system("bash -c '$xsell theme >&- 2>$dir/err'") >> 8;
is $code, 1, 'no output at all is a failure';
like read_file("$dir/err"), qr/could not write/, 'and is said';

done_testing;
