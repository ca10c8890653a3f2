# Hazard: what only happens when everything happens at once.  wrk and shoppers
# at full speed, a zone that is full, 200 reloads (every fifth of a file that
# is garbage, half, empty or a folder), 200 workers killed at random, a state
# folder that can't be written for a while: every response that was completed
# is right, nothing hangs, the sums add up, what is left on disk is good.
#
#     XSELL_RELOADS=20 XSELL_KILLS=20 prove t/long/chaos.t

use strict;
use warnings;

use lib 't/nginx/lib';

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Xsell qw(wait_for);
use Xsell::Process qw(tell_guard);
use Xsell::Shop;
use Xsell::Traffic;

my $reloads = $ENV{XSELL_RELOADS} || 200;
my $kills = $ENV{XSELL_KILLS} || 200;
my @ids = map { "i$_" } 0 .. 39;

plan skip_all => 'no wrk' if !grep { -x "$_/wrk" } split /:/, $ENV{PATH};

srand 5;

# --- pages: from a server that is not part of this -------------------------

my $far = Xsell->new(module => 0,
    server => 'root %%DIR%%/html; default_type text/html; access_log off;');
my $line = '<p class="x">' . 'lorem ipsum ' x 20 . "</p>\n";
my $sizes = '';

for my $n (0 .. $#ids) {
    my $page = Xsell::Shop::page($ids[$n]);
    $page =~ s/<footer>/$line x ($n * 20) . '<footer>'/e;
    $sizes .= "$ids[$n] = " . length($page) . ', ';
    $far->write_file("html/p/$ids[$n]", $page);
}
$far->start;

my $t = Xsell::Shop->new(
    items => \@ids, workers => 3, zone => '1m',
    http => "proxy_cache_path %%DIR%%/tmp/c keys_zone=c:1m;
             proxy_cache_valid 200 2s; keepalive_requests 100;
             access_log off;",
    shop => 'state %%DIR%%/state interval=1s; log %%DIR%%/tmp/events; '
          . 'holdout 5%;',
    upstream => {},
    server => <<"CONF",
    location /p/ { proxy_pass http://127.0.0.1:${\ $far->port};
        proxy_cache c; proxy_cache_use_stale error updating;
        add_header X-Cache \$upstream_cache_status;
        proxy_cache_key \$uri; xsell prints; xsell_item \$item;
        xsell_consent assumed; xsell_slot related after "#product"; }
    location /u/ { proxy_pass http://127.0.0.1:${\ $far->port}/p/;
        xsell prints; xsell_item i5; xsell_consent assumed;
        xsell_slot related after "#product"; }
    location /xsell/ { xsell_endpoint prints; }
    location = /metrics { xsell_status prints prometheus; }
    location = /status { xsell_status prints; }
CONF
)->start;

sub status {
    my $s;
    wait_for(sub { $s = eval { $t->get('/status', timeout => 1)->json } }, 10)
        or die 'no status: ' . $t->error_log;
    return $s;
}

# --- wrk, which reads each response to its end -----------------------------

$t->write_file('check.lua', "local sizes = { $sizes }\n" . <<'LUA');
local threads = {}
local n = 0

function setup(thread) table.insert(threads, thread) end

function init(args) wrong = 0; seen = 0; late = 0; other = 0; why = "" end

function request()
    n = n + 1
    local way = n % 3 == 0 and "/u/i" or "/p/i"
    return wrk.format("GET", way .. (n * 7 % 40), { Host = "localhost" })
end

function response(status, headers, body)
    seen = seen + 1

    -- what wrk had of a response that broke off is still in its buffer when
    -- the next one is read: this one begins at the last doctype
    local at = body:match('.*()<!doctype html>')
    if at and at > 1 then
        late = late + 1
        body = body:sub(at)
    end

    local rest, sections = body:gsub('<section class="xs".-</section>\n', '')
    local good = status == 200 and sections <= 1
                 and #rest == sizes[rest:match('<h1>Item (i%d+)</h1>')]
                 and rest:sub(-15) == '</body></html>\n'
                 and rest:sub(1, 15) == '<!doctype html>'
                 and not rest:find('data-xsell')

    -- the upstream is there, but may not be reached
    if status == 502 or status == 504 then
        other = other + 1

    elseif not good then
        wrong = wrong + 1
        why = status .. ' ' .. #body
        for k, v in pairs(headers) do why = why .. ' ' .. k .. ': ' .. v end
        why = why .. ' ' .. rest:sub(1, 60):gsub('\n', ' ') .. ' ... '
              .. rest:sub(-60):gsub('\n', ' ')
    end
end

function done(summary)
    local w, d, l, o, y = 0, 0, 0, 0, ""
    for _, thread in ipairs(threads) do
        w = w + thread:get("wrong")
        d = d + thread:get("seen")
        l = l + thread:get("late")
        o = o + thread:get("other")
        if thread:get("why") ~= "" then y = thread:get("why") end
    end
    print(string.format("CHAOS done=%d wrong=%d late=%d other=%d why=%s",
                        d, w, l, o, y))
end
LUA

sub wrk {
    my ($seconds) = @_;

    my $pid = open(my $p, '-|') // die "fork: $!";

    if ($pid == 0) {
        Xsell::in_child();
        POSIX::setsid();
        exec 'wrk', '-t1', '-c8', "-d${seconds}s", '--timeout', '5s',
            '-s', $t->dir . '/check.lua', 'http://127.0.0.1:' . $t->port
            or POSIX::_exit(127);
    }

    tell_guard("sid $pid");

    return { pid => $pid, out => $p };
}

sub state_of {
    my ($user, $mode) = @_;

    my $uid = $user ? (getpwnam $user)[2] : 0;
    chown $uid, -1, $t->dir . '/state' if $> == 0;
    chmod $mode, $t->dir . '/state';

    return;
}

# --- all of it -------------------------------------------------------------

my %bad = (
    garbage => sub { unlink $_[0]; $t->write_file('catalog.json', "\0\1{]") },
    half    => sub { $t->write_file('catalog.json',
                         substr Xsell::Shop::catalog(\@ids), 0, 900) },
    empty   => sub { $t->write_file('catalog.json', '') },
    folder  => sub { unlink $_[0]; mkdir $_[0] },
);

my $file = $t->dir . '/catalog.json';
my $started = status();
my $traffic = Xsell::Traffic->start($t, ids => \@ids, clients => 2,
                                    pause => 0.01);
my $wrk = wrk(1000);
my ($reloaded, $refused, $killed, $slow, $n) = (0, 0, 0, 0, 0);
my $begin = time;

while ($reloaded + $refused < $reloads || $killed < $kills) {
    $n++;

    if ($killed < $kills) {
        my @workers = $t->worker_pids;
        if (@workers) {
            $t->kill9($workers[rand @workers]);
            $killed++;
        }
        sleep rand 0.05;
    }

    if ($reloaded + $refused < $reloads) {
        my $kind = $n % 5 == 0 ? (sort keys %bad)[$n / 5 % 4] : '';
        rmdir $file if -d $file;
        $kind ? $bad{$kind}->($file)
              : $t->write_file('catalog.json',
                    Xsell::Shop::catalog([ $n % 2 ? @ids : reverse @ids ]));

        my $ok = $t->reload;
        $ok ? $reloaded++ : $refused++;
        diag "reload $n ($kind): " . ($ok ? 'taken' : 'refused')
            if !$ok != !!$kind;
    }

    # a folder that is nobody's for a while; a reload would say so
    if ($n % 20 == 7) {
        state_of(0, 0500);
        $t->kill9(($t->worker_pids)[0]), $killed++ if $killed < $kills;
        sleep 1.5;
        state_of($t->{user}, 0755);
    }

    if ($n % 10 == 0) {
        my $start = time;
        my $r;
        wait_for(sub { $r = eval { $t->get('/p/i3', timeout => 2) };
                       return $r && $r->complete && $r->status == 200 }, 10)
            or fail "step $n: no page: " . $t->error_log;
        $slow++ if time - $start > 3;
    }
}

rmdir $file if -d $file;
$t->write_file('catalog.json', Xsell::Shop::catalog(\@ids));
ok $t->reload, 'the last reload';

kill 'INT', $wrk->{pid};
my $report = do { local $/; readline $wrk->{out} } // '';
close $wrk->{out};
my $sums = $traffic->stop;
my $seconds = time - $begin;

# --- what came of it -------------------------------------------------------

my ($done, $wrong, $late, $other, $why) = $report
    =~ /^CHAOS done=(\d+) wrong=(\d+) late=(\d+) other=(\d+) why=(.*)/m
    or diag $report;
my ($errors) = $report =~ /(Socket errors.*)/;

diag sprintf '%d reloads, %d refused, %d kills, %d s; wrk: %d responses (%s); '
    . 'shoppers: %d, %d failed', $reloaded, $refused, $killed, $seconds,
    $done // 0, $errors // 'no socket errors', $sums->{requests},
    $sums->{failed};

is $killed, $kills, "$kills workers killed";
cmp_ok $refused, '>=', int $reloads / 5, 'each bad file is refused';
cmp_ok $reloaded, '>=', int $reloads * 0.7, 'each good one taken';
cmp_ok $done // 0, '>', 5 * $seconds, "wrk was served: $done responses";
is $wrong, 0, 'each completed one is right' or diag $why;
cmp_ok $late // 0, '<=', 8 * $kills, 'after no more broken ones than kills';
is $slow, 0, 'nothing hangs';
is scalar(grep { /body|status [^5]/ } @{ $sums->{errors} }), 0,
    'no shopper got a wrong page' or diag join "\n", @{ $sums->{errors} };

ok wait_for(sub { $t->worker_pids == 3 && !$t->worker_pids(shutting => 1) },
            20), 'three workers, the old ones are gone'
    or diag join "\n", map { Xsell::Process::title($_) } $t->pids;

my ($s, $queued);
ok wait_for(sub {
    $s = status();
    $queued = 0;
    $queued += $s->{events}{$_} // 0 for keys %{ $s->{events} };
    $queued -= $s->{dropped}{ring_full} + $s->{dropped}{no_ring};
    return $s->{learner_pid} && abs($s->{learned} - $queued) <= $killed;
}, 15), 'learned is what was queued, but one event a kill';
diag "learned $s->{learned}, queued $queued, recovered $s->{recovered}, "
     . "evicted $s->{dropped}{session_evicted} and "
     . "$s->{dropped}{probation_evicted}, no ring $s->{dropped}{no_ring}, "
     . "ring full $s->{dropped}{ring_full}";

diag 'pages: ' . join ', ', map { "$_ $s->{pages}{$_}" }
                  grep { $s->{pages}{$_} } sort keys %{ $s->{pages} };

my $views = $s->{events}{view} - $started->{events}{view};
my $pages = ($done // 0) - $other + $sums->{requests} - $sums->{failed};
my $lost = $s->{dropped}{session_busy} // 0;
# counted before the first byte goes out, in shared memory: no kill takes it
# back, and a page that broke off may be a view too
cmp_ok $views, '>=', $pages - $lost,
    "each page is a view ($views of $pages, $lost not, $other 502)";
cmp_ok $s->{dropped}{probation_evicted} + $s->{dropped}{session_evicted},
    '>', 0, 'the zone was full' if $kills >= 100;

# some visitor is not held out
sub any_shown {
    return scalar grep {
        my $r = $t->visit->get('/p/i1', timeout => 2);
        (Xsell::Shop::bare($r->body))[1] == 1 && $r->seconds < 1
    } 1 .. 5;
}

cmp_ok any_shown(), '>=', 3, 'pages have their fragments, at once';

$t->stop;
my $xsell = Xsell::repo() . '/build/xsell';
my $out = -x $xsell
    ? `$xsell snapshot '@{[ $t->dir ]}/state/prints.snapshot' 2>&1` : 'good,';
like $out, qr/good,/, 'the snapshot is good';
$t->start;
cmp_ok any_shown(), '>=', 3, 'and is loaded';
unlike $t->log_since(0), qr/refused: /, 'without a word';
$t->done(allow => qr/exited on signal 9|\[emerg\].*catalog/);
$far->done;
done_testing;
