#!/usr/bin/perl

# xsell eval sentiment, xsell catalog --reviews.  The hazards: figures that
# are not those of the definition, a file that is half read and counted all
# the same, reviews of other shops' items, a rating that gets lost.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;
use XsellCli;


my $words = write_file("$dir/words.txt",
    "good\t1.9\ngreat\t3.1\nbad\t-2.5\nhorrible\t-2.5\n");
my $signs = write_file("$dir/signs.txt.gz", gz("\x{f0}\x{9f}\x{98}\x{80}\tgood\n"));


# ---- eval sentiment ------------------------------------------------------

# the middle two change places: Spearman 1 - 6 x 2 / (4 x 15)
my $data = write_file("$dir/data.tsv",
    "1\t-3\tbad\n2\t0.5\tgood\n3\t0.4\tgreat\n4\t4\tgreat good\n");
is xsell('', 'eval', 'sentiment', '--lexicon', $words, '--data', $data), 0,
    'moods and ratings';
like $out, qr/^pearson=(0\.\d{4}) spearman=0\.8000 texts=4 words=4\n\z/,
    'rank correlation';

# the same numbers: 1.9 / sqrt(1.9^2 + 15) = .4404
write_file("$dir/same.json", '[{"id": "a", "text": "a {good} \"book\"", '
    . '"neg": 0, "compound": 0.4404}, {"text": "", "compound": 0.0}, '
    . qq({"text":"\x{f0}\x{9f}\x{98}\x{80}","compound":0.4404}]));
is xsell('', 'eval', 'sentiment', '--lexicon', $words, '--lexicon', $signs,
    '--reference', "$dir/same.json"), 0, 'a reference';
is $out, "difference=0.00000 compared=3 words=4\n", 'no difference';

write_file("$dir/other.json", '[{"text":"good","compound":0.4304}]');
xsell('', 'eval', 'sentiment', '--lexicon', $words, '--reference',
    "$dir/other.json", '--verbose');
is $out, "0.4404, reference 0.4304: good\n"
    . "difference=0.01000 compared=1 words=4\n", 'a difference, and where';

for (["1\tx\tgood\n", qr/data:1: the rating is no number/],
    ["1\t2\tgood\nbad line\n", qr/data:2: not an id, a rating/],
    ["1\t2\tgood\n", qr/too few texts/])
{
    write_file("$dir/data", $_->[0]);
    is xsell('', 'eval', 'sentiment', '--lexicon', $words, '--data',
        "$dir/data"), 1, 'bad data';
    like $err, $_->[1], 'and why';
}
for ('[{"text":"good"', '[{"text":"good"}]', '[{"compound":1}]') {
    write_file("$dir/data", $_);
    is xsell('', 'eval', 'sentiment', '--lexicon', $words, '--reference',
        "$dir/data"), 1, "a bad reference: $_";
}
write_file("$dir/bad", "good\t1.9\nbad\t99\n");
is xsell('', 'eval', 'sentiment', '--lexicon', "$dir/bad", '--data', $data), 1,
    'a bad lexicon';
like $err, qr{/bad:2:5: error: a valence is}, 'its line';
is xsell('', 'eval', 'sentiment', '--lexicon', $signs, '--data', $data), 1,
    'signs alone';
like $err, qr/that is no lexicon/, 'are none';
is xsell('', 'eval', 'sentiment', '--data', $data), 2, 'without a lexicon';
is xsell('', 'eval', 'sentiment', '--lexicon', $words), 2, 'without data';


# ---- catalog --reviews ---------------------------------------------------

my $shop = write_file("$dir/shop.json", join "\n",
    (map { qq({"id":"$_","title":"T $_","url":"/$_"}) } 'a' .. 'e'),
    '{"id":"f","title":"F","url":"/f","rating":4.5,"rating_count":100,'
        . '"reviews":[{"stars":5,"text":"great"}]}', '');
my $reviews = write_file("$dir/reviews.json.gz", gz(join '', (
    '{"item":"a","stars":5,"text":"great"}' . "\n"
    . '{"sku":"b","rating":"1","reviewBody":"horrible"}' . "\n"
    . '{"asin":"c","overall":3.0,"reviewText":"great","style":{"x":1}}' . "\n"
    . '{"asin":"d","overall":3.0,"reviewText":"bad"}' . "\n"
    . '{"item":"nobody","stars":5}' . "\n") x 20));

sub liked {
    my ($id, @args) = @_;
    xsell('', 'catalog', @args, '--item', $id, $shop) == 0 or diag $err;
    return $out =~ /^  liked ([-+]\d\.\d\d) against/m ? $1 : 0;
}

my @both = ('--reviews', $reviews, '--lexicon', $words);
cmp_ok liked('a', @both), '>', .3, 'what pleases';
like $out, qr/^reviews: 80 of 4 items, mean 3\.\d\d stars, mood -?0\.\d\d; 20 of items that are not here$/m,
    'what was read';
cmp_ok liked('b', @both), '<', -.3, 'what does not';
cmp_ok liked('c', @both), '>', liked('d', @both), 'of equal stars the texts';
is liked('c', '--reviews', $reviews), liked('d', '--reviews', $reviews),
    'which say nothing without a lexicon';
is liked('e', @both), 0, 'nobody said anything';

cmp_ok liked('f', '--reviews', $shop), '==', 0,
    'the only rated item is the average';
like $out, qr/^reviews: 1 of 1 items/m, 'reviews in the catalogue itself';
unlike $err, qr/reviews/, 'are no unknown key';
cmp_ok liked('f', @both, '--reviews', $shop), '>', .3,
    'with others beside it, it is not';

write_file("$dir/some.json", '{"item":"a","stars":9}' . "\n"
    . '{"item":"a","stars":4}' . "\n");
is xsell('', 'catalog', '--reviews', "$dir/some.json", $shop), 0,
    'one that is none';
like $err, qr{/some\.json:1: warning: no review}, 'is named';
like $out, qr/^reviews: 1 of 1 items/m, 'and left out';
write_file("$dir/some.json", '{"item":"a",');
is xsell('', 'catalog', '--reviews', "$dir/some.json", $shop), 1, 'no JSON';
is xsell('', 'catalog', '--lexicon', $words, $shop), 2,
    'a lexicon without reviews';
xsell('', 'catalog', '--reviews', $reviews, '--json', $shop);
like $out, qr/\A\{"items":6/, 'JSON is JSON';
like $err, qr/^reviews: 80/m, 'the rest is beside it';


# ---- snippets ------------------------------------------------------------

my $shared = $ENV{XSELL_SHARED} || "$root/../shared";
my @files = ("$shared/data/vader_lexicon.txt.gz",
    "$shared/data/amazonReviewSnippets_GroundTruth.tsv.gz",
    "$shared/vectors/sentiment/vader_amazon_public.json.gz");

SKIP: {
    skip 'no snippets', 3 if grep { !-f } @files;

    is xsell('', 'eval', 'sentiment', '--lexicon', $files[0], '--data',
        $files[1], '--reference', $files[2]), 0, 'snippets';
    my ($pearson, $difference) = $out =~
        /^pearson=(\S+) .* difference=(\S+) compared=1854 words=7506\n\z/;
    cmp_ok $pearson, '>=', .58, "Pearson $pearson";
    cmp_ok $difference, '<=', 5e-5, "difference $difference";
}

done_testing;
