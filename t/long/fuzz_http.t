# Hazard: bytes from outside that nobody thought of.  Some thousand hostile
# requests, the same ones in every run: no worker dies, nothing is logged as
# an alert, and every ordinary page in between is right.
#
#     XSELL_FUZZ=20000 XSELL_SEED=2 prove t/long/fuzz_http.t

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $count = $ENV{XSELL_FUZZ} || 4000;
my $seed = $ENV{XSELL_SEED} || 1;

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'h' ],
    page  => sub { return Xsell::Shop::page($_[0] // '') },
    shop  => 'holdout 5%; log %%DIR%%/tmp/events.ndjson; '
           . 'state %%DIR%%/state interval=1s;',
    http  => 'log_format x "$uri $xsell_state $xsell_item $xsell_session '
           . '$xsell_form_sku"; access_log %%DIR%%/x.log x; '
           . 'client_body_timeout 2s; client_header_timeout 2s; '
           . 'proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;',
    more  => <<'CONF',
    location = /cart { proxy_pass http://%%UP%%; xsell prints;
        xsell_consent required $cookie_consent;
        xsell_event cart item=$xsell_form_sku quantity=$xsell_form_n; }
    location = /order { proxy_pass http://%%UP%%; xsell prints;
        xsell_consent assumed;
        xsell_event order id=$xsell_form_id value=$arg_v items=$arg_items; }
    location /cached/ { proxy_pass http://%%UP%%/p/; proxy_cache c;
        proxy_cache_valid 200 1m; xsell prints; xsell_item $arg_i;
        xsell_consent required $cookie_consent;
        xsell_slot one prepend "#product"; xsell_slot below; }
CONF
)->start;

srand $seed;

sub any { return $_[ int rand @_ ] }

sub noise {
    my ($n) = @_;

    return join '', map { chr any(0 .. 255) } 1 .. int rand $n;
}

my $visit = $t->visit;
$visit->get('/p/a');
$visit->get('/p/b');
my @links = $t->links($visit->get('/p/c'));
my $cookie = $visit->cookie('xs_prints');
my ($token) = $links[0] =~ /xs=(.*)/;

# a good value, one byte of it changed, cut, doubled, or noise
sub twist {
    my ($s) = @_;

    my $kind = int rand 6;

    return $s if $kind == 0;
    return noise(80) =~ s/[\r\n\0 ]//gr if $kind == 1;
    return substr $s, 0, int rand length $s if $kind == 2;
    return $s x any(2, 3, 30) if $kind == 3;
    substr $s, int rand length $s, 1, any('%', '=', 'A', '&', ';', "\x80");
    return $s;
}

sub uri {
    my $path = any('/p/a', '/p/b', '/p/zzz', '/p/', '/p//a', '/p/../p/a',
                   '/cached/a', '/cart', '/order', '/xsell/me', '/xsell/',
                   '/xsell/s/x.css', '/xsell/me/erase', '/xsell/me/off',
                   '/xsell/me/on', '/metrics', '/status', '/', '/nothing',
                   '/p/%61', '/p/%', '/p/%0', '/p/%00', '/p/%2e%2e/a',
                   '/xsell/%2e%2e/p/a', 'http://localhost/p/a',
                   'http://localhost', '/p/' . 'x' x 3000, $links[0]);
    my @args = map { any("xs=" . twist($token), 'xs', 'xs=', '&', '&&', 'a=1',
                         'xs=%', 'axs=1', 'XS=1', 'xs%3d1', '%78s=1', '?',
                         'xs=1#xs=2', '#', 'i=' . twist('a'), 'v=' . twist('1'),
                         'items=' . twist('a,b c;d'), 'v=99999999999999999999',
                         'q=' . twist('word')) } 1 .. int rand 6;

    return @args ? $path . any('?', '?', '#', '%3f') . join(any('&', '&', ''),
                                                          @args) : $path;
}

sub headers {
    my @h;

    push @h, 'Host: ' . any('localhost', 'localhost', 'x', 'a:1', '[::1]')
        unless rand > 0.97;
    push @h, "Cookie: xs_prints=" . twist($cookie) if rand > 0.5;
    push @h, 'Cookie: consent=' . any('yes', 'no', '', '0', twist('yes'))
        if rand > 0.5;
    push @h, 'Cookie: ' . join('; ', map { "c$_=" . 'x' x rand 40 }
                               1 .. any(1, 10, 80)) if rand > 0.8;
    push @h, ("X-H$_: v") x any(1, 2) for 1 .. (rand > 0.9 ? 45 : 0);
    push @h, any('Range: bytes=0-0', 'Range: bytes=-1,0-', 'Range: x',
                 'If-None-Match: *', 'If-Match: "x"', 'If-Range: x',
                 'If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT',
                 'If-Unmodified-Since: x') for 1 .. int rand 5;
    push @h, any('Sec-GPC: 1', 'Sec-Purpose: prefetch', 'Origin: null',
                 'Origin: http://localhost', 'Sec-Fetch-Site: same-origin',
                 'Accept: text/html', 'User-Agent: ' . twist('Mozilla bot'),
                 'Accept-Encoding: gzip', 'Expect: 100-continue',
                 'Sec-GPC: ' . twist('11')) for 1 .. int rand 4;

    return @h;
}

# a body and the headers that describe it, truthfully or not
sub body {
    my $b = any('', twist('--' . 'x' x 68), 'b', 'b;', '"b"', '""', 'b' x 71);
    my $plain = $b =~ s/[";]//gr;
    my ($type, $text) = @{ any(
        [ 'application/x-www-form-urlencoded',
          any('sku=a&n=2', 'sku=%', 'sku=%4', '&&=&=', 'sku=' . 'a' x 70000,
              join('&', map { "k$_=v" } 1 .. 400), 'id=' . rand,
              twist('sku=a&n=2&id=7')) ],
        [ "multipart/form-data; boundary=$b",
          any("--$plain\r\nContent-Disposition: form-data; name=\"sku\"\r\n"
              . "\r\na\r\n--$plain--\r\n", "--$plain" x 500, "--$plain\r\n\r\n",
              "--$plain\r\nname=\"sku\"--$plain", "\r\n\r\n--$plain\r\n\r\n"
              . "--$plain", twist("--$plain\r\nContent-Disposition: "
              . "form-data; name=\"sku\"\r\n\r\na\r\n--$plain--\r\n")) ],
        [ 'application/json',
          any('{"sku":"a","n":2}', '{"sku":', '[' x 5000, '{"sku":{"a":1}}',
              '{"sku":"\\ud800"}', '{"n":1e999}', twist('{"sku":"a"}')) ],
        [ any('text/plain', 'multipart/form-data', twist('text/html')),
          noise(300) ]) };
    $type =~ s/[\r\n\0]//g;

    if (rand > 0.7) {
        my @pieces = $text =~ /(.{1,4000})/gs;
        return ("Content-Type: $type\r\nTransfer-Encoding: chunked\r\n",
                join('', map { sprintf "%x\r\n%s\r\n", length, $_ } @pieces)
                . any("0\r\n\r\n", '', "zz\r\n", "0\r\nX: y\r\n\r\n"));
    }

    my $n = length($text) + (rand > 0.9 ? any(-1, 1, 50) : 0);
    $n = 0 if $n < 0;

    return ("Content-Type: $type\r\nContent-Length: $n\r\n", $text);
}

sub hostile {
    my $method = any(('GET') x 5, 'HEAD', 'POST', 'POST', 'POST', 'PUT',
                     'OPTIONS', 'TRACE', 'X', 'DELETE');
    my $uri = uri();

    return "GET $uri\r\n" if rand > 0.97;               # HTTP/0.9

    my $version = any(('1.1') x 6, '1.0', '1.0', '2.0', '1.9');
    my ($more, $body) = $method =~ /P/ || rand > 0.95 ? body() : ('', '');

    return "$method $uri HTTP/$version\r\n"
           . join('', map { "$_\r\n" } headers()) . $more . "\r\n" . $body;
}

my @workers = $t->worker_pids;
my $page = Xsell::Shop::page('a');
my ($wrong, $asked, $answers) = (0, 0, 0);

for my $i (1 .. $count) {
    my $c = $t->client(timeout => 0.3);
    my $bytes = join '', map { hostile() } 1 .. any(1, 1, 1, 2, 5);

    $bytes = substr $bytes, 0, int rand length $bytes if rand > 0.95;

    if (rand > 0.97) {
        my $at = int rand length $bytes;
        $c->send(substr $bytes, 0, $at, '');
        select undef, undef, undef, 0.002;
    }

    $c->send($bytes);

    if (rand > 0.9) {
        $c->reset;                                      # gone before the end
    } else {
        $c->close_write;
        $answers++ if $c->read_all ne '';
        $c->close;
    }

    next if $i % 20;

    my $r = $t->get('/p/a');
    (my $bare = $r->body) =~ s{<section class="xs".*?</section>\n}{}gs;
    $asked++;
    $wrong++ if !$r->complete || $r->status != 200 || $bare ne $page;
}

note "seed $seed: $answers of $count connections answered";
cmp_ok $answers, '>', $count / 2, 'most are answered';
is $wrong, 0, "each of $asked ordinary pages in between is right";
is join(' ', $t->worker_pids), "@workers", 'no worker died';

# HTTP/1 says nothing of what a parser keeps between requests: the numbers do
my $m = $t->metrics('/metrics');
cmp_ok $t->count('learned_events_total'), '>', 0, 'events were learned';
is scalar(grep { !/^\d+(?:\.\d+)?(?:e[+-]\d+)?$/ } values %$m), 0,
    'all metrics are numbers';
is eval { ref $t->get('/status')->json }, 'HASH', 'the status is JSON';

$t->done;
done_testing;
