package Xsell::Process;

# Processes: what /proc says of them, and that none outlives the test.
#
# arm() is called once per test process by whatever starts others.  It sets a
# time limit, turns signals into an ordinary end (so that END runs), makes the
# test the subreaper of all that it starts (no zombies, even without an init),
# and forks a guard, which is told of every session and folder: should the
# test be killed, the guard ends and removes them.
#
# Sessions instead of process groups or parents: a daemon leaves both behind,
# workers outlive a killed master, and nginx's own pid file names one process.

use strict;
use warnings;

use File::Path qw(remove_tree);
use IO::Handle;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep);

use Xsell::Tools qw(slurp);

use Exporter qw(import);
our @EXPORT_OK = qw(arm in_child tell_guard owner stat_of title alive
                    session_pids nginx_sessions memory rss);

my $owner = $$;                 # forked children must not clean up
my $guard;                      # the pipe to it

# owner: true in the process that armed, and so has to clean up.
sub owner { return $guard && $$ == $owner }


sub arm {
    return if $guard;

    $owner = $$;
    $SIG{$_} = sub { die "test ended by SIG$_[0]\n" } for qw(INT TERM HUP);
    $SIG{PIPE} = 'IGNORE';
    $SIG{ALRM} = sub { die "test took too long\n" };
    alarm($ENV{XSELL_TIMEOUT} || 300);

    # prctl(PR_SET_CHILD_SUBREAPER); elsewhere init reaps
    my %prctl = (x86_64 => 157, aarch64 => 167, riscv64 => 167, i686 => 172);
    my $nr = $prctl{ (POSIX::uname())[4] };
    syscall($nr, 36, 1, 0, 0, 0) if $nr;

    pipe my $read, my $write or die "pipe: $!";
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        close $write;
        POSIX::setsid();
        in_child();
        $SIG{$_} = 'IGNORE' for qw(INT TERM HUP);
        open $_, '+<', '/dev/null' for *STDIN, *STDOUT, *STDERR;
        eval { _guard($read) };
        POSIX::_exit(0);
    }

    close $read;
    $write->autoflush(1);
    $guard = $write;

    return;
}

# in_child: for whoever forks, also in a test: the limits and duties above are
# the parent's.
sub in_child {
    alarm 0;
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM);
    close $guard if $guard;
    $guard = undef;

    return;
}

# The guard reads what there is to clean up, until the test says bye or is
# gone.
sub _guard {
    my ($read) = @_;

    my (%sids, %dirs);

    while (my $line = <$read>) {
        return if $line eq "bye\n";
        $line =~ /^(sid|gone|dir) (\S+)$/ or next;
        delete $sids{$2}, next if $1 eq 'gone';
        ($1 eq 'sid' ? \%sids : \%dirs)->{$2} = 1;
    }

    # it may have been killed while it started one
    $sids{$_} = 1 for map { nginx_sessions($_) } keys %dirs;

    for (1 .. 50) {
        my @pids = session_pids(\%sids) or last;
        kill 'KILL', @pids;
        sleep 0.02;
    }
    remove_tree(keys %dirs) unless $ENV{XSELL_KEEP};

    return;
}

sub tell_guard {
    return if !owner();
    print {$guard} "$_[0]\n";
    return;
}


# session_pids({ session => 1 }): the living processes of these sessions; dead
# ones are reaped on the way.
sub session_pids {
    my ($sids) = @_;

    my @pids;

    return if !%$sids;
    opendir my $proc, '/proc' or die "/proc: $!";

    for my $pid (grep { /^\d+$/ } readdir $proc) {
        my ($state, $ppid, undef, $sid) = stat_of($pid);
        next if !defined $sid || !$sids->{$sid};

        if ($state eq 'Z') {
            _reap($pid, $ppid);
        } else {
            push @pids, $pid;
        }
    }

    @pids = sort { $a <=> $b } @pids;

    return @pids;
}

# nginx_sessions(folder): of every nginx that was started with it as prefix.
sub nginx_sessions {
    my ($dir) = @_;

    my $own = (stat_of($$))[3];
    my %sids;

    opendir my $proc, '/proc' or die "/proc: $!";

    for my $pid (grep { /^\d+$/ } readdir $proc) {
        next if title($pid) !~ m{nginx.* -p \Q$dir\E/ };
        my $sid = (stat_of($pid))[3];
        $sids{$sid} = 1 if defined $sid && $sid != $own;
    }

    return keys %sids;
}

# (state, parent, group, session) as in proc(5)
sub stat_of {
    my ($pid) = @_;

    my $line = slurp("/proc/$pid/stat");

    return $line =~ /\)\s+(\S)\s+(\d+)\s+(\d+)\s+(\d+)[^)]*$/
        ? ($1, $2, $3, $4) : ();
}

sub title {
    my $title = slurp("/proc/$_[0]/cmdline");
    $title =~ tr/\0/ /;
    return $title;
}

sub alive {
    my ($pid) = @_;

    my ($state, $ppid) = stat_of($pid);
    return 0 if !defined $state;
    return 1 if $state ne 'Z';

    _reap($pid, $ppid);
    return 0;
}

sub _reap {
    my ($pid, $ppid) = @_;

    local $?;
    waitpid $pid, WNOHANG if $ppid == $$;

    return;
}

# memory(pid): { VmRSS, RssAnon, RssFile, RssShmem, ... } in kB; rss(pid) is
# the first of them.
sub memory {
    my $pid = $_[-1];

    return { slurp("/proc/$pid/status") =~ /^(\w+):\s+(\d+) kB$/mg };
}

sub rss { return memory($_[-1])->{VmRSS} }

1;
