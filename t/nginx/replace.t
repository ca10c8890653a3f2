# Hazard: a replacement that takes away the shop's own section and gives
# nothing for it, or that takes away more, or that keeps upstream's buffers
# while it drops what is in them.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Time::HiRes qw(time);
use Xsell;
use Xsell::Shop;

# the element that is replaced, with everything in it that looks like its end
sub recs {
    my ($n) = @_;

    return '<section id="recs" class="x recs"><h2>You may also like</h2>'
        . "<!-- </section> --><div title='</section>'><section>inner</section>"
        . '<script>"</section>"</script></div>'
        . join('', map { "<p class=r$_>" . 'lorem ipsum ' x 20 . "</p>\n" }
               1 .. $n)
        . '</section>';
}

sub page {
    my ($recs, $before, $after) = @_;

    my $filler = '<p>' . 'filler ' x 30 . "</p>\n";

    return "<!doctype html><html><head><title>t</title></head><body>\n"
        . '<div id="product"><h1>Item</h1></div>' . "\n" . $filler x $before
        . $recs . "<p>after</p>\n" . $filler x $after
        . "<footer id=\"end\">end</footer>\n</body></html>\n";
}

my %page = (
    a => page(recs(1), 0, 0),
    b => page(recs(10_000), 10, 10_000),         # megabytes inside and after
    c => page(recs(10), 10_000, 0),              # and before
    d => page('<p>none</p>', 100, 0),
    e => page(recs(1), 0, 0) . '<div',           # ends within a tag
    f => page('<section id="recs" class=recs><p>open<b>', 0, 0) . '</se',
);

# what is left of each; an element without an end lasts to the end of the page,
# in browsers, too
my %rest = map {
    my $p = $page{$_};
    $p =~ s{<section id="recs" class="x recs">.*</section>}{}s;
    $p =~ s{<section id="recs" class=recs>.*(<\/se)\z}{$1}s;
    ($_ => $p);
} keys %page;

my $slots = 'xsell prints; xsell_item a; xsell_consent assumed; '
          . 'xsell_slot recs replace ".recs" items=2;';

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'd' ],
    page  => sub { $page{ $_[0] } // $page{a} },
    slot  => 'recs replace "#recs" items=2',
    http  => 'proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;
        log_format place "$uri $xsell_state $xsell_place $xsell_items";
        xsell_shop few { zone 1m; catalog %%DIR%%/few.json; holdout off;
            secret %%DIR%%/secret; min_visits 2; }
        xsell_shop half { zone 1m; catalog %%DIR%%/catalog.json;
            secret %%DIR%%/secret; min_visits 2; holdout 50%; }',
    files => { 'few.json' => Xsell::Shop::catalog([ 'a' .. 'c' ]) },
    more  => <<"CONF",
    access_log %%DIR%%/place.log place;
    location /small/ { proxy_pass http://%%UP%%/p/; proxy_buffers 4 4k;
        proxy_buffer_size 4k; proxy_max_temp_file_size 0; $slots }
    location /off/ { proxy_pass http://%%UP%%/p/; proxy_buffering off; $slots }
    location /cached/ { proxy_pass http://%%UP%%/p/; proxy_cache c;
        proxy_cache_valid 200 1m; sendfile on; aio threads; $slots }
    location /nosend/ { proxy_pass http://%%UP%%/p/; proxy_cache c;
        proxy_cache_valid 200 1m; sendfile off; $slots }
    location /static/ { root %%DIR%%/html; sendfile on; directio 4k;
        output_buffers 2 32k; $slots }
    location /limit/ { proxy_pass http://%%UP%%/p/; limit_rate 3m; $slots }
    location /gzip/ { proxy_pass http://%%UP%%/p/; gzip on; gzip_min_length 0;
        sub_filter after AFTER; $slots }
    location /pieces { proxy_pass http://%%UP%%; proxy_buffering off; $slots }
    location /few/ { proxy_pass http://%%UP%%/p/; xsell few; xsell_item a;
        xsell_consent assumed; xsell_slot one prepend "#end";
        xsell_slot two replace ".recs"; }
    location /fewer/ { proxy_pass http://%%UP%%/p/; xsell few; xsell_item a;
        xsell_consent assumed; xsell_slot one prepend "#nowhere";
        xsell_slot two replace ".recs" items=1; }
    location /few-xsell/ { xsell_endpoint few; }
    location /half/ { proxy_pass http://%%UP%%/p/; xsell half; xsell_item a;
        xsell_consent assumed; xsell_slot recs replace ".recs"; }
    location /half-xsell/ { xsell_endpoint half; }
CONF
);

$t->write_file("html/static/$_.html", $page{$_}) for keys %page;
$t->upstream->route('/pieces1', { framing => 'chunked',
                                  pieces => [ split //, $page{a} ] });
$t->upstream->route('/pieces2', { framing => 'chunked', pieces => [
    map { ($_, \0.1) } "<body>1<p cl", "ass=recs>a", "b", "c</", "p", ">d" ] });
$t->upstream->route('/p/cut', { body => $page{b}, cut => 60_000 });
$t->start;

sub same {
    my ($path, $want, $sections, %o) = @_;

    my $r = $o{response} || $t->get($path, %o);
    my ($body, $n) = Xsell::Shop::bare($r->body);

    ok $r->complete, "$path: complete" or diag $r->error;
    is $n, $sections, "$path: fragments";
    ok $body eq $want, "$path: all else as sent"
        or diag length($body) . ' against ' . length $want;

    return $r;
}


# --- however the page comes ------------------------------------------------

for my $way (qw(p small off cached cached nosend nosend)) {
    same("/$way/$_", $rest{$_}, $_ eq 'd' ? 0 : 1) for sort keys %page;
}

same("/static/$_.html", $rest{$_}, $_ eq 'd' ? 0 : 1) for sort keys %page;
same("/limit/$_", $rest{$_}, 1) for qw(b e);
same('/pieces1', $rest{a}, 1);

{
    my $r = $t->get('/p/a');
    my $fragment = quotemeta $t->fragment($r, 'recs');
    like $r->body, qr{</p>\n|</div>\n$fragment\n?<p>after</p>},
        'it stands where the element was';
    is $t->head('/p/a')->status, 200, 'HEAD';
}

(my $sub = $rest{a}) =~ s/after/AFTER/;
same('/gzip/a', $sub, 1);

{
    require IO::Uncompress::Gunzip;
    my $r = $t->get('/gzip/b', headers => [ [ 'Accept-Encoding', 'gzip' ] ]);
    IO::Uncompress::Gunzip::gunzip(\$r->body, \my $plain);
    my ($body, $n) = Xsell::Shop::bare($plain);
    (my $want = $rest{b}) =~ s/after/AFTER/;
    is $n, 1, 'gzip: the fragment';
    ok $body eq $want, 'gzip: all else';
}

# what is dropped comes in flushed pieces: what follows does not wait
{
    my $c = $t->client;
    my $start = time;
    $c->send("GET /pieces2 HTTP/1.1\r\nHost: x\r\n\r\n");
    my $r = $c->response;
    my ($body) = Xsell::Shop::bare($r->body);
    is $body, '<body>1d', 'flushed pieces';
    my @at = map { $_->[0] } $c->arrivals;
    cmp_ok $at[0] - $start, '<', 0.09, 'the first does not wait';
}

# a client that reads slowly, buffers of 4 KiB, megabytes dropped and passed
{
    my $c = $t->client(rcvbuf => 4096);
    $c->send("GET /small/b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    my $deadline = time + 0.5;
    Xsell::wait_for(sub { time > $deadline }, 2);
    same('/small/b, slowly', $rest{b}, 1, response => $c->response);
}

# upstream dies within what is dropped: cut, not completed
{
    my $r = $t->get('/p/cut');
    ok !$r->complete, 'a page that broke off stays so';
    unlike $r->body, qr/<footer/, 'nothing is made up';
}


# --- nothing to give -------------------------------------------------------

# the first slot takes both items that there are
my $r = $t->get('/few/a');
is join(' ', sort $t->offers($r, 'one')), 'b c', 'one slot has all';
is $t->fragment($r, 'two'), '', 'the other has none';
like $r->body, qr/You may also like/, 'and replaces nothing';
is $r->body =~ s/\Q${\ $t->fragment($r, 'one')}\E\n?//r, $page{a},
    'the page is whole';
ok +(Xsell::wait_for(sub {
    return Xsell::Tools::slurp($t->dir . '/place.log')
        =~ m{^/few/a shown empty 2$}m;
}, 2)), 'the log says that a slot had nothing';

$r = $t->get('/fewer/a');
is $r->body, $page{a}, 'items of a slot that is missing are lost to others';
like Xsell::Tools::slurp($t->dir . '/place.log'),
    qr{^/fewer/a no_place absent 0$}m, 'as the log says';

# the held-out half sees the shop's own section
{
    my ($held, $shown) = (0, 0);

    for (1 .. 40) {
        my $v = $t->visit;
        $v->get('/half/a');                     # brings the cookie
        my $body = $v->get('/half/a')->body;

        if ($body eq $page{a}) {
            $held++;

        } else {
            my ($bare, $n) = Xsell::Shop::bare($body);
            $shown++ if $n == 1 && $bare eq $rest{a};
        }
    }

    cmp_ok $held, '>', 0, 'held out: the page as it is';
    cmp_ok $shown, '>', 0, 'others: replaced';
    is $held + $shown, 40, 'nobody sees neither';
}

# and so does who wants no offers
{
    my $v = $t->visit;
    $v->get('/p/a');
    $v->post('/xsell/me/off', '', headers =>
             [ [ 'Sec-Fetch-Site', 'same-origin' ] ]);
    is $v->get('/p/a')->body, $page{a}, 'offers switched off: untouched';
}

$t->done;
done_testing;
