# Hazard: memory or time that grows with the page: a buffer for each chunk, a
# list that is walked again for each buffer, a tag or a comment that never
# ends, a log line for each request; and what happens when there is none left.

use strict;
use warnings;

use lib 't/nginx/lib';

use File::Temp ();
use Test::More;
use Time::HiRes qw(time);
use Xsell qw(memory wait_for);
use Xsell::H2;
use Xsell::Shop;

my $page = Xsell::Shop::page('a');

my $slot = 'xsell prints; xsell_item a; xsell_consent assumed; '
         . 'xsell_slot related after "#product";';

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'h' ],
    http  => <<'CONF',
    keepalive_requests 100000;
    proxy_max_temp_file_size 0;
    server {
        listen 127.0.0.1:%%PORT2%%;
        root %%DIR%%/html;
        access_log off;
    }
CONF
    more  => <<"CONF",
    location /u/    { proxy_pass http://%%UP%%; $slot }
    location /open/ { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                      proxy_http_version 1.1; proxy_buffer_size 4k;
                      proxy_read_timeout 10s; $slot }
    location /far/  { proxy_pass http://127.0.0.1:%%PORT2%%/; access_log off;
                      $slot }
    location /plain/ { proxy_pass http://127.0.0.1:%%PORT2%%/;
                      access_log off; }
CONF
);

$t->write_file('html/a.html', $page);
$t->start;

my ($worker) = $t->worker_pids;

# a sanitizer keeps what is freed
my $flat = `$t->{nginx} -V 2>&1` =~ /-fsanitize/ ? 1 << 30 : 1;

# bytes of a response, without keeping them
sub drain {
    my ($path) = @_;

    my $socket = $t->client->socket;
    my ($n, $tail) = (0, '');

    syswrite $socket, "GET $path HTTP/1.0\r\n\r\n";

    while (my $got = sysread $socket, my $bytes, 1 << 20) {
        $n += $got;
        $tail = substr $tail . $bytes, -8192;
    }

    return ($n, $tail);
}

# kB that the worker grew by, and what the code returned
sub grown {
    my ($code) = @_;

    my $anon = memory($worker)->{RssAnon};
    my @got = $code->();

    return (memory($worker)->{RssAnon} - $anon, @got);
}

# user and system time of the worker, in ticks
sub ticks {
    my @stat = split ' ', Xsell::Tools::slurp("/proc/$worker/stat")
                          =~ s/.*\) //r;

    return $stat[11] + $stat[12];
}

# --- 100 MB, 10,000 requests, 400,000 chunks -------------------------------

{
    my $line = '<p class="x">' . 'lorem ipsum ' x 80 . "</p><!-- c -->\n";
    my $path = $t->dir . '/html/huge.html';

    open my $f, '>', $path or die $!;
    print {$f} $line x 1000 for 1 .. 100;
    print {$f} $page;
    close $f;
    my $size = -s $path;

    drain('/far/a.html') for 1 .. 3;
    my ($grown, $n, $tail) = grown(sub { drain('/far/huge.html') });

    cmp_ok $size, '>', 95e6, 'trap 28: a page of 100 MB';
    cmp_ok $n, '>', $size + 500, 'trap 28: comes as a whole';
    is((Xsell::Shop::bare($tail))[1], 1, 'trap 28: with a section at its end');
    cmp_ok $grown, '<', 2048 * $flat, "trap 28: in $grown kB";
    unlink $path;

    my $c = $t->client;
    my $batch = sub {
        my @r = $c->pipeline(map { [ '/far/a.html' ] } 1 .. 100);
        return scalar grep { $_->status == 200
                             && $_->body =~ /data-xsell-slot/ } @r;
    };

    my $good = 0;
    $good += $batch->() for 1 .. 10;
    ($grown) = grown(sub { $good += $batch->() for 1 .. 90 });
    is $good, 10_000, 'trap 33: 10000 requests on one connection';
    cmp_ok $grown, '<', 512 * $flat, "trap 33: in $grown kB";
}

{
    # each chunk is a buffer and a flush of its own
    my @chunks = ('<p>', 'some words', '</', 'p>', '<', '!--', 'x', '-->');
    my $few = join '', map { sprintf "%x\r\n%s\r\n", length, $_ } @chunks;
    my $text = join '', @chunks;
    my $head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
             . "Transfer-Encoding: chunked\r\n\r\n";
    my $last = sprintf "%x\r\n%s\r\n0\r\n\r\n", length $page, $page;
    my %n = (few => 500, many => 50_000);

    $t->upstream->route(map { ("/u/$_" => { raw => [ $head,
        ($few x 500) x ($n{$_} / 500), $last ] }) } keys %n);

    drain('/open/few') for 1 .. 3;
    my ($grown, $n, $tail) = grown(sub { drain('/open/many') });
    cmp_ok $n, '>', $n{many} * length($text) + length $page,
        'trap 33: 400,000 chunks';
    is((Xsell::Shop::bare($tail))[1], 1, 'trap 33: with a section');
    cmp_ok $grown, '<', 512 * $flat, "trap 33: in $grown kB";
}

# --- pages made to be hard -------------------------------------------------

{
    my $mb = 1 << 20;
    my %hard = (
        markers    => '<!--xsell x-->' x ($mb / 14),
        comment    => '<!-- ' . '-' x $mb,
        tags       => '<' x $mb,
        open       => '<div>' x ($mb / 5),
        attribute  => '<p title="' . 'x' x $mb . '">',
        attributes => '<p ' . join(' ', map { "a$_=1" } 1 .. 100_000) . '>',
        script     => '<script>' . '</scrip' x ($mb / 7),
        doctype    => '<!DOCTYPE ' . 'x' x $mb . '>',
        entities   => '&amp' x ($mb / 4),
        nul        => "\0" x $mb,
        close      => '</p>' x ($mb / 4),
        nested     => '<b><i><p>' x ($mb / 9),
        tables     => '<table><tr><td>' x ($mb / 15),
    );

    $t->write_file("html/$_.html", "<html><body>$hard{$_}") for keys %hard;
    $t->write_file('html/plainly.html', '<html><body>' . 'lorem ' x ($mb / 6));
    $t->get('/far/plainly.html');

    for my $name (sort keys %hard) {
        my $want = "<html><body>$hard{$name}";
        my $ticks = ticks();
        my ($grown, $r) = grown(sub { $t->get("/far/$name.html") });
        $ticks = ticks() - $ticks;

        my ($body) = Xsell::Shop::bare($r->body);
        ok $r->complete && $body eq $want, "trap 28: 1 MB of $name passes";
        cmp_ok $grown, '<', 1024 * $flat, "trap 28: $name: $grown kB";
        cmp_ok $ticks, '<', 25 * ($flat > 1 ? 10 : 1),
            "trap 28: $name: $ticks ticks of 10 ms";
    }
}

# --- a log that is written to by others ------------------------------------

{
    my $before = () = $t->error_log =~ /\n/g;
    my $c = $t->client;
    my @bad = map { ("/u/none$_", '/far/markers.html', "/p/$_?xs=%0d%0aX",
                     "/p/a?xs=\x1b[31m") } 1 .. 50;
    $t->get($_, headers => [ [ Cookie => "xs_prints=a\x1b[0mb" ],
                             [ 'User-Agent' => "\x1b]0;x\x07" ] ])
        for @bad;
    my @lines = split /\n/, $t->error_log;
    my @ours = grep { /xsell: / } splice @lines, $before;
    cmp_ok scalar @ours, '<=', 5, 'trap 72: 200 bad requests, few lines'
        or diag join "\n", @ours[0 .. 5];
    is scalar(grep { /xsell: .*\x1b.*?, client:/ } @ours), 0,
        'trap 84: nothing raw in what we say of them';
}

$t->done;

# --- no memory left --------------------------------------------------------

# pools of requests come by posix_memalign(): one in 13 calls fails
my $FAIL = <<'C';
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned  one_in, seen;

static int
fails(void)
{
    const char  *s;

    if (one_in == 0) {
        s = getenv("FAIL_ONE_IN");
        one_in = s ? atoi(s) : 1;
    }

    /* as long as the test says so, by a file in the working directory */
    if (access("fail", F_OK) != 0) {
        return 0;
    }

    return ++seen % one_in == 0;
}

int
posix_memalign(void **p, size_t align, size_t n)
{
    static int  (*real)(void **, size_t, size_t);

    if (real == NULL) {
        real = (int (*)(void **, size_t, size_t)) dlsym(RTLD_NEXT,
                                                        "posix_memalign");
    }

    return fails() ? ENOMEM : real(p, align, n);
}
C

SKIP: {
    my $dir = File::Temp->newdir;
    my $so = "$dir/fail.so";
    open my $f, '>', "$dir/fail.c" or die $!;
    print {$f} $FAIL;
    close $f;
    chmod 0755, $dir;
    skip 'no compiler', 4
        if system("cc -shared -fPIC -o $so $dir/fail.c -ldl 2>&1") != 0;
    skip 'a sanitizer has its own memory', 4 if $flat > 1;

    my $whole = $page =~ s/<footer>/'<p>x<\/p>' x 20_000 . '<footer>'/er;
    my $b = Xsell::Shop->new(
        items => [ 'a' .. 'h' ],
        main => "env LD_PRELOAD;\nenv FAIL_ONE_IN;\n"
              . "working_directory %%DIR%%/tmp;",
        more => "listen 127.0.0.1:%%PORT2%% http2;\n"
              . "location /big/ { proxy_pass http://%%UP%%/p/;
                     proxy_buffers 4 4k; $slot }",
        page => sub { $whole },
        wrap => [ 'env', "LD_PRELOAD=$so", 'FAIL_ONE_IN=13' ],
    )->start;
    my @workers = $b->worker_pids;

    is((Xsell::Shop::bare($b->get('/big/a')->body))[1], 1, 'serves');
    $b->write_file('tmp/fail', '');
    my ($right, $cut, $wrong) = (0, 0, 0);

    for my $n (1 .. 150) {
        my $r = eval { $b->get($n % 2 ? '/big/a' : '/p/a', timeout => 2) };
        my ($body) = Xsell::Shop::bare($r ? $r->body : '');

        if (!$r || !$r->complete || $r->status != 200) {
            $cut++;
            $wrong++ if $r && $r->status == 200 && index($whole, $body) != 0;
        } elsif ($body eq $whole) {
            $right++;
        } else {
            $wrong++;
        }
    }

    for my $n (1 .. 30) {
        my $h = eval { Xsell::H2->new(port => $b->port(2), timeout => 1) }
            or next;
        my @id = map { $h->get('/big/a') } 1 .. 3;
        for my $id (@id) {
            my $s = $h->stream($id);
            my ($body) = Xsell::Shop::bare($s->{body});
            $wrong++ if ($s->{status} // 0) == 200
                        && ($s->{ended} ? $body ne $whole
                                        : index($whole, $body) != 0);
            $s->{ended} && $body eq $whole ? $right++ : $cut++;
        }
        $h->close;
    }

    unlink $b->dir . '/tmp/fail';
    is $wrong, 0, "trap 30: memory fails: $right pages are right, $cut are cut";
    cmp_ok $cut, '>', 0, 'trap 30: it did fail';
    is "@{[ $b->worker_pids ]}", "@workers", 'trap 30: the worker lives';
    is((Xsell::Shop::bare($b->get('/big/a')->body))[1], 1,
        'trap 30: and serves');
    $b->done(allow => qr/\[(?:emerg|crit|alert)\].*memory|posix_memalign/);
}

done_testing;
