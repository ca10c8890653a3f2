# Hazard: what stands at the edges of a page or beside it: its very last bytes,
# headers that came twice, tags that come in halves at a limited rate, another
# filter in front of us or behind, a client seen through a proxy.

use strict;
use warnings;

use lib 't/nginx/lib';

use IO::Uncompress::Gunzip ();
use Test::More;
use Xsell;
use Xsell::Shop;

my $page = Xsell::Shop::page('a');
my $end = '<!doctype html><title>e</title><div id="product">at the end</div>';
my $geo = Xsell::have_mmdb();

my $slot = 'xsell prints; xsell_item a; xsell_consent assumed; '
         . 'xsell_slot related after "#product";';

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'h' ],
    shop  => $geo ? 'geoip %%DIR%%/country.mmdb;' : '',
    http  => <<'CONF',
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
    log_format x "$uri $xsell_state $xsell_country";
    access_log %%DIR%%/x.log x;
CONF
    more  => <<"CONF",
    location /u/       { proxy_pass http://%%UP%%; $slot }
    location /static/  { root %%DIR%%/html; $slot }
    location /gzip/    { alias %%DIR%%/html/static/; gzip on;
                         gzip_min_length 0; $slot }
    location /rate/    { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                         limit_rate 1000; $slot }
    location /bytes/   { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                         proxy_http_version 1.1; $slot }
    location /sub/     { proxy_pass http://%%UP%%/u/; $slot
                         sub_filter '<section' '<section hidden';
                         sub_filter 'Words' 'Worte'; sub_filter_once off; }
    location /head/    { proxy_pass http://%%UP%%/u/; $slot
                         add_trailer X-End yes; expires max;
                         add_header X-State \$xsell_state; }
CONF
    files => { 'html/static/end.html' => $end, 'html/static/a.html' => $page },
);

Xsell::write_mmdb($t->dir . '/country.mmdb', {
    '192.0.2.0/24' => { country => { iso_code => 'DE' } },
    '198.51.100.0/24' => { country_code => 'fr' },
    '127.0.0.0/8' => { country => { iso_code => 'US' } },
}) if $geo;

my %half = (
    tag     => "$page<div", comment => "$page<!-- half", end => "$page</",
    quote   => "$page<p title=\"x", less => "$page<", script => "$page<script>",
    doubled => "$page<!<!--x", cdata => "$page<![CDATA[ x",
);

$t->upstream->route(
    '/u/a'     => $page,
    '/u/twice' => { headers => [ [ ETag => '"1"' ], [ ETag => '"2"' ],
                        [ 'Last-Modified', 'Thu, 01 Jan 2026 00:00:00 GMT' ],
                        [ 'Last-Modified', 'Thu, 02 Jan 2026 00:00:00 GMT' ],
                        [ 'Content-MD5', 'Q2hlY2sgSW50ZWdyaXR5IQ==' ],
                        [ 'Repr-Digest', 'sha-256=:AA==:' ] ],
                    body => $page },
    '/u/rate'  => { framing => 'chunked', gap => 0.03, pieces => [
                    '<html><body>' . 'x' x 300, '<di',
                    'v id="product">2</div>', '<', 'p', '>end</p',
                    '></body></html>' ] },
    map({ ("/u/$_" => { framing => 'chunked',
                        pieces => [ split //, $half{$_} ] }) } keys %half),
    map({ ("/u/whole$_" => $half{$_}) } keys %half),
);

$t->start;

sub is_page {
    my ($name, $r, $want, $sections) = @_;

    my ($body, $n) = Xsell::Shop::bare($r->body);

    ok $r->complete, "$name: complete" or diag $r->error;
    is $n, $sections, "$name: sections";
    ok $body eq $want, "$name: every other byte as sent" or diag $body;

    return $r;
}

# --- the section as the last bytes of a page -------------------------------

{
    is_page("trap 23: end $_", $t->get('/static/end.html', version => $_),
            $end, 1) for '1.1', '1.0';

    my @r = $t->pipeline([ '/static/end.html' ], [ '/static/a.html' ]);
    is_page('trap 23: end, then another', $r[1], $page, 1);

    my $r = $t->get('/gzip/end.html',
                    headers => [ [ 'Accept-Encoding', 'gzip' ] ]);
    IO::Uncompress::Gunzip::gunzip(\($r->body), \my $plain);
    is((Xsell::Shop::bare($plain))[1], 1, 'trap 23: end, gzip: section');
    is((Xsell::Shop::bare($plain))[0], $end, 'trap 23: end, gzip: page');
}

# --- pages that end in the middle of something -----------------------------

for my $name (sort keys %half) {
    is_page("trap 27: half a $name, byte by byte", $t->get("/bytes/$name"),
            $half{$name}, 1);
    is_page("trap 27: half a $name", $t->get("/u/whole$name"), $half{$name},
            1);
}

# --- a limited rate, and tags that come in halves --------------------------

is_page('trap 22: rate', $t->get('/rate/rate'), '<html><body>' . 'x' x 300
        . '<div id="product">2</div><p>end</p></body></html>', 1);

# --- headers, and filters behind us ----------------------------------------

{
    my $r = is_page('trap 7: twice', $t->get('/u/twice'), $page, 1);
    is join(' ', map { $_->[0] } grep { $_->[0] =~ /ETag|Last|MD5|Digest/ }
                 @{ $r->headers }), '', 'no validator or digest of any kind';

    is_page('POST', $t->post('/p/a', { a => 1 }), $page, 0);

    like $t->get('/sub/a')->body, qr/Worte.*<section hidden class="xs"/s,
        'trap 24: sub_filter sees our buffers and the page\'s';

    $r = is_page('trap 32: trailers', $t->get('/head/a'), $page, 1);
    is_deeply $r->trailers, [ [ 'X-End', 'yes' ] ], 'trap 32: it is there';
    is join('|', $r->all('Cache-Control')) . ($r->header('Expires') // ''),
        'private, no-cache', 'trap 12: expires does not undo it';
    is $r->header('X-State'), undef,
        'trap 34: a variable before its time says nothing';
}

# --- behind a proxy --------------------------------------------------------

SKIP: {
    skip 'no MaxMind::DB::Writer', 5 unless $geo;

    my @from = (headers => [ [ 'X-Real-IP' => '192.0.2.1' ] ]);
    my $v = $t->visit(@from);
    $v->get('/p/a');
    my ($link) = $t->links($v->get('/p/b'));
    $v->get($link);
    my ($log) = (split /\n/, $t->read_file('x.log'))[-1];
    like $log, qr/ DE$/, 'a click comes from the visitor, not from the proxy';
    is $t->count('clicks_total'), 1, 'it counts';

    # a database that writes countries small
    my $bad = $t->count('dropped_total', reason => 'event_invalid');
    $t->get('/p/a', headers => [ [ 'X-Real-IP' => '198.51.100.1' ] ]);
    is $t->count('dropped_total', reason => 'event_invalid'), $bad,
        'a country in small letters loses no event';
    ($log) = (split /\n/, $t->read_file('x.log'))[-2];
    like $log, qr/ FR$/, 'and is the country';
}

$t->done;
done_testing;
