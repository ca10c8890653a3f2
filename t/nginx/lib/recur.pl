# Run by t/nginx/kill.t inside a pid namespace of 40 process ids: kills
# workers until their ids recur, with traffic.  Prints what came of it.

use strict;
use warnings;

use lib 't/nginx/lib';

use POSIX ();
use Test::More ();
use Xsell qw(wait_for);
use Xsell::Shop;
use Xsell::Traffic;

my $kills = shift;
my @ids = map { "i$_" } 0 .. 9;
my (%seen, $again);

my $t = Xsell::Shop->new(items => \@ids, workers => 2)->start;
my $traffic = Xsell::Traffic->start($t, ids => \@ids, clients => 1);

for my $n (1 .. $kills) {
    for my $pid ($t->worker_pids) {
        $again++ if $seen{$pid}++ == 1;
    }

    # ids pass by, so that the next worker is soon one that was there
    for (1 .. $n < 10 ? 40 : 9) {
        my $pid = fork // next;
        POSIX::_exit(0) if $pid == 0;
        waitpid $pid, 0;
    }

    my @workers = $t->worker_pids;
    $seen{$_} = 1 for @workers;
    $t->kill9($workers[rand @workers]);
    wait_for(sub { $t->worker_pids == 2 }) or die "no new worker\n";
}

my $sums = $traffic->stop;
my $s;
my $sane = wait_for(sub {
    $s = eval { $t->get('/status')->json } or return 0;
    my $off = $s->{learned} - $s->{events}{view} - $s->{events}{impression}
              + $s->{dropped}{ring_full} + $s->{dropped}{no_ring};
    return $s->{learner_pid} && abs $off <= $kills;
}, 10);

printf "recurred %d of %d kills, %d requests, %d failed\n", $again // 0,
    $kills, $sums->{requests}, $sums->{failed};
print "good\n" if $sane && $t->visit->get('/p/i1')->body =~ /class="xs"/;
$t->stop;
