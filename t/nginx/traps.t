# Hazard: a table of traps that tells of tests which are not there.  Each number
# of the README's table stands in a test of each file beside it, and no test has
# a number that the table lacks.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;

my $repo = Xsell::repo();

sub text { return Xsell::Tools::slurp("$repo/$_[0]") }

my ($table) = text('README.md') =~ /^##+ Traps of nginx\n(.*?)^(?:##|License)/ms
    or BAIL_OUT('README has no table of traps');
my (%row, %named);

for ($table =~ /^(\| \d.*)$/mg) {
    my (undef, $numbers, $trap, $does, $files) = split / ?\| ?/;
    my @files = $files =~ /`([^`]+)`/g;

    for my $n ($numbers =~ /\d+/g) {
        ok !$row{$n}++, "trap $n: one row";
        ok length $trap && length $does, "trap $n: what it is, what is done";

        my @with = grep { text("t/$_") =~ /\btraps? (?:\d+, )*$n\b/ } @files;
        if (@files > 1 && $numbers =~ /,/) {
            ok @with, "trap $n: in one of @files";
        } else {
            is "@with", "@files", "trap $n: in each of @files";
        }
    }
}

cmp_ok scalar(keys %row), '>=', 75, 'the table was read';

for my $path (glob("$repo/t/nginx/*.t"), glob("$repo/t/*/*_test.c"),
              glob("$repo/t/browser/*.mjs"), glob("$repo/t/long/*.t"))
{
    my $name = substr $path, length("$repo/t/");
    next if $name eq 'nginx/traps.t';
    push @{ $named{$_} }, $name
        for text("t/$name") =~ /\btrap (\d+)/g;
}

is join(' ', map { "$_ (@{ $named{$_} })" } grep { !$row{$_} }
             sort { $a <=> $b } keys %named), '',
    'every test with a number has its row';

done_testing;
