# Hazard: a fragment that a framework's script deletes in the browser, or whose
# presence breaks that script; recommendations of the shop and ours one below
# the other, or the shop's taken away with nothing in their stead.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $own = '<section class="related products"><h2>Related</h2></section>';

sub html {
    my ($body, $head) = @_;

    return '<!doctype html><html><head><title>t</title>' . ($head // '')
        . "</head><body>\n$body\n</body></html>\n";
}

my $product = '<main><div id="product">p</div></main>';

my %page = (
    plain  => html("$product<footer></footer>"),
    root   => html("<div id=\"__next\">$product</div><footer></footer>"),
    doc    => html("$product<footer></footer>", '<link rel="stylesheet" '
                   . 'href="/a.css" data-precedence="next">'),
    shell  => html("<div class=\"shell\">$product</div><footer></footer>"),
    before => html("$own$product<footer></footer>"),
    behind => html("$product$own<footer></footer>"),
    rooted => html("<div id=\"app\">$own$product</div><footer></footer>"),
);

sub location {
    my ($name, $more, $place) = @_;

    $place //= 'after "#product"';
    return "location /$name/ { proxy_pass http://%%UP%%/p/; xsell prints;
        xsell_item a; xsell_consent assumed;
        xsell_slot related $place items=2 $more; }\n";
}

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'd' ],
    page  => sub { $page{ $_[0] } // $page{plain} },
    http  => 'log_format place "$uri $xsell_state $xsell_place";
        proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;',
    more  => join '', 'access_log %%DIR%%/place.log place;',
        location('on', ''), location('off', 'root=off'),
        location('own', 'root=.shell'), location('keep', 'existing=keep'),
        location('skip', 'existing=skip'),
        location('replace', 'existing=replace'),
        location('end', 'existing=replace', 'append body'),
        location('mine', '"existing=skip:footer, .x"', 'append body'),
        location('cached', 'existing=replace; proxy_cache c; '
                 . 'proxy_cache_valid 200 1m'),
)->start;

my $F = '<F>';

# the body with the fragment as <F>, and what the log says of it
sub shown {
    my ($path) = @_;

    my $r = $t->get($path);
    my $fragment = $t->fragment($r, 'related');
    my $body = $r->body;

    $body =~ s/\Q$fragment\E\n?/$F/ if defined $fragment && length $fragment;

    return $body;
}

sub is_page {
    my ($path, $want, $place) = @_;

    is shown($path), $want, $path;
    ok Xsell::wait_for(sub {
        $t->read_file('place.log') =~ m{^\Q$path\E \S+ $place$}m;
    }), "$path: $place" or diag $t->read_file('place.log');
}

sub with {
    my ($page, $from, $to) = @_;

    (my $copy = $page{$page}) =~ s/\Q$from\E/$to/ or die "$page: $from";
    return $copy;
}

# --- roots that hydrate

my $inside = '<div id="product">p</div>';

is_page('/on/plain', with('plain', $inside, "$inside$F"), 'served');
is_page('/on/root', with('root', '<footer>', "$F<footer>"), 'moved');
is_page('/on/doc', with('doc', "\n</body>", "\n$F</body>"), 'moved');
is_page('/off/root', with('root', $inside, "$inside$F"), 'served');
is_page('/off/doc', with('doc', $inside, "$inside$F"), 'served');
is_page('/on/shell', with('shell', $inside, "$inside$F"), 'served');
is_page('/own/shell', with('shell', '<footer>', "$F<footer>"), 'moved');

# --- sections that exist

is_page('/on/before', with('before', $inside, "$inside$F"), 'served');
is_page('/keep/before', with('before', $inside, "$inside$F"), 'served');
is_page('/skip/before', $page{before}, 'existing');
is_page('/skip/behind', with('behind', $inside, "$inside$F"), 'served');
is_page('/skip/rooted', $page{rooted}, 'existing');
is_page('/replace/before', with('before', $own, $F), 'served');
is_page('/replace/behind', with('behind', $inside, "$inside$F"), 'served');
is_page('/replace/rooted', with('rooted', '<footer>', "$F<footer>"), 'moved');
is_page('/end/behind', with('behind', $own, $F), 'served');
is_page('/end/plain', with('plain', "\n</body>", "\n$F</body>"), 'served');
is_page('/mine/plain', $page{plain}, 'existing');

# a page that is known is what it was when it was read
is_page('/cached/before', with('before', $own, $F), 'served') for 1 .. 3;
is_page('/cached/root', with('root', '<footer>', "$F<footer>"), 'moved')
    for 1 .. 3;

my $log = $t->read_file('error.log');

is scalar(() = $log =~ /slot "related" of .* is inside an element that a /g),
    4, 'the log says once per location that a slot was put elsewhere';
unlike $log, qr/\[(?:error|alert|emerg|crit)\]/, 'and nothing worse';

done_testing;
