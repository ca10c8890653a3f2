#!/usr/bin/perl

# Pictures of the demo's pages: shots.pl [INVOICES] writes build/shots/*.png,
# one a page and width, and contact-sheet.png with all of them, and prints
# their names.  With INVOICES (as for demo.pl --retail) the shop made of them
# is there too.  `./run shots` builds and then runs this.

use strict;
use warnings;

use Cwd 'abs_path';
use FindBin;
use File::Path qw(make_path remove_tree);

my $ROOT = abs_path("$FindBin::Bin/..");
my $OUT = "$ROOT/build/shots";


sub run
{
    my (@command) = @_;

    system { $command[0] } @command;
    exit 130 if $? & 127;
    exit $? >> 8 if $?;
}


my ($retail) = @ARGV;

die "usage: shots.pl [INVOICES]\n" if @ARGV > 1;
remove_tree($OUT);
make_path($OUT);

my @node = ('node', "$FindBin::Bin/shots.mjs", $OUT);
my @demo = ($^X, "$FindBin::Bin/demo.pl", '--holdout', 'off', '--dir');

run(@demo, "$ROOT/build/demo-shots", '--', @node, 'prints');
run(@demo, "$ROOT/build/demo-shots-retail", '--retail', $retail, '--', @node,
    'retail') if defined $retail;
run(@node, 'sheet');
