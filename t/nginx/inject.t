# Hazard: the body filter changes, loses, delays or repeats bytes of the page.
# Whatever way the page comes, without our section it must be what was sent.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Time::HiRes qw(time);
use Xsell;
use Xsell::Shop;

my $page = Xsell::Shop::page('a');
my $filler = join '', map { "<p class=x$_>" . 'lorem ipsum ' x 20 . "</p>\n" }
             1 .. 20_000;
(my $big = $page) =~ s/<footer>/$filler<footer>/;
(my $late = $page) =~ s/<div id="product">/$filler<div id="product">/;
(my $none = $page) =~ s/id="product"/id="other"/;

my %page = (a => $page, b => $big, c => $late, d => $none,
            e => $page . '<!-- half', f => '', g => $page . '<div',
            h => '<html><body><p>open<di', i => '<body>text');

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'h' ],
    page => sub { $page{ $_[0] } // $page },
    shop => 'min_visits 2;',
    more => <<'CONF',
    location /pieces { proxy_pass http://%%UP%%; proxy_buffering off;
        xsell prints; xsell_item a; xsell_consent assumed;
        xsell_slot related after "#product"; }
    location /small/ { proxy_pass http://%%UP%%/p/; proxy_buffers 4 4k;
        proxy_buffer_size 4k; proxy_max_temp_file_size 0;
        xsell prints; xsell_item a; xsell_consent assumed;
        xsell_slot related after "#product"; }
    location /cached/ { proxy_pass http://%%UP%%/p/; proxy_cache c;
        proxy_cache_valid 200 1m; sendfile on; aio threads;
        xsell prints; xsell_item a; xsell_consent assumed;
        xsell_slot related after "#product"; }
    location /nosend/ { proxy_pass http://%%UP%%/p/; proxy_cache c;
        proxy_cache_valid 200 1m; sendfile off;
        xsell prints; xsell_item a; xsell_consent assumed;
        xsell_slot related after "#product"; }
    location /static/ { root %%DIR%%/html; sendfile on; directio 4k;
        output_buffers 2 32k; xsell prints; xsell_item a;
        xsell_consent assumed; xsell_slot related after "#product"; }
    location /slots/ { proxy_pass http://%%UP%%/p/; xsell prints;
        xsell_item a; xsell_consent assumed;
        xsell_slot one before "#product" items=2;
        xsell_slot two append "#product" items=2;
        xsell_slot below items=2; }
    location /end/ { proxy_pass http://%%UP%%/p/; xsell prints;
        xsell_item a; xsell_consent assumed; xsell_slot end append "body"; }
    location /end1/ { proxy_pass http://%%UP%%; proxy_buffering off;
        xsell prints; xsell_item a; xsell_consent assumed;
        xsell_slot end append "body"; }
    location /sub/ { proxy_pass http://%%UP%%/p/; xsell prints;
        xsell_item a; xsell_consent assumed; gzip on; gzip_types text/html;
        gzip_min_length 0; sub_filter "Words." "Worte.";
        xsell_slot related after "#product"; }
    location /limit/ { proxy_pass http://%%UP%%/p/; limit_rate 3m;
        xsell prints; xsell_item a; xsell_consent assumed;
        xsell_slot related after "#product"; }
CONF
    http => 'proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;',
);

$t->write_file('html/static/a.html', $page);
$t->write_file('html/static/b.html', $big);
$t->upstream->route('/pieces', { pieces => [ map { ($_, \0.1) }
    "<html><body>1", "<div id=", "\"product\">2</div>", "3</bo", "dy></html>" ],
    framing => 'chunked' });
$t->upstream->route('/cut', { body => $big, cut => 60_000 });
$t->upstream->route('/pieces1', { framing => 'chunked',
                                  pieces => [ split //, $page ] });
$t->upstream->route("/end1/$_", { framing => 'chunked',
                                  pieces => [ split //, $page{$_} ] })
    for qw(h i);

$t->start;

# the page without our section
sub bare {
    my ($body) = @_;

    my $n = $body =~ s{<section class="xs".*?</section>\n}{}gs;

    return ($body, $n);
}

sub same {
    my ($path, $want, $sections, %o) = @_;

    my $r = $t->get($path, %o);
    my ($body, $n) = bare($r->body);

    ok $r->complete, "$path: complete" or diag $r->error;
    is $n || 0, $sections, "$path: sections";
    ok $body eq $want, "$path: every other byte as sent"
        or diag length($body) . ' against ' . length $want;

    return $r;
}

same("/p/a", $page, 1);
same("/p/b", $big, 1);
same("/p/c", $late, 1);
same("/p/d", $none, 0);
same("/p/e", $page{e}, 1);
same("/p/f", '', 0);
same("/p/g", $page{g}, 1);
same("/small/$_", $page{$_}, $_ eq 'd' ? 0 : 1) for qw(a b c d);
same("/cached/$_", $page{$_}, $_ eq 'd' ? 0 : 1) for qw(a b c d a b c d);
same("/nosend/$_", $page{$_}, $_ eq 'd' ? 0 : 1) for qw(a b c d a b c d);
same("/static/$_.html", $page{$_}, 1) for qw(a b);
same("/limit/b", $big, 1);
same('/pieces1', $page, 1);

# at the end of a page that ends within a tag: the fragment stands before the
# bytes that were held, and the last buffer is the last
same("/$_/h", '<html><body><p>open</p><di', 1) for qw(end end1);
same("/$_/i", $page{i}, 1) for qw(end end1);
like $t->get('/end/h')->body, qr{<p>open</p><section.*</section>\n<di\z}s,
    'where it belongs';

# a page of several megabytes to a client that is slow to read
{
    my $c = $t->client;
    $c->send("GET /small/c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    my $deadline = time + 1;
    Xsell::wait_for(sub { time > $deadline }, 2);
    my $r = $c->response;
    my ($body, $n) = bare($r->body);
    is $n, 1, 'slow client: one section';
    is length $body, length $late, 'slow client: all bytes';
}

# where each position is
{
    my $body = $t->get('/slots/a')->body;

    like $body, qr{<section[^>]*"one".*?</section>\s*<div id="product">}s,
        'before';
    like $body, qr{Words\.</p>\s*<section[^>]*"two".*?</section>\s*</div>}s,
        'append';
    like $body, qr{<!--xsell\ below-->\s*<section[^>]*"below".*?</section>
                   \s*<footer>}xs, 'marker';

    my @ids = $body =~ /data-xsell-item="([^"]*)"/g;
    my %seen;
    is scalar(grep { $seen{$_}++ } @ids), 0, 'no item twice on a page';
    is scalar(@ids), 6, 'items= of each slot';
}

# bytes leave when they arrive: half a tag waits for its other half only
{
    my $c = $t->client;
    my $start = time;
    $c->send("GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n");
    my $r = $c->response;
    my ($body) = bare($r->body);
    is $body, '<html><body>1<div id="product">2</div>3</body></html>',
        'flushed pieces: all there';
    my @at = map { $_->[0] } $c->arrivals;
    cmp_ok scalar(@at), '>=', 4, 'flushed pieces come apart';
    cmp_ok $at[0] - $start, '<', 0.09, 'the first does not wait';
}

# the upstream dies: the client must see a cut page, not a completed one
{
    $t->upstream->route('/p/cut', { body => $big, cut => 60_000 });
    my $r = $t->get('/p/cut');
    ok !$r->complete, 'a cut page stays cut';
}

# filters after us work on our bytes
{
    my $r = $t->get('/sub/a');
    like $r->body, qr/Worte\./, 'sub_filter after us';
    like $r->body, qr/<section class="xs"/, 'with a section';
}

# HEAD, 1.0, keep-alive and pipelining
{
    my $get = $t->get('/p/a');
    my $head = $t->head('/p/a');
    is $head->status, 200, 'HEAD';
    is $head->header('Content-Length'), undef, 'HEAD: no length';
    is $head->header('Cache-Control'), $get->header('Cache-Control'),
        'HEAD: headers of GET';

    my @r = $t->pipeline([ '/p/a' ], [ '/p/b' ], [ '/p/d' ]);
    is join(',', map { $_->status } @r), '200,200,200', 'pipelined';
    is join(',', map { (bare($_->body))[1] || 0 } @r), '1,1,0',
        'pipelined: sections';
}

# /p/d, /small/d, /cached/d and /nosend/d twice, the pipelined one, and the
# empty page
is $t->count('pages_total', state => 'no_place'), 8,
    'pages without the place are counted';

$t->done;
done_testing;
