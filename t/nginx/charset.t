# Hazard: a fragment in another charset than its page.  Its words become
# garbage, or its bytes the halves of other characters; tags are seen where a
# page has the second byte of a character; and a page that has no ASCII in it
# at all gets some.

use strict;
use warnings;

use lib 't/nginx/lib';

use Encode ();
use JSON::PP ();
use Test::More;
use Xsell;
use Xsell::Shop;

my $title = "\x{dc}ber \x{20ac} \x{65e5}\x{672c} \x{1f600} "
          . "\x{41f}\x{440}\x{438}";
my $heading = "Gef\x{e4}llt \x{2013} auch";

my $slot = 'xsell prints; xsell_item a; xsell_consent assumed; '
         . 'xsell_slot related after "#product" "title=%%HEADING%%";';

my $t = Xsell::Shop->new(
    items => { a => {}, map { $_ => { title => Encode::encode('UTF-8',
                                                              $title) } }
                        'b' .. 'h' },
    vars => { HEADING => Encode::encode('UTF-8', $heading) },
    shop => 'templates %%DIR%%/templates;',
    files => { 'templates/part.mustache' => '<script type='
        . '"application/json">{ "heading": "{{heading}}" }</script>',
        'templates/raw.mustache' => <<'HTML' },
<section class="xs" data-xsell-slot="{{slot}}" title="{{heading}}">
<style>.a::before { content: "{{heading}}" }</style>
{{> part}}
{{#items}}<a href="{{url}}" data-xsell-item="{{id}}">{{title}}</a>{{/items}}
</section>
HTML
    http => <<'CONF',
    include /etc/nginx/koi-win;
    log_format x "$uri $xsell_state";
    access_log %%DIR%%/x.log x;
CONF
    more => <<"CONF",
    location /u/     { proxy_pass http://%%UP%%; $slot }
    location /bare/  { proxy_pass http://%%UP%%/u/; xsell prints;
                       xsell_consent assumed; xsell_slot end append "body"; }
    location /raw/   { proxy_pass http://%%UP%%/u/; xsell prints;
                       xsell_item a; xsell_consent assumed; xsell_slot related
                       after "#product" template=raw
                       "title=%%HEADING%%"; }
    location /named/ { proxy_pass http://%%UP%%/u/; charset utf-8; $slot }
    location /win/   { proxy_pass http://%%UP%%/u/; charset windows-1251;
                       source_charset koi8-r; $slot }
    location /over/  { proxy_pass http://%%UP%%/u/; charset windows-1251;
                       override_charset on; $slot }
    location /open/  { proxy_pass http://%%UP%%/u/; proxy_buffering off;
                       $slot }
    location /none/  { proxy_pass http://%%UP%%/u/; xsell prints;
                       xsell_item a; xsell_consent assumed; }
CONF
);

# characters whose second byte is a backslash, a bracket, a letter or a digit,
# close to what ends a value or a tag
my %words = (
    'shiftjis'   => "\x{8868}\x{30bd}\x{30fc}\x{2015}\x{80fd}\x{5341}",
    'cp932'      => "\x{8868}\x{30bd}\x{30fc}\x{80fd}\x{2460}",
    'euc-jp'     => "\x{8868}\x{30bd}\x{30fc}",
    'gbk'        => "\x{8a89}\x{8d08}\x{93a1}\x{4e02}\x{4e04}",
    'big5-eten'  => "\x{8a31}\x{529f}\x{84cb}\x{9910}\x{80b2}",
    'cp949'      => "\x{ac02}\x{ac03}\x{d7a3}",
    'iso-8859-1' => "\x{e4}\x{ff}\x{ab}",
    'cp1252'     => "\x{201c}\x{20ac}\x{ff}",
    'koi8-r'     => "\x{43f}\x{44f}",
    'utf-8'      => "\x{8868}\x{e4}",
);

sub page {
    my ($words, $head) = @_;

    $head //= '';

    return "<!doctype html><html><head>$head<title>$words</title></head>\n"
        . "<body class=\"$words\"><!-- $words --><p title='$words'>$words</p>"
        . "<div title=\"$words\" id=\"product\"\n>$words<br/>$words</div>"
        . "<i>$words</i>\n<footer>$words</footer></body></html>\n";
}

sub route {
    my ($name, $charset, $body, %o) = @_;

    $t->upstream->route("/u/$name" => { headers => [
        [ 'Content-Type', 'text/html' . ($charset && "; charset=$charset") ] ],
        body => $body, %o });

    return $body;
}

# of a copy: Encode eats what it is given
sub bytes {
    my ($charset, $text) = @_;

    return Encode::encode($charset, $text, Encode::FB_CROAK);
}

# names as pages have them
my %label = (shiftjis => 'Shift_JIS', cp932 => 'windows-31j', gbk => 'gbk',
             'big5-eten' => 'Big5', cp949 => 'ks_c_5601-1987',
             cp1252 => 'windows-1252');

my %sent;

for my $charset (sort keys %words) {
    my $label = $label{$charset} || $charset;
    my $html = page($words{$charset});

    $sent{$charset} = route($charset, $label, bytes($charset, $html));
    $sent{"meta-$charset"} = route("meta-$charset", '', bytes($charset,
        page($words{$charset}, "<meta charset=\"$label\">")));
}

# GB18030, which Encode lacks: digits as second and fourth byte
$sent{gb18030} = route('gb18030', 'gb18030',
                       page("\x81\x30\x81\x30\x84\x31\xa4\x39\x90\x30\x81\x30"));

my $ascii = page('plain');
my %foreign = (
    'utf-16le'    => [ 'utf-16le', Encode::encode('UTF-16LE', $ascii) ],
    'utf-16be'    => [ 'UTF-16BE', Encode::encode('UTF-16BE', $ascii) ],
    'utf-32'      => [ '"utf-32"', Encode::encode('UTF-32', $ascii) ],
    'utf-7'       => [ 'utf-7', Encode::encode('UTF-7', page("\x{e4}")) ],
    'iso-2022-jp' => [ 'iso-2022-jp', Encode::encode('iso-2022-jp',
                       page($words{cp932} =~ s/\x{2460}//r)) ],
    'hz'          => [ 'hz-gb-2312', Encode::encode('hz', $ascii) ],
    'ebcdic'      => [ 'ibm037', Encode::encode('cp37', $ascii) ],
);

$sent{$_} = route($_, @{ $foreign{$_} }) for keys %foreign;

# what only the body says
my %marked = (
    'bom-le'    => "\xff\xfe" . Encode::encode('UTF-16LE', $ascii),
    'bom-be'    => "\xfe\xff" . Encode::encode('UTF-16BE', $ascii),
    'bom-32'    => "\xff\xfe\0\0" . Encode::encode('UTF-32LE', $ascii),
    'no-bom'    => Encode::encode('UTF-16LE', $ascii),
    'meta-2022' => Encode::encode('iso-2022-jp', page("\x{8868}\x{81ea}",
                       '<meta charset="iso-2022-jp">')),
    'http-equiv' => Encode::encode('iso-2022-jp', page("\x{8868}\x{81ea}",
        '<meta http-equiv=content-type content="text/html; '
        . 'charset=ISO-2022-JP">')),
);

for (keys %marked) {
    $sent{$_} = route($_, '', $marked{$_});
    $sent{"$_-1"} = route("$_-1", '', $marked{$_}, framing => 'chunked',
                          pieces => [ split //, $marked{$_} ])
        if $_ ne 'no-bom';
}

# a mark is stronger than a header
$sent{'bom-lie'} = route('bom-lie', 'utf-8', $marked{'bom-le'});

# and UTF-8's own says nothing new
$sent{'bom-8'} = route('bom-8', '', "\xef\xbb\xbf$ascii");

# a header is stronger than a meta; prose is none
$sent{'header-wins'} = route('header-wins', 'iso-8859-1',
                             page('x', '<meta charset=iso-2022-jp>'));
$sent{prose} = route('prose', '', page('about /iso-2022-jp and 2022-02-02'));
$sent{unknown} = route('unknown', 'nonsense', $ascii);
$sent{ascii} = route('ascii', 'us-ascii', $ascii);

$t->start;

sub text {
    my ($html) = @_;

    $html =~ s/&#(\d+);/chr $1/ge;

    return $html;
}

# the page as a browser of that charset reads it: is our text in it?
sub served {
    my ($path, $charset, %o) = @_;

    my $r = $t->get($path);
    my ($bare, $n) = Xsell::Shop::bare($r->body);
    my ($name) = $path =~ m{.*/(.*)};
    my $want = $o{want} // $sent{$name};

    is $n, 1, "$path: a section" or return;
    ok $bare eq $want, "$path: every other byte as sent";

    my $html = $charset eq 'gb18030'
        ? $t->fragment($r, 'related')
        : Encode::decode($charset, $r->body, Encode::FB_CROAK);

    is scalar(() = text($html) =~ />\Q$title\E</g), 6, "$path: its titles";
    like text($html), qr/>\Q$heading\E</, "$path: its heading";

    return $r;
}

# --- ASCII-compatible ------------------------------------------------------

served("/u/$_", $_) for sort keys %words;
served("/u/meta-$_", $_) for sort keys %words;
served('/u/gb18030', 'gb18030');
served('/u/bom-8', 'utf-8');
served("/u/$_", 'iso-8859-1') for qw(header-wins prose unknown ascii);

like $t->fragment($t->get('/u/utf-8'), 'related'), qr/\Q@{[ bytes('utf-8',
    $title) ]}\E/, 'UTF-8 goes into UTF-8 as it is';

# --- where a reference is none ---------------------------------------------

for my $path ('/raw/iso-8859-1', '/raw/utf-8') {
    my $html = Encode::decode($path =~ s{.*/}{}r, $t->get($path)->body);
    my ($css) = $html =~ /content: "(.*?)"/;
    my ($json) = $html =~ m{<script type="application/json">(.*?)</script>}s;
    my ($attribute) = $html =~ /data-xsell-slot="related" title="([^"]*)"/;

    $css =~ s/\\([0-9A-Fa-f]{1,6}) ?/chr hex $1/ge;
    is $css, $heading, "$path: in a style";
    my $said = JSON::PP->new->decode($json)->{heading};
    is $said, $heading, "$path: in a script";
    is text($attribute), $heading, "$path: in an attribute";
    like text($html), qr/>\Q$title\E</, "$path: in text";
}

# --- what nginx calls it, or makes of it, after us -------------------------

{
    my $r = served('/named/meta-utf-8', 'utf-8');
    like $r->header('Content-Type'), qr/charset=utf-8/, 'named after us';

    my $koi = page($words{'koi8-r'}, '<meta charset="koi8-r">');
    my $win = bytes('cp1251', $koi);

    $r = served('/win/meta-koi8-r', 'cp1251', want => $win);
    like $r->header('Content-Type'), qr/windows-1251/, 'recoded after us';

    $win = bytes('cp1251', page($words{'koi8-r'}));
    $r = served('/over/koi8-r', 'cp1251', want => $win);
    like $r->header('Content-Type'), qr/windows-1251/,
        'trap 5: recoded after us, against its header';
}

# --- not ASCII-compatible --------------------------------------------------

{
    my $count = sub { $t->count('pages_total', state => 'encoding') };
    my $before = $count->();
    my $views = $t->count('events_total', type => 'view');
    my $n = 0;

    for my $name (sort keys %foreign) {
        for my $path ("/u/$name", "/bare/$name") {
            my $r = $t->get($path);
            ok $r->body eq $sent{$name}, "trap 4: $path: untouched";
            is $r->header('Content-Length'), length $sent{$name},
                "$path: its length";
            is $r->header('Cache-Control'), undef, "$path: its headers";
            is $r->header('Set-Cookie'), undef, "$path: no cookie";
            $n++;
        }
    }

    for my $name (grep { $_ ne 'no-bom' } sort keys %marked, 'bom-lie') {
        for my $path ("/u/$name", "/bare/$name") {
            my $r = $t->get($path);
            ok $r->complete && $r->body eq $sent{$name}, "$path: untouched";
            is $r->header('Cache-Control'), 'private, no-cache',
                "$path: its headers went before its first byte came";
            $n++;
        }

        next if $name eq 'bom-lie';

        for my $path ("/u/$name-1", "/open/$name-1") {
            my $r = $t->get($path);
            ok $r->complete && $r->body eq $sent{"$name-1"},
                "$path: untouched, byte by byte";
            $n++;
        }
    }

    $n++;
    ok $t->get('/bare/no-bom')->body eq $sent{'no-bom'},
        'UTF-16 without a mark: untouched';

    is $count->() - $before, $n, 'each is counted';
    cmp_ok $t->count('events_total', type => 'view') - $views, '>=',
        scalar keys %foreign, 'and is a view all the same';

    my @log = split /\n/, $t->read_file('x.log');
    is scalar(grep { m{^/(u|open|bare)/bom-le(-1)? encoding$} } @log), 4,
        '$xsell_state says so';

    is scalar(() = $t->error_log =~ /\[warn\].*is in a charset that/g), 3,
        'the log, once per location';
}

# a location without slots minds no charset
{
    my $views = $t->count('events_total', type => 'view');
    my $r = $t->get('/none/utf-16le');
    ok $r->body eq $sent{'utf-16le'}, 'no slots: untouched';
    is $t->count('events_total', type => 'view') - $views, 1,
        'no slots: a view';
    is $r->header('Content-Length'), length $sent{'utf-16le'},
        'no slots: its length';
}

$t->done;
done_testing;
