# Hazard: a slot with several templates that always gets the first; "show
# nothing" that is another page than without us: other bytes, other headers, a
# page that is told from the rest by them; one that is counted as shown, as
# nothing to offer or not at all, or that never comes back; templates of which
# nobody can tell which one was shown, or clicked.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $mustache = '<aside data-xsell-slot="{{slot}}"><b>%s</b>{{#items}}'
             . '<a data-xsell-item="{{id}}" href="{{url}}">{{title}}</a>'
             . "{{/items}}</aside>\n";

my $t = Xsell::Shop->new(
    files => { map { ("t/$_.mustache" => sprintf $mustache, $_) }
               qw(one two low) },
    shop  => 'templates %%DIR%%/t; min_visits 2; '
           . 'log %%DIR%%/tmp/events.ndjson;',
    slot  => 'related after "#product" template=one,two,none',
    http  => 'log_format x "$uri $xsell_state $xsell_items '
           . '[$xsell_place] [$xsell_template]"; '
           . 'access_log %%DIR%%/x.log x; '
           . 'proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;',
    more  => <<'CONF',
    location /cached/ { proxy_pass http://%%UP%%/p/; proxy_cache c;
        proxy_cache_valid 200 1m; gzip on; gzip_min_length 0;
        xsell prints; xsell_item a; xsell_consent assumed;
        xsell_slot related after "#product" template=one,two,none; }
    location /two/ { proxy_pass http://%%UP%%/p/;
        xsell prints; xsell_item a; xsell_consent assumed;
        xsell_slot high after "#product" items=2 template=one,none;
        xsell_slot low before footer items=2 template=low; }
    location = /cart { return 204; xsell prints; xsell_event cart item=$arg_i; }
    location = /order { return 204; xsell prints;
        xsell_event order id=$arg_id value=$arg_v; }
    location /asked/ { proxy_pass http://%%UP%%/p/;
        xsell prints; xsell_item a; xsell_consent required $cookie_ok;
        xsell_slot related after "#product" template=one,two,none; }
CONF
)->start;

my $page = Xsell::Shop::page('a');

# how a response came out: one, two, none
sub arm {
    my ($r, $slot) = @_;
    return $t->fragment($r, $slot // 'related') =~ /<b>(\w+)<\/b>/ ? $1
                                                                   : 'none';
}

# names of the headers, and their values but for what differs by request; how
# the body is framed is not said where there is none
sub head {
    my ($r) = @_;
    return join "\n", map { lc $_->[0] eq 'set-cookie' ? 'set-cookie'
        : lc $_->[0] eq 'date' ? 'date' : lc($_->[0]) . ": $_->[1]" }
        grep { lc $_->[0] ne 'transfer-encoding' } @{ $r->{headers} };
}

# what is counted of a slot's templates
sub looked {
    my ($what, $slot) = @_;
    my $m = $t->metrics('/metrics');
    return join ' ', map { /template="(\w+)"/ ? "$1=$m->{$_}" : () }
        grep { /^xsell_template_${what}_total\{.*slot="$slot"/ } sort keys %$m;
}

# --- before anything is learned --------------------------------------------

$t->walk('a', 'h') for 1 .. 4;
$t->learned(8);
is $t->first_offer('/p/a', 'h'), 'h', 'there is something to offer';
is arm($t->get('/p/a')), 'one', 'who knows nothing takes the first template';

# --- all of them, once something is ----------------------------------------

{
    my $v = $t->visit;
    my ($link) = $t->links($v->get('/p/a'));
    select undef, undef, undef, .35;    # a faster click teaches nothing
    $v->get($link);
    Xsell::wait_for(sub { $t->count('clicks_total', slot => 'related') == 1 },
                    5);
    $v->get('/cart?i=h');
    $v->get('/order?id=1&v=12.50');
    Xsell::wait_for(sub { $t->count('orders_total', slot => 'related') == 1 },
                    5);
    is looked('carts', 'related') . looked('orders', 'related'),
        'none=0 one=1 two=0' x 2, 'so are the cart and the order';
    is looked('clicks', 'related'), 'none=0 one=1 two=0',
        'the click is of the template that was shown';
    Xsell::wait_for(sub { $t->read_file('tmp/events.ndjson') =~ /"click"/ },
                    5);
    like $t->read_file('tmp/events.ndjson'),
        qr/"type":"click".*"slot":"related","template":"one","position":0/,
        'and the event log says which';
    select undef, undef, undef, 1.2;    # published once a second
}

my $hidden = sub { $t->count('pages_total', state => 'hidden') + 0 };
my $shown = sub { $t->count('impressions_total', slot => 'related') + 0 };
my $pages = sub { $t->count('pages_total', state => 'shown') + 0 };
my %at_first = looked('impressions', 'related') =~ /(\w+)=(\d+)/g;
my @before = ($hidden->(), $shown->(), $pages->());
my (%n, %head, $first, $wrong);

# one decision of 32 is tossed for, every second of these hides: of 3,000 one
# is, surely; mostly it takes a hundred
for (1 .. 3000) {
    my $r = $t->get('/p/a');
    my $arm = arm($r);
    $n{$arm}++;
    $head{head($r)}++;
    my ($bare) = Xsell::Shop::bare($r->body);
    $wrong //= $bare if $bare ne $page || $r->{error};
    $first //= $r if $arm eq 'none';
    last if $n{none} && $n{none} > 2 && $n{one} && $n{two};
}

diag "$n{one} one, $n{two} two, $n{none} none";
ok $n{$_}, "$_ comes" for qw(one two none);
is $wrong, undef, 'all other bytes of all pages are those of the shop';
is $first->body, $page, 'nothing is shown: the page, byte for byte';
is scalar(keys %head), 1, 'the same headers, whatever is shown'
    or diag join "\n\n", keys %head;

my @after = ($hidden->(), $shown->(), $pages->());
is $after[0] - $before[0], $n{none}, 'pages without are counted as hidden';
is $after[1] - $before[1], $n{one} + $n{two}, 'and are no impressions';
is $after[2] - $before[2], $n{one} + $n{two}, 'nor shown';
is $t->count('pages_total', state => 'no_candidates') + 0, 0,
    'there was something to offer';

my %at_last = looked('impressions', 'related') =~ /(\w+)=(\d+)/g;
is $at_last{$_} - $at_first{$_}, $n{$_}, "$_: counted as often as it came"
    for qw(one two none);

my $slots = $t->get('/status')->json->{slots};
is_deeply $slots->{related}{templates}, {
    map { $_ => { impressions => $at_last{$_}, clicks => $_ eq 'one' ? 1 : 0,
        carts => $_ eq 'one' ? 1 : 0, orders => $_ eq 'one' ? 1 : 0,
        revenue_minor => $_ eq 'one' ? 1250 : 0 } } qw(one two none)
}, 'the same as JSON';
is join(' ', sort keys %{ $slots->{high}{templates} }), 'none one',
    'of each slot, its own';

my $log = Xsell::Tools::slurp($t->dir . '/x.log');
is scalar(() = $log =~ m{^/p/a hidden 0 \[hidden\] \[related=none\]$}mg),
    $n{none}, '$xsell_state, $xsell_place, $xsell_template';
cmp_ok scalar(() = $log =~ m{^/p/a shown \d+ \[served\] \[related=two\]$}mg),
    '>=', $n{two}, 'and of pages that show something';

# --- it is noted: the next page of this visitor has offers again ------------

{
    my ($v, $again) = $t->visit;
    my $last = 'none';
    for (1 .. 3000) {
        my $arm = arm($v->get('/p/a'));
        $again = 1, last if $last eq 'none' && $arm ne 'none' && $_ > 1;
        $last = $arm;
    }
    ok $again, 'what was hidden comes back';
}

# --- HEAD -------------------------------------------------------------------

{
    my @before = ($hidden->(), $shown->());
    my %head_of;
    for (1 .. 200) {
        my $r = $t->visit->request('HEAD', '/p/a');
        $head_of{head($r)}++;
        is $r->body, '', 'no body' if $r->body ne '';
    }
    # a cookie is for pages that were seen
    is_deeply [ keys %head_of ], [ map { s/\nset-cookie//r } keys %head ],
        'HEAD: the headers of GET';
    is_deeply [ $hidden->(), $shown->() ], \@before, 'counts nothing';
}

# --- from the cache, packed -------------------------------------------------

{
    my (%seen, $bad);
    for (1 .. 3000) {
        my $r = $t->get('/cached/a');
        $seen{ arm($r) }++;
        my ($bare) = Xsell::Shop::bare($r->body);
        $bad //= $bare if $bare ne $page;
        last if keys %seen == 3;
    }
    is join(' ', sort keys %seen), 'none one two',
        'a page of the cache: all of them';
    is $bad, undef, 'and every other byte';
}

# --- a slot that hides beside one that does not ------------------------------

{
    my ($bad, $free, %seen);
    for (1 .. 3000) {
        my $r = $t->get('/two/a');
        my $arm = arm($r, 'high');
        $seen{$arm}++;
        my ($bare) = Xsell::Shop::bare($r->body);
        $bad = 1 if $bare ne $page || arm($r, 'low') ne 'low';
        $free = 1 if $arm eq 'none'
            && grep { $_ eq 'h' } $t->offers($r, 'low');
        last if $seen{one} && $free;
    }
    ok !$bad, 'a slot that hides leaves the other alone';
    ok $seen{none}, 'this one does';
    ok $free, 'what it did not take is free';
    my $log = Xsell::Tools::slurp($t->dir . '/x.log');
    like $log, qr{^/two/a shown 2 \[hidden\] \[high=none,low=low\]$}m,
        'the page is shown, and one slot hidden';
    like $log, qr{^/two/a shown \d \[served\] \[high=one,low=low\]$}m,
        'or none';
    unlike $log, qr{^/two/a hidden}m, 'not hidden';
}

# --- who said no --------------------------------------------------------------

{
    my ($bad, %seen);
    for (1 .. 3000) {
        my $r = $t->client->request('GET', '/asked/a');
        $seen{ arm($r) }++;
        my ($bare) = Xsell::Shop::bare($r->body);
        $bad = 1 if $bare ne $page || $r->header('Set-Cookie');
        last if $_ >= 100 && ($seen{one} || $seen{two});
    }
    ok !$bad, 'no consent: the page, and no cookie';
    ok $seen{one} || $seen{two}, 'with offers';
}

$t->done;
done_testing;
