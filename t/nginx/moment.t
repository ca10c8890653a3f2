# Hazard: the model learns from a moment that was another one: a visit's dwell
# counted from a visit before, a phone for a desk, a refresh for a way back; a
# header field of a stranger that is read past its end or for ever; anything
# at all of a visitor who said no; a country that only pages of items know; a
# style of what was viewed that reaches no decision.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $geo = Xsell::have_mmdb();

my $t = Xsell::Shop->new(
    shop => $geo ? 'geoip %%DIR%%/country.mmdb;' : '',
    http => 'log_format moment "$xsell_moment"; access_log moment.log moment; '
          . 'set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;',
    more => <<'CONF',
    location /asked/ {
        proxy_pass http://%%UP%%/p/; xsell prints;
        xsell_consent required $cookie_ok;
        xsell_slot related after "#product";
    }
    location = /cart { return 204; xsell prints; xsell_event cart item=$arg_i; }
    location /home/ {
        proxy_pass http://%%UP%%/p/; xsell prints; xsell_item off;
        xsell_slot home after "#product";
    }
CONF
);

Xsell::write_mmdb($t->dir . '/country.mmdb', {
    '192.0.2.0/24' => { country => { iso_code => 'DE' } } }) if $geo;

$t->start;

# the line that this request leaves in the log
sub moment {
    my ($client, $path, @headers) = @_;

    my $file = $t->dir . '/moment.log';
    my $before = -s $file || 0;
    my $r = $client->request('GET', $path, headers => \@headers);
    my $line = '';
    Xsell::wait_for(sub {
        $line = substr $t->read_file('moment.log'), $before;
        return $line =~ /\n/;
    }, 5);
    chomp $line;
    return $line;
}

my $phone = 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, '
    . 'like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36';
my $desk = 'Mozilla/5.0 (X11; Linux x86_64; rv:137.0) Gecko/20100101 '
    . 'Firefox/137.0';

sub agent { return [ 'User-Agent', $_[0] ] }
sub from { return [ 'Referer', $_[0] ] }

# ---- the way of a visit ----------------------------------------------------

my $v = $t->visit;
like moment($v, '/p/a', agent($desk)),
    qr/^mobile=0 dwell=0 back=0 depth=1 streak=0 cart=0 ignored=0 since=0 /,
    'a first page';
sleep 2;
like moment($v, '/p/b', agent($desk)), qr/ dwell=[1-9] back=0 /,
    'so long was the first one looked at';
like moment($v, '/p/a', agent($desk)), qr/ back=1 /, 'a way back';
like moment($v, '/p/a', agent($desk)), qr/ back=0 /,
    'the same page again is none';
sleep 2;
like moment($v, '/home/a', agent($desk)), qr/ dwell=[1-9] back=0 /,
    'a page of no item comes so long after the one before, too';
like moment($t->visit, '/home/a', agent($desk)), qr/ dwell=0 back=0 /,
    'a first page of no item';

my $other = $t->visit;
like moment($other, '/p/b', agent($desk)), qr/ dwell=0 back=0 /,
    'somebody else';

my ($hour) = moment($other, '/p/c') =~ / hour=(\d+) /;
my @local = localtime;
ok abs($hour - $local[2]) <= 1 || abs($hour - $local[2]) == 23,
    'the hour of the server';

# ---- what the visit keeps --------------------------------------------------

# that it reaches a decision: told is what is stored with the slate.  Pages are
# of one category; the first offer is seen by the second page
{
    my $w = $t->visit;
    moment($w, "/p/$_") for 'a' .. 'c';
    like moment($w, '/p/d'),
        qr/ depth=4 streak=3 cart=0 ignored=[1-3] since=\d /,
        'depth, pages of one category, offers ignored and since when';
    $w->get("/cart?i=$_") for 'e', 'f';
    like moment($w, '/p/g'), qr/ cart=2 ignored=[2-4] /, 'what is in the cart';
    my ($link) = $t->links($w->get('/p/h'));
    $w->get($link);
    like moment($w, $link =~ m{/b\b} ? '/p/c' : '/p/b'),
        qr/ back=1 .* ignored=[01] /, 'an offer clicked, and a way back';
}

# ---- device ----------------------------------------------------------------

like moment($other, '/p/a', agent($phone)), qr/^mobile=1 /, 'a phone';
like moment($other, '/p/a', agent($_)), qr/^mobile=0 /, 'none'
    for 'Mob', 'M', 'mobility', '', 'x' x 600 . 'Mobile', 'MMMMMMMMob';
like moment($other, '/p/a', agent('x' x 508 . 'Mobi')), qr/^mobile=1 /,
    'at the end of what is looked at';
like moment($other, '/p/a', agent('x' x 509 . 'Mobi')), qr/^mobile=0 /,
    'past it';

# ---- where from ------------------------------------------------------------

my %from = (
    'https://www.google.com/search?q=x' => 'search',
    'https://WWW.GOOGLE.CO.UK/' => 'search',
    'https://duckduckgo.com' => 'search',
    'https://mail.google.com/mail/u/0/' => 'mail',
    'https://l.facebook.com/l.php?u=https://www.google.com/' => 'social',
    'https://t.co/abc' => 'social',
    'android-app://com.google.android.gm/' => 'search',
    'https://blog.example.org/google.com/' => 'other',
    'https://notgoogle.com/' => 'other',
    'https://google' => 'other',
    'https://example.google/' => 'other',
    'https://...../' => 'other',
    'http://localhost:81/p/b' => 'own',
    'about:blank' => 'none', 'https:' => 'none', 'https://' => 'none',
    ':' => 'none', '/p/a' => 'none', '://' => 'none',
    'https://' . 'a.' x 400 . 'google.com/' => 'other',
    "https://\xff\xfe.google.com/" => 'search',
);
for (sort keys %from) {
    my $shown = length > 60 ? substr($_, 0, 60) . '...' : $_;
    $shown =~ s/[^ -~]/?/g;
    like moment($other, '/p/a', from($_)), qr/ referrer=$from{$_}\z/,
        "$shown: $from{$_}";
}

# ---- who said no -----------------------------------------------------------

is moment($t->client, '/asked/a', agent($phone), from('https://t.co/')), '',
    'no consent, no moment';
is moment($t->visit, '/p/a', [ 'Sec-GPC', 1 ], agent($phone)), '', 'GPC';
like moment($t->client, '/asked/a', [ 'Cookie', 'ok=1' ], agent($phone)),
    qr/^mobile=1 /, 'with consent';

# ---- country ---------------------------------------------------------------

SKIP: {
    skip 'no MaxMind::DB::Writer', 5 unless $geo;

    my $german = [ 'X-Real-IP', '192.0.2.1' ];
    like moment($other, '/p/a', $german), qr/ country=DE\z/, 'of an item';
    like moment($other, '/home/a', $german), qr/ country=DE\z/,
        'a page of no item';
    like moment($other, '/home/a', [ 'X-Real-IP', '198.51.100.1' ]),
        qr/ referrer=none\z/, 'an address that the file lacks';
    is moment($t->client, '/asked/a', $german), '', 'none without consent';
    is moment($t->visit, '/home/a', [ 'Sec-GPC', 1 ], $german), '',
        'nor with GPC';
}

# ---- style -----------------------------------------------------------------

# i0 to i8 are of two styles by turns, p of none; all else of them is the same
SKIP: {
    my $xsell = Xsell::repo() . '/build/xsell';
    skip 'no build/xsell', 3 unless -x $xsell;

    my @ids = ('p', map { "i$_" } 0 .. 8);
    my $s = Xsell::Shop->new(slot => 'related after "#product" items=3');
    my $h = "{'descr': '|i1', 'fortran_order': False, 'shape': (10, 2), }\n";
    my $dir = $s->dir;

    $s->write_file('items.json', Xsell::Shop::catalog(\@ids));
    $s->write_file('style.npy', "\x93NUMPY\1\0" . pack('v', length $h) . $h
        . pack 'c*', 0, 0, map { (100, $_ % 2 ? 100 : -100) } 0 .. 8);
    $s->write_file('ids', join '', map { "$_\n" } @ids);
    my $vectors = "--plane style --embeddings $dir/style.npy --ids $dir/ids";
    like `$xsell catalog --compile -o $dir/c.xsc $vectors $dir/items.json`,
        qr/^style: vectors of 2 numbers for 9 of 10/m, 'compiled with styles';
    rename "$dir/c.xsc", "$dir/catalog.json" or die "catalog.json: $!";
    $s->start;

    for my $first (0, 1) {
        my $visit = $s->visit;
        $visit->get("/p/i$_") for $first, $first + 2, $first + 4;
        my @odd = map { /i(\d)/ ? $1 % 2 : 'p' }
                  $s->offers($visit->get('/p/p'));
        is $odd[0], $first, 'first what is of the style of what was viewed'
            or diag "@odd";
    }
}

done_testing;
