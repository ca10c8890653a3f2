# Hazard: a catalogue that is compiled to something else, or over a good one
# when it fails; vectors that go to the wrong items; a file that is told to be
# fine and is not.

use strict;
use warnings;

use File::Temp qw(tempdir);
use FindBin;
use Test::More;

my $xsell = "$FindBin::Bin/../../build/xsell";
plan skip_all => 'no build/xsell' if !-x $xsell;

my $dir = tempdir(CLEANUP => 1);

# (exit code, both outputs)
sub xsell {
    my $out = `cd '$dir' && '$xsell' @_ 2>&1`;

    return ($? >> 8, $out);
}

sub put {
    my ($name, $bytes) = @_;

    open my $f, '>:raw', "$dir/$name" or die "$name: $!";
    print $f $bytes;
    close $f or die "$name: $!";
}

sub slurp {
    open my $f, '<:raw', "$dir/$_[0]" or die "$_[0]: $!";
    local $/;
    return <$f>;
}

# numpy's format of version 1
sub npy {
    my ($descr, $shape, $data) = @_;
    my $h = "{'descr': '$descr', 'fortran_order': False, 'shape': $shape, }\n";

    return "\x93NUMPY\1\0" . pack('v', length $h) . $h . $data;
}

my @ids = map { "i$_" } 0 .. 5;

put('items.json', join '', map {
    qq({"id":"$_","title":"red lamp $_","url":"/$_","price":"1.50 EUR"}\n)
} @ids);


# --- compile ---------------------------------------------------------------

my ($code, $out) = xsell('catalog --compile -o a.xsc items.json');
is $code, 0, 'compiled';
like $out, qr/^a\.xsc: 6 items, /, 'and says so';

for my $what ('', '--json', '--item i3', '--json --item i3') {
    my @json = xsell("catalog $what items.json");
    my @xsc  = xsell("catalog $what a.xsc");
    s/items\.json|a\.xsc/FILE/g for $json[1], $xsc[1];
    is_deeply \@xsc, \@json, "catalog $what: the same of both";
}

is +(xsell('recommend --catalog a.xsc --item i1'))[0],
   (xsell('recommend --catalog items.json --item i1'))[0],
   'other commands take it too';

my $good = slurp('a.xsc');
xsell('catalog --compile -o b.xsc items.json');
is slurp('b.xsc'), $good, 'the same JSON, the same file';

put('bad.json', '[{"id":"a"}]');
($code) = xsell('catalog --compile -o a.xsc bad.json');
is $code, 1, 'bad JSON is refused';
is slurp('a.xsc'), $good, 'and the old file stays';
is scalar(grep { /tmp$/ } glob "$dir/*"), 0, 'nothing is left behind';

($code, $out) = xsell('catalog --compile -o no/such/a.xsc items.json');
is $code, 1, 'a folder that there is not';
like $out, qr/no\/such.*No such file/, 'is named';

for my $at (20, 500, length($good) - 70) {
    my $bent = $good;
    substr($bent, $at, 1) ^= "\x20";
    put('bent.xsc', $bent);
    ($code, $out) = xsell('catalog bent.xsc');
    is $code, 1, "a byte at $at: refused";
    like $out, qr/bent\.xsc: .*damaged|another version/, 'with the reason';
}

put('short.xsc', substr $good, 0, 700);
($code, $out) = xsell('catalog short.xsc');
is $code, 1, 'cut off: refused';

for my $args ('--compile items.json', '-o a.xsc items.json',
              '--compile -o a.xsc --item i1 items.json',
              '--ids x items.json', '--plane odd items.json')
{
    is +(xsell("catalog $args"))[0], 2, "catalog $args: usage";
}


# --- embeddings ------------------------------------------------------------

# i0 and i3 point one way, the others each their own
my @v = ([ 1, 0, 0 ], [ 0, 1, 0 ], [ 0, 0, 1 ], [ 9, 1, 0 ], [ -1, 0, 0 ],
         [ 0, -1, -1 ]);
my $floats = pack 'f<*', map { @$_ } @v;

put('v.npy', npy('<f4', '(6, 3)', $floats));
put('ids.npy', npy('|S2', '(6,)', join '', @ids));
put('swapped.npy', npy('|S2', '(6,)', join '', reverse @ids));
put('ids.txt', join "\r\n", @ids);
put('some.txt', "i0\ni3\nx\ny\nz\nw\n");

sub near {
    my ($args) = @_;
    my ($code, $out) = xsell("catalog $args --item i0 items.json");

    return $code ? $out
                 : join ' ', $out =~ /by its vector:\n((?:.*\n)*)/
                             ? $1 =~ /^ +\d+ +[\d.]+ +(\S+)/mg : ();
}

is near('--embeddings v.npy'), 'i3', 'in the order of the catalogue';
is near('--embeddings v.npy --ids ids.npy'), 'i3', 'ids as an array';
is near('--embeddings v.npy --ids ids.txt'), 'i3', 'ids as lines';
is near('--embeddings v.npy --ids swapped.npy'), '', 'other ids, other items';

($code, $out) = xsell('catalog --embeddings v.npy --ids some.txt items.json');
is $code, 0, 'ids that are not in the catalogue';
like $out, qr/for 2 of 6 items; 4 ids are not/, 'are left out and told';

for my $case (
    [ 'o.npy', npy('|O', '(6,)', "\x80\3."), qr/pickle/ ],
    [ 'w.npy', npy('<f4', '(1, 2000)', "\0" x 8000), qr/1 to 1024/ ],
    [ 's.npy', npy('<f4', '(6, 4)', $floats), qr/cut off/ ],
    [ 'n.npy', npy('<f4', '(6, 3)', $floats =~ s/^..../\0\0\xc0\x7f/sr),
      qr/vector 1 .*NaN/ ],
    [ 't.npy', npy('<f4', '(5, 3)', $floats), qr/5 vectors, but 6 items/ ],
    [ 'x.npy', 'no array at all', qr/no \.npy/ ])
{
    my ($name, $bytes, $why) = @$case;

    put($name, $bytes);
    ($code, $out) = xsell("catalog --embeddings $name items.json");
    is $code, 1, "$name: refused";
    like $out, $why, "$name: says why";
}

# a visit's average has eight numbers: more would be cut off in silence

put('8.npy', npy('<f4', '(6, 8)', "\0\0\x80\x3f" x 48));
put('9.npy', npy('<f4', '(6, 9)', "\0\0\x80\x3f" x 54));
($code) = xsell('catalog --embeddings 8.npy --plane style items.json');
is $code, 0, 'styles of 8 numbers';
($code, $out) = xsell('catalog --embeddings 9.npy --plane style items.json');
is $code, 1, 'of 9: refused';
like $out, qr/6 vectors of 9 numbers: .* 1 to 8/, 'and says how many';

# arrays as numpy writes them: taken, or refused with the reason

SKIP: {
    my $from = ($ENV{XSELL_SHARED} || "$FindBin::Bin/../../../shared")
               . '/vectors/npy';
    skip 'no shared vectors', 7 if !-r "$from/scalar.npy";

    for my $case ([ 'f4_1d.npy', qr/two dimensions/ ],
                  [ 'scalar.npy', qr/two dimensions/ ],
                  [ 'empty.npy', qr/there must be some/ ],
                  [ 'obj.npy', qr/pickle/ ])
    {
        my ($name, $why) = @$case;

        ($code, $out) = xsell("catalog --embeddings '$from/$name' items.json");
        like $out, $why, "$name: says why";
    }

    for my $case ([ 'ids_S.npy', 'p' ], [ 'ids_U.npy', 'p' ],
                  [ 'ids_i8.npy', '' ])
    {
        my ($name, $p) = @$case;

        put('fifty.json', join '', map {
            qq({"id":"$p$_","title":"T","url":"/$_"}\n)
        } 0 .. 49);
        ($code, $out) = xsell("catalog --embeddings '$from/f4_c.npy' --ids "
                              . "'$from/$name' fifty.json");
        like $out, qr/for 50 of 50 items/, "$name: all of its items";
    }
}

($code, $out) = xsell('catalog --embeddings v.npy a.xsc');
is $code, 1, 'a compiled catalogue takes no more';
like $out, qr/compiled already/, 'and says so';

($code, $out) = xsell('catalog --compile -o v.xsc --embeddings v.npy '
                      . 'items.json');
like $out, qr/^style: made of these for 6 of 6 items$/m, 'styles are made';
($code, $out) = xsell('catalog --compile -o s.xsc --embeddings 8.npy --plane '
                      . 'style items.json');
unlike $out, qr/made of/, "but where they are the shop's own";
($code, $out) = xsell('catalog --item i0 v.xsc');
like $out, qr/by its vector:\n +1 +0\.99\S* +i3/, 'compiled with them';

done_testing;
