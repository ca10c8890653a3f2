package Xsell;

# Real nginx for a test: a folder of its own, free ports, a scripted upstream,
# a raw client, and nothing left behind however the test ends.  Core Perl only
# (write_mmdb alone uses Debian's libmaxmind-db-writer-perl).
#
#     use lib 't/nginx/lib';
#     use Xsell;
#     use Test::More;
#
#     my $t = Xsell->new(
#         upstream => { '/p/a' => '<html>...' },      # see Xsell::Upstream
#         files    => { 'catalog.json' => '[...]' },  # below $t->dir
#         http     => 'xsell_shop s { zone 8m; catalog %%DIR%%/catalog.json; }',
#         server   => 'location / { proxy_pass http://%%UP%%; xsell s; }',
#     )->start;
#
#     is $t->get('/p/a')->status, 200;                # see Xsell::Client
#     my $visit = $t->visit;                          # with a cookie jar
#     $visit->get('/p/a');
#     $t->done;                                       # stop, no alert logged
#     done_testing;
#
# The configuration is either made of parts (main, events, http, server, all
# optional) or given whole as `conf`.  Whatever a test does not set itself is
# added: load_module, user, worker_processes, pid, error_log (info), access_log
# and every temporary path, all inside the folder.  Placeholders:
#
#     %%PORT%% %%PORT2%% ...   free ports of 127.0.0.1 (the client's default
#                              is the first)
#     %%UP%% %%UP2%% ...       address of the n-th upstream
#     %%DIR%%                  the folder
#     %%NAME%%                 vars => { NAME => ... }
#
# nginx runs as a daemon, the way it runs in production: only so does it accept
# USR2.  Its processes are known by their session id, and the test process is
# their subreaper, so that none of them lingers as a zombie.  A guard process
# ends them should the test itself be killed.
#
# Environment: XSELL_NGINX (/usr/sbin/nginx), XSELL_MODULE (build/...so),
# XSELL_KEEP=1 keeps the folder of a failed test, XSELL_TIMEOUT seconds for a
# whole test file (300).

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use File::Temp ();
use POSIX qw(:sys_wait_h);
use Test::More ();

use Xsell::Client;
use Xsell::Process qw(alive arm in_child memory nginx_sessions owner rss
                      session_pids stat_of tell_guard title);
use Xsell::Tools qw(free_port have_mmdb parse_metrics slurp wait_for
                    write_mmdb);
use Xsell::Upstream;
use Xsell::Visit;

use Exporter qw(import);
our @EXPORT_OK = qw(wait_for write_mmdb have_mmdb rss memory port repo
                    parse_metrics in_child);

my $REPO = abs_path(dirname(__FILE__) . '/../../..');
my @instances;

sub repo { return $REPO }


# --- life of an instance ---------------------------------------------------

# new(%options): prepare folder, files, ports and configuration; not started.
#   conf | main, events, http, server   configuration (see above)
#   files     { name => content }
#   upstream  routes | Xsell::Upstream | [ several of these ]
#   workers   worker_processes (1)      user    of the workers when root
#   module    0: plain nginx; or a path to another module
#   modules   [ names of others below nginx's modules folder ]
#   debug     1: error_log at debug     vars    { NAME => value }
#   wrap      [ command ] put before nginx, e.g. valgrind

sub new {
    my ($class, %o) = @_;

    arm();

    my $self = bless {
        workers  => 1,
        debug    => 0,
        vars     => {},
        ports    => [],
        ups      => [],
        sids     => {},
        user     => scalar getpwnam('www-data') ? 'www-data' : 'nobody',
        nginx    => $ENV{XSELL_NGINX} || '/usr/sbin/nginx',
        module   => $ENV{XSELL_MODULE}
                    || "$REPO/build/ngx_http_xsell_module.so",
        %o,
    }, $class;

    # the process's id: a test that seeds rand has the same letters each time,
    # and its processes are found by this name, also below another root
    $self->{dir} = File::Temp::tempdir("xsell.$$.XXXXXXXX", TMPDIR => 1,
                                       CLEANUP => 0);
    chmod 0755, $self->{dir} or die "chmod: $!";
    make_path(map { "$self->{dir}/$_" } qw(html state tmp));

    # workers run as another user: they may write here
    if ($> == 0) {
        my (undef, undef, $uid, $gid) = getpwnam($self->{user});
        chown $uid, $gid, map { "$self->{dir}/$_" } qw(state tmp);
    }

    push @instances, $self;
    tell_guard("dir $self->{dir}");

    $self->write_file($_, $self->{files}{$_}) for keys %{ $self->{files} };

    if (defined $self->{upstream}) {
        my $u = $self->{upstream};
        $self->add_upstream($_) for ref $u eq 'ARRAY' ? @$u : $u;
    }

    $self->configure(map { $_ => $self->{$_} }
                     grep { defined $self->{$_} }
                     qw(conf main events http server));

    return $self;
}

sub dir      { return $_[0]{dir} }
sub upstream { return $_[0]{ups}[ ($_[1] || 1) - 1 ] }
sub port     { return ref $_[0] ? $_[0]->_port_n($_[1] || 1) : free_port() }

sub add_upstream {
    my ($self, $u) = @_;

    $u = Xsell::Upstream->new($u) unless eval { $u->isa('Xsell::Upstream') };
    push @{ $self->{ups} }, $u;

    return $u;
}

# configure(conf | main, events, http, server): write nginx.conf anew, for the
# next start or reload.
sub configure {
    my ($self, %c) = @_;

    $self->{text} = $self->_config(%c);
    $self->write_file('nginx.conf', $self->{text});

    return $self;
}

# start: returns itself once every worker serves; dies with the log otherwise.
sub start {
    my ($self) = @_;

    my $mark = $self->mark;
    my ($rc, $out) = $self->try_start;

    # killed from outside before it served: seen a few times in thousands, on
    # a machine where other tests kill; what nginx itself refuses is [emerg]
    if ($rc != 0 && $self->log_since($mark) !~ /\[emerg\]/) {
        Test::More::diag("nginx did not start, once more: $out");
        $self->kill9;
        ($rc, $out) = $self->try_start;
    }

    die "nginx did not start ($rc):\n$out" . $self->error_log if $rc != 0;

    return $self;
}

# try_start: (exit code, output) of the start; 0 means that it serves.
sub try_start {
    my ($self) = @_;

    die "already running" if $self->pids;
    $self->{sids} = {};
    unlink "$self->{dir}/nginx.pid";            # of one that was killed

    my ($rc, $out) = $self->_nginx([], wrap => 1);
    return ($rc, $out) if $rc != 0;

    wait_for(sub { $self->_find; $self->master_pid })
        or return (1, "$out(no pid file)");

    my $up = wait_for(sub {
        return 1 if $self->{text} =~ /master_process\s+off/;
        return 1 if $self->worker_pids >= $self->{workers};
        return !$self->pids && !$self->master_pid;
    });

    # a look at /proc that found none is no proof that there are none
    return (1, "$out(no workers; master "
               . ($self->master_pid || 'gone') . ', sessions '
               . join(' ', sort keys %{ $self->{sids} }) . ')')
        unless $up && ($self->pids || $self->master_pid);
    return (0, $out);
}

# stop(signal, timeout): QUIT (graceful) or TERM; true if all processes ended.
sub stop {
    my ($self, $signal, $timeout) = @_;

    $self->signal($signal || 'QUIT');
    my $ended = wait_for(sub { !$self->pids }, $timeout);
    $self->kill9 unless $ended;
    $self->_forget(keys %{ $self->{sids} });

    return $ended;
}

# kill9(pids): SIGKILL to these, or to every process of the instance at once.
sub kill9 {
    my ($self, @pids) = @_;

    if (@pids) {
        kill 'KILL', @pids;
        return wait_for(sub { !grep { alive($_) } @pids });
    }

    # again and again: a master may be replacing a worker right now
    $self->_find;
    my $done = wait_for(sub {
        my @all = $self->pids;
        kill 'KILL', @all if @all;
        return !@all;
    });

    $self->_forget(keys %{ $self->{sids} });

    return $done;
}

# signal(name, pid): to the master unless a pid is given.
sub signal {
    my ($self, $name, $pid) = @_;

    $pid ||= $self->master_pid or return 0;

    return kill $name, $pid;
}

# reload: HUP; returns true when only new workers accept connections, false if
# nginx kept the old configuration (the reason is in the log).
sub reload {
    my ($self) = @_;

    my %old = map { $_ => 1 } $self->worker_pids;
    my $mark = $self->mark;
    my $refused = 0;

    $self->signal('HUP') or return 0;

    my $done = wait_for(sub {
        if ($self->log_since($mark) =~ /\[emerg\]/) {
            return $refused = 1;
        }

        my @now = $self->worker_pids;
        my @new = grep { !$old{$_} } @now;

        # an old worker renames itself before it closes its sockets, and
        # accepts nothing between the two
        return @new >= $self->_configured_workers && @new == @now;
    });

    return $done && !$refused;
}

# upgrade(keep => 1): USR2; returns (old master, new master).  Both serve then
# if keep is set, otherwise the old one has quit.
sub upgrade {
    my ($self, %o) = @_;

    my $old = $self->master_pid or die "not running";

    $self->signal('USR2');
    wait_for(sub {
        my $pid = $self->master_pid;
        return $pid && $pid != $old && $self->worker_pids >= $self->{workers};
    }) or die "no new master:\n" . $self->error_log;

    my $new = $self->master_pid;

    unless ($o{keep}) {
        kill 'QUIT', $old;
        wait_for(sub { !alive($old) }) or die "the old master stays";
    }

    return ($old, $new);
}

# done(allow => qr/.../): two tests: it stops, and the log holds no alert.
sub done {
    my ($self, %o) = @_;

    my $running = $self->pids;
    Test::More::ok(!$running || $self->stop, 'nginx stops');
    $self->no_alerts(%o);
    $_->stop for @{ $self->{ups} };

    return;
}


# --- configuration ---------------------------------------------------------

# test_conf(parts): (exit code, output) of `nginx -t` for the configuration
# given, or for the current one; args => ['-T'] for other arguments.
sub test_conf {
    my ($self, %c) = @_;

    my $args = delete $c{args} || ['-t'];
    my $name = 'nginx.conf';

    if (%c) {
        $name = 'nginx-test.conf';
        $self->write_file($name, $self->_config(%c));
    }

    return $self->_nginx($args, conf => "$self->{dir}/$name");
}

# expand(text): fill in the placeholders.
sub expand {
    my ($self, $text) = @_;

    $text =~ s/%%PORT(\d*)%%/$self->_port_n($1 || 1)/ge;
    $text =~ s/%%UP(\d*)%%/$self->_up_n($1 || 1)/ge;
    $text =~ s/%%DIR%%/$self->{dir}/g;
    $text =~ s/%%(\w+)%%/$self->{vars}{$1} \/\/ die "no %%$1%%"/ge;

    return $text;
}

sub _port_n {
    my ($self, $n) = @_;

    return $self->{ports}[$n - 1] ||= free_port();
}

sub _up_n {
    my ($self, $n) = @_;

    my $up = $self->{ups}[$n - 1] or die "no upstream $n";

    return $up->address;
}

# The whole text: what the test gave, plus what it did not set itself.
sub _config {
    my ($self, %c) = @_;

    my $text = $c{conf};

    if (!defined $text) {
        my $server = defined $c{server} && $c{server} !~ /^\s*server\s*\{/m
            ? "server {\n    listen 127.0.0.1:%%PORT%%;\n"
              . "    server_name localhost;\n$c{server}\n}\n"
            : $c{server} // '';

        $text = join "\n", $c{main} // '',
                'events { ' . ($c{events} // '') . ' }',
                "http {\n" . ($c{http} // ''), "$server}\n";
    }

    my $dir = $self->{dir};
    my $level = $self->{debug} ? 'debug' : 'info';
    my $head = '';

    my @modules = map { "/usr/lib/nginx/modules/$_.so" }
                  @{ $self->{modules} || [] };
    unshift @modules, $self->{module} if $self->{module};
    $head .= "load_module $_;\n" for @modules;

    my $set = sub { return $text =~ /^\s*$_[0]\s/m };

    $head .= "user $self->{user};\n" if $> == 0 && !$set->('user');
    $head .= "worker_processes $self->{workers};\n"
        unless $set->('worker_processes');
    $head .= "pid $dir/nginx.pid;\n" unless $set->('pid');
    $head .= "error_log $dir/error.log $level;\n" unless $set->('error_log');
    $head .= "events { }\n" unless $text =~ /^\s*events\b/m;

    my $http = join '', map { "    $_ $dir/tmp/$_;\n" }
        grep { !$set->($_) } map { "${_}_temp_path" }
        qw(client_body proxy fastcgi uwsgi scgi);
    $http .= "    access_log $dir/access.log;\n" unless $set->('access_log');
    $text =~ s/^(\s*http\s*\{)/$1\n$http/m;

    return $self->expand($head . $text);
}

# Run nginx to its (daemon's) start or to the end of -t.  A process between
# the test and nginx: nginx ignores USR2 while its parent is the one that it
# was started by, and as a subreaper this test would become just that again.
sub _nginx {
    my ($self, $args, %o) = @_;

    my $conf = $o{conf} || "$self->{dir}/nginx.conf";
    my @cmd = ($o{wrap} && $self->{wrap} ? @{ $self->{wrap} } : (),
               $self->{nginx}, '-p', "$self->{dir}/", '-c', $conf,
               '-e', "$self->{dir}/error.log", @$args);
    my $out = "$self->{dir}/output";

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        POSIX::setsid();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $out or POSIX::_exit(126);
        open STDERR, '>&', \*STDOUT;

        my $child = fork // POSIX::_exit(126);
        if ($child == 0) {
            exec { $cmd[0] } @cmd or POSIX::_exit(127);
        }
        waitpid $child, 0;
        POSIX::_exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
    }

    $self->{sids}{$pid} = 1;
    tell_guard("sid $pid");

    my $rc;
    wait_for(sub {
        return 0 if waitpid($pid, WNOHANG) != $pid;
        $rc = $? >> 8;
        return 1;
    }, 60) or do {
        $self->kill9;
        kill 'KILL', $pid;
        waitpid $pid, 0;
        $rc = 124;
    };

    $self->_forget($pid);

    return ($rc, slurp($out));
}


# --- processes -------------------------------------------------------------

sub master_pid {
    my ($self) = @_;

    my $pid = slurp("$self->{dir}/nginx.pid");

    return 0 if $pid !~ /^(\d+)/ || !alive($1);
    $pid = $1;

    # pids recur, and a file may outlive its process
    my $sid = (stat_of($pid))[3];
    return defined $sid && $self->{sids}{$sid} ? $pid : 0;
}

# _find: learn the sessions of all nginx processes that name our folder; one
# that is started becomes a daemon in a session of its own.
sub _find {
    my ($self) = @_;

    for my $sid (nginx_sessions($self->{dir})) {
        tell_guard("sid $sid") if !$self->{sids}{$sid}++;
    }

    return;
}

# worker_pids: those that accept connections (all masters' if `upgrade` left
# two: ask with master => pid).  shutting => 1: those that are leaving.
sub worker_pids {
    my ($self, %o) = @_;

    my $master = $o{master} || $self->master_pid;
    my $title = $o{shutting} ? qr/^nginx: worker process is shutting down/
                             : qr/^nginx: worker process\s*$/;

    return grep {
        my ($ppid) = (stat_of($_))[1];
        defined $ppid && $ppid == $master && title($_) =~ $title
    } $self->pids;
}

# _forget: a session that has ended is no longer ours: numbers recur, and the
# next one of that number is another test's nginx.
sub _forget {
    my ($self, @sids) = @_;

    for my $sid (@sids) {
        next if session_pids({ $sid => 1 });
        delete $self->{sids}{$sid};
        tell_guard("gone $sid");
    }

    return;
}

# pids: every living process of the instance, masters, workers and helpers.
sub pids {
    my ($self) = @_;

    return session_pids($self->{sids});
}

sub _configured_workers {
    my ($self) = @_;

    return $self->{text} =~ /^\s*worker_processes\s+(\d+)/m ? $1 : 1;
}

# --- log -------------------------------------------------------------------

sub error_log  { return slurp("$_[0]{dir}/error.log") }
sub access_log { return slurp("$_[0]{dir}/access.log") }

# mark and log_since(mark): what was logged in between
sub mark { return -s "$_[0]{dir}/error.log" || 0 }

sub log_since {
    my ($self, $mark) = @_;

    return slurp("$self->{dir}/error.log", $mark);
}

# alerts: the lines that no test may leave behind.  A buffer without bytes and
# flags is an [alert] of the write filter; a worker that keeps a connection
# for a buffer or a flush that nobody sends says "open socket left" when it
# ends; a process that is ended by libc or a sanitizer says so on stderr, which
# nginx sends to its log.  nginx's own sources, which a sanitizer names without
# a folder before, copy nothing from nowhere here and there: not ours.
sub alerts {
    my ($self) = @_;

    return grep {
        /\[(?:alert|emerg|crit)\]|exited on signal|exited with (?:fatal )?code/
        && !/exited with code 0$/
        || /Sanitizer|open socket #\d+ left/
        || /runtime error:/
           && !m{^src/\S+: runtime error: null pointer passed as argument}
        || /Assertion .* failed|stack smashing|\b(?:malloc|free|realloc)\(\): /
    } split /\n/, $self->error_log;
}

# no_alerts(allow => qr/.../): one test
sub no_alerts {
    my ($self, %o) = @_;

    my @bad = grep { !defined $o{allow} || $_ !~ $o{allow} } $self->alerts;
    my $ok = Test::More::ok(!@bad, 'no alert in the error log');
    Test::More::diag(join "\n", @bad[0 .. ($#bad > 19 ? 19 : $#bad)]) if @bad;

    return $ok;
}


# --- requests (see Xsell::Client) ------------------------------------------

# client(%options): a connection to the first port, for raw bytes.
sub client {
    my ($self, %o) = @_;

    return Xsell::Client->new(port => $self->port, %o);
}

sub request {
    my ($self, $method, $path, %o) = @_;

    return $self->client(%o)->request($method, $path, %o);
}

sub get  { return shift->request('GET', @_) }
sub head { return shift->request('HEAD', @_) }

# post(path, body or { form }, %options)
sub post {
    my ($self, $path, $body, %o) = @_;

    return $self->request('POST', $path, body => $body, %o);
}

# pipeline([path, %options], ...): all sent at once; the list of responses.
sub pipeline {
    my ($self, @requests) = @_;

    return $self->client->pipeline(@requests);
}

sub visit {
    my ($self, %defaults) = @_;

    return Xsell::Visit->new($self, %defaults);
}

# metrics(path, %options): a Prometheus page as { 'name{a="b",c="d"}' =>
# number }, labels sorted by name; parse_metrics(text) for a text at hand.
sub metrics {
    my ($self, $path, %o) = @_;

    my $r = $self->get($path, %o);
    die "metrics: status " . $r->status if $r->status != 200;

    return parse_metrics($r->body);
}

# metric(path, name, label => value, ...): the sum of all samples that carry
# these labels, 0 if there is none.
sub metric {
    my ($self, $path, $name, %labels) = @_;

    my $m = $self->metrics($path);
    my $sum = 0;

    KEY: for my $key (grep { /^\Q$name\E(?:\{|$)/ } keys %$m) {
        for my $l (keys %labels) {
            next KEY if $key !~ /[{,]\Q$l="$labels{$l}"\E[,}]/;
        }
        $sum += $m->{$key};
    }

    return $sum;
}


# --- files and small helpers -----------------------------------------------

# write_file(name, content): below the folder, replaced by rename; the path.
sub write_file {
    my ($self, $name, $content) = @_;

    my $path = $name =~ m{^/} ? $name : "$self->{dir}/$name";

    make_path(dirname($path));
    open my $f, '>:raw', "$path.new" or die "$path: $!";
    print {$f} $content;
    close $f or die "$path: $!";
    rename "$path.new", $path or die "$path: $!";

    return $path;
}

sub read_file {
    my ($self, $name) = @_;

    return slurp($name =~ m{^/} ? $name : "$self->{dir}/$name");
}

# --- the end ---------------------------------------------------------------

END {
    if (owner()) {
        my $failed = $? || !Test::More->builder->is_passing;
        local ($?, $@, $!);

        $_->kill9 for @instances;
        $_->stop for map { @{ $_->{ups} } } @instances;

        if ($failed && $ENV{XSELL_KEEP}) {
            Test::More::diag("kept: $_->{dir}") for @instances;

        } else {
            remove_tree(map { $_->{dir} } @instances);
        }

        tell_guard('bye');
    }
}

1;
