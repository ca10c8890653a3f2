# The command line under test: runs it, keeps what it printed.
# XSELL_BUILD: the folder of the binary (build).

package XsellCli;

use strict;
use warnings;

use Exporter 'import';
use File::Basename 'dirname';
use File::Path 'make_path';
use File::Temp ();
use IO::Compress::Gzip ();
use Test::More ();

our @EXPORT = qw(xsell write_file read_file gz $out $err $dir $xsell $root);

our ($out, $err);
our $root = dirname(__FILE__) . '/../../..';
our $xsell = ($ENV{XSELL_BUILD} || "$root/build") . '/xsell';
our $dir = File::Temp->newdir;

Test::More::plan(skip_all => "no $xsell (make engine)") if !-x $xsell;


# runs it with standard input from a string; the exit code, -1 for a signal
sub xsell {
    my ($input, @args) = @_;

    write_file("$dir/.in", $input);
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', "$dir/.in" or die $!;
        open STDOUT, '>', "$dir/.out" or die $!;
        open STDERR, '>', "$dir/.err" or die $!;
        exec $xsell, @args or die "$xsell: $!";
    }
    waitpid $pid, 0;
    my $code = $? & 127 ? -1 : $? >> 8;
    ($out, $err) = map { read_file("$dir/$_") } qw(.out .err);
    return $code;
}

# folders on the way are made
sub write_file {
    my ($file, $text) = @_;
    make_path(dirname($file));
    open my $f, '>:raw', $file or die "$file: $!";
    print $f $text;
    close $f or die "$file: $!";
    return $file;
}

sub read_file {
    my ($file) = @_;
    open my $f, '<:raw', $file or return '';
    local $/;
    return scalar(<$f>) // '';
}

sub gz {
    my ($text) = @_;
    IO::Compress::Gzip::gzip(\$text, \my $packed) or die 'gzip';
    return $packed;
}

1;
