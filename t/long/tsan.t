# Hazard: two threads of the engine on one word without an order between them,
# which x86 forgives and other machines do not.

use strict;
use warnings;

use Test::More;

my @out = `t/tsan.sh 2>&1`;
my $rc = $?;

is $rc, 0, 'the engine under ThreadSanitizer' or diag @out;
ok !(grep { /WARNING: ThreadSanitizer/ } @out), 'nothing to report';
cmp_ok scalar(grep { /^ok / } @out), '>=', 40, 'tests ran';

done_testing;
