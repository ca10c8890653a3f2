# Hazard: slots of a page that know nothing of each other: an item twice, the
# best one in the slot that matters least, a click or an impression booked on
# the wrong slot or on one that was not there, and a place that is missing for
# weeks without anybody being told.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $mini = '<aside data-xsell-slot="{{slot}}"><b>{{heading}}</b>{{#items}}'
         . '<a data-xsell-item="{{id}}" href="{{url}}">{{title}}</a>'
         . "{{/items}}</aside>\n";

my $html = <<'HTML';
<!doctype html><html><head><title>t</title></head><body class="shop  page">
<nav><ul><li>One</li><li class="last">Two</li></ul></nav>
<main id="main"><div class="a product wide" data-kind="print-a3"><h1>T</h1>
<p>Words.</p></div><div class="product"><p>Second</p></div>
<table class="facts"><tr><td>cell</td></tr></table></main>
<!--xsell marked--><footer><p>end</p></footer></body></html>
HTML

# two variants each of p0 .. p9, and single ones
my %items = map { $_ => {} } 'a' .. 'h', map { "s$_" } 0 .. 9;
for my $n (0 .. 9) {
    $items{"p$n-$_"} = { group => "p$n" } for qw(red blue);
}

my $t = Xsell::Shop->new(
    items => \%items,
    page  => sub { $html },
    files => { 't/mini.mustache' => $mini, all => <<'CONF' },
        xsell prints; xsell_item a; xsell_consent assumed;
        xsell_slot before  before  "main > .product.wide" items=1;
        xsell_slot after   after   "nav li.last" items=1;
        xsell_slot prepend prepend "[data-kind^=print] " items=1;
        xsell_slot append  append  "article, #main" items=1;
        xsell_slot replace replace "h1 + p" items=1;
        xsell_slot marked items=1;
CONF
    shop  => 'templates %%DIR%%/t; min_visits 2;',
    http  => <<'CONF',
    proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;
    log_format place "$uri $xsell_state $xsell_place $xsell_items";
    map $arg_lang $heading { de "Passt dazu"; default "Goes with $arg_with"; }
CONF
    more  => <<'CONF',
    access_log %%DIR%%/place.log place;
    location /all/ { proxy_pass http://%%UP%%/p/; include %%DIR%%/all; }
    location /gzip/ { proxy_pass http://%%UP%%/p/; include %%DIR%%/all;
        gzip on; gzip_min_length 0; }
    location /bytes/ { proxy_pass http://%%UP%%; include %%DIR%%/all;
        proxy_buffering off; }
    location /cached/ { proxy_pass http://%%UP%%/p/; include %%DIR%%/all;
        proxy_cache c; proxy_cache_valid 200 1m; sendfile on; aio threads; }
    location /two/ {
        proxy_pass http://%%UP%%/p/;
        xsell prints; xsell_item $all; xsell_consent assumed;
        xsell_slot low after "footer > p" items=2 template=mini
                   "title=$heading";
        xsell_slot high prepend "main" items=3;
        xsell_slot none before "#nowhere" items=1;
        xsell_slot table append ".facts tr" items=1;
        xsell_slot comment items=1;
    }
    location /many/ {
        proxy_pass http://%%UP%%/p/;
        xsell prints; xsell_item $all; xsell_consent assumed;
        xsell_slot one prepend "main" items=3 template=mini;
        xsell_slot two append "main" items=3;
        xsell_slot three after "footer" items=12;
    }
    location = /home {
        proxy_pass http://%%UP%%/p/home;
        xsell prints; xsell_consent assumed;
        xsell_slot home prepend "main" items=4;
    }
    location = /cart {
        proxy_pass http://%%UP%%/p/cart;
        xsell prints; xsell_consent assumed;
        xsell_slot cart append "main" items=12;
    }
    location = /add {
        proxy_pass http://%%UP%%/added;
        xsell prints; xsell_consent assumed;
        xsell_event cart item=$arg_sku;
    }
CONF
);

# `all` is the item of these locations
(my $http = $t->{http}) =~ s/(map \$uri \$item)/map \$uri \$all {
    ~^\/(two|many)\/(?<all_id>[^\/]+) \$all_id; }\n    $1/;
$t->upstream->route('/bytes/a', { framing => 'chunked',
                                  pieces => [ split //, $html ] });
$t->configure(http => $http, server => $t->{server});
$t->start;

my $twice = sub { my %n; return grep { $n{$_}++ } @_ };


# --- where they stand ------------------------------------------------------

$t->walk('a', 'h') for 1 .. 4;
$t->walk('c', 'd') for 1 .. 3;
$t->learned(14) or diag 'not all learned';
$t->first_offer('/p/a', 'h');

{
    my $r = $t->get('/all/a');
    my ($bare, $n) = Xsell::Shop::bare($r->body);
    my $at = sub {
        my ($slot) = @_;
        return quotemeta $t->fragment($r, $slot);
    };

    is $n, 6, 'six slots on a page';
    is scalar($twice->($t->offers($r))), 0, 'no item twice';
    is scalar(my @all = $t->offers($r)), 6, 'each has its item';

    my %around = (
        before  => [ qr{<main id="main">}, qr{<div class="a product wide"} ],
        after   => [ qr{Two</li>}, qr{</ul>} ],
        prepend => [ qr{data-kind="print-a3">}, qr{<h1>} ],
        append  => [ qr{</table>}, qr{</main>} ],
        replace => [ qr{</h1>\n}, qr{</div><div class="product">} ],
        marked  => [ qr{<!--xsell marked-->}, qr{<footer>} ],
    );

    for my $slot (sort keys %around) {
        my ($before, $after) = @{ $around{$slot} };
        my $fragment = $at->($slot);
        like $r->body, qr{$before$fragment\n?$after}, "$slot";
    }

    (my $want = $html) =~ s{<p>Words\.</p>}{};
    is $bare, $want, 'every other byte as it was';

    # the same however the page comes
    for my $path (qw(/bytes/a /gzip/a /cached/a /cached/a)) {
        my ($bare, $n) = Xsell::Shop::bare($t->get($path)->body);
        is $n, 6, "$path: six";
        is $bare, $want, "$path: every other byte";
    }
}


# --- decided together ------------------------------------------------------

{
    my $count = sub {
        my ($what) = @_;
        return map { $t->count("${what}_total", slot => $_) + 0 }
               qw(low high none table);
    };
    my @before = $count->('impressions');
    my $mark = $t->mark;

    my $v = $t->visit;
    my $r = $v->get('/two/a?with=this');
    my @low = $t->offers($r, 'low');
    my @high = $t->offers($r, 'high');

    is $low[0], 'h', 'the slot that is named first has the first choice';
    is scalar(@low), 2, 'its number';
    is scalar(@high), 3, 'the other has its own';
    is scalar($twice->(@low, @high)), 0, 'none twice';

    like $t->fragment($r, 'low'), qr{^<aside.*<b>Goes with this</b>}s,
        'its own template, heading of a variable';
    like $t->get('/two/a?lang=de')->body, qr{<b>Passt dazu</b>},
        'and of another';
    like $t->fragment($r, 'high'), qr{^<section class="xs}, 'the usual one';

    my @after = $count->('impressions');
    is_deeply [ map { $after[$_] - $before[$_] } 0 .. 3 ], [ 2, 2, 0, 0 ],
        'impressions of those that were there';

    # a click on the second row of the second slot
    my ($href) = $t->fragment($r, 'high') =~ m{.*href="([^"]+)}s;
    @before = $count->('clicks');
    $v->get($href =~ s/&amp;/&/gr);
    @after = $count->('clicks');
    is_deeply [ map { $after[$_] - $before[$_] } 0 .. 3 ], [ 0, 1, 0, 0 ],
        'a click is that slot\'s';

    my $row = Xsell::Tools::slurp($t->dir . '/place.log');
    like $row, qr{^/two/a shown absent 5$}m, '$xsell_place';
    like $row, qr{^/all/a shown served 6$}m, 'and of a page with all';

    $t->get('/two/a') for 1 .. 5;
    my $log = $t->log_since($mark);
    is scalar(() = $log =~ /slot "none" .*: no element .*, "#nowhere" \(/g), 1,
        'a missing place is told once';
    like $log, qr/\[notice\].*slot "none" of \S+nginx\.conf:\d+ not/,
        'where it stands';
    is scalar(() = $log =~ /\[error\].*slot "table" .* not served:/g), 1,
        'a place that can\'t be served: an error, once';
    like $log, qr/slot "table" .* append to the cell instead/,
        'with what to do';
    like $log, qr/\[notice\].*slot "comment" .*no comment <!--xsell comment-->/,
        'a marker that is absent';
    unlike $log, qr/slot "(?:low|high)" /, 'not of those that are there';
}


# --- variants --------------------------------------------------------------

{
    for (1 .. 4) {
        my $v = $t->visit;
        $v->get("/p/$_") for 'b', map { ("p$_-red", "p$_-blue") } 0 .. 6;
    }
    # what visitors of a page share may be a second old
    my (@all, @groups);
    Xsell::wait_for(sub {
        @all = $t->offers($t->get('/many/b'));
        @groups = map { /^(p\d)/ ? $1 : () } @all;
        return @all >= 9 && @groups >= 3;
    }, 5);

    cmp_ok scalar(@all), '>=', 9, 'three slots are filled';
    cmp_ok scalar(@groups), '>=', 3, 'with variants among them';
    is scalar($twice->(@groups)), 0, 'one of a product on the page'
        or diag "@all";
}


# --- pages without an item -------------------------------------------------

{
    # the lists of popular items are made anew every two seconds
    Xsell::wait_for(sub { $t->offers($t->get('/home')) == 4 }, 5);

    my $v = $t->walk('a');
    my $r = $v->get('/home');
    is +($t->offers($r))[0], 'h', 'home: goes by what was looked at';
    is scalar($t->offers($r)), 4, 'and fills up with what is popular';

    my $w = $t->walk('c');
    is +($t->offers($w->get('/home')))[0], 'd', 'of this visitor';

    cmp_ok scalar($t->offers($t->get('/home'))), '>=', 1,
        'nobody known: what is popular';
    is $t->count('pages_total', state => 'no_item') + 0, 0,
        'no page was left without';
}

{
    my $v = $t->walk('a');
    is +($t->offers($v->get('/cart')))[0], 'h', 'cart: the partner first';
    $v->get('/add?sku=h');
    my @all = $t->offers($v->get('/cart'));
    cmp_ok scalar(@all), '>=', 4, 'then others';
    is scalar(grep { $_ eq 'h' } @all), 0, 'not what lies in the cart';
}

$t->done;
# --- variety: two of a kind, or one of each --------------------------------

for my $row ([ '0', [ 'b', 'c' ] ], [ '1', [ 'b', 'y' ] ]) {
    my ($diversity, $want) = @$row;

    my $v = Xsell::Shop->new(
        items => { a => {}, b => { brand => 'Red' }, c => { brand => 'Red' },
                   y => { category => 'Frames' } },
        shop => "diversity $diversity;",
        slot => 'related after "#product" items=2')->start;

    for (['b', 6], ['c', 5], ['y', 6]) {
        my ($id, $times) = @$_;
        $v->walk('a', $id) for 1 .. $times;
    }

    # what visitors of a page share may be a second old
    my @got;
    Xsell::wait_for(sub {
        @got = $v->offers($v->visit->get('/p/a'));
        return "@got" eq "@$want";
    }, 5);

    is_deeply \@got, $want, "diversity $diversity";
    $v->done;
}

done_testing;
