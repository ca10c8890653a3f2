# Hazard: a template that breaks pages instead of the reload, and a mistake
# that is told without the place where it is.

use strict;
use warnings;

use lib 't/nginx/lib';

use POSIX ();
use Test::More;
use Xsell;
use Xsell::Shop;

my $mini = '<aside data-xsell-slot="{{slot}}">%s{{#items}}'
         . '<i data-xsell-item="{{id}}">{{title}}</i>{{/items}}</aside>' . "\n";

# the folder, anew for each shop: { file => text }
sub shop {
    my ($files, %o) = @_;

    my $t = Xsell::Shop->new(
        shop => 'templates %%DIR%%/t; min_visits 2;', %o,
        files => { 't/readme.txt' => 'not one of ours', %{ $o{files} || {} },
                   map { ("t/$_" => $files->{$_}) } keys %$files });
    chmod 0755, $t->dir . '/t';

    return $t;
}

sub refused {
    my ($name, $t, @want) = @_;

    my ($rc, $out) = $t->test_conf;
    isnt $rc, 0, "$name: refused";
    like $out, $_, "$name: says so" for @want;

    return $out;
}


# --- what a folder gives ---------------------------------------------------

{
    my $t = shop({ 'mini.mustache' => sprintf($mini, 'one'),
                   'Big_2-x.mustache' => sprintf($mini, 'two'),
                   '.#mini.mustache' => '{{', 'mini.mustache~' => '{{',
                   'notes.json' => '{', 'mustache' => '{{' },
                 slot => 'related after "#product" template=mini items=2;
                     xsell_slot below template=Big_2-x items=1;
                     xsell_slot usual before "#product" items=1');
    symlink 'nowhere', $t->dir . '/t/.#lock.mustache';
    $t->start;

    my $r = $t->get('/p/a');
    like $t->fragment($r, 'related'), qr{^<aside.*>one<i}, 'by its name';
    like $t->fragment($r, 'below'), qr{^<aside.*>two<i}, 'another';
    like $t->fragment($r, 'usual'), qr{^<section class="xs},
        'what is built in stays';
    $t->done;
}

{
    my $t = shop({ 'carousel.mustache' => sprintf($mini, 'mine') })->start;
    like $t->fragment($t->get('/p/a'), 'related'), qr{^<aside.*>mine<i},
        'a file takes the place of the built-in of its name';
    $t->done;
}

{
    my ($rc, $out) = shop({})->test_conf;
    is $rc, 0, 'a folder without any: taken';
    like $out, qr/\[warn\].*nothing in .* is named NAME\.mustache/,
        'but not without a word';
}

{
    my ($rc, $out) = shop({ 'mini.mustache' => "<div>\n" . sprintf($mini, 1),
        'strings_de.json' => '{}', 'Strings.de.json' => '{}' })->test_conf;
    is $rc, 0, 'a <div> that stays open: taken';
    like $out, qr/\[warn\].*<div>\ opened\ here\ is\ not\ closed\ in
        \ \S+\/t\/mini\.mustache:1:1$/mx, 'but told, with its place';
    like $out, qr/\[warn\].*\/t\/strings_de\.json" is not read/,
        'and texts under a name that is none';
    like $out, qr/\[warn\].*\/t\/Strings\.de\.json" is not read/,
        'nor is one with a capital';
}


# parts, texts
{
    my $t = shop({ 'mini.mustache' => '<aside data-xsell-slot="{{slot}}">'
                   . '{{strings.hello}}{{#items}}{{> part}}{{/items}}</aside>',
                   'part.mustache' => '<i data-xsell-item="{{id}}">{{title}}'
                   . ' {{strings.sold_out}}</i>',
                   'strings.en.json' => '{ "hello": "Hello", "sold_out": "-" }',
                   'strings.de.json' => '{ "hello": "Hallo", '
                                      . '"sold_uot": "aus" }' },
                 http => 'xsell_language $arg_lang;',
                 slot => 'related after "#product" template=mini items=1');

    my ($rc, $out) = $t->test_conf;
    is $rc, 0, 'parts and texts: taken';
    like $out, qr/\[warn\].*"sold_out" is missing.*strings\.de\.json\)/,
        'a text that a language lacks: warned of';
    like $out, qr/\[warn\].*"sold_uot".*did\ you\ mean\ "sold_out"
        .*\ in\ \S+\/t\/strings\.de\.json:1:\d+/x,
        'and one that is mistyped, with its place';

    $t->start;
    my $html = sub { $t->fragment($t->get("/p/a?lang=$_[0]"), 'related') };
    like $html->('de-AT'), qr{>Hallo<i data-xsell-item="\w"}, 'in its language';
    like $html->('xx'), qr{>Hello<i data-xsell-item="\w">[^<]* -</i>},
        'else English';

    $t->write_file('t/strings.de.json', "{\n \"hello\": }");
    my $mark = $t->mark;
    ok !$t->reload, 'broken texts are refused';
    like $t->log_since($mark), qr/strings\ of\ shop\ "prints":\ .*
        \ in\ \S+\/t\/strings\.de\.json:2:\d+/x, 'with the place';

    unlink $t->dir . '/t/part.mustache';
    $t->write_file('t/strings.de.json', '{}');
    $mark = $t->mark;
    ok !$t->reload, 'a part that is gone';
    like $t->log_since($mark), qr/mini\.mustache:1:\d+/, 'says who wants it';
    like $html->('de'), qr/Hallo/, 'the old goes on';
    $t->done(allow => qr/\[emerg\]/);
}

{
    my $t = shop({ 'half.mustache' => '{{title}}</li>',
                   'mini.mustache' => '<ul>{{#items}}<li>{{> half}}{{/items}}'
                                    . '</ul>' },
                 slot => 'related after "#product" template=half');
    my $out = refused('a part as a template', $t, qr/has no template "half"/);
    unlike $out, qr/it has.*"half"/, 'it is none';
}


# --- reload ----------------------------------------------------------------

{
    my $t = shop({ 'mini.mustache' => sprintf($mini, 'old') },
                 slot => 'related after "#product" template=mini')->start;
    my $shown = sub {
        return $t->fragment($t->get('/p/a'), 'related') =~ />(\w+)<i/ && $1;
    };

    is $shown->(), 'old', 'before';

    for my $bad ([ 'a variable that is none', "<p>\n  {{titel}}</p>",
                   qr/template\ of\ shop\ "prints":\ .*title.*
                      \/t\/mini\.mustache:2:\d+/x ],
                 [ 'a section that is not closed', '{{#items}}<p>',
                   qr/\/t\/mini\.mustache:1:\d+/ ],
                 [ 'a place where nothing is safe',
                   '<script>var a = "{{slot}}";</script>',
                   qr/\/t\/mini\.mustache:1:\d+/ ],
                 [ 'nothing', '', qr/template of shop "prints".*mini/ ])
    {
        my ($name, $text, $want) = @$bad;
        my $mark = $t->mark;
        $t->write_file('t/mini.mustache', $text);
        ok !$t->reload, "$name: refused";
        like $t->log_since($mark), $want, "$name: says where";
        is $shown->(), 'old', "$name: the old one goes on";
    }

    $t->write_file('t/mini.mustache', sprintf($mini, 'new'));
    ok $t->reload, 'mended';
    is $shown->(), 'new', 'and shown';

    unlink $t->dir . '/t/mini.mustache';
    my $mark = $t->mark;
    ok !$t->reload, 'gone while a slot wants it: refused';
    like $t->log_since($mark), qr/has\ no\ template\ "mini",\ it\ has\ "carousel"
                                  .*\ in\ \S+nginx\.conf:\d+/x, 'says who';
    is $shown->(), 'new', 'the last one goes on';

    $t->done(allow => qr/\[emerg\]/);
}


# --- more than a fragment may have ------------------------------------------

{
    my $t = shop({ 'mini.mustache' => sprintf($mini, 'small'),
                   'large.mustache' => '<aside data-xsell-slot="{{slot}}">'
                       . '{{#items}}' . 'words ' x 9000 . '{{/items}}</aside>' },
                 slot => 'related after "#product" template=large;
                     xsell_slot below template=mini items=1');
    $t->start;

    for (1, 2) {
        my $r = $t->get('/p/a');
        is $t->fragment($r, 'related'), '', 'too large: the page goes without';
        like $t->fragment($r, 'below'), qr/small/, 'the other slot is served';
    }

    my @said = $t->error_log =~ /slot "related" of \S+:\d+ not served: (.*)/g;
    is @said, 1, 'which is said, once';
    like $said[0] // '', qr/more than 262144 bytes/, 'with the reason';
    $t->done;
}


# --- files that can't be read ----------------------------------------------

{
    my $t = shop({ 'a b.mustache' => 'x' });
    like refused('a name with a blank', $t), qr/a b\.mustache.* in \S+:\d+/,
        'which';

    $t = shop({ 'large.mustache' => 'x' x 200_000 });
    refused('a large one', $t, qr/large\.mustache/, qr/65536/);

    $t = shop({ 'huge.mustache' => 'x' x 2_000_000 });
    refused('a huge one', $t, qr/huge\.mustache" is not a file of at most/);

    $t = shop({ map { ("t$_.mustache" => 'x') } 1 .. 300 });
    refused('too many', $t, qr/more than \d+ (?:files|templates)/);

    $t = shop({});
    mkdir $t->dir . '/t/dir.mustache';
    refused('a folder of that name', $t, qr/dir\.mustache" is not a file/);

    $t = shop({});
    POSIX::mkfifo($t->dir . '/t/pipe.mustache', 0600);
    refused('a pipe', $t, qr/pipe\.mustache" is not a file/);

    $t = shop({});
    symlink 'nowhere', $t->dir . '/t/link.mustache';
    refused('a link to nothing', $t, qr/cannot open .*link\.mustache/);

    $t = shop({}, shop => 'templates %%DIR%%/t/readme.txt;');
    refused('no folder', $t, qr/cannot open the folder .*readme\.txt/,
            qr/ in \S+nginx\.conf:\d+/);

    $t = shop({}, shop => 'templates %%DIR%%/none;');
    refused('nothing there', $t, qr/cannot open the folder .*none/);
}

done_testing;
