# Hazard: the module reads what it never wrote, or what nginx has freed: a
# page that is right today and a crash tomorrow.

use strict;
use warnings;

use lib 't/nginx/lib';

use IO::Socket::INET;
use POSIX ();
use Test::More;
use Xsell qw(wait_for);
use Xsell::Shop;

plan skip_all => 'no valgrind' if !grep { -x "$_/valgrind" }
    split /:/, $ENV{PATH};

$Xsell::Tools::TIMEOUT = 120;

my $t = Xsell::Shop->new(items => [ map { "i$_" } 0 .. 19 ],
    user => (getpwuid $>)[0],
    shop => 'state %%DIR%%/state interval=1s; log %%DIR%%/log;',
    slot => 'related after "#product"; xsell_slot below',
    more => 'location = /cart { proxy_pass http://%%UP%%;
                 xsell prints; xsell_consent assumed;
                 xsell_event cart item=$xsell_form_sku; }');

$t->configure(http => $t->{http}, server => $t->{server},
              main => "daemon off;\nmaster_process off;\n");

my $log = $t->dir . '/valgrind';
my $pid = fork // die "fork: $!";

if ($pid == 0) {
    Xsell::in_child();
    POSIX::setsid();
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', $t->dir . '/output';
    open STDERR, '>&', \*STDOUT;
    exec 'valgrind', '-q', "--log-file=$log", '--num-callers=25',
        '--track-origins=no', $t->{nginx}, '-p', $t->dir . '/',
        '-c', $t->dir . '/nginx.conf', '-e', $t->dir . '/error.log'
        or POSIX::_exit(127);
}

$t->{sids}{$pid} = 1;
Xsell::Process::tell_guard("sid $pid");
wait_for(sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $t->port) }, 120)
    or BAIL_OUT('does not serve: ' . $t->error_log);

my %slow = (timeout => 60);
my $bad = 0;

for my $n (1 .. 6) {
    my $visit = $t->visit(%slow);

    for my $id (0, 5 + $n, 1) {
        my $r = $visit->get("/p/i$id");
        $bad++ if $r->error || $r->body !~ /<section class="xs"/;
        my ($link) = $t->links($r);
        $visit->get($link) if $link;
    }

    $visit->post('/cart', { sku => 'i1' });
    $visit->get('/xsell/me');
    $visit->post('/xsell/me/erase', '',
                 headers => [ [ 'Sec-Fetch-Site', 'same-origin' ] ])
        if $n % 2;
}

$t->get('/p/i1', %slow, headers => [ [ 'User-Agent', 'Googlebot/2.1' ] ]);
$t->get('/p/i1', %slow, headers => [ [ 'Sec-GPC', 1 ] ]);
$t->get('/p/i1?xs=' . 'A' x 31, %slow);
$t->get('/p/none', %slow);
$t->get('/metrics', %slow);
$t->get('/status', %slow);
my ($css) = $t->get('/p/i1', %slow)->body =~ m{(/xsell/s/\w+\.css)};
$t->get($css, %slow) if $css;

is $bad, 0, 'pages have their fragments';
wait_for(sub { -e $t->dir . '/state/prints.snapshot' }, 60);
ok -e $t->dir . '/state/prints.snapshot', 'a snapshot was written';

kill 'QUIT', $pid;
ok wait_for(sub { waitpid($pid, POSIX::WNOHANG()) == $pid }, 120), 'ends';

# nginx's own are known and not ours: only reports that name our functions
ok -e $log, 'valgrind was there';
my @ours = grep { /xsell/ } split /\n==\d+== \n/, Xsell::Tools::slurp($log);
is scalar @ours, 0, 'no invalid or uninitialised read or write'
    or diag $ours[0];
$t->no_alerts;

done_testing;
