# Hazard: a site that does not set xsell_item: views that are not counted, or
# counted for another item; a list that passes for a product; a page whose item
# is never known in time, or stays wrong when the page has changed; strangers
# who make the zone forget, or teach it what is not so.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Time::HiRes qw(sleep);
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
);

my $t = Xsell::Shop->new(
    items    => [ 'a' .. 'h' ],
    workers  => 2,
    upstream => { '*' => sub { my ($r) = @_; return $page{$r->{path}} || 'no' } },
    http     => 'log_format x "$uri $xsell_item=$xsell_item_from '
              . '$xsell_state"; access_log %%DIR%%/x.log x;',
    server   => <<'CONF',
    xsell prints;
    xsell_consent assumed;
    xsell_slot related after "#product";
    location / { proxy_pass http://%%UP%%; }
    location /off/ { xsell_item off; proxy_pass http://%%UP%%; }
    location = /x/set { xsell_item $arg_item; proxy_pass http://%%UP%%; }
    location /plain/ { xsell off; proxy_pass http://%%UP%%;
        location = /plain/json { xsell prints; proxy_pass http://%%UP%%; } }
    location /xsell/ { xsell_endpoint prints; }
    location = /metrics { xsell_status prints prometheus; }
    location = /status { xsell_status prints; }
CONF
)->start;

# the last line of the log of a path
sub said {
    my ($path) = @_;

    my $line;
    wait_for(sub {
        ($line) = reverse grep { m{^\Q$path\E } }
            split /\n/, $t->read_file('x.log');
        return defined $line;
    }, 5);
    $line =~ s/^\S+ // if defined $line;

    return $line;
}

sub views { return $t->count('events_total', type => 'view') }
sub found { return $t->count('page_items_total', from => $_[0]) }

sub look {
    my ($path, %o) = @_;

    my $before = () = $t->read_file('x.log') =~ /^\S/mg;
    my $r = $t->visit->get($path, %o);
    wait_for(sub { (() = $t->read_file('x.log') =~ /^\S/mg) > $before }, 5);

    return (split /\n/, $t->read_file('x.log'))[-1] =~ s/^\S+ //r;
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
    like look('/plain/json'), qr/^a=jsonld /, 'where it is on again';
}

is $t->get('/x/json')->body =~ s/<section.*?<\/section>//sr =~ s/\n//gr,
    $page{'/x/json'} =~ s/\n//gr, 'the page is the same';

like $t->get('/status')->body, qr/"page_items": \{ "set": \d/, 'status';

$t->done;
done_testing;
