# Hazard: a site that does not set xsell_item: views that are not counted, or
# counted for another item; a list that passes for a product; a page whose item
# is never known in time, or stays wrong when the page has changed; strangers
# who make the zone forget, or teach it what is not so.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell qw(wait_for);
use Xsell::Shop;

my $filler = '<p>words and words</p>' x 2000;

sub page {
    my ($head, $body) = @_;

    return "<!doctype html><html><head><title>t</title>$head</head><body>"
        . "<div id=\"product\">x</div>" . ($body // '') . $filler
        . "</body></html>\n";
}

sub jsonld { return "<script type=\"application/ld+json\">$_[0]</script>" }

sub json_page {
    my ($sku, $more) = @_;

    return page(($more // '')
        . jsonld(qq({"\@type":"Product","name":"n $sku","sku":"$sku"})));
}

my $list = join ',', map {
    qq({"\@type":"ListItem","item":{"\@type":"Product","sku":"$_"}}) } 'a' .. 'd';

my %page = (
    '/x/json'   => json_page('a'),
    '/x/micro'  => page('', '<div itemscope itemtype="http://schema.org/Product">'
                   . '<b itemprop="sku">b</b></div>'),
    '/x/og'     => page('<meta property="product:retailer_item_id" content="c">'),
    '/x/canon'  => page('<link rel="canonical" href="https://shop.example/p/d">'),
    '/x/list'   => page(jsonld(
                   qq({"\@type":"ItemList","itemListElement":[$list]}))),
    '/x/other'  => page('<meta property="og:type" content="article">'),
    '/x/same'   => json_page('e',
                   '<link rel="canonical" href="https://shop.example/x/same">'),
    '/x/change' => json_page('f'),
    '/x/set'    => json_page('g'),
    '/off/json' => json_page('a'),
    '/plain/json' => json_page('a'),
    '/'         => json_page('a'),
    '/cut'      => { body => json_page('a'), cut => 30000 },
    '/err'      => { status => 500, body => json_page('a') },
    '/gone'     => { status => 404, body => json_page('a') },
    '/hit/long' => json_page('f'),
    '/hit/short' => json_page('g') =~ s/(<p>words and words<\/p>){1900}//r,
    '/slow'     => { pieces => [ json_page('c') =~ /(.{1,9}|.{9}\z)/gs ],
                     framing => 'chunked' },
    '/gzip'     => { body => json_page('d'), gzip => 1 },
    '/plain/gzip' => { body => json_page('d'), gzip => 1 },
);

my $t = Xsell::Shop->new(
    items    => [ 'a' .. 'h' ],
    workers  => 2,
    files    => { 'html/page.html' => json_page('b') },
    upstream => { '*' => sub { my ($r) = @_; return $page{$r->{path}} || 'no' } },
    http     => 'proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m; '
              . 'log_format x "$uri $xsell_item=$xsell_item_from '
              . '$xsell_state"; access_log %%DIR%%/x.log x;',
    server   => <<'CONF',
    xsell prints;
    xsell_consent assumed;
    location /plain/ { proxy_pass http://%%UP%%; }
    location /static/ { alias %%DIR%%/html/; }
    location / {
        xsell_slot related after "#product";
        proxy_pass http://%%UP%%;
        location /hit/ {
            proxy_pass http://%%UP%%; proxy_cache c; proxy_cache_key $uri;
            proxy_cache_valid 10m; sendfile on;
        }
        location /off/ { xsell_item off; proxy_pass http://%%UP%%; }
        location = /x/set { xsell_item $arg_item; proxy_pass http://%%UP%%; }
        location = /slow { proxy_pass http://%%UP%%; proxy_buffering off; }
    }
    location /xsell/ { xsell_endpoint prints; }
    location = /metrics { xsell_status prints prometheus; }
    location = /status { xsell_status prints; }
CONF
)->start;

sub views { return $t->count('events_total', type => 'view') }
sub found { return $t->count('page_items_total', from => $_[0]) }

# what the log says of one view, by somebody new
sub look {
    my ($path, %o) = @_;

    my $uri = $path =~ s/\?.*//sr;
    my $lines = sub { grep { /^\Q$uri\E / } split /\n/, $t->read_file('x.log') };

    my $before = () = $lines->();
    $t->visit->get($path, %o);
    wait_for(sub { (() = $lines->()) > $before }, 5);

    return ($lines->())[-1] =~ s/^\S+ //r;
}


# --- the first view and the next -------------------------------------------

{
    my $v = views();

    for (['json', 'a', 'jsonld'], ['micro', 'b', 'microdata'],
         ['og', 'c', 'opengraph'], ['canon', 'd', 'canonical'])
    {
        my ($path, $id, $from) = @$_;

        like look("/x/$path"), qr/^$id=$from /, "$path: found as it passes";
        is views(), ++$v, "$path: and counted as a view";
        like look("/x/$path"), qr/^$id=learned /, "$path: known the next time";
        is views(), ++$v, "$path: counted once";
        is found($from), 1, "$path: found once";
    }

    is found('learned'), 4, 'and learned four times';

    like look('/p/h'), qr/^h=url /, 'the catalogue knows the URL';
    like look('/p/h/?utm_source=x#y'), qr/^h=url /, 'also as others write it';

    for (1, 2) {
        like look('/x/list'), qr/^= /, 'a list is no product';
        like look('/x/other'), qr/^= /, 'nor is a page without one';
        like look('/off/json'), qr/^= /, 'switched off';
        like look('/'), qr/^= /, 'the home page has no item';
    }

    like look('/x/set'), qr/^g=jsonld /, 'an empty value is none';
    like look('/x/set?item=b'), qr/^b=set /, 'a value counts first';
    like look('/x/set?item=nobody'), qr/^= /, 'an unknown one too';
    like look('/plain/json'), qr/^a=jsonld /, 'where nothing is inserted';
}

# --- nothing is changed, nothing is taken for granted ----------------------

{
    my ($bare, $n) = Xsell::Shop::bare($t->get('/x/json')->body);
    is $n, 1, 'the page has its fragment';
    ok $bare =~ s/\n//gr eq $page{'/x/json'} =~ s/\n//gr, 'and is the same';
    ok $t->get('/plain/json')->body eq $page{'/plain/json'},
        'also where it is only looked at';
}

# pages that break off, of other states, other methods, parts of pages
{
    my $v = views();

    for my $path ('/cut', '/err', '/gone') {
        eval { $t->get($path) };
        is views(), $v, "$path: no view";
    }
    $t->upstream->route("/$_" => json_page('a')) for qw(cut err gone);
    like look("/$_"), qr/^a=jsonld /, "/$_: nothing was learned of it"
        for qw(cut err gone);

    my $r = $t->get('/static/page.html', headers => [ [ Range => 'bytes=0-9' ] ]);
    is $r->status, 206, 'a part of a file';
    is $t->head('/static/page.html')->status, 200, 'a head';
    like look('/static/page.html'), qr/^b=jsonld /,
        'taught nothing of the page';
    like look('/static/page.html'), qr/^b=learned /, 'the whole one did';
}

# a page that comes byte by byte, compressed, through sendfile
{
    like look('/slow'), qr/^c=jsonld /, 'in small pieces';
    like look('/gzip'), qr/^d=jsonld /, 'compressed';

    # without slots it stays so, and its bytes say nothing, now or later
    my $gzip = $t->get('/plain/gzip')->header('Content-Encoding');
    is $gzip, 'gzip', 'without slots: passes compressed';
    like look('/plain/gzip'), qr/^= off/, 'and is not read';
    is +(() = $t->error_log =~ /\[alert\]/g), 0, 'no alert';
}


# pages whose places are remembered, and which pass as files from then on
for my $path ('/hit/long', '/hit/short') {
    my $id = $path =~ /long/ ? 'f' : 'g';
    my $whole = $page{$path} =~ s/\n//gr;

    for my $n (1 .. 4, 4) {
        my $found = look("$path?n=$n");
        like $found, qr/^$id=(?:jsonld|learned) /, "$path, $n: $found";
        my ($bare) = Xsell::Shop::bare($t->get("$path?n=$n")->body);
        ok $bare =~ s/\n//gr eq $whole, 'the page is the same';
    }
}


# --- parameters ------------------------------------------------------------

{
    like look('/x/same?junk=1'), qr/^e=jsonld /, 'the page calls itself plain';
    like look("/x/same?junk=$_"), qr/^e=learned /, 'any parameters will do'
        for 2 .. 4;
    like look('/x/same'), qr/^e=learned /, 'or none';

    like look('/x/json?a=1'), qr/^a=jsonld /, 'another page, for all we know';
    like look('/x/json?a=1&gclid=7'), qr/^a=learned /, 'but for its source';
    like look('/x/json', headers => [ [ Host => 'other' ] ]), qr/^a=jsonld /,
        'another host';
}


# --- a reload --------------------------------------------------------------

{
    $t->write_file('catalog.json',
                   Xsell::Shop::catalog([ reverse 'b' .. 'k' ]));
    ok $t->reload, 'reload with another catalogue';

    like look('/x/micro'), qr/^b=learned /, 'the same item by another number';
    like look('/x/json'), qr/^= /, 'one that is gone';
    $t->upstream->route('/x/json' => json_page('k'));
    like look('/x/json'), qr/^= /, 'the page is about none, so far';
    $t->upstream->route('/x/og' => json_page('k'));
    like look('/x/og'), qr/^c=learned /, 'a known page is not looked at';
}

like $t->get('/status')->body, qr/"page_items": \{ "set": \d/, 'status';
is $t->count('page_items_total', from => 'set'), 1, 'counted by source';

$t->done;


# --- nginx -t --------------------------------------------------------------

{
    my ($code, $out) = $t->test_conf(
        http   => $t->{http},
        server => 'xsell prints; xsell_item a; xsell_item off;');
    isnt $code, 0, 'twice';
    like $out, qr/"xsell_item" directive is duplicate/, 'is said';

    $t->write_file('catalog.json', Xsell::Shop::catalog(
        { a => { url => '/same' }, b => { url => '/same?utm_id=1' } }));
    (undef, $out) = $t->test_conf;
    like $out, qr/item "b": has the URL of item "a".*catalog.json:\d+/,
        'two products at one URL are warned of';
}

done_testing;
