#!/usr/bin/perl

# What a page costs with xsell in front of it, beside a plain cache hit and
# sub_filter: `./run bench edge`.
#
#   edge.pl [--quick] [--sizes 8,64,512] [--starts N] [--rounds N]
#           [--rt] [--only ir,calls,time] [--nopush on] [--out DIR] [--ports N]
#
# It drives the harness of the shared folder (XSELL_SHARED, default ../shared:
# bench/edge there), which starts one nginx per variant and counts instructions
# under callgrind.  Ours are the variants 13... (variants.txt); the module is
# XSELL_MODULE or the one built.  The harness sends the same 64 cookies of its
# own to all; h2load is called through `client`, which adds one of a visitor
# that our shop knows, so that every request ranks by a history.  System calls
# are counted here (strace), and times are taken here (lib/Edge/Pairs.pm), not
# by the harness's rounds of wrk: of a large page wrk costs more than nginx, and
# was what was measured; and between a variant and its base lay seconds, in
# which a shared machine changes more than the gates allow.  Our client (load.c)
# discards bodies uncopied, and a variant's slice of 40 ms stands next to its
# base's.
#
# A row has --rounds of such pairs with each of --starts sets of fronts.  --rt,
# as root on a busy machine: worker and client in the real-time class, in bursts
# of 40 ms.  --quick: two sizes, few pairs.  Exits 1 if a gate of what can be
# counted (instructions, system calls) is not met; 0 with a word if the harness
# or its tools are not there.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use FindBin;
use Getopt::Long;
use IPC::Open3;
use List::Util qw(min);
use Time::HiRes qw(sleep time);

use lib "$FindBin::Bin/lib";
use Edge::Fronts qw(with_fronts);
use Edge::Pairs qw(pairs);
use Edge::Shop qw(make_shop make_pages make_state worst slurp spew);
use Edge::Table qw(table);

my $ROOT = abs_path("$FindBin::Bin/../..");
my %opt = (sizes => '8,64,512', starts => 5, rounds => 24, nopush => 'off',
           only => 'ir,calls,time', ports => 18600,
           out => "$ROOT/build/edge");
my @RIVALS = qw(01 03 04);
my @OURS = qw(13 13s 13off 13none 13page 13type);
my $CALLS_N = 400;

GetOptions(\%opt, 'quick', 'sizes=s', 'starts=i', 'rounds=i', 'only=s',
           'rt', 'nopush=s', 'out=s', 'ports=i') && !@ARGV
    or die "edge: see the head of bench/edge/edge.pl\n";
@opt{qw(sizes starts rounds)} = ('8,64', 2, 16) if $opt{quick};

$| = 1;
$SIG{$_} = sub { exit 130 } for qw(INT TERM);
main();


sub skip
{
    print "skipped: @_\n";
    exit 0;
}


sub main
{
    my $shared = $ENV{XSELL_SHARED} || "$ROOT/../shared";
    my $harness = "$shared/bench/edge/run.sh";
    my $module = $ENV{XSELL_MODULE} || "$ROOT/build/ngx_http_xsell_module.so";

    skip("no harness at $harness (XSELL_SHARED)") if !-x $harness;

    my @missing = grep { system("command -v $_ >/dev/null") != 0 }
                  qw(cc h2load valgrind strace python3 taskset);

    skip("not installed: @missing") if @missing;
    die "edge: $module: not built\n" if !-e $module;

    my %do = map { $_ => 1 } split /,/, $opt{only};
    my @sizes = sort { $a <=> $b } split /,/, $opt{sizes};
    my @worst = @sizes > 1 ? worst() : ();
    my $out = $opt{out};

    prepare($out, abs_path($module));

    $ENV{XSELL_MODULE_DIR} = dirname(abs_path($module));
    $ENV{XSELL_EDGE_PATH} = $ENV{PATH};
    $ENV{XSELL_EDGE_COOKIES} = "$out/v/cookies";
    $ENV{PATH} = "$out/bin:$ENV{PATH}";

    my @run = ($harness, '--out', $out, '--variants', "$out/v", '--ports',
               $opt{ports}, '--nopush', $opt{nopush});

    if ($do{ir}) {
        harness(@run, 'ir', '--sizes', $opt{sizes}, '--only',
                join(',', @RIVALS, @OURS));
        spew("$out/rounds.tsv", "variant\tK\trounds\n" . rounds($out, @sizes));

        if (@worst) {
            my @numbers = map { $_->[0] } @worst;

            harness(@run, 'ir', '--append', '--sizes', join(',', @numbers),
                    '--only', '03,13s');
            spew("$out/rounds.tsv",
                 slurp("$out/rounds.tsv") . rounds($out, @numbers));
        }
    }

    push @run, '--sizes', $opt{sizes};
    calls("$out/calls.tsv", \@sizes, @run) if $do{calls};
    pairs($out, \@run, \@sizes, \%opt) if $do{time};

    my $failed = table($out, \@sizes, \@worst);

    print "\n$failed counted gates not met\n" if $failed;
    exit($failed ? 1 : 0);
}


# out/v: the variants and what their shops need; out/bin: the clients
sub prepare
{
    my ($out, $module) = @_;
    my $v = "$out/v";

    remove_tree($out);
    make_path($v, "$out/bin");
    $_ = abs_path($_) for $out, $v;

    my $shop = slurp("$FindBin::Bin/shop.inc");

    spew("$v/shop.inc", $shop);
    spew("$v/variants.txt", slurp("$FindBin::Bin/variants.txt"));
    symlink "$FindBin::Bin/client", "$out/bin/h2load"
        or die "$out/bin: $!\n";
    system(qw(cc -O2 -std=c11 -Wall -Wextra -Werror -o), "$out/bin/load",
           "$FindBin::Bin/load.c") == 0
        or die "edge: load.c does not compile\n";

    my @ids = make_shop($FindBin::Bin, $v);

    make_pages("$out/pages");
    spew("$v/cookies", join "\n", make_state("$ROOT/build/xsell", $module,
                                             $v, $opt{ports}, @ids), '');

    for my $file (glob "$FindBin::Bin/13*.conf") {
        my ($name) = $file =~ m{([^/]+)\.conf$};
        my $own = $shop =~ s/\@NAME\@/$name/r;

        spew("$v/$name.conf", slurp($file) =~ s/\@SHOP\@\n/$own/r);
        make_path("$v/state-$name");
        spew("$v/state-$name/bench.snapshot",
             slurp("$v/seed/bench.snapshot"));
    }
}


sub harness
{
    system(@_) == 0 or die "edge: the harness failed: @_\n";
}


# What is done by the clock, not for a request: callgrind makes a request fifty
# times slower, so fifty times as much of it falls on each.  out/rounds.tsv, in
# instructions a request: the learner's rounds, without what they learn of
# events, which is a request's own (all that a round calls to drain the rings,
# but not its own look into 64 of them); and bases, of which a page that is
# asked for all the time gets a new one each second (the engine's
# xsell_base.c), one in 100 requests here.  The harness leaves three profiles a
# size: to warm up, of N requests and of 2 N.
sub rounds
{
    my ($out, @sizes) = @_;
    my %now = map { $_ => 1 } @sizes;
    my $text = '';
    my %at;

    for my $line (split /\n/, slurp("$out/ir.tsv")) {
        my ($name, $k, $n) = split /\t/, $line;

        next if $name !~ /^13/ || !$now{$k};

        my $i = 3 * $at{$name}++;
        my ($one, $two) = map { by_clock("$out/run/$name-cg/cg.$_") }
                          $i + 2, $i + 3;

        $text .= sprintf "%s\t%d\t%.0f\n", $name, $k, ($two - $one) / $n;
    }

    return $text;
}


sub by_clock
{
    my ($file) = @_;
    my $all = instructions($file, '--inclusive=yes');
    my $own = instructions($file, '--inclusive=no');

    die "edge: no xsell_learn_drain in $file: inlined?\n"
        if $all->{ngx_http_xsell_tick} && !$all->{xsell_learn_drain};

    return $all->{ngx_http_xsell_tick} - $all->{xsell_learn_drain}
           + $own->{xsell_learn_drain} + $all->{xsell_base_make};
}


# of some functions, however the compiler has split them; own ones are told by
# the file that each line is from
sub instructions
{
    my ($file, $inclusive) = @_;
    my %in = map { $_ => 0 }
             qw(ngx_http_xsell_tick xsell_learn_drain xsell_base_make);
    my @args = $inclusive =~ /yes/ ? ($inclusive) : ();

    open my $p, '-|', 'callgrind_annotate', @args, '--auto=no',
                      '--threshold=100', $file
        or die "edge: callgrind_annotate: $!\n";

    while (my $line = <$p>) {
        my ($n, $name) = $line =~ /^\s*([\d,]+)\s.*:(\w+)(?:\.\w+)*(?:'\d+)?
                               (?:\s|$)/x
            or next;

        next if !exists $in{$name} || (@args && $in{$name});
        $in{$name} += $n =~ tr/,//dr;
    }

    close $p;

    return \%in;
}


# ---- system calls --------------------------------------------------------

# per request: of twice as many requests, less those of as many.  The least of
# three each: where the client falls behind a large page, a full socket costs
# calls that say nothing of us.
sub calls
{
    my ($file, $sizes, @run) = @_;
    my @names = qw(03 04 13);
    my $out = "variant\tK\tcalls\n";

    with_fronts(\@run, \@names, sub {
        my ($front) = @_;

        for my $name (@names) {
            my ($port, $worker) = @{ $front->{$name} }{qw(port worker)};

            for my $k (@$sizes) {
                my $url = "http://127.0.0.1:$port/p$k.html";

                traced($worker, $url, 20);

                my ($n, $twice) = map {
                    my $n = $_;

                    min(map { traced($worker, $url, $n) } 1 .. 3);
                } $CALLS_N, 2 * $CALLS_N;

                $n = ($twice - $n) / $CALLS_N;

                $out .= sprintf "%s\t%d\t%.2f\n", $name, $k, $n;
                printf "calls %s %dK %.2f\n", $name, $k, $n;
            }
        }
    });

    spew($file, $out);
}


sub traced
{
    my ($worker, $url, $n) = @_;
    my $file = "$opt{out}/strace";
    my $pid = open3(my $in, my $said, undef, 'strace', '-f', '-c', '-o',
                    $file, '-p', $worker);

    defined <$said> or die "edge: strace says nothing\n";   # "attached"
    system("h2load --h1 -c1 -n $n -H 'cookie: theme=dark' '$url' >/dev/null")
        == 0 or die "edge: h2load failed\n";
    kill INT => $pid;
    waitpid $pid, 0;

    my ($calls) = slurp($file) =~ /^100\.00 .* (\d+) .*total$/m
        or die "edge: no total in strace's table\n";

    return $calls;
}
