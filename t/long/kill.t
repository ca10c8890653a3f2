# Hazard: what a few kills do not show.  t/nginx/kill.t with 400 of them, a
# learner that stands still for longer, and 40 times all at once; together
# with t/engine/torture_*_test.c, repeated, well over 1,000 SIGKILLs.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;

my $repo = Xsell::repo();

local @ENV{qw(XSELL_KILLS XSELL_STOP XSELL_ALL)} = (400, 3, 40);
my $out = `$^X $repo/t/nginx/kill.t 2>&1`;

is $?, 0, 't/nginx/kill.t with 400 kills' or diag $out;
diag $1 while $out =~ /^# (\d+ kills.*|recurred .*)/mg;

for my $test (glob "$repo/build/t/torture_*_test") {
    local $ENV{XSELL_TORTURE} = 3;
    my $result = `$test 2>&1`;
    my ($name) = $test =~ m{([^/]+)$};

    is $?, 0, "$name, three times as much" or diag $result;
    diag "$name: $1" while $result =~ /^# (.*kill.*)/mg;
}

done_testing;
