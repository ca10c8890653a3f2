# Hazard: what 1,500 requests do not show: 100,000 of each kind to a page that
# is replaced 20 times a second, and 20,000 pages in bounded memory.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;

my $repo = Xsell::repo();

local @ENV{qw(XSELL_SWAPS XSELL_PAGES XSELL_TIMEOUT)} = (100_000, 20_000, 1800);
my $out = `$^X $repo/t/nginx/known_swap.t 2>&1`;

is $?, 0, 't/nginx/known_swap.t with 100,000 requests of each kind'
    or diag $out;
diag $1 while $out =~ /^# (.*(?:requests|pages).*)/mg;

done_testing;
