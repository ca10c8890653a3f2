# Hazard: a mistake in the configuration that is found by visitors.
# Each one is found by nginx -t, which names file and line and what to do, and
# leaves no trace.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $secret = '0123456789abcdef' x 4 . "\n";

my %files = (
    'catalog.json'   => Xsell::Shop::catalog([ 'a' .. 'h' ]),
    'secret'         => $secret,
    'empty'          => '',
    'short'          => "abc\n",
    'bad.json'       => "[\n  {\"id\": \"a\", \"title\": \"A\" \"url\": 1}\n]",
    'nourl.json'     => qq([\n{"id": "a", "title": "A"}\n]),
    'two.json'       => Xsell::Shop::catalog(
                            { a => {}, b => { currency => 'USD' } }),
    't/carousel.mustache'   => "<ul>\n{{#items}}<li>{{titel}}</li>{{/items}}",
    'bare/readme'    => '',
);

# a whole shop and server, with parts exchanged
sub conf {
    my (%o) = @_;

    my $shop = $o{shop} // 'zone 8m; catalog %%DIR%%/catalog.json; '
                         . 'secret %%DIR%%/secret; ' . ($o{add} // '');

    return (
        files  => \%files,
        http   => ($o{before} // '') . ($o{block}
                  // "xsell_shop prints {\n$shop\n}\n") . ($o{after} // ''),
        server => $o{server} // 'location /p/ { xsell prints; xsell_item a; '
                  . ($o{in} // '')
                  . ' xsell_consent assumed; '
                  . ($o{slot} // 'xsell_slot related after "#x";')
                  . '} ' . ($o{end} // 'location /xsell/ '
                  . '{ xsell_endpoint prints; }'),
    );
}

my @bad = (

    # the shop
    [ 'no zone', qr/has no "zone"/, shop => 'catalog c; secret s;' ],
    [ 'no catalog', qr/has no "catalog"/, shop => 'zone 8m; secret s;' ],
    [ 'no secret', qr/openssl rand -hex 32/, shop => 'zone 8m; catalog c;' ],
    [ 'a secret that is not there',
      qr/cannot open "\S*\/absent": make it by "openssl rand -hex 32 > FILE; chmod 600 FILE" in/,
      shop => 'zone 8m; catalog %%DIR%%/catalog.json; secret %%DIR%%/absent;' ],
    [ 'small zone', qr/zone "64k": .*1/, shop => 'zone 64k;' ],
    [ 'zone without a unit', qr/zone "16": .*; did you mean "16m"\?/,
      shop => 'zone 16;' ],
    [ 'bad zone', qr/invalid size of a zone "lots"/, shop => 'zone lots;' ],
    [ 'twice', qr/"zone" directive is duplicate/, add => 'zone 9m;' ],
    [ 'two shops of a name', qr/duplicate shop "prints", first defined in/,
      after => 'xsell_shop prints { zone 8m; }' ],
    [ 'no such shop', qr/there is no shop "frames"/,
      in => '} location /q { xsell frames;' ],
    [ 'bad name', qr/invalid name of a shop "a b"/,
      block => 'xsell_shop "a b" { }' ],
    [ 'named off', qr/cannot be named "off"/, block => 'xsell_shop off { }' ],
    [ 'foreign directive inside', qr/"gzip" directive is not allowed here/,
      add => 'gzip on;' ],
    [ 'shop directive outside', qr/"catalog" directive is not allowed here/,
      before => 'catalog x;' ],
    [ 'bad holdout', qr/invalid holdout "5"/, add => 'holdout 5;' ],
    [ 'holdout of all', qr/invalid holdout "80%"/, add => 'holdout 80%;' ],
    [ 'bad diversity', qr/invalid diversity "1.5"/, add => 'diversity 1.5;' ],
    [ 'bad min_visits', qr/invalid min_visits "0"/, add => 'min_visits 0;' ],
    [ 'bad interval', qr/invalid interval "1"|invalid interval "x"/,
      add => 'state %%DIR%%/state interval=x;' ],
    [ 'no state folder', qr/there is no folder .*install -d/,
      add => 'state %%DIR%%/none;' ],
    [ 'no geoip file', qr/geoip of shop "prints".*none\.mmdb": Error opening/,
      add => 'geoip %%DIR%%/none.mmdb;' ],
    [ 'no country table', qr/geoip of shop "prints".*(format|metadata)/i,
      add => 'geoip %%DIR%%/secret;' ],

    # its files
    [ 'no catalog file', qr/catalog of shop "prints": cannot open/,
      shop => 'zone 8m; catalog %%DIR%%/none; secret %%DIR%%/secret;' ],
    [ 'bad JSON', qr/catalog of shop "prints": .*bad\.json:2:\d+/,
      shop => 'zone 8m; catalog %%DIR%%/bad.json; secret %%DIR%%/secret;' ],
    [ 'empty catalog', qr/catalog of shop "prints"/,
      shop => 'zone 8m; catalog %%DIR%%/empty; secret %%DIR%%/secret;' ],
    [ 'item without url', qr/catalog of shop "prints": .*url.*nourl\.json:2/,
      shop => 'zone 8m; catalog %%DIR%%/nourl.json; secret %%DIR%%/secret;' ],
    [ 'two currencies', qr/catalog of shop "prints": .*USD/,
      shop => 'zone 8m; catalog %%DIR%%/two.json; secret %%DIR%%/secret;' ],
    [ 'a folder as catalog', qr/is not a file/,
      shop => 'zone 8m; catalog %%DIR%%; secret %%DIR%%/secret;' ],
    [ 'short secret', qr/secret of shop "prints": .*short:1/,
      shop => 'zone 8m; catalog %%DIR%%/catalog.json; secret %%DIR%%/short;' ],
    [ 'template with an unknown variable',
      qr/template of shop "prints": .*title.*carousel\.mustache:2/,
      add => 'templates %%DIR%%/t;' ],
    [ 'no folder of templates', qr/templates of shop "prints": cannot open/,
      add => 'templates %%DIR%%/none;' ],
    [ 'no theme', qr/theme of shop "prints": cannot open/,
      add => 'theme %%DIR%%/none;' ],
    [ 'broken theme', qr/theme of shop "prints": .*bad\.json:2:\d+/,
      add => 'theme %%DIR%%/bad.json;' ],

    # locations
    [ 'no endpoint', qr/no endpoint: add "location \/xsell\/ \{ xsell_end/,
      end => '' ],
    [ 'two endpoints', qr/has an endpoint of shop "prints" already/,
      end => 'location /x/ { xsell_endpoint prints; } '
           . 'location /y/ { xsell_endpoint prints; }' ],
    [ 'exact endpoint', qr/belongs into a prefix location/,
      end => 'location = /x { xsell_endpoint prints; }' ],
    [ 'regex endpoint', qr/belongs into a prefix location/,
      end => 'location ~ /x/ { xsell_endpoint prints; }' ],
    [ 'unknown position', qr/slot "related": .*(before|after)/,
      slot => 'xsell_slot related beside "#x";' ],
    [ 'unknown selector', qr/slot "related": /,
      slot => 'xsell_slot related after "<x>";' ],
    [ 'half a place', qr/slot "related": a selector is missing after "after"/,
      slot => 'xsell_slot related after;' ],
    [ 'not a place', qr/NAME \[POSITION SELECTOR\]/,
      slot => 'xsell_slot related "#x";' ],
    [ 'a selector without quotes',
      qr/slot "related": a selector with spaces needs quotes, .*">"/,
      slot => 'xsell_slot related after div > p items=2;' ],
    [ 'a parameter mistyped',
      qr/"xsell_slot" has no parameter "item=", did you mean "items="\?/,
      slot => 'xsell_slot related after .x template=mine item=5;' ],
    [ 'one that there is not',
      qr/no parameter "max=": it takes "items=", "template=", .* and "root="/,
      slot => 'xsell_slot related after .x max=5;' ],
    [ 'one in front of the place', qr/no parameter "itmes=", did you mean "items="/,
      slot => 'xsell_slot related itmes=2 after .x template=mine;' ],
    [ 'one without its "="', qr/"items" and its value are one word, "items=/,
      slot => 'xsell_slot related after .x items 4;' ],
    [ 'no name', qr/the slot's name is missing before "after"/,
      slot => 'xsell_slot after .x;' ],
    [ 'an interval mistyped', qr/no parameter "intervall=", did you mean "interval="/,
      add => 'state %%DIR%%/state intervall=1m;' ],
    [ 'a parameter of an event',
      qr/"xsell_event" has no parameter "itme=", did you mean "item="\?/,
      in => 'xsell_event cart itme=$arg_a;' ],
    [ 'a parameter first', qr/position and selector come before "items=2"/,
      slot => 'xsell_slot related items=2 after "#x";' ],
    [ 'one in between', qr/position and selector come before "template=grid"/,
      slot => 'xsell_slot related after template=grid "#x";' ],
    [ 'column of a mistake',
      qr/slot "related": .*at column \d+ of "main > > p"/,
      slot => 'xsell_slot related after "main > > p";' ],
    [ 'too many items', qr/slot "related": invalid "items=99"/,
      slot => 'xsell_slot related after "#x" items=99;' ],
    [ 'offers of another kind', qr/slot "related": invalid "offers=seen": "off/,
      slot => 'xsell_slot related after "#x" offers=seen;' ],
    [ 'viewed without a heading', qr/"offers=viewed" needs a heading, such as /,
      slot => 'xsell_slot related after "#x" offers=viewed;' ],
    [ 'items twice', qr/slot "related": duplicate parameter "items=3"/,
      slot => 'xsell_slot related after "#x" items=3 items=4;' ],
    [ 'unknown template',
      qr/no template "gird", it has "carousel".* in \S+nginx-?\w*\.conf:\d+/,
      slot => 'xsell_slot related after "#x" template=gird;' ],
    [ 'bad name of a template', qr/invalid name of a template "..\/x"/,
      slot => 'xsell_slot related after "#x" template=../x;' ],
    [ 'language twice', qr/"xsell_language" directive is duplicate/,
      in => 'xsell_language de; xsell_language en;' ],
    [ 'a title without quotes', qr/"title=Two words", unexpected "more"/,
      slot => 'xsell_slot related after "#x" title=See more;' ],
    [ 'an unknown way with what exists',
      qr/slot "related": invalid "existing=hide": "existing" is keep, repl/,
      slot => 'xsell_slot related after "#x" existing=hide;' ],
    [ 'what exists, by a bad selector',
      qr/slot "related": .*at column 20 of "existing=skip:.a > > b"/,
      slot => 'xsell_slot related after "#x" "existing=skip:.a > > b";' ],
    [ 'a bad root', qr/slot "related": .*at column 6 of "root=<div>"/,
      slot => 'xsell_slot related after "#x" root=<div>;' ],
    [ 'no root', qr/slot "related": invalid "root=": off or a selector/,
      slot => 'xsell_slot related after "#x" root=;' ],
    [ 'existing twice', qr/duplicate parameter "existing=skip"/,
      slot => 'xsell_slot a after "#x" existing=skip existing=keep;' ],
    [ 'slot twice', qr/name that another slot here has/,
      slot => 'xsell_slot a after "#x"; xsell_slot a before "#x";' ],
    [ 'bad slot name', qr/invalid name of a slot "a.b"/,
      slot => 'xsell_slot a.b after "#x";' ],
    [ 'bad consent', qr/"xsell_consent" is "assumed" or "required VALUE"/,
      in => '} location /q { xsell_consent maybe;' ],
    [ 'unknown event', qr/unknown event "buy": "cart"/,
      in => 'xsell_event buy item=1;' ],
    [ 'cart without item', qr/needs "item="/, in => 'xsell_event cart;' ],
    [ 'order without id', qr/needs "id="/, in => 'xsell_event order value=1;' ],
    [ 'parameter of another event', qr/has no parameter "id=": it takes "quantity=" and "item="/,
      in => 'xsell_event cart item=1 id=1;' ],
    [ 'unknown format', qr/unknown format/,
      end => 'location /m { xsell_status prints xml; } '
           . 'location /xsell/ { xsell_endpoint prints; }' ],
);

for my $case (@bad) {
    my ($name, $want, %o) = @$case;

    my $t = Xsell->new(conf(%o));
    chmod 0600, $t->dir . '/secret';
    my ($code, $out) = $t->test_conf;

    isnt $code, 0, "$name: refused";
    like $out, $want, "$name: says so";
    like $out, qr/ in \S+:\d+/, "$name: and where";
}

my @warned = (
    [ 'consent not said', qr/\[warn\].*no "xsell_consent"/,
      server => 'location /p/ { xsell prints; xsell_item a; '
              . 'xsell_slot r after "#x"; } '
              . 'location /xsell/ { xsell_endpoint prints; }' ],
    [ 'event of no shop',
      qr/\[warn\].*of no shop is not counted.* in \S+:\d+/,
      server => 'location = /cart { xsell_event cart item=$arg_sku; }' ],
    [ 'slot of no shop',
      qr/\[warn\].*slot "r" of no shop stays empty: .* in \S+:\d+/,
      server => 'location = /p { xsell_slot r after "#x"; }' ],
    [ 'language by its name', qr/\[warn\].*"german" is no language tag/,
      in => 'xsell_language german;' ],
    [ 'order from the browser alone', qr/\[warn\].*anybody can forge/,
      in => 'xsell_event order id=$arg_id value=$arg_value;' ],
);

for my $case (@warned) {
    my ($name, $want, %o) = @$case;

    my $t = Xsell->new(conf(%o));
    chmod 0600, $t->dir . '/secret';
    my ($code, $out) = $t->test_conf;

    is $code, 0, "$name: taken" or diag $out;
    like $out, $want, "$name: warned";
}

my @good = (
    [ 'plain' ],
    [ 'shop after its use', before => 'server { listen 127.0.0.1:1; location '
      . '/ { xsell prints; xsell_consent assumed; xsell_slot a; } '
      . 'location /x/ { xsell_endpoint prints; } } ' ],
    [ 'include in the shop', add => 'include %%DIR%%/inc;' ],
    [ 'off at each level', server => 'xsell off; location /p/ { xsell off; }' ],
    [ 'language by its tag', in => 'xsell_language de-AT;' ],
    [ 'language of a variable', in => 'xsell_language $arg_language;' ],
    [ 'order from the shop',
      in => 'xsell_event order id=$upstream_http_x_id value=$arg_v;' ],
    [ 'slots at http level', before => 'xsell_slot a after "#x"; '
      . 'xsell_consent assumed; ',
      server => 'location / { xsell prints; } '
              . 'location /xsell/ { xsell_endpoint prints; }' ],
);

$files{inc} = "min_visits 2;\nholdout off;\ndiversity .5;\n";

for my $case (@good) {
    my ($name, %o) = @$case;

    my $t = Xsell->new(conf(%o));
    chmod 0600, $t->dir . '/secret';
    my ($code, $out) = $t->test_conf;

    is $code, 0, "$name: taken" or diag $out;
    unlike $out, qr/\[warn\]/, "$name: no warning";
    like $out, qr/zone of 8M holds \d+ items \(\d+ bytes each\)/,
        "$name: sizes are told";
}

done_testing;
