# Hazard: nginx run in another way than as a root daemon with a master: without
# a master, as nobody, without http, without a shop, on a jumping clock; and a
# machine that the module keeps awake.

use strict;
use warnings;

use lib 't/nginx/lib';

use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Xsell qw(wait_for);
use Xsell::Shop;
use Xsell::Snapshot;

sub status { return $_[0]->get('/status')->json }

sub switches {
    my (@pids) = @_;

    my $n = 0;
    for (@pids) {
        $n += $1 if Xsell::Tools::slurp("/proc/$_/status")
            =~ /^voluntary_ctxt_switches:\s+(\d+)/m;
    }

    return $n;
}

# a process of this test instead of a daemon; ended by its id
sub foreground {
    my ($t, @before) = @_;

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        Xsell::in_child();
        POSIX::setsid();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', $t->dir . '/output';
        open STDERR, '>&', \*STDOUT;
        my @cmd = (@before, $t->{nginx}, '-p', $t->dir . '/', '-c',
                   $t->dir . '/nginx.conf', '-e', $t->dir . '/error.log');
        exec { $cmd[0] } @cmd or POSIX::_exit(127);
    }

    $t->{sids}{$pid} = 1;
    Xsell::Process::tell_guard("sid $pid");
    wait_for(sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                         PeerPort => $t->port) }, 20)
        or diag "does not serve:\n" . $t->error_log
                . $t->read_file('output');

    return $pid;
}

sub ended {
    my ($pid) = @_;

    return wait_for(sub { waitpid($pid, POSIX::WNOHANG()) == $pid }, 10);
}

my $state = 'state %%DIR%%/state;';


# --- no master -------------------------------------------------------------

{
    my $t = Xsell::Shop->new(items => [ 'a' .. 'h' ], shop => $state,
                             user => (getpwuid $>)[0]);
    my $conf = sub {
        my ($zone) = @_;
        (my $http = $t->{http}) =~ s/zone \w+;/zone $zone;/;
        $t->configure(http => $http, server => $t->{server},
                      main => "daemon off;\nmaster_process off;\n");
    };

    $conf->('8m');
    my $pid = foreground($t);
    $t->walk('a', 'h') for 1 .. 3;
    ok $t->learned(10), 'master_process off: learns';
    is $t->first_offer('/p/a', 'h'), 'h', 'and offers';

    # nginx itself serves nothing after a HUP without a master: its new cycle
    # has no connections.  So what there is to see is that it lives and saves.
    for my $zone ('8m', '12m', '8m') {
        my $mark = $t->mark;
        $conf->($zone);
        kill 'HUP', $pid;
        ok wait_for(sub { $t->log_since($mark) =~ /reconfiguring.*epoll/s }),
            "HUP, zone $zone";
        sleep 0.2;
    }

    kill 'QUIT', $pid;
    ok ended($pid), 'ends';
    cmp_ok eval { Xsell::Snapshot->read($t->dir
                  . '/state/prints.snapshot')->{views} } // 0, '>=', 7,
        'and saves';
    $t->no_alerts(allow => qr/worker_connections are not enough/);
}


# --- as nobody -------------------------------------------------------------

SKIP: {
    my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
    skip 'is not root, or has no setpriv', 3
        if $> != 0 || system('setpriv --version >/dev/null 2>&1') != 0;

    my $t = Xsell::Shop->new(items => [ 'a' .. 'h' ], shop => $state,
                             user => 'nobody');
    chown $uid, $gid, $t->dir, $t->dir . '/secret',
        $t->dir . '/catalog.json', map { $t->dir . "/$_" } qw(state tmp);
    $t->configure(http => $t->{http}, server => $t->{server},
                  main => "daemon off;\n");
    my $module = $t->dir . '/module.so';
    system 'cp', $t->{module}, $module;
    $t->{module} = $module;
    $t->configure(http => $t->{http}, server => $t->{server},
                  main => "daemon off;\n");

    my $pid = foreground($t, 'setpriv', "--reuid=$uid", "--regid=$gid",
                         '--clear-groups');
    $t->walk('a', 'h') for 1 .. 3;
    is $t->first_offer('/p/a', 'h'), 'h', 'trap 65: as nobody: offers';
    kill 'QUIT', $pid;
    ended($pid);
    cmp_ok eval { Xsell::Snapshot->read($t->dir
                  . '/state/prints.snapshot')->{views} } // 0, '>=', 7,
        'and saves';
    $t->no_alerts;
}


# --- nothing configured ----------------------------------------------------

{
    my $t = Xsell->new(conf => 'events { }');
    my ($rc, $out) = $t->test_conf;
    is $rc, 0, 'trap 62: no http block: -t' or diag $out;
    $t->start;
    ok $t->reload, 'reload';
    $t->done;
}

{
    my $t = Xsell->new(server => 'location / { return 200 "x"; }')->start;

    is $t->get('/')->body, 'x', 'no shop: serves';
    is scalar(() = $t->error_log =~ /xsell/g), 0, 'says nothing';

    my ($worker) = $t->worker_pids;
    is scalar(() = Xsell::Tools::slurp("/proc/$worker/maps") =~ /rw-s/g), 1,
        'has no zone, only what nginx has anyway';
    sleep 0.3;
    my $n = switches($t->pids);
    sleep 1;
    is switches($t->pids) - $n, 0, 'and no timer';
    $t->done;
}

{
    my $t = Xsell::Shop->new(items => [ 'a' .. 'h' ], shop => $state,
                             workers => 2)->start;

    $t->walk('a', 'h');
    $t->learned(4);
    sleep 0.5;
    my $n = switches($t->pids);
    sleep 2;
    my $per_second = (switches($t->pids) - $n) / 2;
    cmp_ok $per_second, '<=', 20, "trap 61: idle: $per_second wakes a second";
    $t->done;
}


# --- two shops -------------------------------------------------------------

{
    my $t = Xsell::Shop->new(
        items => [ 'a' .. 'h' ], shop => $state,
        http => 'xsell_shop frames { zone 4m; min_visits 2; holdout off;
                     catalog %%DIR%%/catalog.json; secret %%DIR%%/secret2;
                     state %%DIR%%/state; }
                 map $request_uri $frame { ~^/f/(?<fid>[^/?]+) $fid; }',
        more => 'location /f/ { rewrite ^/f/(.*) /p/$1 break;
                     proxy_pass http://%%UP%%; xsell frames;
                     xsell_item $frame; xsell_consent assumed;
                     xsell_slot related after "#product"; }
                 location /frames/ { xsell_endpoint frames; }
                 location = /metrics2 { xsell_status frames prometheus; }',
        files => { secret2 => 'fedcba9876543210' x 4 . "\n" },
    )->start;

    my $v = $t->walk('a', 'h');
    is_deeply [ sort keys %{ $v->cookies } ], [ 'xs_prints' ],
        'two shops: a cookie of one';
    $v->get("/f/$_") for 'a', 'b';
    is_deeply [ sort keys %{ $v->cookies } ], [ qw(xs_frames xs_prints) ],
        'then of both';

    $t->walk('a', 'h') for 1 .. 2;
    for (1 .. 2) {
        my $w = $t->visit;
        $w->get("/f/$_") for 'a', 'b';
    }
    $t->learned(12);
    wait_for(sub { $t->metric('/metrics2',
                              'xsell_learned_events_total') >= 12 }, 5);

    # first: an offer that has to be waited for is some views
    is $t->metric('/metrics', 'xsell_events_total', type => 'view'), 6,
        'each has its sums';
    is $t->metric('/metrics2', 'xsell_events_total', type => 'view'), 6,
        'and only these';
    is $t->first_offer('/p/a', 'h'), 'h', 'its pairs';
    is $t->first_offer('/f/a', 'b'), 'b', 'and only these';
    unlike $t->get('/metrics')->body, qr/shop="frames"/, 'and its name';
    like $v->get('/xsell/me')->body, qr/"shop": "prints".*"h".*"a"/s,
        'its profiles';
    like $v->get('/frames/me')->body, qr/"shop": "frames".*"b".*"a"/s,
        'also';

    $v->post('/frames/me/erase', '', headers =>
             [ [ 'Sec-Fetch-Site', 'same-origin' ] ]);
    unlike $v->get('/frames/me')->body, qr/"id"/, 'erased in the one';
    like $v->get('/xsell/me')->body, qr/"id"/, 'not in the other';

    $t->stop;
    ok -e $t->dir . "/state/$_.snapshot", "$_ has a file of its own"
        for qw(prints frames);
    $t->done;
}


# --- sizes of the zone -----------------------------------------------------

{
    my @many = map { "item-$_" } 1 .. 3000;
    my $t = Xsell::Shop->new(items => \@many);
    my $try = sub {
        (my $http = $t->{http}) =~ s/zone \w+;/zone $_[0];/;
        return (server => $t->{server}, http => $http);
    };

    for my $zone (qw(8k 64k 500k)) {
        my ($rc, $out) = $t->test_conf($try->($zone));
        is $rc, 1, "zone $zone: too small for any shop";
        like $out, qr/zone "$zone".*\d+\s*[kKmM]?.*nginx-test\.conf:\d+/s,
            'says where and how much';
    }

    my ($rc, $out) = $t->test_conf($try->('2m'));
    is $rc, 1, 'zone 2m: too small for 3,000 items';
    like $out, qr/has\ 3000\ items,\ a\ zone\ of\ 2M\ holds\ \d+:
                  \ write\ "zone\ (\d+)m;"/x, 'says so';
    my ($wanted) = $out =~ /write "zone (\d+)m;"/;
    is(($t->test_conf($try->("${wanted}m")))[0], 0, 'and how much is enough');

    for my $zone (qw(1m 2m 3m 5m 16m 64m 256m)) {
        $t->write_file('catalog.json', Xsell::Shop::catalog([ 'a' .. 'h' ]));
        $t->configure($try->($zone));
        $t->start;
        $t->walk('a', 'h') for 1 .. 3;
        $t->learned(10);
        is $t->first_offer('/p/a', 'h'), 'h', "zone $zone works";
        $t->stop;
    }

    $t->done(allow => qr/\[emerg\]/);
}


# --- the clock -------------------------------------------------------------

SKIP: {
    my ($lib) = grep { -e } glob '/usr/lib/*/faketime/libfaketime.so.1';
    skip 'no libfaketime', 6 if !$lib;

    # nginx reads the file anew at each call; the monotonic clock is real
    my $t = Xsell::Shop->new(items => [ 'a' .. 'h' ], shop => $state);
    my $clock = $t->write_file('clock', "+0\n");
    chmod 0644, $clock;
    $t->{wrap} = [ 'env', "LD_PRELOAD=$lib", "FAKETIME_TIMESTAMP_FILE=$clock",
                   'FAKETIME_NO_CACHE=1', 'DONT_FAKE_MONOTONIC=1',
                   'FAKETIME_DONT_FAKE_MONOTONIC=1' ];
    $t->configure(http => $t->{http}, server => $t->{server},
                  main => "env LD_PRELOAD;\nenv FAKETIME_TIMESTAMP_FILE;\n"
                        . "env FAKETIME_NO_CACHE;\nenv DONT_FAKE_MONOTONIC;\n"
                        . 'env FAKETIME_DONT_FAKE_MONOTONIC;' . "\n");
    $t->start;

    $t->walk('a', 'h') for 1 .. 3;
    my $v = $t->walk('c', 'd');
    my $cookie = $v->cookie('xs_prints');
    my $uptime = status($t)->{uptime_ms};

    for my $jump ('+365d', '+0') {
        $t->write_file('clock', "$jump\n");
        chmod 0644, $clock;
        sleep 0.2;

        my $r = $t->get('/p/b');
        my $year = 1900 + (gmtime)[5] + ($jump eq '+365d' ? 1 : 0);
        like $r->header('Date'), qr/ $year /, "the clock says $jump";

        my $s = status($t);
        cmp_ok $s->{uptime_ms}, '<', $uptime + 60000, 'trap 63: engine time goes on';
        is $t->first_offer('/p/a', 'h'), 'h', 'the pair stays';
    }

    like $v->get('/xsell/me', cookies => { xs_prints => $cookie })->body,
        qr/"id": "d".*"id": "c"/s, 'and so does a visitor';
    $t->stop;
    $t->done;
}

done_testing;
