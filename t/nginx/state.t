# Hazard: what a shop has learned is lost at a restart, or what lies in the
# state folder (damaged, hostile, somebody else's, not writable, on a full
# disk) keeps nginx from starting or a page from its visitor.

use strict;
use warnings;

use lib 't/nginx/lib';

use Cwd qw(abs_path);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Xsell qw(wait_for);
use Xsell::Shop;
use Xsell::Snapshot;

my $state = 'state %%DIR%%/state interval=1s;';

sub shop {
    return Xsell::Shop->new(items => [ 'a' .. 'h' ], shop => $state, @_);
}

sub status { return $_[0]->get('/status')->json }

sub first_offer {
    my ($t) = @_;

    return ($t->offers($t->visit->get('/p/a')))[0];
}

# everything in the state folder and when it changed
sub listing {
    my ($t) = @_;

    return join "\n", map { join ' ', $_, (stat)[1, 2, 4, 7, 9, 10] }
        sort glob $t->dir . '/state/* ' . $t->dir . '/state/.??*';
}


# --- stop and start --------------------------------------------------------

my $good;                       # a snapshot for what follows

{
    my $t = shop()->start;
    my $file = $t->dir . '/state/prints.snapshot';

    like $t->error_log, qr/no snapshot in .*, learning starts anew/,
        'the first start says that there is nothing';

    $t->walk('a', 'h') for 1 .. 3;
    my $old = $t->walk('c', 'd');
    ok wait_for(sub { -e $file }, 5), 'a snapshot comes by itself';

    my $inode = (stat $file)[1];
    ok wait_for(sub { (stat $file)[1] != $inode }, 5), 'and again';
    is +(stat $file)[2] & 07777, 0600, 'nobody else may read it';

    my $last = $t->walk('e', 'f');
    my $before = status($t);
    $t->write_file("state/prints.snapshot.$_.tmp", 'half') for 1, 99999;
    $t->write_file('state/prints.snapshot.mine', 'not ours');

    ok $t->stop, 'stopped';
    is +(stat $file)[2] & 07777, 0600, 'trap 82: nor the last one';
    is +(stat $file)[4], (stat $t->dir . '/state')[4],
        'which belongs to the worker' if $> == 0;

    my $epoch = Xsell::Snapshot->read($file)->{epoch};
    $good = $t->read_file('state/prints.snapshot');

    $t->start;
    like $t->error_log, qr/snapshot of boot $epoch loaded: 8 items/, 'trap 52: loaded';
    ok !-e "$file.$_.tmp", "what a killed writer left is gone" for 1, 99999;
    is $t->read_file('state/prints.snapshot.mine'), 'not ours',
        'a file of another name is not touched';

    my $after = status($t);
    is $after->{epoch}, $epoch + 1, 'another boot';
    is_deeply $after->{events}, $before->{events}, 'the sums are the same';
    is $after->{learned}, $before->{events}{view}
                          + $before->{events}{impression},
        'the last events were learned by the last process';
    is first_offer($t), 'h', 'the pair is offered';
    like $old->get('/xsell/me')->body, qr/"id": "d".*"id": "c"/s,
        'a visitor is known';
    like $last->get('/xsell/me')->body, qr/"id": "f".*"id": "e"/s,
        'also the one of the last second';

    $t->stop('TERM');
    is +Xsell::Snapshot->read($file)->{epoch}, $epoch + 1,
        'TERM leaves a snapshot too';

    $t->start;
    $t->walk('g', 'b') for 1 .. 3;
    my $n = Xsell::Snapshot->read($file)->{views} + 6;
    ok wait_for(sub { Xsell::Snapshot->read($file)->{views} >= $n }, 5),
        'trap 70: a snapshot knows the newest views';
    $t->kill9;
    $t->start;
    is $t->first_offer('/p/g', 'b'), 'b',
        'kill -9 of all loses nothing that a snapshot had';

    $t->done;
}


# --- a bad snapshot --------------------------------------------------------

{
    my $t = shop();
    my $path = $t->dir . '/state/prints.snapshot';

    my $future = $good;
    substr $future, 12, 2, pack 'v', 77;

    my @bad = (
        [ 'cut short',      sub { put(substr $good, 0, length($good) - 9) } ],
        [ 'cut in half',    sub { put(substr $good, 0, length($good) / 2) } ],
        [ 'empty',          sub { put('') } ],
        [ 'garbage',        sub { put("\xa5" x 5000) } ],
        [ 'a changed byte', sub { put($good ^ "\0" x 700 . "\1") } ],
        [ 'of the future',  sub { put($future) } ],
        [ 'a folder',       sub { mkdir $path } ],
        [ 'a pipe',         sub { POSIX::mkfifo($path, 0666) } ],
        [ 'a link',         sub { put($good); rename $path, "$path.target";
                                  symlink "$path.target", $path } ],
    );

    sub put { return $t->write_file('state/prints.snapshot', $_[0]) }

    for my $case (@bad) {
        my ($what, $make) = @$case;
        my $mark = $t->mark;

        unlink $path, "$path.rejected";
        rmdir "$path.rejected";
        $make->();

        my $start = Time::HiRes::time();
        $t->start;
        cmp_ok Time::HiRes::time() - $start, '<', 5, "$what: starts";

        my ($why) = $t->log_since($mark)
            =~ /snapshot refused: (.*?); learning starts anew, the file is kept/;
        ok $why, "$what: says why";
        diag "$what: $why" if $why;
        ok -e "$path.rejected" || -l "$path.rejected", "$what: is kept";
        is $t->get('/p/a')->status, 200, "$what: a page passes";

        $t->stop;
        ok -f $path && !-l $path, "$what: and a good one is there at the end";
    }

    unlink $path;
    put($good);
    rename $path, $t->dir . '/state/frames.snapshot';
    $t->start;
    isnt first_offer($t), 'h', "another shop's file is not ours";
    $t->stop;

    # its ids may be unknown here: known ones only are offered
    rename $t->dir . '/state/frames.snapshot', $path;
    $t->write_file('catalog.json', Xsell::Shop::catalog([ 'q' .. 'z' ]));
    $t->start;
    my @offers = $t->offers($t->visit->get('/p/q'));
    ok @offers && !grep({ $_ !~ /^[q-z]$/ } @offers),
        "a snapshot of other items: these are offered, not those";

    $t->done;
}


# --- -t --------------------------------------------------------------------

{
    my $t = shop();
    my $http = $t->{http};
    my $at = listing($t);
    my ($rc, $out) = $t->test_conf;

    is $rc, 0, '-t of a good configuration' or diag $out;
    is listing($t), $at, 'trap 73: leaves nothing in the folder';

    $t->start;
    $t->walk('a', 'h');
    $t->stop;
    (my $slow = $http) =~ s/interval=1s/interval=1h/;
    $t->configure(http => $slow, server => $t->{server});
    $t->start;
    $at = listing($t);
    my $before = status($t);

    for my $arg ('-t', '-T') {
        ($rc, $out) = $t->test_conf(args => [ $arg ]);
        is $rc, 0, "$arg beside a running nginx" or diag $out;
        is listing($t), $at, "trap 48: $arg changes no file";
    }

    delete @{$_}{qw(uptime_ms snapshot_age_ms)} for $before,
        my $after = status($t);
    is_deeply $after, $before, 'trap 48: and nothing in shared memory';
    ok $t->reload, 'the folder can still be used';

    SKIP: {
        skip 'is not root', 4 if $> != 0;

        my $dir = $t->dir . '/of-root';
        mkdir $dir, 0755;
        (my $bad = $http) =~ s{/state interval}{/of-root interval};
        ($rc, $out) = $t->test_conf(http => $bad, server => $t->{server});
        is $rc, 1, 'a folder of root';
        like $out, qr/workers run as $t->{user} may not write to "\Q$dir\E"/,
            'says so';
        like $out, qr/"install -d -m 750 -o $t->{user} \Q$dir\E" mends/,
            'trap 81: names the command that mends it';
        like $out, qr/nginx-test\.conf:\d+/, 'and the place';
    }

    (my $none = $http) =~ s{/state interval}{/nowhere interval};
    ($rc, $out) = $t->test_conf(http => $none, server => $t->{server});
    like $out, qr/there is no folder "\S+": make it by "install -d/,
        'no folder at all';
    $t->done(allow => qr/install -d/);
}


# --- two of them -----------------------------------------------------------

{
    my $one = shop()->start;
    my $two = shop();

    $one->walk('a', 'h') for 1 .. 3;
    my $dir = $one->dir . '/state';
    (my $same = $two->{http}) =~ s{%%DIR%%/state}{$dir};
    my $without = $two->{http} =~ s/state .*?;//r;

    $two->configure(http => $same, server => $two->{server});
    my ($rc, $out) = $two->try_start;
    isnt $rc, 0, 'a second nginx with that folder does not start';
    like $out . $two->error_log,
        qr/another nginx uses the state folder "\Q$dir\E": end it, or give/,
        'and says why';

    $two->configure(http => $without, server => $two->{server});
    $two->start;
    $two->walk('a', 'b') for 1 .. 3;
    $two->configure(http => $same, server => $two->{server});
    my $mark = $two->mark;
    my @before = $two->worker_pids;
    $two->signal('HUP');
    ok wait_for(sub {
        my %now = map { $_ => 1 } $two->worker_pids;
        return %now && !grep { $now{$_} } @before;
    }), 'a reload goes on';
    like $two->log_since($mark), qr/another nginx uses the state folder/,
        'and says it too';
    is first_offer($two), 'b', 'with what it knew';
    $two->stop;

    is first_offer($one), 'h', "the first one's state is its own";
    $one->stop;
    cmp_ok +Xsell::Snapshot->read("$dir/prints.snapshot")->{views}, '>=', 6,
        'also in the file';

    $two->start;
    is first_offer($two), 'h', 'when the first one is gone, it is free';
    $one->done;
    $two->done(allow => qr/another nginx uses the state folder/);
}


# --- a full disk -----------------------------------------------------------

SKIP: {
    skip 'needs root and mount namespaces', 6
        if $> != 0 || system('unshare -m true 2>/dev/null') != 0;

    # a small disk that only this nginx sees, and that ends with it
    my $t = shop();
    my $dir = $t->dir . '/state';
    $t->{wrap} = [ 'unshare', '-m', 'sh', '-c',
                   "mount -t tmpfs -o size=256k,mode=777 none $dir && "
                   . 'exec "$@"', 'sh' ];
    $t->start;

    my $inside = '/proc/' . $t->master_pid . "/root$dir";
    open my $f, '>:raw', "$inside/ballast" or die "ballast: $!";
    $f->autoflush(1);
    1 while syswrite $f, "\0" x 4096;

    $t->walk('a', 'h') for 1 .. 3;
    ok wait_for(sub {
        $t->count('dropped_total', reason => 'snapshot') >= 2
    }, 8), 'a full disk: snapshots fail and are counted';
    is first_offer($t), 'h', 'trap 65: pages are not affected';
    is scalar(() = $t->error_log =~ /snapshot not written to/g), 1,
        'it is said once';
    is scalar(() = glob "$inside/*.tmp"), 0, 'no half a file is left';

    unlink "$inside/ballast";
    close $f;
    ok wait_for(sub { -e "$inside/prints.snapshot" }, 5),
        'with room again, it is written';
    is +Xsell::Snapshot->read("$inside/prints.snapshot")->{views}, 7,
        'with all of it';
    $t->done;
}

done_testing;
