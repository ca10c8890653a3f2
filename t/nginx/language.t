# Hazard: a fragment that speaks another language than its page, or a header
# of a visitor that gets into the markup through the language.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $mini = '<aside data-xsell-slot="{{slot}}" data-lang="{{lang}}">'
         . '{{#items}}<i data-xsell-item="{{id}}">{{price}}</i>{{/items}}'
         . "</aside>\n";

my $t = Xsell::Shop->new(
    files => { 't/mini.mustache' => $mini },
    shop  => 'templates %%DIR%%/t; min_visits 2;',
    slot  => 'related after "#product" template=mini items=1',
    http  => 'xsell_language $arg_lang;',
    more  => <<'CONF',
    location /accept/ {
        proxy_pass http://%%UP%%/p/; xsell prints; xsell_consent assumed;
        xsell_language $http_accept_language;
        xsell_slot related after "#product" template=mini items=1;
    }
    location /fixed/ {
        proxy_pass http://%%UP%%/p/; xsell prints; xsell_consent assumed;
        xsell_language fr-CA;
        xsell_slot related after "#product" template=mini items=1;
    }
    location /usual/ {
        proxy_pass http://%%UP%%/p/; xsell prints; xsell_consent assumed;
        xsell_language de;
        xsell_slot related after "#product" items=1;
    }
CONF
);

my %header = (one => 'de', list => 'pt-BR, en', none => '');
$t->upstream->route("/p/$_", { body => Xsell::Shop::page('a'),
                    headers => [ [ 'Content-Language', $header{$_} ] ] })
    for keys %header;
$t->start;

# pages without an item show what is popular
$t->walk('a', 'b') for 1 .. 2;
Xsell::wait_for(sub { $t->offers($t->get('/fixed/a')) }, 5);

sub lang {
    my ($path, @accept) = @_;

    my $r = $t->get($path, @accept
        ? (headers => [ [ 'Accept-Language', $accept[0] ] ]) : ());
    my ($lang) = $t->fragment($r, 'related') =~ /data-lang="([^"]*)"/;

    return $lang;
}

is lang('/p/a'), '', 'nothing said: none, templates are English then';
is lang('/p/a?lang=de'), 'de', 'a variable, inherited from http';
is lang('/fixed/a?lang=de'), 'fr-CA', 'a fixed one of the location';
is lang('/p/one'), 'de', 'the header of the page';
is lang('/p/list'), 'pt-BR', 'of a list the first';
is lang('/p/none'), '', 'an empty one';
is lang('/p/one?lang=nl'), 'nl', 'the directive goes before it';

is lang('/accept/a', 'de-AT,de;q=0.9'), 'de-AT', 'the browser\'s first';
is lang('/accept/a', '  it ; q=1'), 'it', 'blanks and parameters';
is lang('/accept/a', '*'), '', 'any';
is lang('/accept/a', ''), '', 'empty';
is lang('/accept/a', $_), '', "not a tag: $_"
    for '"><script>', '../etc', "\x{e9}", '-', 'x' x 36 , ',';
is lang('/accept/a', 'en_US'), 'en', 'ends at what no tag has';
is lang('/accept/a', 'de"onload="x'), 'de', 'and at a quote';

unlike $t->get('/accept/a')->header('Vary') // '', qr/Accept-Language/,
    'no header hangs on it: pages are private anyway';

my $de = $t->fragment($t->get('/usual/a'), 'related');
like $de, qr/lang="de"/, 'the usual template says its language';
like $de, qr/12,50(?:&#160;|\xc2\xa0)(?:&#8364;|\xe2\x82\xac)/,
    'prices follow, in UTF-8 or in references';

$t->done;
done_testing;
