# Hazard: a worker that is killed or stopped in the middle of something leaves
# a lock, a half-written record, a second writer, a queue that nobody reads or a
# model that nobody can believe.
#
# XSELL_KILLS (30) of workers under traffic; t/long/kill.t does more.

use strict;
use warnings;

use lib 't/nginx/lib';

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Xsell qw(wait_for);
use Xsell::Shop;
use Xsell::Snapshot;
use Xsell::Traffic;

my $kills = $ENV{XSELL_KILLS} || 24;
my $stop = $ENV{XSELL_STOP} || 2;
my @ids = map { "i$_" } 0 .. 19;
my $signal9 = qr/exited on signal 9/;

srand 11;

# a connection that the kernel told only to the killed one waits for the next
# one to come: so ask again soon
sub status { return $_[0]->get('/status', timeout => 1)->json }

# until it says so: right after a kill a connection may be reset
sub ask {
    my ($t) = @_;

    my $s;
    wait_for(sub { $s = eval { status($t) } }, 10)
        or die 'no status: ' . $t->error_log;

    return $s;
}

# events that were queued and not dropped
sub queued {
    my ($s) = @_;

    return $s->{events}{view} + $s->{events}{impression}
           + $s->{events}{click}
           - $s->{dropped}{ring_full} - $s->{dropped}{no_ring};
}

# waits for the learner to have nothing to do: the last status
sub settled {
    my ($t) = @_;

    my ($s, $last) = (undef, -1);
    wait_for(sub {
        $s = ask($t);
        my $same = $s->{learned} == $last;
        $last = $s->{learned};
        sleep 0.15;
        return $same;
    }, 10);

    return $s;
}

sub good_snapshot {
    my ($t, $what) = @_;

    my $xsell = Xsell::repo() . '/build/xsell';
    SKIP: {
        skip 'no build/xsell', 1 if !-x $xsell;
        my $out = `$xsell snapshot '@{[ $t->dir ]}/state/prints.snapshot' 2>&1`;
        like $out, qr/: good,/, "$what: the arena behind it validates";
    }

    return;
}


# --- random workers, and the learner ---------------------------------------

{
    my $t = Xsell::Shop->new(items => \@ids, workers => 3,
                             shop => 'state %%DIR%%/state interval=1s;',
                            )->start;
    my $traffic = Xsell::Traffic->start($t, ids => \@ids, clicks => .3);
    my ($learners, $unknown) = (0, 0);

    for my $n (1 .. $kills) {
        my $learner = 0;
        wait_for(sub {
            $learner = ask($t)->{learner_pid};
            return grep { $_ == $learner } $t->worker_pids;
        }, 5) or $unknown++;

        # every other time the learner, at a random instant of its tick
        my @workers = $t->worker_pids;
        my $victim = $n % 2 ? $learner : $workers[rand @workers];
        $learners++ if $victim == $learner;

        sleep rand 0.02;
        $t->kill9($victim);
        wait_for(sub { $t->worker_pids == 3 }) or diag "$n: no new worker";
    }

    is $unknown, 0, 'the status names the worker that learns';

    my $start = time;
    ok wait_for(sub { ask($t)->{learner_pid} }, 5), 'somebody learns';
    my $sums = $traffic->stop;

    # what was on a killed worker's connections, nothing else
    cmp_ok $sums->{failed}, '<=', 4 * $kills,
        "$kills kills, $sums->{failed} of $sums->{requests} requests failed"
        or diag join "\n", @{ $sums->{errors} };
    is scalar(grep { /status 5|body/ } @{ $sums->{errors} }), 0,
        'none of them with an answer'
        or diag join "\n", @{ $sums->{errors} };

    my $s = settled($t);
    my $off = $s->{learned} - queued($s);
    diag "$kills kills, $learners of the learner: learned $s->{learned}, "
         . "queued " . queued($s) . ", $s->{recovered} recoveries";
    cmp_ok abs $off, '<=', $kills,
        'trap 60: at most one event lost or repeated per kill';
    cmp_ok $s->{recovered}, '>=', $learners, 'trap 55: each lease was taken over';
    cmp_ok $s->{recovered}, '<=', $learners + $kills, 'and no more';
    cmp_ok $s->{events}{click}, '>', 0, 'offers were followed meanwhile'
        or diag "$sums->{clicked} tried";

    my $slow = 0;
    for (1 .. 20) {
        my $r = $t->visit->get('/p/i1', timeout => 2);
        $slow++ if $r->seconds > 0.2 || $r->body !~ /<section class="xs"/;
    }
    is $slow, 0, 'trap 54: pages have their fragments, at once';

    $t->stop;
    good_snapshot($t, 'kills');
    $t->done(allow => $signal9);
}


# --- a learner that stands still -------------------------------------------

{
    my $t = Xsell::Shop->new(items => \@ids, workers => 2, zone => '64m')
        ->start;

    $t->walk('i0', 'i1');
    my $learner;
    wait_for(sub { $learner = ask($t)->{learner_pid} }, 5);
    my ($other) = grep { $_ != $learner } $t->worker_pids;
    my $before = settled($t);

    # it accepts nothing while it stands still; a connection that the kernel
    # told to it alone, in the instant before, waits for the next one to come
    kill 'STOP', $learner;
    my $end = time + $stop;
    my ($pages, $slow, $waited) = (0, 0, 0);

    while (time < $end) {
        my $visit = $t->visit;
        for my $id (@ids[3 .. 6]) {
            my $r = $visit->get("/p/$id", timeout => 0.5);
            $waited++, next if $r->error;
            $slow++ if $r->seconds > 0.4;
            $pages++;
            sleep 0.02;
        }
    }

    cmp_ok $pages, '>', 10, "others serve: $pages pages";
    cmp_ok $slow + $waited, '<=', 2, 'trap 58: at once';
    my $s = ask($t);
    is $s->{learner_pid}, $learner, 'nobody took the lease';
    is $s->{learned}, $before->{learned}, 'trap 77: so nothing was learned twice';

    kill 'CONT', $learner;
    $s = undef;
    ok wait_for(sub {
        $s = ask($t);
        return $s->{learned} == queued($s);
    }, 5), 'then it learns all of it';

    # who gave up waiting may have been served or not
    my $views = $s->{events}{view} - $before->{events}{view};
    cmp_ok $views, '>=', $pages, 'each view';
    cmp_ok $views, '<=', $pages + $waited, 'and no other';
    is $s->{dropped}{ring_full}, 0, 'none was dropped';

    # stopped for good: killed while it stands still
    kill 'STOP', $learner;
    $t->walk('i7', 'i8');
    $t->kill9($learner);
    ok wait_for(sub {
        my $now = ask($t);
        return $now->{learner_pid} && $now->{learner_pid} != $learner
               && $now->{learned} >= queued($now) - 1;
    }, 5), 'killed so, another one goes on';

    $t->done(allow => $signal9);
}


# --- all at once -----------------------------------------------------------

{
    my $t = Xsell::Shop->new(items => \@ids, workers => 2,
                             shop => 'state %%DIR%%/state interval=1s;');
    my $file = $t->dir . '/state/prints.snapshot';
    my $lost = 0;

    for my $n (1 .. ($ENV{XSELL_ALL} || 3)) {
        $t->start;
        my $had = eval { Xsell::Snapshot->read($file)->{views} } // 0;
        my $s = ask($t);
        $lost++ if $s->{events}{view} < $had;

        my $traffic = Xsell::Traffic->start($t, ids => \@ids, clients => 1);
        wait_for(sub {
            (eval { Xsell::Snapshot->read($file)->{views} } // 0) > $had
        }, 5) or diag "$n: no newer snapshot";
        sleep rand 0.3;

        # during writing now and then: no half a file may take the place
        $t->kill9;
        $traffic->stop;
        my $now = eval { Xsell::Snapshot->read($file)->{views} } // -1;
        $lost++ if $now < $had;
    }

    is $lost, 0, 'kill -9 of all: each start has what the last snapshot had';
    $t->start;
    is scalar(() = glob "$file.*.tmp"), 0, 'trap 67: no half-written file stays';
    unlike $t->error_log, qr/refused/, 'and each snapshot was good';
    $t->stop;
    good_snapshot($t, 'kill of all');
    $t->done(allow => $signal9);
}


# --- few process ids -------------------------------------------------------

# pid_max belongs to the pid namespace since Linux 6.14: ids below 300
# are left out after the first round, so 40 remain, and locks soon meet the
# ids of the dead again.
SKIP: {
    my $set = 'echo 340 >/proc/sys/kernel/pid_max';
    my $max = Xsell::Tools::slurp('/proc/sys/kernel/pid_max');

    skip 'no pid namespaces with a pid_max of their own', 2
        if $> != 0 || $max < 1000
           || (POSIX::uname())[2] !~ /^(\d+)\.(\d+)/
           || $1 < 6 || ($1 == 6 && $2 < 14)
           || system("unshare --pid --fork --mount-proc sh -c '$set' "
                     . '2>/dev/null') != 0
           || Xsell::Tools::slurp('/proc/sys/kernel/pid_max') ne $max;

    my $out = `unshare --pid --fork --kill-child --mount-proc sh -c '$set
        exec $^X t/nginx/lib/recur.pl $kills' 2>&1`;

    like $out, qr/^recurred [1-9]/m, 'kills where process ids recur'
        or diag $out;
    like $out, qr/^good$/m, 'trap 77: and all is sane';
    diag $1 if $out =~ /^(recurred .*)/m;
}

done_testing;
