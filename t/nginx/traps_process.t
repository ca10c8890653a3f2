# Hazard: processes that live side by side, end late or begin anew: a new
# configuration that fails after ours has been at work, a worker of the old one
# that still has a client, helpers that are no workers, a table that is full;
# and settings that are not where the configuration says.

use strict;
use warnings;

use lib 't/nginx/lib';

use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);
use Xsell qw(wait_for);
use Xsell::Shop;

my @ids = map { "i$_" } 0 .. 39;
my $slot = 'xsell prints; xsell_item i1; xsell_consent assumed; '
         . 'xsell_slot related after "#product";';

sub status { return $_[0]->get('/status')->json }

# --- what a location has from those around it ------------------------------

{
    my $t = Xsell::Shop->new(
        items => [ 'a' .. 'h' ],
        http  => 'xsell_slot outer after "#product"; xsell_consent assumed;',
        server => <<'CONF',
    xsell prints;
    xsell_item a;
    location /u/      { proxy_pass http://%%UP%%; }
    location /u/own/  { proxy_pass http://%%UP%%;
                        xsell_slot own before "footer" items=2;
                        location /u/own/in/ { proxy_pass http://%%UP%%; }
                        location /u/own/off/ { proxy_pass http://%%UP%%;
                                               xsell off; }
                        location /u/own/no/ {
                            proxy_pass http://%%UP%%;
                            xsell_consent required $arg_yes; } }
    location /u/if/   { proxy_pass http://%%UP%%;
                        if ($arg_x) { set $y 1; }
                        if ($arg_z) { add_header X-Z 1; } }
    location /u/only/ { proxy_pass http://%%UP%%;
                        limit_except GET { deny all; } }
    location /off/    { proxy_pass http://%%UP%%; xsell off; }
    location /xsell/  { xsell_endpoint prints; }
    location = /status { xsell_status prints; }
CONF
        upstream => { '*' => Xsell::Shop::page('a') },
    )->start;

    my $slots = sub {
        my $r = $t->get($_[0]);
        return join ' ', $r->body =~ /data-xsell-slot="(\w+)"/g;
    };
    my %want = (
        '/u/a' => 'outer', '/u/own/a' => 'own', '/u/own/in/a' => 'own',
        '/u/own/off/a' => '', '/off/a' => '', '/u/if/a' => 'outer',
        '/u/if/a?x=1' => 'outer', '/u/if/a?z=1' => 'outer',
        '/u/only/a' => 'outer', '/u/own/no/a' => 'own',
        '/u/own/no/a?yes=1' => 'own',
    );

    is_deeply { map { $_ => $slots->($_) } keys %want }, \%want,
        'trap 35: slots come from the nearest place that has any';
    is $t->get('/u/if/a?z=1')->header('X-Z'), 1, 'trap 35: the if is taken';
    is scalar($t->offers($t->get('/u/own/in/a'))), 2,
        'trap 35: with their settings';
    ok !defined $t->get('/u/own/no/a')->header('Set-Cookie'),
        'trap 35: a setting of its own';
    ok defined $t->get('/u/own/no/a?yes=1')->header('Set-Cookie'),
        'trap 35: and its value';
    ok defined $t->get('/u/own/in/a')->header('Set-Cookie'),
        'trap 35: beside one of all';
    $t->done;
}

# --- a configuration that fails when ours is done --------------------------

{
    my $t = Xsell::Shop->new(items => \@ids, workers => 2,
                             shop => 'state %%DIR%%/state; '
                                   . 'log %%DIR%%/tmp/log;')->start;

    $t->walk('i0', 'i30') for 1 .. 3;
    $t->learned(12);
    my $old = $t->walk('i3', 'i4');
    my $before = status($t);
    my $busy = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
                                     LocalPort => $t->port(9), ReuseAddr => 1)
        or die "listen: $@";

    # the zone of the running workers is what a new cycle with the same size
    # begins with; one of another size is a new one
    for my $zone ('8m', '12m') {
        for my $items (\@ids, [ reverse @ids[0 .. 35], 'new' ]) {
            my $mark = $t->mark;
            (my $http = $t->{http}) =~ s/zone \w+;/zone $zone;/;
            $t->write_file('catalog.json', Xsell::Shop::catalog($items));
            $t->configure(http => $http, server => $t->{server},
                main => '');
            my $server = "server { listen 127.0.0.1:${\ $t->port(9)}; }";
            $t->write_file('nginx.conf', $t->{text} =~ s/(http \{)/$1 $server/r);

            ok !$t->reload, "trap 49: zone $zone: a port that is taken";
            like $t->log_since($mark), qr/bind\(\).*failed/,
                'trap 49: is why';
            is $t->first_offer('/p/i0', 'i30'), 'i30',
                'trap 49: the pair is there';
            like $old->get('/xsell/me')->body, qr/"id": "i4".*"id": "i3"/s,
                'trap 49: the visitor too';
            ok !grep({ $_ eq 'new' } $t->offers($t->get('/p/i5'))),
                'trap 49: nothing of the new catalogue';
        }
    }

    cmp_ok status($t)->{events}{view}, '>', $before->{events}{view},
        'trap 49: and it goes on counting';
    close $busy;
    $t->done(allow => qr/\[emerg\].*(?:bind\(\)|still could not bind)/);
}

# --- old workers, helpers, signals -----------------------------------------

{
    my $line = '<p class="x">' . 'lorem ipsum ' x 80 . "</p>\n";
    my $late = Xsell::Shop::page('i1')
        =~ s/<div id="product">/$line x 9000 . '<div id="product">'/er;
    my $t = Xsell::Shop->new(items => \@ids, workers => 2,
        http => 'proxy_cache_path %%DIR%%/tmp/c keys_zone=c:1m;
                 proxy_max_temp_file_size 0;',
        more => "location /slow/ { proxy_pass http://%%UP%%; $slot }",
        shop => 'state %%DIR%%/state; log %%DIR%%/tmp/log;')->start;
    $t->upstream->route('/slow/p' => $late);

    my $c = $t->client(rcvbuf => 4096, timeout => 20);
    $c->send("GET /slow/p HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    $c->fill(2);

    # fast, twice, with another catalogue each
    $t->walk('i0', 'i30') for 1 .. 3;
    for my $n (1 .. 3) {
        $t->write_file('catalog.json',
                       Xsell::Shop::catalog([ @ids, "new$n" ]));
        $t->signal('HUP');
        sleep 0.01 if $n == 2;
    }
    my $settled = sub { $t->worker_pids == 2
                        && $t->worker_pids(shutting => 1) == 1 };
    ok $t->reload, 'trap 64: HUP three times and once more';
    ok wait_for(sub { $settled->() && sleep(0.2) && $settled->() }),
        'trap 59: one old worker stays for its client, beside the new ones';

    $t->walk('i5', 'i6') for 1 .. 3;
    my $r = $c->response;
    my ($body, $sections) = Xsell::Shop::bare($r->body);
    ok $r->complete && $body eq $late, 'trap 59: its page is whole';
    is $sections, 1, 'trap 59: with its section, of its catalogue';
    ok wait_for(sub { !$t->worker_pids(shutting => 1) }),
        'trap 61: then it ends';
    ok wait_for(sub {
        my $s = status($t);
        return $s->{learned} == $s->{events}{view} + $s->{events}{impression};
    }, 5), 'trap 59: and what it saw was learned once';
    is $t->first_offer('/p/i5', 'i6'), 'i6', 'trap 59: by the new one';

    my @helpers = grep { /cache (?:manager|loader)/ }
                  map { Xsell::Process::title($_) } $t->pids;
    ok scalar(grep { /manager/ } @helpers), 'trap 61: a cache manager runs';
    my ($manager) = grep { Xsell::Process::title($_) =~ /cache manager/ }
                    $t->pids;
    isnt status($t)->{learner_pid}, $manager, 'trap 61: and does not learn';

    # QUIT while a page is on its way
    $c = $t->client(rcvbuf => 4096, timeout => 20);
    $c->send("GET /slow/p HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    $c->fill(2);
    $t->signal('USR1');
    $t->signal('QUIT');
    sleep 0.1;
    $r = $c->response;
    ok $r->complete && (Xsell::Shop::bare($r->body))[0] eq $late,
        'trap 64: QUIT: the last page is whole';
    ok wait_for(sub { !$t->pids }), 'trap 64: then all end';
    $t->done;
}

# --- more than a zone holds ------------------------------------------------

{
    my $t = Xsell::Shop->new(items => [ 'a' .. 'h' ], zone => '1m',
                             http => 'keepalive_requests 10000;')->start;
    my $c = $t->client;
    my $bad = 0;

    # each comes twice, and so into the main table
    for my $n (1 .. 1500) {
        my $r = $c->request('GET', '/p/' . ('a' .. 'h')[$n % 8], keep => 1);
        my ($cookie) = ($r->header('Set-Cookie') // '')
                       =~ /^(xs_prints=[^;]+)/;
        my $again = $c->request('GET', '/p/' . ('a' .. 'h')[($n + 1) % 8],
                                cookies => $cookie // '', keep => 1);
        $bad++ if grep { $_->status != 200
                         || $_->body !~ /<section.*<\/html>/s } $r, $again;
    }

    is $bad, 0, 'trap 56: 1500 visitors of a zone of 1 MB: all pages right';
    cmp_ok $t->count('dropped_total', reason => 'session_evicted')
           + $t->count('dropped_total', reason => 'probation_evicted'), '>', 0,
        'trap 56: some are forgotten, which is counted';
    is scalar(() = $t->error_log =~ /no memory/g), 0,
        'trap 57: nobody ran out of memory';
    $t->done;
}

done_testing;
