# Hazard: what other parts of nginx do with a page that we change.  Includes,
# subrequests, error pages, redirects inside nginx, charsets, encodings, other
# filters, HTTP/2 and slow clients must get the page as it was, with one
# section where one belongs and none elsewhere; memory stays where it was.

use strict;
use warnings;

use lib 't/nginx/lib';

use IO::Compress::Gzip ();
use Test::More;
use Time::HiRes qw(time);
use Xsell qw(memory);
use Xsell::Shop;

my $page = Xsell::Shop::page('a');
my $other = "<!doctype html><title>o</title><div id=\"product\">other</div>\n";
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
    keepalive_requests 100000;
    proxy_max_temp_file_size 0;
    log_format x "$uri $xsell_state $xsell_country";
    access_log %%DIR%%/x.log x;
    server {
        listen 127.0.0.1:%%PORT2%%;
        root %%DIR%%/html;
        access_log off;
    }
CONF
    more  => <<"CONF",
    listen 127.0.0.1:%%PORT3%% http2;
    location /u/       { proxy_pass http://%%UP%%; $slot }
    location /ssi/     { proxy_pass http://%%UP%%; ssi on; $slot }
    location /add/     { proxy_pass http://%%UP%%/u/; add_after_body /u/other;
                         $slot }
    location /auth/    { proxy_pass http://%%UP%%/u/; auth_request /u/ok;
                         $slot }
    location /no/      { proxy_pass http://%%UP%%/u/; auth_request /u/forbid;
                         $slot }
    location /mirror/  { proxy_pass http://%%UP%%/u/; mirror /u/mirrored;
                         $slot }
    location /lost/    { proxy_pass http://%%UP%%; proxy_intercept_errors on;
                         error_page 404 = /u/a; error_page 500 /u/a;
                         error_page 502 = \@named; $slot }
    location \@named    { rewrite ^ /u/a break;
                         proxy_pass http://%%UP%%; $slot }
    location /accel/   { proxy_pass http://%%UP%%; }
    location /try/     { root %%DIR%%/html; try_files \$uri \@try; }
    location \@try      { rewrite ^ /u/a break; proxy_pass http://%%UP%%;
                         $slot }
    location /static/  { root %%DIR%%/html; $slot }
    location /gzip/    { alias %%DIR%%/html/static/; gzip on;
                         gzip_min_length 0; $slot }
    location /far/     { proxy_pass http://127.0.0.1:%%PORT2%%/; $slot }
    location /rate/    { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                         limit_rate 1000; $slot }
    location /if/      { if (\$arg_q) { set \$x 1; }
                         proxy_pass http://%%UP%%; $slot }
CONF
);

$t->write_file('html/static/end.html', $end);
$t->write_file('html/static/a.html', $page);

Xsell::write_mmdb($t->dir . '/country.mmdb', {
    '192.0.2.0/24' => { country => { iso_code => 'DE' } },
    '198.51.100.0/24' => { country_code => 'fr' },
    '127.0.0.0/8' => { country => { iso_code => 'US' } },
}) if $geo;

my $html = sub { return { headers => [ [ 'Content-Type', $_[0] ] ],
                          body => $_[1] // $page } };

$t->upstream->route(
    '/u/a'       => { headers => [ [ ETag => '"u"' ] ], body => $page },
    '/u/other'   => $other,
    '/u/ok'      => { body => $other },
    '/u/forbid'  => { status => 403, body => $other },
    '/u/mirrored' => $page,
    '/ssi/a'     => '<!--# include virtual="/u/other" -->' . $page
                    . '<!--# include virtual="/u/a" -->',
    '/lost/404'  => { status => 404, body => $other },
    '/lost/500'  => { status => 500, body => $other },
    '/lost/502'  => { status => 502, body => $other },
    '/accel/a'   => { headers => [ [ 'X-Accel-Redirect', '/u/a' ] ],
                      body => '' },
    '/u/latin1'  => $html->('text/html; charset=iso-8859-1'),
    '/u/utf16'   => $html->('text/html; charset=utf-16'),
    '/u/bom16'   => $html->('text/html', "\xff\xfe"
                                         . join '', map { "$_\0" }
                                                    split //, $page),
    '/u/sse'     => $html->('text/event-stream'),
    '/u/json'    => $html->('application/json'),
    '/u/download' => { headers => [ [ 'Content-Type', 'text/html' ],
                           [ 'Content-Disposition',
                             'Attachment; filename=a.html' ] ],
                       body => $page },
    '/u/gzip'    => { gzip => 1, body => $page },
    '/u/t1'      => $html->('text/html; charset="UTF-8"'),
    '/u/t2'      => $html->('text/html;charset=utf8'),
    '/u/t3'      => $html->('text/html ; charset=utf-8'),
    '/u/t4'      => $html->('Text/HTML; level=1'),
    '/u/t5'      => $html->('text/html; charset=utf-8; level=1'),
    '/u/twice'   => { headers => [ [ ETag => '"1"' ], [ ETag => '"2"' ],
                          [ 'Last-Modified', 'Thu, 01 Jan 2026 00:00:00 GMT' ],
                          [ 'Last-Modified', 'Thu, 02 Jan 2026 00:00:00 GMT' ],
                          [ 'Content-MD5', 'Q2hlY2sgSW50ZWdyaXR5IQ==' ],
                          [ 'Repr-Digest', 'sha-256=:AA==:' ] ],
                      body => $page },
    '/u/rate'    => { framing => 'chunked', gap => 0.03, pieces => [
                      '<html><body>' . 'x' x 300, '<di',
                      'v id="product">2</div>', '<', 'p', '>end</p',
                      '></body></html>' ] },
    '/if/a'      => $page,
);

$t->start;

sub bare {
    my ($body) = @_;

    my $n = $body =~ s{<section class="xs".*?</section>\n}{}gs;

    return ($body, $n || 0);
}

sub is_page {
    my ($name, $r, $want, $sections) = @_;

    my ($body, $n) = bare($r->body);

    ok $r->complete, "$name: complete" or diag $r->error;
    is $n, $sections, "$name: sections";
    ok $body eq $want, "$name: every other byte as sent" or diag $body;

    return $r;
}

# --- requests inside a request ---------------------------------------------

{
    my $before = $t->count('impressions_total');
    my $views = $t->count('events_total', type => 'view');

    my $r = is_page('ssi', $t->get('/ssi/a'), $other . $page . $page, 1);
    is scalar(my @c = $r->all('Set-Cookie')), 1, 'ssi: one cookie';
    is_page('addition', $t->get('/add/a'), $page . $other, 1);
    is_page('auth_request', $t->get('/auth/a'), $page, 1);
    is $t->get('/no/a')->status, 403, 'auth_request: no';
    is_page('mirror', $t->get('/mirror/a'), $page, 1);

    is $t->count('impressions_total') - $before, 4, 'one impression each';
    is $t->count('events_total', type => 'view') - $views, 4,
        'and one view';
}

# --- redirects inside nginx ------------------------------------------------

{
    my @if = (headers => [ [ 'If-None-Match' => '"u"' ],
                           [ Range => 'bytes=0-3' ] ]);

    for my $path ('/lost/404', '/lost/502', '/accel/a', '/try/x', '/if/a',
                  '/if/a?q=1')
    {
        my $r = is_page($path, $t->get($path, @if), $page, 1);
        is $r->status, 200, "$path: no 304";
        is $r->header('ETag'), undef, "$path: no validator";
    }

    my $r = is_page('/lost/500', $t->get('/lost/500'), $page, 0);
    is $r->status, 500, 'an error stays one';
}

# --- types, charsets, encodings --------------------------------------------

{
    my $count = sub { $t->count('pages_total', state => $_[0]) };
    my ($encoding, $type) = ($count->('encoding'), $count->('type'));

    for my $path (qw(latin1 utf16 bom16 sse json download gzip)) {
        my $r = $t->get("/u/$path");
        my $want = $path eq 'bom16'
            ? "\xff\xfe" . join '', map { "$_\0" } split //, $page : $page;

        if ($path eq 'gzip') {
            IO::Compress::Gzip::gzip(\$page, \$want, -Minimal => 1);
        }

        ok $r->body eq $want, "$path: untouched";
        is $r->header('Content-Length'), length $want, "$path: its length"
            if $path ne 'bom16';
    }

    is $count->('encoding') - $encoding, 3, 'counted: encoding';

    for my $why (qr/is in another charset/, qr/proxy_set_header Accept-Enc/) {
        is scalar(() = $t->error_log =~ /\[warn\].*$why.*nginx\.conf:\d+;/g),
            1, "told once per worker and location: $why";
    }

    is $count->('type') - $type, 3, 'counted: type';

    is_page("type $_", $t->get("/u/t$_"), $page, 1) for 1 .. 5;

    my $r = is_page('twice', $t->get('/u/twice'), $page, 1);
    is join(' ', map { $_->[0] } grep { $_->[0] =~ /ETag|Last|MD5|Digest/ }
                 @{ $r->headers }), '', 'no validator or digest of any kind';

    is_page('POST', $t->post('/p/a', { a => 1 }), $page, 0);
}

# --- the section as the last bytes of a page -------------------------------

{
    is_page("end $_", $t->get('/static/end.html', version => $_), $end, 1)
        for '1.1', '1.0';

    my @r = $t->pipeline([ '/static/end.html' ], [ '/static/a.html' ]);
    is_page('end, then another', $r[1], $page, 1);

    my $r = $t->get('/gzip/end.html',
                    headers => [ [ 'Accept-Encoding', 'gzip' ] ]);
    require IO::Uncompress::Gunzip;
    IO::Uncompress::Gunzip::gunzip(\($r->body), \my $plain);
    is((bare($plain))[1], 1, 'end, gzip: section');
    is((bare($plain))[0], $end, 'end, gzip: page');
}

# --- HTTP/2 ----------------------------------------------------------------

SKIP: {
    my $curl = `curl --version 2>&1`;
    skip 'curl without HTTP/2', 1 unless $curl =~ /nghttp2/;

    my $get = sub {
        my ($path, @more) = @_;
        open my $p, '-|', 'curl', '-s', '-m', 10, '--http2-prior-knowledge',
            '-A', 'Mozilla/5.0', '-w', "\n%{http_version} %{http_code}",
            @more, 'http://127.0.0.1:' . $t->port(3) . $path or die $!;
        local $/;
        my $out = <$p>;
        close $p;
        is $?, 0, "h2 $path: curl is content";
        return $out =~ /\A(.*)\n(\S+ \d+)\z/s;
    };

    for ([ '/u/a', $page ], [ '/static/end.html', $end ],
         [ '/static/a.html', $page ], [ '/ssi/a', $other . $page . $page ])
    {
        my ($body, $w) = $get->($_->[0]);
        my ($bare, $n) = bare($body);
        is $w, '2 200', "h2 $_->[0]";
        is $n, 1, "h2 $_->[0]: section";
        ok $bare eq $_->[1], "h2 $_->[0]: every other byte";
    }

    my ($body, $w) = $get->('/p/a', '-d', 'x=' . 'y' x 100_000);
    is $w, '2 200', 'h2 POST';
    is $body, $page, 'h2 POST: untouched';
    ($body, $w) = $get->('/p/a', '-I');
    is $w, '2 200', 'h2 HEAD';
}

# --- a limited rate, and tags that come in halves --------------------------

is_page('rate', $t->get('/rate/rate'), '<html><body>' . 'x' x 300
        . '<div id="product">2</div><p>end</p></body></html>', 1);

# --- behind a proxy --------------------------------------------------------

SKIP: {
    skip 'no MaxMind::DB::Writer', 4 unless $geo;

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

# --- memory ----------------------------------------------------------------

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

{
    my $line = '<p class="x">' . 'lorem ipsum ' x 80 . "</p><!-- c -->\n";
    my $size = 0;
    my $path = $t->dir . '/html/huge.html';

    open my $f, '>', $path or die $!;
    print {$f} $line x 1000 for 1 .. 100;
    print {$f} $page;
    close $f;
    $size = -s $path;

    my ($worker) = $t->worker_pids;
    drain('/far/static/a.html');
    my $anon = memory($worker)->{RssAnon};

    my ($n, $tail) = drain('/far/huge.html');
    my $grown = memory($worker)->{RssAnon} - $anon;

    cmp_ok $size, '>', 95e6, 'a page of 100 MB';
    cmp_ok $n, '>', $size + 500, 'comes as a whole';
    is((bare($tail))[1], 1, 'with a section near its end');
    cmp_ok $grown, '<', 2048 * $flat, "in flat memory ($grown kB more)";
    unlink $path;

    # requests on one connection
    my $c = $t->client;
    my $batch = sub {
        my @r = $c->pipeline(map { [ '/far/static/a.html' ] } 1 .. 100);
        return scalar grep { $_->status == 200
                             && $_->body =~ /data-xsell-slot/ } @r;
    };

    my $good = 0;
    $good += $batch->() for 1 .. 10;
    $anon = memory($worker)->{RssAnon};
    $good += $batch->() for 1 .. 90;
    $grown = memory($worker)->{RssAnon} - $anon;
    is $good, 10_000, '10000 requests on one connection';
    cmp_ok $grown, '<', 512 * $flat, "in flat memory ($grown kB more)";
}

$t->done;

# --- brotli, loaded before and after us ------------------------------------

SKIP: {
    my $brotli = '/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so';
    skip 'no brotli module', 1
        unless -e $brotli && `curl --version` =~ /brotli/;

    my $ours = $t->{module};

    for my $order ([ $brotli, $ours ], [ $ours, $brotli ]) {
        my $b = Xsell::Shop->new(module => 0,
            main => join('', map { "load_module $_;\n" } @$order),
            more => 'brotli on; brotli_min_length 1; gzip on;');
        my ($rc) = $b->try_start;

        SKIP: {
            skip 'brotli module of another nginx', 1 if $rc;

            my $url = 'http://127.0.0.1:' . $b->port . '/p/a';
            my $raw = `curl -s -H 'Accept-Encoding: br' -D - -o /dev/null $url`;
            my $out = `curl -s -A Mozilla --compressed $url`;
            my ($body, $n) = bare($out);

            like $raw, qr/^Content-Encoding: br/mi, 'brotli compresses';
            is $n, 1, 'brotli: one section';
            ok $body eq $page, 'brotli: every other byte';
        }

        $b->done;
    }
}

done_testing;
