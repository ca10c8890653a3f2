# Hazard: a rule of the marketer's that does not reach the page, holds at the
# wrong place or for the wrong visitor; a mistake in rules.json that is told
# without its place, or that takes a running shop down.

use strict;
use warnings;

use lib 't/nginx/lib';

use POSIX ();
use Test::More;
use Xsell;
use Xsell::Shop;

my $lf = 'log_format x \'$uri $xsell_state "$xsell_rules"\';';

# a shop whose folder holds nothing but rules; {...} as text
sub shop {
    my ($rules, %o) = @_;

    my $t = Xsell::Shop->new(
        shop => "templates %%DIR%%/t; min_visits 2;",
        items => { (map { $_ => {} } 'b' .. 'g'),
                   a => { brand => 'Red' }, b => { brand => 'Red' },
                   z => { category => 'Other', brand => 'Red' } },
        %o,
        files => { 't/rules.json' => $rules });
    chmod 0755, $t->dir . '/t';

    return $t;
}

sub rules { return '{ "rules": [' . join(",\n", @_) . '] }' }

sub put {
    my ($t, $rules) = @_;

    open my $fh, '>', $t->dir . '/t/rules.json' or die "rules.json: $!";
    print $fh $rules;
    close $fh or die "rules.json: $!";
}


# --- what a page shows -----------------------------------------------------

{
    my $t = shop(rules(
        '{ "name": "Ours", "when": { "slot": "related" }, "pin": "z" }',
        '{ "name": "Never", "exclude": { "item": ["b", "c"] } }'),
        slot => 'related after "#product" items=3;
                 xsell_slot below items=6');
    $t->start;

    my $r = $t->visit->get('/p/a');
    my @first = $t->offers($r, 'related');
    my @all = $t->offers($r);

    is $first[0], 'z', 'what is pinned stands first';
    is scalar(@first), 3, 'others behind it';
    like $r->body, qr/data-xsell-item="z"[^>]* data-xsell-rule="Ours">/,
        'and says which rule brought it';
    is scalar(() = $r->body =~ /data-xsell-rule=/g), 1, 'no other one does';
    is scalar(grep { $_ eq 'z' } @all), 1, 'once on the page';
    is_deeply [ grep { /^[bc]$/ } @all ], [], 'what is excluded is nowhere';
    is_deeply [ sort @all ], [ qw(d e f g z) ], 'all others are there';

    # nobody in particular gets it too
    my $bot = $t->get('/p/d', agent => 'curl/8.0');
    is +($t->offers($bot, 'related'))[0], 'z', 'without a visitor too';

    # a reload with other rules
    put($t, rules('{ "name": "N", "pin": "f", "at": 2 }'));
    ok $t->reload, 'reload';
    $r = $t->visit->get('/p/a');
    is +($t->offers($r, 'related'))[1], 'f', 'the new rules hold';
    unlike $r->body, qr/data-xsell-rule="Ours"/, 'the old pin does not';
    is_deeply [ sort $t->offers($r) ], [ 'b' .. 'g', 'z' ],
        'nor what the old ones excluded';

    # one with a mistake: refused, with its place, and the old ones go on
    put($t, "{ \"rules\": [\n  { \"name\": \"N\",\n    \"pinn\": \"f\" } ] }");
    ok !$t->reload, 'a mistake is refused';
    my ($rc, $out) = $t->test_conf;
    isnt $rc, 0, 'nginx -t refuses it';
    my $wrong = 'rules of shop "prints": a rule has no "pinn"; did you mean '
              . '"pin"?';
    like $out, qr{\Q$wrong\E in \S+/t/rules\.json:3:13$}m,
        'with file, line, column and the nearest name';
    @first = $t->offers($t->visit->get('/p/a'), 'related');
    is $first[1], 'f', 'the old ones go on';
}


# --- when ------------------------------------------------------------------

sub day { return POSIX::strftime('%Y-%m-%d', gmtime(time + 86400 * $_[0])) }

{
    my ($last, $next, $late) = (day(-3), day(3), day(6));

    my $t = shop(rules(
        qq({ "name": "Now", "when": { "from": "$last", "until": "$next" },
             "exclude": { "item": "b" } }),
        qq({ "name": "Then", "when": { "from": "$next", "until": "$late" },
             "exclude": { "item": "c" } }),
        qq({ "name": "Gone", "when": { "until": "$last" },
             "exclude": { "item": "d" } })));
    $t->start;

    my @all = $t->offers($t->visit->get('/p/a'));
    is_deeply [ sort @all ], [ qw(c d e f g z) ], 'what holds today';
    $t->done;
}


# --- what the site lacks: told by nginx -t, which refuses nothing ------------

{
    my $t = shop(rules(
        '{ "name": "Ours", "when": { "slot": "relatd" }, "pin": "z" }',
        '{ "name": "End", "pin": "d", "at": 9 }',
        '{ "name": "There", "when": { "country": "DE" },
           "bury": { "item": "c" } }'),
        slot => 'related after "#product" items=4');
    $t->start;

    my @all = $t->offers($t->visit->get('/p/a'), 'related');
    is scalar(@all), 4, 'the slot is full';
    is $all[3], 'd', 'what is pinned behind its end stands last';

    my ($rc, $out) = $t->test_conf;
    is $rc, 0, 'nginx -t takes it';
    like $out, qr/has a slot "relatd"; did you mean "related"\? in \S+:1:49$/m,
        'a slot that is not there';
    like $out, qr/"End" pins at 9, but no slot has more than 4 items/,
        'a place that is not there';
    like $out, qr/the shop has no "geoip"/, 'a country that is never known';
    $t->done;
}


# --- how often, and which rules it was --------------------------------------

{
    my $t = shop(rules(
        '{ "name": "Ours, \"twice\"", "pin": "z", "times": 2 }',
        '{ "name": "Red", "boost": { "brand": "Red" }, "by": 9 }'),
        http => $lf,
        more => 'access_log %%DIR%%/x.log x;');
    $t->start;

    my $v = $t->visit;
    my @seen = map { my @o = $t->offers($v->get("/p/$_")); $o[0] } qw(a c d e);

    # of the first page the impression is counted, but a visit begins with it
    is_deeply [ map { $_ eq 'z' ? 1 : 0 } @seen ], [ 1, 1, 0, 0 ],
        'pinned twice in a visit';
    is +($t->offers($t->visit->get('/p/a')))[0], 'z',
        'and again in that of somebody else';

    my $log = '';
    Xsell::wait_for(sub {
        open my $fh, '<', $t->dir . '/x.log' or return 0;
        local $/;
        $log = <$fh>;
        return $log =~ m{^/p/e }m;
    }, 5);
    like $log, qr{^/p/a shown "Ours, \\x22twice\\x22, Red"}m,
        'the log names the rules';
    like $log, qr{^/p/e shown "Red"}m, 'those that did something';
    $t->done;
}


# --- mistakes and doubts ---------------------------------------------------

for ([ '{ "rules": [ { "name": "x", "exclude": { "brand": "Rad" } } ] }',
       qr{warn.*has no brand "Rad"; did you mean "Red"\? in \S+:1:51} ],
     [ rules('{ "name": "x", "pin": "b" }',
             '{ "name": "y", "exclude": { "item": "b" } }'),
       qr{warn.*item "b" is pinned by "x" and excluded by "y"} ])
{
    my ($rules, $want) = @$_;
    my $t = shop($rules);
    my ($rc, $out) = $t->test_conf;
    is $rc, 0, 'a doubt refuses nothing';
    like $out, $want, 'and is said';
}

{
    my $t = shop('{ "zone": "Europe/Berln", "rules": [] }');
    my ($rc, $out) = $t->test_conf;
    isnt $rc, 0, 'a time zone that is none';
    like $out, qr{no time zone "Europe/Berln": .*rules\.json:1:\d+},
        'is named, with its place';
}

done_testing;
