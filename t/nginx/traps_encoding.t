# Hazard: bytes that are not what they seem: compressed before or after us, in
# another charset, recoded by a later filter, XML that is not HTML.  What can't
# be read passes as it is; what can gets a fragment that its reader can read.

use strict;
use warnings;

use lib 't/nginx/lib';

use Encode ();
use IO::Compress::Gzip ();
use IO::Uncompress::Gunzip ();
use Test::More;
use Xsell;
use Xsell::Shop;

my $page = Xsell::Shop::page('a');
my $xhtml = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">'
    . '<head><title>x</title></head><body><div id="product"/></body></html>';

my $title = "\x{41f}\x{440}\x{438}\x{432}\x{435}\x{442} caf\x{e9}";

my $slot = 'xsell prints; xsell_item a; xsell_consent assumed; '
         . 'xsell_slot related after "#product";';

my $t = Xsell::Shop->new(
    items => { map({ $_ => {} } 'a' .. 'g'),
               h => { title => Encode::encode('UTF-8', $title) } },
    http => "include /etc/nginx/koi-utf;",
    more => <<"CONF",
    location /u/       { proxy_pass http://%%UP%%; $slot }
    location /u0/      { proxy_pass http://%%UP%%/u/; gunzip on; $slot }
    location /gz/      { proxy_pass http://%%UP%%/u/; gzip on;
                         gzip_min_length 0; gunzip on; $slot }
    location /koi/     { proxy_pass http://%%UP%%/u/; charset koi8-r;
                         source_charset utf-8; xsell prints; xsell_item a;
                         xsell_slot related after "#product" items=7; }
    location /static/  { root %%DIR%%/html; gzip_static on; $slot }
CONF
);

IO::Compress::Gzip::gzip(\$page, \my $packed, -Minimal => 1);
$t->write_file('html/static/a.html', $page);
$t->write_file('html/static/a.html.gz', $packed);

sub type { return { headers => [ [ 'Content-Type', $_[0] ] ],
                    body => $_[1] // $page } }
sub coded { return { headers => [ [ 'Content-Encoding', $_[0] ] ],
                     body => $_[1] // $page } }

my $utf16 = join '', map { "$_\0" } split //, $page;

$t->upstream->route(
    '/u/a'       => $page,
    '/u/gzip'    => { gzip => 1, body => $page },
    '/u/br'      => coded('br', "\x0b\x02\x80<div id=\"product\">\x03"),
    '/u/zstd'    => coded('zstd', "\x28\xb5\x2f\xfd<div id=\"product\">"),
    '/u/two'     => coded('gzip, br', '<div id="product">'),
    '/u/utf16'   => type('text/html; charset=utf-16', $utf16),
    '/u/utf16le' => type('text/html; charset=UTF-16LE', $utf16),
    '/u/utf32'   => type('text/html; charset=utf-32', $utf16),
    '/u/bomle'   => type('text/html', "\xff\xfe$utf16"),
    '/u/bombe'   => type('text/html', "\xfe\xff" . join '', map { "\0$_" }
                                      split //, $page),
    '/u/xhtml'   => type('application/xhtml+xml', $xhtml),
    '/u/sse'     => type('text/event-stream'),
    '/u/json'    => type('application/json'),
    '/u/text'    => type('text/plain'),
    '/u/parts'   => type('multipart/x-mixed-replace; boundary=x'),
    '/u/htmlx'   => type('text/htmlx'),
    '/u/download' => { headers => [ [ 'Content-Type', 'text/html' ],
                           [ 'Content-Disposition',
                             'Attachment; filename=a.html' ] ],
                       body => $page },
    '/u/t1'      => type('text/html; charset="UTF-8"'),
    '/u/t2'      => type('text/html;charset=utf8'),
    '/u/t3'      => type('text/html ; charset=utf-8'),
    '/u/t4'      => type('Text/HTML; level=1'),
    '/u/t5'      => type('text/html; charset=utf-8; level=1'),
    '/u/t6'      => { headers => [ [ 'Content-Type', 'text/html' ],
                                   [ 'Content-Disposition', 'inline' ] ],
                      body => $page },
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

sub gunzip {
    my ($r) = @_;

    IO::Uncompress::Gunzip::gunzip(\($r->body), \my $plain);

    return $plain // '';
}

my @gzip = (headers => [ [ 'Accept-Encoding', 'gzip' ] ]);

# the body that the upstream would send, and what a client gets
sub untouched {
    my ($name, $path, $want, @headers) = @_;

    my $r = $t->get("/u/$path", @headers);

    ok $r->complete && $r->body eq $want, "$name: $path untouched";
    is $r->header('Content-Length'), length $want, "$name: $path: its length";

    return $r;
}

# --- what can't be read ----------------------------------------------------

{
    my $count = sub { $t->count('pages_total', state => $_[0]) };
    my ($encoding, $type) = ($count->('encoding'), $count->('type'));

    untouched('trap 3', 'br', "\x0b\x02\x80<div id=\"product\">\x03");
    untouched('trap 3', 'zstd', "\x28\xb5\x2f\xfd<div id=\"product\">");
    untouched('trap 3', 'two', '<div id="product">');

    untouched('trap 4', 'utf16', $utf16);
    untouched('trap 4', 'utf16le', $utf16);
    untouched('trap 4', 'utf32', $utf16);

    # a byte order mark is in the body, where headers are long gone
    for ('bomle', 'bombe') {
        my $body = $t->get("/u/$_")->body;
        is index($body, 'data-xsell'), -1, "trap 4: $_ untouched";
        is length $body, 2 + length $utf16, "trap 4: $_: every byte";
    }

    is $count->('encoding') - $encoding, 8, 'trap 4: each is counted';

    untouched('trap 6', 'xhtml', $xhtml);
    untouched('trap 26', $_, $page)
        for qw(sse json text parts htmlx download);
    is $count->('type') - $type, 7, 'trap 26: counted as of another type';

    like $t->error_log, qr/\[warn\].*xsell: a page of "prints"/,
        'trap 3: the log says so';
    my @said = $t->error_log =~ /(\[warn\].*xsell: a page of .*)/g;
    cmp_ok scalar @said, '<=', 4, 'trap 72: once per worker, place and reason'
        or diag join "\n", @said;
}

# --- what can --------------------------------------------------------------

{
    is_page("trap 26: type $_", $t->get("/u/t$_"), $page, 1) for 1 .. 6;

    # compressed upstream, whatever the client takes; gunzip before us
    for ([ 'trap 1', '/u/gzip' ], [ 'trap 2: gunzip on', '/u0/gzip' ],
         [ 'trap 3: gzip_static', '/static/a.html' ])
    {
        my ($name, $path) = @$_;
        is_page($name, $t->get($path), $page, 1);
        my $r = is_page("$name, gzip", $t->get($path, @gzip), $page, 1);
        is $r->header('Content-Encoding'), undef, "$name: plain";
    }

    # compressed by us, after us
    my $r = $t->get('/gz/a', @gzip);
    is $r->header('Content-Encoding'), 'gzip', 'trap 3: gzip after us';
    my ($body, $n) = Xsell::Shop::bare(gunzip($r));
    is $n, 1, 'trap 3: has the section';
    is $body, $page, 'trap 3: and the page';
    is $r->header('Content-Length'), undef, 'trap 10: without a length';
}

# --- recoded after us ------------------------------------------------------

{
    my $r = $t->get('/koi/a');
    like $r->header('Content-Type'), qr/charset=koi8-r/, 'trap 5: koi8-r';
    is((Xsell::Shop::bare($r->body))[1], 1, 'trap 5: a section');
    my $text = Encode::decode('koi8-r', $r->body);
    my ($words) = $text =~ /data-xsell-item="h".*?xs-title[^>]*>([^<]*)</s;
    $words =~ s/&#(\d+);/chr $1/ge;
    ok $words eq $title, 'trap 5: our words are recoded with the page';
}

$t->done;

# --- brotli, loaded before and after us ------------------------------------

SKIP: {
    my $brotli = '/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so';
    skip 'no brotli module', 8
        unless -e $brotli && `curl --version` =~ /brotli/;

    my $ours = $t->{module};

    for my $order ([ $brotli, $ours ], [ $ours, $brotli ]) {
        my $b = Xsell::Shop->new(module => 0,
            main => join('', map { "load_module $_;\n" } @$order),
            more => 'brotli on; brotli_min_length 1; gzip on;');
        my ($rc) = $b->try_start;

        SKIP: {
            skip 'brotli module of another nginx', 4 if $rc;

            my $url = 'http://127.0.0.1:' . $b->port . '/p/a';
            my $raw = `curl -s -H 'Accept-Encoding: br' -D - -o /dev/null $url`;
            my $out = `curl -s -A Mozilla --compressed $url`;
            my ($body, $n) = Xsell::Shop::bare($out);
            my $where = $order->[0] eq $ours ? 'after' : 'before';

            like $raw, qr/^Content-Encoding: br/mi,
                "trap 3: brotli loaded $where us compresses";
            unlike $raw, qr/^Content-Length/mi, 'trap 3: without a length';
            is $n, 1, 'trap 3: one section';
            ok $body eq $page, 'trap 3: every other byte';
        }

        $b->done;
    }
}

done_testing;
