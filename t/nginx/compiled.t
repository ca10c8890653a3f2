# Hazard: a compiled catalogue that workers map: a reload that takes the file
# away from those that still use it, a broken one that is served from or that
# takes the shop down, another one than JSON would have given.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell qw(wait_for);
use Xsell::Shop;
use Xsell::Traffic;

my $xsell = Xsell::repo() . '/build/xsell';

plan skip_all => 'no build/xsell' if !-x $xsell;

my @always = map { "i$_" } 0 .. 19;

# JSON of these items, compiled to a file of the server's folder
sub compile {
    my ($t, $name, @ids) = @_;
    my $dir = $t->dir;

    $t->write_file('items.json', Xsell::Shop::catalog(\@ids));

    return `$xsell catalog --compile -o $dir/$name $dir/items.json 2>&1`;
}

sub catalog_items {
    my ($t) = @_;

    return $t->get('/metrics')->body =~ /^xsell_items\S* (\d+)/m
        ? $1 : undef;
}

my $t = Xsell::Shop->new(items => [ @always ])->start;

# --- from JSON to compiled, under traffic ----------------------------------

my $traffic = Xsell::Traffic->start($t, ids => \@always);
my $dir = $t->dir;
my $good = 0;

like compile($t, 'catalog.json', @always), qr/20 items/, 'compiled';
ok $t->reload, 'a compiled catalogue in the place of JSON';

for my $n (1 .. 4) {
    compile($t, 'catalog.json', @always, map { "n$n$_" } 1 .. $n);
    $good++ if $t->reload;
    is catalog_items($t), 20 + $n, "reload $n: its items are there";
}
is $good, 4, 'each with another file in the same place';

my @maps = map {
    open my $f, '<', "/proc/$_/maps" or die "maps: $!";
    grep { /catalog\.json/ } <$f>;
} $t->worker_pids;
is scalar(grep { !/ r--s / } @maps), 0, 'mapped, shared, read-only';
cmp_ok scalar(@maps), '>=', 1, 'in the workers';
is scalar(grep { /deleted/ } @maps), 0, 'none holds an old one';

# --- broken ones -----------------------------------------------------------

my $whole = $t->read_file('catalog.json');

for my $case (
    [ 'cut off', substr($whole, 0, length($whole) - 64), qr/bytes and not/ ],
    [ 'the beginning only', substr($whole, 0, 100), qr/cut off/ ],
    [ 'a byte of its head', do {
        my $s = $whole; substr($s, 300, 1) ^= "\x01"; $s }, qr/head is damaged/ ],
    [ 'a byte of its body', do {
        my $s = $whole; substr($s, 1100, 1) ^= "\x01"; $s }, qr/checksum/ ],
    [ 'another version', do {
        my $s = $whole; substr($s, 8, 1) ^= "\x40"; $s }, qr/another version/ ])
{
    my ($what, $bytes, $why) = @$case;
    my $mark = $t->mark;

    open my $f, '>:raw', "$dir/new" or die "new: $!";
    print $f $bytes;
    close $f or die "new: $!";
    rename "$dir/new", "$dir/catalog.json" or die "rename: $!";

    ok !$t->reload, "$what: refused";
    like $t->log_since($mark), $why, "$what: says why";

    my ($code, $out) = $t->test_conf;
    isnt $code, 0, "$what: nginx -t too";
    like $out, $why, "$what: and says why";
    is catalog_items($t), 24, "$what: the old goes on";
}

compile($t, 'catalog.json', @always);
ok $t->reload, 'and is reloaded when it is whole again';
is catalog_items($t), 20, 'with its items';

my $sums = $traffic->stop;
is $sums->{failed}, 0, "none of $sums->{requests} requests failed"
    or diag join "\n", @{ $sums->{errors} };
is $sums->{shown}, $sums->{requests}, 'each page had its fragment';

$t->done(allow => qr/catalog of shop/);

done_testing;
