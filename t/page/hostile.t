#!/usr/bin/perl

# Catalogue text that leaves its place in the page: every value of a fragment
# is one of the texts below, raw, behind the back of the catalogue's builder;
# what is rendered must have the elements and attributes of a fragment with
# harmless values, hold each value as it is (less what the renderer drops),
# and link nowhere but to http, https and relative addresses.  Judged in the
# tree that a browser's parser builds (hostile.js).
# XSELL_BUILD: the folder of the library (build).

use strict;
use warnings;

use Encode qw(decode decode_utf8);
use File::Temp ();
use FindBin;
use IPC::Open2;
use IO::Handle;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Test::More;

my $root = "$FindBin::Bin/../..";
my $build = $ENV{XSELL_BUILD} || "$root/build";
my $dir = File::Temp->newdir;
my $json = JSON::PP->new->canonical;
my $render = "$dir/render";

-r "$build/libxsell.a" or BAIL_OUT("no $build/libxsell.a (make engine)");
system('node', '-e', "require.resolve('parse5', { paths: ['$root'] })") == 0
    or BAIL_OUT('node and parse5 are needed: ./run test installs them, or'
                . ' npm install');

system($ENV{CC} || 'cc', '-std=c11', '-D_GNU_SOURCE', '-g', "-I$root/engine",
       split(' ', $ENV{XSELL_CFLAGS} || ''),
       "$FindBin::Bin/render.c", "$build/libxsell.a", '-o', $render,
       qw(-ljansson -lcrypto -lz -lpthread -lm)) == 0
    or BAIL_OUT('render.c does not compile');


# ---- texts -----------------------------------------------------------------

my @texts = (
    # elements, comments, and what ends the places that a value stands in
    '<script>alert(1)</script>', '</script><script>alert(1)</script>',
    '</section></div></body></html><p>', '</style><img src=x onerror=a()>',
    '</title><svg/onload=a()>', '<!--', '-->', '--!>', '<!--><b>', ']]>',
    '<![CDATA[', '<!DOCTYPE x>', '<?php x ?>', '</', '<', '>', '<b',
    '</textarea>',
    '<!--#include virtual="/etc/passwd"-->', '<!--#exec cmd="id"-->',
    '<!--xsell related-->', '<esi:include src="/x"/>', '<plaintext>',
    '<math><mtext></p><img src=x onerror=a()>', '<template><p>',
    '<base href=//e>',

    # quotes
    q("'`), q("onmouseover="a()), q(' onmouseover='a()), q(" x="), q(`x`),
    q(a=b c=d), q(/>), q("/><b>), q(\\"), q(\\'), "\\", "a\\", q(\\u0022),
    q(\\x22),
    q(&quot;), q(&#34;), q(&#x22;), q(&#34), q(&amp;quot;), q(&), q(&lt;b&gt;),
    q(&lt),

    # templates
    '{{title}}', '{{{title}}}', '{{', '}}', '{{{', '}}}', '{{#items}}',
    '{{/items}}',
    '{{>carousel}}', '{{! x }}', '{{=<% %>=}}', '${title}', '#{1}', '<%= 1 %>',
    '%s%n',
    '$xsell_state', '[[x]]',

    # addresses that run something
    'javascript:alert(1)', 'JaVaScRiPt:alert(1)', " javascript:alert(1)",
    "java\tscript:alert(1)", "java\nscript:alert(1)", "java\r\nscript:a()",
    "\x01javascript:alert(1)", "\x00javascript:alert(1)",
    "java\x00script:alert(1)",
    'javascript&colon;alert(1)', '&#106;avascript:alert(1)',
    '&#x6A;avascript:a()',
    'javascript&#58;alert(1)', 'java&Tab;script:a()', 'java&NewLine;script:a()',
    'data:text/html,<script>a()</script>', 'data:text/html;base64,PHNjcmlwdD4=',
    'DATA:image/svg+xml,<svg onload=a()>', 'vbscript:msgbox(1)', 'VbScRiPt:x',
    'file:///etc/passwd', 'blob:https://a/b', 'filesystem:x', 'about:blank',
    'view-source:x', 'jar:x', 'mailto:a@b', 'tel:1',
    "\xe2\x80\x8bjavascript:a()",
    "\xef\xbb\xbfjavascript:a()", "\xc2\xa0javascript:a()",
    "\x0cjavascript:a()",
    "\x1fjavascript:a()", ':javascript:a()', 'javascript:', 'javascript :a()',
    'jAvascript:%0aalert(1)', 'x-javascript:a()', '//evil.example/x',
    '/\\evil.example',
    'https://a/"><b>', 'https:javascript:a()', '?javascript:a()',
    '#javascript:a()',
    './javascript:a()', 'http://a b/', 'https://[', '%6aavascript:a()',
    "\\javascript:a()",

    # CSS and JSON
    'x;}body{display:none', '}*{}', 'expression(alert(1))',
    'url(javascript:a())',
    ');x:url(', '*/x', '/*', '@import "//e"', '\\22 ', '\\00003c', "a\x0cb",
    "a\nb", "a\r\nb",
    "\xe2\x80\xa8", "\xe2\x80\xa9", '"}', '","x":"', '__proto__',

    # what turns round the direction of text
    "\xe2\x80\xaeevil", "a\xe2\x80\xaab\xe2\x80\xabc\xe2\x80\xad",
    "\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8",
    "\xe2\x80\x8f\xd7\x90\xe2\x80\x8e", "\xd8\xa7\xd9\x84",

    # bytes that are no UTF-8
    "\xff", "\xfe\xff", "\xc3", "\xc3<b>", "\xe2\x82", "\xe2\x82<b>",
    "\xf0\x9f\x98", "\xf0\x9f\x98\">",
    "\x80", "\xbf\xbf", "\xc0\xbc", "\xc1\xbf", "\xe0\x80\xbc",
    "\xf0\x80\x80\xbc", "\xf8\x80\x80\x80\xbc",
    "\xfc\x80\x80\x80\x80\xbc", "\xed\xa0\x80", "\xed\xa0\xbd\xed\xb8\x80",
    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
    "\xef\xbf\xbe", "\xef\xbf\xbf", "\xef\xbb\xbfx", "a\x00b", "\x00",
    "\x00<b>", "\x01\x02\x1b[31m\x7f",
    "\xc2\x85\xc2\x9f", "+ADw-script+AD4-", "\x1b\$B\"<\x1b(B",

    # long ones
    'x' x 10240, '<' x 2000, '"' x 2000, "\xff" x 2000, "\xe2\x80\xae" x 2000,
    '&amp;' x 800,
    '{{' x 1500, "\xf0\x9f\x98\x80" x 800,
);

my @fields = qw(id title url image brand category description);
my @whole = qw(slot css heading lang);


# ---- templates -------------------------------------------------------------

my $values = join '', map { "<p data-k=\"$_\">{{$_}}</p>" }
             qw(id title brand category description);

my %own = (
    text => '<section data-k="heading">{{heading}}</section>'
        . '{{#items}}<div data-n="{{position}}">' . $values
        . '<p data-k="title">{{{title}}}</p><p data-k="brand">{{&brand}}</p>'
        . '<b><i data-k="title">{{title}}</i>{{brand}}{{id}}{{why}}</b>'
        . '</div>{{/items}}<p data-k="lang">{{lang}}</p>',

    attribute => '<section data-is-heading="{{heading}}" lang=\'{{lang}}\'>'
        . '{{#items}}<div data-n="{{position}}" data-is-title="{{title}}"'
        . ' data-is-brand=\'{{brand}}\' data-is-id="{{{id}}}" title="{{title}}"'
        . ' class="c-{{id}} {{brand}} {{reason}}" aria-label=\'{{category}}\''
        . ' data-is-description="{{&description}}" alt="a {{title}} b"></div>'
        . '{{/items}}</section>',

    url => '{{#items}}<div data-n="{{position}}"><a href="{{url}}">a</a>'
        . '<a href=\'{{{url}}}\'>b</a><img src="{{image}}" alt="">'
        . '<a href="/s?q={{title}}&amp;b={{brand}}#{{id}}">c</a>'
        . '<a href="/{{category}}/{{id}}">d</a>'
        . '<form action="{{url}}"><button formaction="{{image}}">e</button></form>'
        . '<blockquote cite="{{url}}"></blockquote><video poster="{{image}}"></video>'
        . '</div>{{/items}}',

    conditions => '{{#items}}<div data-n="{{position}}">{{#brand}}<p data-k="brand">'
        . '{{brand}}</p>{{/brand}}{{^brand}}<p data-k="brand"></p>{{/brand}}'
        . '<span{{#first}} class="f"{{/first}}>{{title}}</span></div>{{/items}}',

    json => '<script type="application/json" data-json>{"heading":"{{heading}}",'
        . '"lang":{{lang}}}</script>'
        . '{{#items}}<div data-n="{{position}}"><script type="application/ld+json"'
        . ' data-json>{"title":"{{title}}","brand":{{brand}},"id":"{{{id}}}",'
        . '"category": {{category}} ,"description":"{{description}}"}</script></div>{{/items}}',

    style => '<style data-css="heading">.xs::before{content:"{{heading}}"}</style>'
        . '{{#items}}<div data-n="{{position}}"><style data-css="title brand id">'
        . '.a{content:"{{title}}";quotes:\'{{brand}}\' "{{{id}}}"}'
        . '.b{background:url("{{image}}")}</style></div>{{/items}}',
);


# ---- rendering and judging -------------------------------------------------

sub render {
    my ($file, $name, $template, $of, $items) = @_;
    my $strings = exists $of->{said}
                  ? encode_json({ said => decode_utf8($of->{said}) }) : '';
    my @in = ($name, $template, $strings, @$of{@whole},
              map { @$_{@fields} } @$items);

    write_file("$dir/in", map { length($_) . ":$_" } @in);

    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', "$dir/in" or die $!;
        open STDOUT, '>', $file or die $!;
        open STDERR, '>', "$dir/err" or die $!;
        exec $render or die "$render: $!";
    }
    waitpid $pid, 0;
    return $? & 127 ? -1 : $? >> 8;
}

sub write_file {
    my ($file, @text) = @_;
    open my $f, '>:raw', $file or die "$file: $!";
    print $f @text;
    close $f or die "$file: $!";
}

# and no NUL, which JSON's reader refuses
sub is_utf8 {
    my ($text) = @_;
    return $text !~ /\0/
        && eval { decode('UTF-8', $text, Encode::FB_CROAK); 1 };
}

sub said {
    open my $f, '<', "$dir/err" or die $!;
    return join '', <$f>;
}

my $judge_pid = open2(my $from_judge, my $to_judge, 'node',
                      "$FindBin::Bin/hostile.js");
$to_judge->autoflush(1);

sub judge {
    my ($job) = @_;
    print $to_judge $json->encode($job), "\n";
    return @{ $json->decode(scalar(<$from_judge>) // die 'no judge')->{bad} };
}

sub coded {
    my ($of) = @_;
    return { map { ($_ => encode_base64($of->{$_}, '')) } keys %$of };
}

# is it a match: the judge must see what leaves its place
{
    my $try = sub {
        my ($name, $want, $benign, $hostile, %of) = @_;
        write_file("$dir/benign", $benign);
        write_file("$dir/hostile", $hostile);
        my @bad = judge({ benign => "$dir/benign", hostile => "$dir/hostile",
                          fragment => coded({}), items => [coded(\%of)] });
        is !!@bad, !!$want, "judge: $name" or diag "@bad";
    };

    my $div = '<div data-n="1">%s</div>';
    my $t = sub { sprintf $div, $_[0] };
    $try->('nothing', 0, $t->('<p data-k="a">x</p>'), $t->('<p data-k="a">y</p>'), a => 'y');
    $try->('another text', 1, $t->('<p data-k="a">x</p>'), $t->('<p data-k="a">y</p>'), a => 'x');
    $try->('an element', 1, $t->('<p data-k="a">x</p>'), $t->('<p data-k="a">y<b></b></p>'), a => 'y');
    $try->('an attribute', 1, $t->('<p a="x">x</p>'), $t->('<p a="x"b>x</p>'));
    $try->('a script link', 1, $t->('<a href="x">x</a>'), $t->('<a href="java&#10;script:a">x</a>'));
    $try->('a relative link', 0, $t->('<a href="x">x</a>'), $t->('<a href="/y">x</a>'));
    $try->('broken UTF-8', 1, $t->('x'), $t->("\xff"));
    $try->('an override', 1, $t->('x'), $t->("\xe2\x80\xae"));
    $try->('a string in a style that ends', 1, $t->('<style>a{b:"x"}</style>'),
           $t->('<style>a{b:"x\\"}</style>'));
    $try->('a rule', 1, $t->('<style>a{b:"x"}</style>'), $t->('<style>a{b:"x";}</style>'));
    $try->('a string in a style', 0, $t->('<style data-css="a">a{b:"x"}</style>'),
           $t->('<style data-css="a">a{b:"\\22 y\\5c"}</style>'), a => '"y\\');
    $try->('JSON', 0, $t->('<script data-json>{"a":"x"}</script>'),
           $t->('<script data-json>{"a":"\\u003cy"}</script>'), a => '<y');
    $try->('broken JSON', 1, $t->('<script data-json>{"a":"x"}</script>'),
           $t->('<script data-json>{"a":"y""}</script>'), a => 'y"');
}

my $tried = 0;

for my $template ((map { [$_, ''] } qw(carousel grid story)),
                  map { ['', $own{$_}, $_] } sort keys %own)
{
    my ($name, $text, $own) = @$template;
    my @all;

    for (my ($i, $n) = (0, 0); $i < @texts; $i += $n) {
        # as many as fit into a fragment
        for ($n = 1; $n < 8 && $i + $n < @texts
                     && length($texts[$i + $n]) < 1000; $n++) { }
        my @some = @texts[$i .. $i + $n - 1];
        # an id of a catalogue has at most 128 bytes
        my @items = map {
            my $t = $_;
            +{ (map { ($_ => $t) } @fields), id => substr($t, 0, 128) };
        } @some;
        my $calm = +{ map { ($_ => 'calm') } @whole };

        my @calm = map { my $n = $_; +{ map { ($_ => "/calm$n") } @fields } } 0 .. $#items;
        my %of = map { ($_ => $some[$i % @some]) } @whole;
        my $rc = render("$dir/calm", $name, $text, $calm, \@calm);
        if ($rc != 0) {
            push @all, "a harmless fragment: exit code $rc: " . said();
            last;
        }
        $rc = render("$dir/evil", $name, $text, \%of, \@items);
        if ($rc != 0) {
            push @all, "texts from $i on: exit code $rc: " . said();
            next;
        }
        $tried += @some;
        push @all, map { "texts from $i on: $_" }
            judge({ benign => "$dir/calm", hostile => "$dir/evil",
                    fragment => coded(\%of), items => [map { coded($_) } @items] });
    }

    is_deeply \@all, [], ($own ? "own template: $own" : "built in: $name")
        . ': nothing leaves its place';
}

# sentences of the shop, which are JSON
{
    my $template = '<p data-k="said">{{strings.said}}</p><p data-is-said="'
                   . '{{strings.said}}" title="{{strings.said}}"></p>'
                   . '<script type="application/json" data-json>'
                   . '{"said":"{{strings.said}}"}</script>'
                   . '<style data-css="said">a{b:"{{strings.said}}"}</style>';
    my @all;

    for my $i (grep { is_utf8($texts[$_]) } 0 .. $#texts) {
        my %of = ((map { ($_ => 'calm') } @whole), said => $texts[$i]);
        my %calm = (%of, said => 'calm');
        my $rc = render("$dir/calm", '', $template, \%calm, [])
                 || render("$dir/evil", '', $template, \%of, []);
        if ($rc != 0) {
            push @all, "text $i: exit code $rc: " . said();
            next;
        }
        $tried++;
        push @all, map { "text $i: $_" }
            judge({ benign => "$dir/calm", hostile => "$dir/evil",
                    fragment => coded(\%of), items => [] });
    }

    is_deeply \@all, [], 'sentences: nothing leaves its place';
}

# the way of a catalogue, which mends texts and refuses items
{
    my @all;
    my @whole_way = ($own{text} =~ s/<p data-k="lang">.*//r) . $own{json}
                    =~ s/,"lang":\{\{lang\}\}//r . $own{style};
    mkdir "$dir/templates" or die $!;
    write_file("$dir/templates/own.mustache", @whole_way);

    for my $i (grep { is_utf8($texts[$_]) && $texts[$_] =~ /[[:graph:]]/ }
               0 .. $#texts) {
        my %rc;
        for my $way (qw(calm evil)) {
            my $t = decode_utf8($way eq 'calm' ? 'calm' : $texts[$i]);
            write_file("$dir/catalog.json", encode_json([{
                # refused otherwise
                id => 'i', url => $t =~ /[[:cntrl:]\\]|.{1000}/s
                                  ? '/p' : "/p?$t",
                price => '1.50', currency => 'EUR',
                map { ($_ => $t) } qw(title image brand category description)
            }]));
            $rc{$way} = system("$build/xsell render --catalog $dir/catalog.json"
                . " --templates $dir/templates --template own --title calm"
                . " >$dir/$way 2>$dir/err");
        }
        if ($rc{calm} != 0 || $rc{evil} != 0) {
            push @all, "text $i: exit code $rc{evil}: " . said()
                if $rc{calm} || $rc{evil} != 256 || said() !~ /^xsell: \S/;
            next;
        }
        $tried++;
        my %of = map { ($_ => $texts[$i]) } @fields;
        push @all, map { "text $i: $_" }
            judge({ benign => "$dir/calm", hostile => "$dir/evil", loose => 1,
                    fragment => coded({ heading => 'calm' }),
                    items => [coded({ %of, id => 'i' })] });
    }

    is_deeply \@all, [], 'by way of a catalogue: nothing leaves its place';
}

diag scalar(@texts) . " texts, $tried times";
cmp_ok $tried, '>', 10.5 * @texts, 'every text in every template';

close $to_judge;
waitpid $judge_pid, 0;
done_testing();
