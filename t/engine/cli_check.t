#!/usr/bin/perl

# xsell check.  The hazards: a mistake that nginx would refuse and check does
# not see, a mistake that hides the ones behind it, a place that is not where
# the mistake is, a directive that the module has and check calls unknown, a
# folder of other people's files that counts as a failure.

use strict;
use warnings;

use FindBin;
use POSIX qw(mkfifo);
use lib "$FindBin::Bin/lib";

use Test::More;
use XsellCli;


my $catalog = join "\n", map {
    qq({"id":"p$_","title":"Print $_","url":"/p/$_","price":"$_.50",)
        . qq("currency":"EUR","category":"Prints"})
} 1 .. 9;

# ---- what a file is ------------------------------------------------------

write_file("$dir/kinds/catalog.json", $catalog);
write_file("$dir/kinds/packed.json.gz", gz($catalog));

is xsell('', 'check', "$dir/kinds/packed.json.gz"), 0, 'a gzip catalogue';
like $out, qr/: 9 items/, 'is read';
is xsell('', 'check', write_file("$dir/cut.gz", substr gz($catalog x 99), 0,
    -20)), 1, 'one that is cut off is not';
like $err, qr/cut\.gz: .*cut off/, 'which is said';
is xsell('', 'check', write_file("$dir/empty.json", '')), 1,
    'nor an empty one';
is xsell('', 'check', write_file("$dir/note.txt", "hello\n")), 1,
    'what is named and is nothing of ours is an error';

is xsell('', 'check', "$dir/kinds"), 0, 'a folder';
like $out, qr/^2 files: 0 errors, 0 warnings$/m, 'is summed';
write_file("$dir/kinds/README.md", "# x\n");
write_file("$dir/kinds/.catalog.json.swp", "garbage");
write_file("$dir/kinds/package.json", '{"name":"x"}');
is xsell('', 'check', "$dir/kinds"), 0, 'with other files in it';
like $out, qr/2 files: .*; 2 others left out/, 'which are only counted';
mkdir "$dir/bare";
is xsell('', 'check', "$dir/bare"), 1, 'an empty folder is a mistake';
like $err, qr/bare: nothing in it/, 'and says why';
is xsell('', 'check', "$dir/absent"), 1, 'one that is absent too';

SKIP: {
    skip 'root may read all', 1 if $> == 0;
    chmod 0, write_file("$dir/locked/a.mustache", 'x');
    is xsell('', 'check', "$dir/locked"), 1, 'a file that is not readable';
}

# a loop of links ends
mkdir "$dir/loop";
symlink '.', "$dir/loop/again";
write_file("$dir/loop/catalog.json", $catalog);
isnt xsell('', 'check', "$dir/loop"), -1, 'folders that hold themselves';

# what was read of a pipe to see what it is can't be read once more
my $said = qx(cat "$dir/kinds/catalog.json" | $xsell check /dev/stdin 2>&1);
like $said, qr/: 9 items/, 'a catalogue through a pipe';


# ---- templates and strings -----------------------------------------------

my $look = "$dir/look";
write_file("$look/carousel.mustache", "<ul>\n{{#items}}<li>{{> card}}</li>"
    . "{{/items}}\n</ul>\n");
write_file("$look/card.mustache", "<a href=\"{{url}}\">{{title}}</a>\n");
write_file("$look/strings.de.json", '{"more":"mehr"}');
is xsell('', 'check', $look), 0, 'templates that include each other';
like $out, qr/^\Q$look\E: templates .*carousel.*; 1 file of strings/m,
    'are summed as a set';
is xsell('', 'check', "$look/card.mustache"), 0, 'one of them is checked so';

write_file("$look/one.mustache", "<p>\n  {{titel}}\n</p>\n");
write_file("$look/two.mustache", "{{#items}}\n");
is xsell('', 'check', $look), 1, 'two that are wrong';
like $err, qr/one\.mustache:2:\d+: error: .*title/,
    'the first with its place and the nearest name';
like $err, qr/two\.mustache:\d+:\d+: error: /, 'the second as well';
my $errors = () = $err =~ /error:/g;
is $errors, 2, 'and no more';
like $out, qr/: 2 errors/, 'both are counted';
unlink "$look/one.mustache", "$look/two.mustache";

write_file("$look/card.mustache", "{{titel}}\n");
is xsell('', 'check', $look), 1, 'one that is wrong and a part of another';
$errors = () = $err =~ /error:/g;
is $errors, 1, 'is no mistake of the other' or diag $err;

unlink "$look/card.mustache";
mkfifo("$look/card.mustache", 0600) or die "mkfifo: $!";
alarm 60;                               # a pipe without a writer never ends
is xsell('', 'check', $look), 1, 'a pipe in the place of one';
alarm 0;
like $err, qr/card\.mustache: is not a file/, 'is not waited for';
unlink "$look/card.mustache";
write_file("$look/card.mustache", "<a href=\"{{url}}\">{{title}}</a>\n");

write_file("$look/strings.de.json", "{\n\"more\": }");
is xsell('', 'check', $look), 1, 'strings that are no JSON';
like $err, qr/strings\.de\.json:2:\d+: error: /, 'have a place';
write_file("$look/strings.de.json", '{"more":"mehr"}');


# ---- tokens --------------------------------------------------------------

is xsell('', 'theme', '--tokens'), 0, 'the neutral theme';
my $tokens = write_file("$dir/shop.tokens.json", $out);
is xsell('', 'check', $tokens), 0, 'is good';
like $out, qr/theme, a stylesheet of .* 0 warnings/, 'and says what of it';
is xsell('', 'check', write_file("$dir/look.json", read_file($tokens))), 0,
    'under another name as well';
like $out, qr/theme, a stylesheet/, 'it is known by what is in it';
is xsell('', 'check', write_file("$dir/bad.tokens.json",
    "{\n  \"a\": {\n")), 1, 'broken tokens';
like $err, qr/bad\.tokens\.json:\d+:\d+: error: /, 'have a place';


# ---- configurations ------------------------------------------------------

my $conf = "$dir/conf";
write_file("$conf/catalog.json", $catalog);
write_file("$conf/secret", ('0' x 63) . "1\n");
write_file("$conf/templates/card.mustache", '<b>{{heading}}</b>');
mkdir "$conf/state";

sub conf {
    my ($shop, $server) = @_;
    return write_file("$conf/nginx.conf", <<"EOF");
# a "comment" { with ; things
events { }
http {
    log_format x '\$uri "{" \${xsell_state}';
    map \$uri \$y { default "a;b"; ~^/p/(?<id>[^/]+)\$ \$id; }
    content_by_lua_block { local s = "}" -- }
    }
    xsell_shop prints {
        zone 4m; catalog catalog.json; secret secret;
        templates templates; state state;
$shop
    }
    server {
        location / {
            xsell prints;
$server
        }
        location /xsell/ { xsell_endpoint prints; }
    }
}
EOF
}

is xsell('', 'check', conf('', q(xsell_slot a after "#x > .y" items=3 )
    . q(template=card "title=Two words"; xsell_slot m;))), 0,
    'a good configuration' or diag $err;
like $out, qr/nginx\.conf: configuration, 1 shop, 2 slots; `nginx -t`/,
    'is summed';
like $out, qr/9 items/, 'and what it names is checked';

sub finds {
    my ($what, $shop, $server, $found) = @_;
    is xsell('', 'check', conf($shop, $server)), 1, $what;
    like $err, $found, "$what: is told";
}

finds 'a selector', '', 'xsell_slot a after "div >";',
    qr/nginx\.conf:16:\d+: error: slot "a": /;
xsell('', 'check', conf('', 'xsell_slot a after "div:nth(2)";'));
my ($column) = $err =~ /:16:(\d+): error/;
cmp_ok $column, '>=', 20, 'with the column in the line';
finds 'a bare #', '', "xsell_slot a after #x;\n;",
    qr/error: .*quotes/;
finds 'a # before a }', '', 'xsell_slot a after #x;',
    qr/:17:\d+: error: .*";" missing at the end of line 16, or .*"#"/;
finds 'no selector', '', 'xsell_slot a before;',
    qr/:16:14: error: a selector is missing after "before"/;
finds 'a selector without quotes', '', 'xsell_slot a after ul > li items=2;',
    qr/:16:23: error: a selector with spaces needs quotes/;
finds 'a parameter first', '', 'xsell_slot a items=2 after "#x";',
    qr/:16:14: error: position and selector come before "items=2"/;
finds 'a zone of bytes', '} xsell_shop o { zone 16;', '',
    qr/:11:\d+: error: .*did you mean "16m"\?/;
finds 'a name twice', '', "xsell_slot a;\nxsell_slot a after '#x';",
    qr/:17:12: error: another slot here, of line 16, has the name "a"/;
is xsell('', 'check', conf('', "xsell_slot a; } location /b/ { xsell prints;\n"
    . 'xsell_slot a;')), 0, 'the same name elsewhere' or diag $err;
finds 'an endpoint that a server lacks', '', "} }\nserver { location / { "
    . "xsell prints;\nxsell_slot b; } }\nserver { location /y/ {",
    qr/:18:12: error: pages of shop "prints" have slots, but .*no endpoint/;
finds "an endpoint in $_", '', "} location $_ { xsell_endpoint prints;",
    qr/:16:\d+: error: "xsell_endpoint" belongs into a prefix location/
    for '/x', '= /x/', '~ ^/x/', '=/x/', '@x/', '/';
is xsell('', 'check', conf('', '} location ^~ /y/ { xsell_endpoint prints;')),
    0, 'but ^~ is one' or diag $err;
xsell('', 'check', conf('', 'xsell_slot a; xsell_slot b;'));
is scalar(() = $err =~ /:16:12: warning: .*no "xsell_consent"/g), 1,
    'consent that nobody spoke of: warned of once';
xsell('', 'check', conf('', 'xsell_consent assumed; xsell_slot a;'));
is $err, '', 'spoken of' or diag $err;
xsell('', 'check', conf('', 'xsell_language german;'));
like $err, qr/:16:16: warning: "german" is no language tag/, 'a language';
xsell('', 'check', conf('', 'xsell_language $arg_l;'));
is $err, '', 'one of a variable';
finds 'a ; that is missing', '', "xsell_item \$id\nxsell_slot a;",
    qr/:16:1: error: "xsell_item" has 3 arguments: .* end of line 16\?/;
finds 'a template', '', 'xsell_slot a template=cart;',
    qr/:16:\d+: error: .*no template "cart", it has .*card/;
finds 'a parameter mistyped', '', 'xsell_slot a after .x template=card itmes=2;',
    qr/:16:37: error: "xsell_slot" has no parameter "itmes=", did you mean "items="/;
finds 'one in front of the place', '', 'xsell_slot a Itmes=2 after .x;',
    qr/:16:14: error: .*no parameter "Itmes=", did you mean "items="/;
finds 'one that there is not', '', 'xsell_slot a after .x max=2;',
    qr/no parameter "max=": it takes "items=", .* and "root="/;
finds 'one without its "="', '', 'xsell_slot a after .x items 2;',
    qr/:16:23: error: "items" and its value are one word/;
finds 'one twice', '', 'xsell_slot a after .x items=2 items=3;',
    qr/:16:31: error: duplicate parameter "items=3"/;
finds 'a title without quotes', '', 'xsell_slot a after .x title=See more;',
    qr/:16:33: error: a title with spaces needs quotes/;
finds 'a slot without a name', '', 'xsell_slot after .x;',
    qr/:16:12: error: the slot's name is missing/;
finds 'an interval mistyped', '} xsell_shop o { state state intervall=1m;', '',
    qr/no parameter "intervall=", did you mean "interval="/;
finds 'an interval', '} xsell_shop o { state state interval=5x;', '',
    qr/"interval=5x": a time such as/;
finds 'a parameter of an event', '', 'xsell_event cart itme=$arg_a;',
    qr/:16:18: error: .*no parameter "itme=", did you mean "item="/;
finds 'one of another event', '', 'xsell_event cart item=$arg_a id=3;',
    qr/no parameter "id=": it takes "item=" and "quantity="/;
finds 'a cart of nothing', '', 'xsell_event cart;', qr/needs "item="/;
finds 'a dismissal with a value', '', 'xsell_event dismiss item=$arg_a value=1;',
    qr/no parameter "value=": it takes "item="/;
finds 'a rating of nothing', '', 'xsell_event rate item=$arg_a;',
    qr/needs "value="/;
finds 'a format', '', 'xsell_status prints xml;',
    qr/:16:21: error: "xml" is neither/;
finds 'a shop in a server', '', "} }\nserver { xsell_shop o { zone 4m; }\n"
    . 'location /z/ {',
    qr/:17:10: error: "xsell_shop" can't stand in "server": it belongs into http/;
finds 'a slot in if', '', 'if ($arg_x) { xsell_slot b; }',
    qr/:16:15: error: "xsell_slot" can't stand in "if": it belongs into http, a/;
finds 'an event of a server', '', "} xsell_event cart item=\$arg_x;\n"
    . 'location /z/ {', qr/"xsell_event" can't stand in "server": .*a location/;
finds 'a name of a shop', '} xsell_shop "a b" {', '',
    qr/invalid name of a shop "a b"/;
finds 'a shop without all', '} xsell_shop o { ', '',
    qr/"o" has no "zone": write "zone 128m;"/;
finds 'a size', '} xsell_page_cache 10x; xsell_shop o {', '',
    qr/"10x" is no size/;
finds 'a slot of no page', 'xsell_slot a;', '',
    qr/:11:1: error: "xsell_slot" stands in http, server or location/;
xsell('', 'check', conf('', "xsell_item sku;\n"));
like $err, qr/:16:12: warning: every page here .* written "\$sku"/,
    'an item that is no variable';
xsell('', 'check', conf('', "} location = /a { xsell prints; xsell_item a;"));
unlike $err, qr/every page/, 'of one page it may be';
finds 'a number of items', '', 'xsell_slot a items=13;',
    qr/items=13": a number from 1 to 12/;
finds 'offers of another kind', '', 'xsell_slot a offers=seen;',
    qr/offers=seen": "offers" is related or viewed/;
finds 'viewed without a heading', '', 'xsell_slot a items=3 offers=viewed;',
    qr/offers=viewed" needs a heading/;
finds 'a position', '', 'xsell_slot a behind "#x";', qr/error: slot "a"/;
# rules in the light of the pages' slots
my $rules = write_file("$conf/templates/rules.json",
    '{"rules":[{"name":"a","pin":"p1","at":3},'
    . '{"name":"b","boost":{"item":"p2"},"when":{"slot":"rela","country":"DE"}}'
    . ']}');
is xsell('', 'check', conf('',
    'xsell_slot relat items=2;')), 0, 'rules that the site does not fit';
like $err, qr/rules\.json:1:\d+: warning: no page of the shop has a slot "rela"; /,
    'a slot';
like $err, qr/warning: "a" pins at 3, but no slot has more than 2 items/,
    'a place';
like $err, qr/warning: rules ask for the visitor's country, but the shop has no/,
    'a country';
write_file($rules, '[{"name":"a","pin":"p1"}]');
is xsell('', 'check', $rules), 1, 'a bare list of rules';
like $err, qr/rules\.json:1:1: error: a list here, but \{ "rules": \[ \.\.\. \] }/,
    'is told what is wanted';
unlink $rules;

# a catalogue in a wrapper; a word that is on every item
is xsell('', 'check', write_file("$dir/wrapped.json",
    '{"items":[{"id":"a","title":"A","url":"/a"}]}')), 1, 'a wrapped list';
like $err, qr/wrapped\.json:1:10: error: an array of items or an item a line /,
    'is told what is wanted';
is xsell('', 'check', write_file("$dir/words.json", join "\n", map {
    qq({"id":"p$_","title":"T","url":"/$_","availability":"lieferbar"}) }
    1 .. 30)), 0, 'a word of nobody';
is scalar(() = $err =~ /lieferbar/g), 1, 'is told once';
like $err, qr/item 1 "p1": .*in stock; so are 29 items more/, 'with a count';

# keys that other shops' feeds have
is xsell('', 'check', write_file("$dir/keys.json", join "\n", map {
    qq({"id":"p$_","title":"T","name":"T","url":"/$_","categories":"A",)
        . qq("img":"/$_.jpg","colour":"red"}) } 1 .. 2)), 0, 'keys of others';
like $err, qr/"categories" is not .*; did you mean "category"\?/, 'by letters';
like $err, qr/"img" is not known .*; did you mean "image"\?/, 'by their sense';
like $err, qr/"$_" is not known and is not used$/m,
    "what is there already, or nothing of ours, is not guessed: $_"
    for qw(name colour);
is xsell('', 'check', write_file("$dir/commas.json", join ",\n", map {
    qq({"id":"p$_","title":"T","url":"/$_"}) } 1 .. 2)), 1, 'commas in lines';
like $err, qr/:1:\d+: error: a comma here/, 'are told as such';

is xsell('', 'check', write_file("$dir/bare.json", join "\n",
    '{"id":"a","title":"T","url":"/a"}',
    map { qq({"id":"p$_","title":"T","url":"/$_","price":5}) } 1 .. 2)), 0,
    'prices in no currency';
like $err, qr/:2: warning: no item says what currency its price is in: prices are not shown/,
    'are told of once';
$errors = () = $err =~ /warning:/g;
is $errors, 1, 'and of nothing else';

# near misses of our own tokens
is xsell('', 'check', write_file("$dir/near.tokens.json",
    '{"radius":{"imagee":{"$type":"dimension","$value":"4px"}}}')), 0,
    'a token that is almost ours';
like $err, qr/did you mean "radius\.image"\?/, 'is told of';

finds 'a directive', '', 'xsell_slott a;',
    qr/:16:1: error: no directive "xsell_slott"; did you mean "xsell_slot"/;
finds 'a directive of the shop', 'templats x;', '',
    qr/:11:1: error: .*"templats" in xsell_shop; did you mean "templates"/;
finds 'too many arguments', '', 'xsell_item a b;',
    qr/has 2 arguments, it takes one$/m;
finds 'another shop', '', 'xsell_status print;',
    qr/there is no xsell_shop "print": the first one is "prints"/;
finds 'consent', '', 'xsell_consent required;', qr/"required" needs a value/;
finds 'an event', '', 'xsell_event buy id=1;', qr/"buy" is none of/;
finds 'a theme that is absent', 'theme no.json;', '',
    qr/:11:7: error: there is no file ".*no\.json"/;
finds 'a log in no folder', "log $dir/no/events.log;", '',
    qr/:11:5: error: there is no folder ".*no" for the log/;
finds 'a log that is a folder', "log $dir;", '',
    qr/:11:5: error: "\Q$dir\E" is a folder/;
is xsell('', 'check', conf('log no/events.log;', '')), 0,
    'a log of the prefix, which nginx alone knows';
finds 'a holdout', 'holdout 60%;', '', qr/from 0% to 50%/;
finds 'diversity', 'diversity 0.333;', '', qr/no number from 0 to 1/;
finds 'diversity', 'diversity x;', '', qr/no number from 0 to 1/;
finds 'min_visits', 'min_visits 0;', '', qr/no number of visits/;
finds 'a missing semicolon', '', "xsell_item \$id\n}", qr/nginx\.conf:\d+:\d+: /;

is xsell('', 'check', conf("holdout 99%; min_visits x;", "xsell_slot a b c d;\n"
    . "xsell_slot b after \"[\";")), 1, 'five at once';
$errors = () = $err =~ /error:/g;
is $errors, 4, 'are told at once';

write_file("$conf/secret", "short\n");
is xsell('', 'check', conf('', '')), 1, 'a bad secret';
unlike $err . $out, qr/short/, 'whose text is not told';
write_file("$conf/secret", ('0' x 63) . "1\n");

write_file("$conf/templates/bad.mustache", '{{#items}}');
finds 'a template of the shop', '', '', qr/bad\.mustache:1:\d+: error/;
unlink "$conf/templates/bad.mustache";

write_file("$conf/big.json", join "\n", map {
    qq({"id":"$_","title":"t","url":"/"}) } 1 .. 9000);
write_file("$conf/small.conf", 'xsell_shop a { zone 1m; catalog big.json; '
    . 'secret secret; }');
is xsell('', 'check', "$conf/small.conf"), 1, 'a zone that is too small';
like $err, qr/9000 items, its zone holds \d+/, 'for the catalogue';
unlink "$conf/big.json", "$conf/small.conf";

# includes, and a part alone
write_file("$conf/part.conf", "xsell_slot b append \"body\" template=x;\n");
is xsell('', 'check', "$conf/part.conf"), 0, 'a part without its shop';
finds 'in an included file', '', 'include part*.conf;',
    qr/part\.conf:1:12: error: .*no template "x"/;
finds 'an include that is absent', '', 'include gone.conf;',
    qr/no such file to include/;
is xsell('', 'check', conf('', 'include gone/*.conf;')), 0,
    'a pattern may match nothing';
finds 'an include of itself', '', 'include nginx.conf;', qr/include each/;

# what configurations name is not checked twice
conf('', 'xsell_slot a;');
unlink "$conf/part.conf";
is xsell('', 'check', $conf), 0, 'a folder with a configuration' or diag $err;
my $times = () = $out =~ /9 items/g;
is $times, 1, 'and its catalogue, once';

for my $bad ('{', '}', ';', '"', "'", 'a {', "a { b; ", '${', "a \\", "\0",
    'x_by_lua_block { "', 'a;' x 5000, 'a{' x 300, 'x ' x 200, '"' . 'y' x 9999)
{
    my $code = xsell('', 'check', write_file("$dir/odd.conf", $bad));
    ok $code == 0 || $code == 1, 'odd text is survived: '
        . substr($bad, 0, 12) =~ s/[^ -~]/?/gr;
}

# the module's list of directives is check's
my $rows = read_file("$root/ngx_http_xsell_module/ngx_http_xsell_directives.c");
my @names = $rows =~ /ngx_(?:http_xsell_(?:shop_)?row\(|string\()"(\w+)"/g;
cmp_ok scalar @names, '>', 15, 'the module has directives';
my $source = read_file("$root/cli/check_conf.c");
is join(' ', grep { $source !~ /\{ "$_", +CONF_/ } @names), '',
    'and check knows each of them';

done_testing;
