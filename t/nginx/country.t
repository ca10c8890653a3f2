# Hazard: the visitor's country is known and moves nothing, or moves pages of
# who said no; a list of a country that a restart loses.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

plan skip_all => 'no MaxMind::DB::Writer' if !Xsell::have_mmdb();

my $t = Xsell::Shop->new(
    items => { map { $_ => {} } 'a' .. 'p' },
    shop  => 'min_visits 2; geoip %%DIR%%/country.mmdb; '
           . 'state %%DIR%%/state interval=1h;',
    http  => 'set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;',
    more  => <<'CONF',
    location /home/ { proxy_pass http://%%UP%%/p/; xsell prints;
        xsell_item off; xsell_consent assumed;
        xsell_slot home after "#product" items=2; }
    location /asked/ { proxy_pass http://%%UP%%/p/; xsell prints;
        xsell_item off; xsell_consent required $cookie_ok;
        xsell_slot home after "#product" items=2; }
CONF
);

Xsell::write_mmdb($t->dir . '/country.mmdb', {
    '192.0.2.0/24'    => { country => { iso_code => 'DE' } },
    '198.51.100.0/24' => { country => { iso_code => 'FR' } } });

$t->start;

my %address = (DE => '192.0.2.7', FR => '198.51.100.7');

sub from { return headers => [ [ 'X-Real-IP', $address{$_[0]} ] ] }

sub view {
    my ($country, @ids) = @_;
    my $v = $t->visit;
    $v->request('GET', "/p/$_", from($country)) for @ids;
}

# what two are offered who come in, as soon as it is the wanted: the lists of
# a country may be a second old
sub offered {
    my ($country, $path, $want) = @_;

    my @got;
    Xsell::wait_for(sub {
        @got = $t->offers($t->visit->request('GET', $path, from($country)));
        return @got && $got[0] eq $want;
    }, 5);
    return $got[0];
}

# as many views of the one as of the other, but not by the same people
for (1 .. 20) {
    view('DE', 'c', 'g');
    view('FR', 'd', 'h');
}

is offered('DE', '/home/x', 'g'), 'g', 'what is viewed in Germany';
is offered('FR', '/home/x', 'h'), 'h', 'what is viewed in France';

my %first = map { ($t->offers($t->visit->request('GET', '/asked/x',
                                                 from($_))))[0] => 1 }
            qw(DE FR DE FR);
is scalar(keys %first), 1, 'without consent the same for everybody';

$t->stop;
$t->start;
is offered('DE', '/home/x', 'g'), 'g', 'after a restart, too';
is offered('FR', '/home/x', 'h'), 'h', 'in both countries';

$t->done;
done_testing;
