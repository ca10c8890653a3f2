#!/usr/bin/perl

# The harness itself, with plain nginx: a harness that forgives bad framing,
# returns from a reload too early or leaves processes behind makes every other
# test worthless.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Fcntl qw(F_SETFD);
use Test::More;
use Time::HiRes qw(sleep time);

use Xsell qw(wait_for write_mmdb have_mmdb memory rss parse_metrics);

my $page = '<html>' . ('0123456789' x 5000) . '</html>';

my $t = Xsell->new(
    module  => 0,
    workers => 2,
    files   => { 'html/static.html' => "static\n" },
    vars    => { WORD => 'one' },
    upstream => {
        '/page'    => $page,
        '/chunked' => { pieces => [ 'ab', 'cde', 'f' ], gap => 0.1,
                        framing => 'chunked' },
        '/close'   => { body => 'until the end', framing => 'close' },
        '/cut'     => { pieces => [ 'x' x 1000 ], cut => 10 },
        '/cutc'    => { pieces => [ 'abc', 'def' ], cut => 4,
                        framing => 'chunked' },
        '/raw'     => { raw => [ "HTTP/1.0 200 OK\r\n\r\n", \0.05, 'raw' ] },
        '/gzip'    => { body => $page, gzip => 1 },
        '/slow'    => { body => 'slow', delay => 0.3 },
        '/cookie'  => sub {
            my ($request) = @_;
            return { headers => [
                [ 'Set-Cookie', 'a=1; Path=/; HttpOnly' ],
                [ 'Set-Cookie', 'b=2; Path=/other/' ],
                [ 'Set-Cookie', 'old=; Path=/; Max-Age=0' ],
            ], body => $request->{headers}{cookie} // 'none' };
        },
        '~^/re/\d+' => 'regex',
        '/empty'   => '',
        '/204'     => { status => 204 },
        '/304'     => { status => 304 },
    },
    server => <<'CONF',
        location / {
            proxy_pass          http://%%UP%%;
            proxy_http_version  1.1;
            proxy_buffering     off;
        }
        location = /word        { return 200 "%%WORD%%\n"; }
        location = /pid         { return 200 "$pid"; }
        location = /static.html { root %%DIR%%/html; }
CONF
);

is_deeply [ $t->pids ], [], 'nothing runs before the start';
$t->start;
is scalar $t->worker_pids, 2, 'both workers run';

subtest 'responses' => sub {
    my $r = $t->get('/page');
    is $r->status, 200, 'status';
    is $r->body, $page, 'body with a length';
    is $r->header('content-length'), length $page, 'header';
    is $r->error, undef, 'framing';
    is $t->get('/static.html')->body, "static\n", 'file';
    is $t->get('/page', version => '1.0')->body, $page, 'HTTP/1.0';

    my $head = $t->head('/page');
    is $head->header('Content-Length'), length $page, 'HEAD';
    is $head->body, '', 'HEAD has no body';

    $r = $t->get('/chunked');
    is $r->body, 'abcdef', 'chunks joined';
    is_deeply [ $r->chunks ], [ 2, 3, 1 ], 'chunk sizes';
    is $t->get('/chunked', version => '1.0')->body, 'abcdef',
        'ended by the close';
    is $t->get('/close')->body, 'until the end', 'upstream ended by the close';
    is $t->get('/raw')->body, 'raw', 'raw upstream';
    is $t->get('/empty')->body, '', 'empty';
    is $t->get($_)->complete, 1, "no body: $_" for qw(/204 /304);
    is $t->get('/re/17?a=b')->body, 'regex', 'route by regex';
    is $t->get('/none')->status, 404, 'no route';

    require IO::Uncompress::Gunzip;
    IO::Uncompress::Gunzip::gunzip(\$t->get('/gzip')->body, \my $plain);
    is $plain, $page, 'gzip from upstream';
};

subtest 'broken responses are seen' => sub {
    my $r = $t->get('/cut');
    like $r->error, qr/^closed in body/, 'cut short';
    is $r->body, 'x' x 10, 'what came is kept';

    $r = $t->get('/cutc');
    like $r->error, qr/^closed in chunk/, 'cut in a chunk';
    is $r->body, 'abcd', 'what came is kept';

    my %bad = (
        'bad chunk size'      => "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        'does not end in CRLF' =>
            "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
        'closed in last chunk' =>
            "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
        'bytes after'         => "Content-Length: 1\r\n\r\nab",
        'both Content-Length' => "Content-Length: 5\r\n"
            . "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        'bad header line'     => "a b: c\r\n\r\n",
        'closed in header'    => "A: b\r\n",
    );

    for my $error (sort keys %bad) {
        my $up = Xsell::Upstream->new(
            { '*' => { raw => [ "HTTP/1.1 200 OK\r\n$bad{$error}" ] } });
        my $c = Xsell::Client->new(port => $up->port);
        like $c->request('GET', '/')->error, qr/\Q$error\E/, $error;
    }
};

subtest 'time' => sub {
    my $c = $t->client;
    $c->send_pieces([ "GET /chun", "ked HTTP/1.1\r\nHost: x\r\n", "\r\n" ],
                    0.02);
    is $c->response->body, 'abcdef', 'request in pieces';

    my @times = map { $_->[0] } $c->arrivals;
    cmp_ok $times[-1] - $times[0], '>', 0.15, 'pieces arrive as they are sent';
    cmp_ok $t->get('/slow')->seconds, '>', 0.25, 'delay';

    # one slow response must not hold up another
    my $slow = $t->client;
    $slow->send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    cmp_ok $t->get('/page')->seconds, '<', 0.25, 'upstream serves both';
    is $slow->response->body, 'slow', 'the slow one, too';

    like $t->client(timeout => 0.1)->request('GET', '/slow')->error,
        qr/^timeout/, 'timeout of the client';
};

subtest 'one connection' => sub {
    my @r = $t->pipeline([ '/page' ], [ '/page', method => 'HEAD' ],
                         [ '/chunked' ], [ '/word' ]);
    is_deeply [ map { $_->body } @r ], [ $page, '', 'abcdef', "one\n" ],
        'pipelined';

    my $c = $t->client;
    is $c->request('GET', '/word', keep => 1)->body, "one\n", 'first';
    is $c->request('GET', '/word', keep => 1)->body, "one\n", 'second';
};

subtest 'upstream keeps the requests' => sub {
    $t->upstream->clear;
    $t->post('/page?x=1', { a => 'b c', d => [ 1, 2 ] },
             headers => [ [ 'X-A' => 'v' ] ]);
    my ($request) = $t->upstream->requests;
    is $request->{method}, 'POST', 'method';
    is $request->{uri}, '/page?x=1', 'uri';
    is $request->{args}, 'x=1', 'arguments';
    is $request->{body}, 'a=b%20c&d=1&d=2', 'form';
    is $request->{headers}{'x-a'}, 'v', 'header';

    $t->upstream->route('/page' => 'changed');
    is $t->get('/page')->body, 'changed', 'route changed while it runs';
    $t->upstream->route('/page' => $page);
    is $t->get('/page')->body, $page, 'and back';
    is scalar $t->upstream->requests, 3, 'all of them';
};

subtest 'visit' => sub {
    my $visit = $t->visit(headers => [ [ 'X-Who' => 'me' ] ]);
    $visit->set('old', 'x');
    is $visit->get('/cookie')->body, 'old=x', 'cookie set by the test';
    is $visit->get('/cookie')->body, 'a=1', 'cookie sent back, old one gone';
    is_deeply $visit->cookies, { a => 1, b => 2 }, 'jar';
    is_deeply $visit->cookies('/other/x'), { a => 1, b => 2 }, 'path';
    is $t->visit->get('/cookie')->body, 'none', 'another visit';
    my ($request) = reverse grep { $_->{headers}{'x-who'} }
                    $t->upstream->requests;
    is $request->{headers}{'x-who'}, 'me', 'default header';
    is $visit->get('/cookie')->cookies->{a}{httponly}, 1, 'attributes';
};

subtest 'reload' => sub {
    my @old = $t->worker_pids;
    $t->{vars}{WORD} = 'two';
    $t->configure(server => 'location /word { return 200 "%%WORD%%\n"; }');
    ok $t->reload, 'accepted';
    is_deeply [ grep { my $p = $_; grep { $_ == $p } @old } $t->worker_pids ],
        [], 'new workers';
    is $t->get('/word')->body, "two\n", "new configuration, request $_"
        for 1 .. 8;

    # an old worker that still serves must not hold the reload up
    my $c = $t->client;
    $c->send("GET /word HTTP/1.1\r\nHost: x\r\n");
    ok $t->reload, 'with a request under way';
    cmp_ok scalar $t->worker_pids(shutting => 1), '<=', 1, 'the old one waits';
    $c->send("\r\n");
    is $c->response->body, "two\n", 'and answers';

    $t->configure(server => 'nonsense;');
    ok !$t->reload, 'a bad configuration is refused';
    is $t->get('/word')->body, "two\n", 'the old one goes on';
    ok scalar grep({ /nonsense/ } $t->alerts), 'and it is an alert';

    my ($rc, $out) = $t->test_conf;
    isnt $rc, 0, 'nginx -t fails';
    like $out, qr/unknown directive "nonsense"/, 'and says why';
    ($rc, $out) = $t->test_conf(server => 'return 204;');
    is $rc, 0, 'nginx -t succeeds';
    like $out, qr/successful/, 'and says so';
};

subtest 'upgrade, kill, start again' => sub {
    $t->configure(server => 'location / { return 200 "$pid"; }');
    my ($old, $new) = $t->upgrade;
    ok $old && $new && $old != $new, 'a new master';
    is $t->master_pid, $new, 'its pid file';
    my $by = $t->get('/')->body;
    ok scalar(grep { $_ == $by } $t->worker_pids), 'its worker answers';

    ($old, $new) = $t->upgrade(keep => 1);
    is scalar $t->worker_pids(master => $_), 2, "workers of $_"
        for $old, $new;

    ok $t->kill9, 'all killed';
    is_deeply [ $t->pids ], [], 'none left';
    is_deeply [ zombies() ], [], 'no zombie';
    $t->start;
    is $t->get('/')->status, 200, 'started again';

    my ($worker) = $t->worker_pids;
    my $mark = $t->mark;
    $t->kill9($worker);
    ok wait_for(sub { $t->log_since($mark) =~ /exited on signal 9/ }),
        'a killed worker';
    ok wait_for(sub { $t->worker_pids == 2 }), 'is replaced';
    ok scalar grep({ /exited on signal 9/ } $t->alerts), 'and is an alert';
};

subtest 'numbers' => sub {
    my $m = parse_metrics(<<'TEXT');
# HELP a_total what
# TYPE a_total counter
a_total{shop="x",state="a\"b"} 3
a_total{state="c",shop="x"} 4
b 1.5e3
c_bucket{le="+Inf"} 7
d +Inf
TEXT
    is $m->{'a_total{shop="x",state="a\"b"}'}, 3, 'labels';
    is $m->{'a_total{shop="x",state="c"}'}, 4, 'labels in order';
    cmp_ok $m->{b}, '==', 1500, 'no label';
    is $m->{'c_bucket{le="+Inf"}'}, 7, 'bucket';
    ok !eval { parse_metrics("a b c d\n"); 1 }, 'nonsense is refused';
    ok !eval { parse_metrics("a 1\na 2\n"); 1 }, 'a repeated sample, too';

    my ($worker) = $t->worker_pids;
    cmp_ok rss($worker), '>', 1000, 'rss in kB';
    ok exists memory($worker)->{RssShmem}, 'shared part';

    my %ports = map { Xsell::port() => 1 } 1 .. 50;
    is keys %ports, 50, 'no port is given twice';
    cmp_ok $t->port(2), '!=', $t->port, 'ports of the configuration';
};

subtest 'country database' => sub {
    plan skip_all => 'no MaxMind::DB::Writer' if !have_mmdb();

    my $path = $t->dir . '/country.mmdb';
    ok write_mmdb($path, {
        '127.0.0.1/32' => { country => { iso_code => 'DE', geoname_id => 1 } },
        '10.0.0.0/8'   => { country => { iso_code => 'FR' } },
        '2001:db8::/32' => { country => { iso_code => 'JP' } },
    }), 'written';
    like $t->read_file('country.mmdb'), qr/iso_code.*MaxMind\.com/s, 'looks so';
};

is_deeply [ zombies() ], [], 'no zombie';

# Whatever happens to the test, nothing stays: the test dies, or is killed.
for my $how (qw(die KILL early)) {
    pipe my $read, my $write or die;
    my $pid = fork // die;

    if ($pid == 0) {
        open STDERR, '>', '/dev/null';
        open STDOUT, '>', '/dev/null';
        fcntl $write, F_SETFD, 0;
        exec $^X, "-I$FindBin::Bin/lib", '-e', <<'PERL', fileno $write, $how;
            use Xsell;
            use POSIX ();
            my ($fd, $how) = @ARGV;
            open my $out, '>&=', $fd;
            my $t = Xsell->new(module => 0, upstream => { '*' => 1 },
                               server => 'return 204;');
            if ($how eq 'early') {
                # nginx has started, the harness does not know its daemon yet
                $t->_nginx([]);
                Xsell::wait_for(sub { -s $t->dir . '/nginx.pid' });
                syswrite $out, join ' ', $t->dir,
                    $t->read_file('nginx.pid') =~ /(\d+)/;
                close $out;
                kill 'KILL', $$;
            }
            $t->start;
            syswrite $out, join ' ', $t->dir, $t->pids, $t->upstream->pid;
            close $out;
            die if $how eq 'die';
            kill 'KILL', $$;
PERL
    }

    close $write;
    my ($dir, @pids) = split ' ', join '', <$read>;
    waitpid $pid, 0;
    cmp_ok scalar @pids, '>=', $how eq 'early' ? 1 : 3, "$how: it ran";
    ok wait_for(sub { !grep { Xsell::Process::alive($_) } @pids }),
        "$how: no process is left";
    ok wait_for(sub { !-e $dir }), "$how: no folder is left";
}

$t->done(allow => qr/nonsense|exited on signal 9/);
done_testing;


sub zombies {
    opendir my $proc, '/proc' or die;

    return grep {
        my ($state, $ppid) = Xsell::Process::stat_of($_);
        defined $state && $state eq 'Z' && $ppid == $$
    } grep { /^\d+$/ } readdir $proc;
}
