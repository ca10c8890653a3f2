#!/usr/bin/perl

# Outside bytes (cookies, tokens, pages, templates, snapshots, the catalogue)
# that crash, hang or overrun the engine: each libFuzzer harness for a few
# seconds, from its corpus, with a fixed seed.  XSELL_FUZZ_SECONDS: per
# harness (3).  Build them by `make fuzz CC=clang`.

use strict;
use warnings;

use File::Basename qw(basename);
use File::Temp ();
use FindBin;
use Test::More;

my $seconds = $ENV{XSELL_FUZZ_SECONDS} || 3;
my @harnesses = grep { -x }
    map { "$FindBin::Bin/../../build/fuzz/" . basename($_, '.c') }
    sort glob "$FindBin::Bin/fuzz_*.c";

plan skip_all => 'no harness is built (make fuzz CC=clang)' if !@harnesses;

for my $harness (@harnesses) {
    my $name = basename($harness);
    my $dir = File::Temp->newdir;       # what it finds stays out of the corpus
    my $corpus = "$FindBin::Bin/corpus/$name";
    my $dictionary = "$FindBin::Bin/$name.dict";

    my @args = ('-seed=1', "-max_total_time=$seconds", '-timeout=10',
                '-rss_limit_mb=1024', '-max_len=65536', '-print_final_stats=1',
                "-artifact_prefix=$dir/");
    push @args, "-dict=$dictionary" if -e $dictionary;

    mkdir "$dir/new" or die "$dir: $!";
    my @command = ($harness, @args, "$dir/new", -d $corpus ? $corpus : ());

    my $pid = open(my $out, '-|') // die "fork: $!";
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec @command or die "$harness: $!";
    }
    my @lines = <$out>;
    close $out;
    my $status = $?;

    my ($runs) = map { /^stat::number_of_executed_units:\s*(\d+)/ } @lines;
    is $status, 0, "$name: " . ($runs // 0) . ' runs';
    next if $status == 0;

    # the report of the sanitizer, not the thousand lines of progress
    @lines = grep { !/^#\d+\t|^stat::|^INFO:/ } @lines;
    diag @lines[0 .. ($#lines > 60 ? 60 : $#lines)];
    for my $found (grep { -f } glob "$dir/*") {
        open my $f, '<:raw', $found or next;
        local $/;
        diag basename($found), ': ', unpack 'H*', substr <$f>, 0, 4096;
    }
}

done_testing;
