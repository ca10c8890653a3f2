# Hazard: during a binary upgrade two masters live side by side with a zone
# each: the older overwrites what the newer saved, a link of the one is
# counted by the other, or going back leaves a shop without either.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Time::HiRes qw(sleep);
use Xsell qw(wait_for);
use Xsell::Process qw(alive);
use Xsell::Shop;
use Xsell::Snapshot;
use Xsell::Traffic;

sub shop {
    return Xsell::Shop->new(items => [ 'a' .. 'h' ],
                            shop => 'state %%DIR%%/state interval=1s;')->start;
}

sub status { return $_[0]->get('/status')->json }
sub saved  { return eval { Xsell::Snapshot->read("$_[0]/state/prints.snapshot") } }

# what the old one knows is in the file
sub taught {
    my ($t) = @_;

    $t->walk('a', 'h') for 1 .. 3;
    wait_for(sub { (saved($t->dir) || { views => 0 })->{views} >= 6 }, 5)
        or diag 'no snapshot';

    return;
}

# WINCH: the workers of a master leave
sub winch {
    my ($t, $master) = @_;

    kill 'WINCH', $master;

    return wait_for(sub { !$t->worker_pids(master => $master) });
}


# --- to the new one --------------------------------------------------------

{
    my $t = shop();
    my $visit = $t->walk('b', 'a');     # twice: one view is nobody's profile
    taught($t);

    my ($link) = $t->links($visit->get('/p/a'));
    my $epoch = status($t)->{epoch};
    my $traffic = Xsell::Traffic->start($t, ids => [ 'b' .. 'g' ],
                                        clients => 1);

    my ($old, $new) = $t->upgrade(keep => 1);
    like $t->error_log, qr/binary upgrade, state is shared with the old/,
        'the new one knows that it is an upgrade';
    like $t->error_log, qr/snapshot of boot $epoch loaded/,
        'and loads what the old one saved';
    is scalar($t->worker_pids(master => $_)), 1, 'both serve'
        for $old, $new;

    ok winch($t, $old), 'the workers of the old one leave';
    is status($t)->{epoch}, $epoch + 1, 'the new one is another boot';
    is $t->first_offer('/p/a', 'h'), 'h', 'with the same pairs';

    my $known = $visit->get('/xsell/me')->body;
    like $known, qr/"id": "a"/, 'and the same visitors';

    is $visit->get($link)->status, 200, 'a link of the old one leads there';
    is $t->count('dropped_total', reason => 'click_late'), 1,
        'trap 53: its click is late';
    is $t->count('clicks_total'), 0, 'and not counted';

    ok wait_for(sub { saved($t->dir)->{epoch} == $epoch + 1 }, 5),
        'the new one saves';

    # the old one's last snapshot is older, whenever it is written
    my $mark = $t->mark;
    kill 'QUIT', $old;
    ok wait_for(sub { !alive($old) }), 'the old one ends';
    is saved($t->dir)->{epoch}, $epoch + 1,
        'trap 53: and does not replace what the new one saved';
    like $t->log_since($mark), qr/a newer nginx has written its own/,
        'which it says';

    my $sums = $traffic->stop;
    is $sums->{failed}, 0, "none of $sums->{requests} requests failed"
        or diag join "\n", @{ $sums->{errors} };

    $mark = $t->mark;
    ok $t->reload, 'the new one reloads';
    unlike $t->log_since($mark), qr/another nginx/, 'and has the folder';
    $t->stop;
    is saved($t->dir)->{epoch}, $epoch + 1, 'its last snapshot is there';
    $t->start;
    is status($t)->{epoch}, $epoch + 2, 'and is loaded at the next start';
    $t->done;
}


# --- at once, as Debian's script does it -----------------------------------

{
    my $t = shop();
    taught($t);
    my $epoch = status($t)->{epoch};

    $t->upgrade;
    is status($t)->{epoch}, $epoch + 1, 'USR2 and QUIT: another boot';
    is $t->first_offer('/p/a', 'h'), 'h', 'with the same pairs';
    ok wait_for(sub { saved($t->dir)->{epoch} == $epoch + 1 }, 5),
        'which it saves';
    $t->done;
}


# --- and back --------------------------------------------------------------

{
    my $t = shop();
    taught($t);
    my $epoch = status($t)->{epoch};

    my ($old, $new) = $t->upgrade(keep => 1);
    winch($t, $old);
    wait_for(sub { saved($t->dir)->{epoch} == $epoch + 1 }, 5)
        or diag 'the new one did not save';

    kill 'HUP', $old;
    ok wait_for(sub { $t->worker_pids(master => $old) }),
        'HUP: the old one has workers again';
    kill 'QUIT', $new;
    ok wait_for(sub { !alive($new) }), 'the new one ends';

    is $t->first_offer('/p/a', 'h'), 'h',
        'the old one has its pairs';
    my $s = status($t);
    ok $s->{learner_pid} || wait_for(sub { status($t)->{learner_pid} }, 5),
        'and learns';

    # what the new one learned meanwhile was in the file; what the old one
    # learns from now on must get there, or a restart forgets it
    $t->walk('c', 'g') for 1 .. 3;
    ok wait_for(sub { saved($t->dir)->{views} >= 12 }, 8),
        'and saves, though a newer one has been there';
    ok $t->reload, 'and reloads';
    $t->stop;
    $t->start;
    is $t->first_offer('/p/c', 'g'), 'g',
        'and after a restart all is known';
    $t->done;
}

done_testing;
