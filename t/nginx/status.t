# Hazard: numbers that monitoring can't read, or that are not what happened.

use strict;
use warnings;

use lib 't/nginx/lib';

use File::Temp ();
use Test::More;
use Xsell;
use Xsell::Shop;

my $geo = Xsell::have_mmdb();

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'h' ],
    shop  => 'log %%DIR%%/tmp/events.ndjson; '
           . ($geo ? 'geoip %%DIR%%/country.mmdb;' : ''),
    http  => 'log_format x "$uri state=$xsell_state item=$xsell_item '
           . 'items=$xsell_items session=$xsell_session time=$xsell_time_us '
           . 'place=$xsell_country-$xsell_region";'
           . 'access_log %%DIR%%/x.log x; set_real_ip_from 127.0.0.1; '
           . 'real_ip_header X-Real-IP;',
    more  => 'location /vars { add_header X-State "[$xsell_state]"; '
           . 'return 204; }',
);

Xsell::write_mmdb($t->dir . '/country.mmdb', {
    '192.0.2.0/24' => { country => { iso_code => 'DE' },
                        subdivisions => [ { iso_code => 'BE' } ] },
    '2001:db8::/32' => { country => { iso_code => 'FR' } },
}) if $geo;

$t->start;

my $ua = [ 'User-Agent' => 'Mozilla/5.0' ];

$t->walk('a', 'b', 'c');
$t->get('/p/a', headers => [ [ 'User-Agent' => 'Googlebot/2.1' ] ]);
$t->get('/p/a', headers => [ [ 'Sec-GPC' => 1 ] ]);
$t->get('/vars');

my $text = $t->get('/metrics')->body;

is $t->count('pages_total', state => 'shown'), 3, 'shown';
is $t->count('pages_total', state => 'bot'), 1, 'bot';
is $t->count('pages_total', state => 'no_consent'), 1, 'no consent';
is $t->count('impressions_total', slot => 'related'), 4,
    'impressions: all but the bot\'s';
is $t->count('events_total', type => 'view'), 4, 'views: not the bot\'s';
is $t->count('clicks_total'), 0, 'no click';
is $t->count('decision_seconds_count'), 5, 'decisions';
ok Xsell::wait_for(sub { $t->count('sessions') >= 1 }, 5),
    'sessions are counted, probation is not';

SKIP: {
    my ($promtool) = grep { -x } '/usr/bin/promtool';
    skip 'promtool is not installed', 1 unless $promtool;

    my $file = File::Temp->new;
    print $file $text;
    close $file;

    my $out = `$promtool check metrics < $file 2>&1`;
    is $?, 0, 'trap 45: promtool takes the metrics' or diag $out;
}

my $json = $t->get('/status')->json;
is $json->{shop}, 'prints', 'JSON';
is $json->{pages}{shown}, 3, 'JSON: the same numbers';
is $json->{slots}{related}{impressions}, 4, 'JSON: slots';
is $t->post('/status', { a => 1 })->status, 405, 'POST is refused';
is $t->head('/metrics')->status, 200, 'HEAD';

# variables; what an item that the catalogue lacks is offered depends on the
# lists, which are a second or two behind
$t->get('/p/zzz');
my $log = $t->read_file('x.log');
like $log, qr{^/p/a state=shown item=a items=6 session=[0-9a-f]{16} time=\d+ }m,
    'variables of a page';
like $log, qr{^/p/zzz state=\w+ item= items=}m, 'of an unknown item';
like $log, qr{^/p/a state=bot item=a items=6 session= time=}m, 'of a bot';
is $t->get('/vars')->header('X-State'), '[]', 'empty without a shop';

my $alias = ($log =~ /state=shown.*session=(\w{16})/)[0];
my $own   = $t->visit;
$own->get('/p/d');
my ($cookie) = $own->cookie('xs_prints');
unlike $log, qr/\Q$cookie\E/, 'no cookie in the log';

# many cookies of one network are no crowd; those of a proxy's own may be; a
# small zone's ring takes 16 events at once
for my $n (1 .. 12) {
    $t->visit->get('/p/h', headers => [ [ 'X-Real-IP' => "203.0.113.$n" ] ]);
    $t->visit->get('/p/h', headers => [ [ 'X-Real-IP' => "10.0.0.$n" ] ]);
    $t->visit->get('/p/h', headers => [ [ 'X-Real-IP' => "100.0.$n.1" ] ]);
    select undef, undef, undef, .1;
}

ok Xsell::wait_for(sub {
    $t->count('dropped_total', reason => 'item_capped') == 8 }, 5),
    'views of an item: four an hour from one network';

SKIP: {
    skip 'MaxMind::DB::Writer is not installed', 5 unless $geo;

    $t->get('/p/e', headers => [ [ 'X-Real-IP' => '192.0.2.7' ] ]);
    $t->get('/p/f', headers => [ [ 'X-Real-IP' => '2001:db8::1' ] ]);
    $t->get('/p/g', headers => [ [ 'X-Real-IP' => '198.51.100.1' ] ]);

    ok Xsell::wait_for(sub {
        $t->read_file('tmp/events.ndjson') =~ /"item":"g"/ }, 5),
        'events are logged';

    my $events = $t->read_file('tmp/events.ndjson');
    like $events, qr/"item":"e".*"country":"DE"/, 'country by IPv4';
    like $events, qr/"item":"f".*"country":"FR"/, 'country by IPv6';
    like $t->read_file('x.log'), qr{^/p/e .*place=DE-BE$}m, 'and region';
    unlike $events, qr/"item":"g"[^\n]*"country"/, 'unknown address: none';
}

$t->done;
done_testing;
