#!/usr/bin/perl

# xsell explain: what nginx would do to a page.  The hazards: it says another
# thing than nginx does; a place on the wrong line; a page that sends commands
# to the terminal; a URL that runs a command or reads a file.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::INET;
use Test::More;
use XsellCli;

sub html {
    my ($body, $head) = @_;

    return "<!doctype html>\n<html><head>" . ($head // '') . "</head>\n<body>"
        . "$body</body>\n</html>\n";
}

sub ask {
    my ($page, @args) = @_;

    return xsell($page, 'explain', @args, '-');
}

# these lines, one after another, white space at their beginnings apart
sub says {
    my ($name, @lines) = @_;

    my $text = join "\n", map { s/^\s+//r } split /\n/, $out;
    ok index($text, join "\n", @lines) >= 0, $name
        or diag "wanted:\n", join("\n", @lines), "\nin:\n", $text;
}


# ---- usage ----------------------------------------------------------------

is xsell('', 'explain'), 2, 'no page';
like $err, qr/which page\?/, 'is asked for';
is xsell('', 'explain', 'a', 'b'), 2, 'two pages';
is xsell('', 'explain', '--existing', 'skip', '-'), 2, 'existing of no slot';
is xsell('', 'explain', '--slot', 'after main > > p', '-'), 1, 'a bad slot';
like $err, qr/slot "1" \(after main > > p\): an element was expected/,
    'is named';
is xsell('', 'explain', "$dir/gone"), 1, 'a file that is not there';
is ask(html('<p>1</p>')), 0, 'no slot';
like $out, qr/^page      -, \d+ bytes\ncharset   not said/, 'a page all the same';


# ---- places ---------------------------------------------------------------

is ask(html("<main>\n<p id=x>1</p>\n</main>"), '--slot', 'after #x'), 0,
    'a slot that is served';
says 'where it is', 'slot      1: after "#x"', 'served, at line 4, column 14:',
    'd></head> <body><main> <p id=x>1</p> {HERE}  </main></body> </html>';

is ask(html('<table><tr><td id=x>1</table>'), '--slot', 'after #x',
           '--slot', 'offers', '--slot', 'append body'), 3,
    'slots without a place';
like $out, qr/1: after "#x"\n\s+table: between the parts/, 'why';
like $out, qr/slot      offers: marker <!--xsell offers-->\n\s+absent: no /,
    'a marker';
like $out, qr/3: append "body"\n\s+served/, 'and one that has one';

is ask(html("<div id=\"__next\">\n<p id=x>1</p></div><footer>"),
           '--slot', 'after "#x"'), 0, 'in a root';
like $out, qr/^hydrated  Next\.js: <div id="__next">\n\s+line 3, column 7$/m,
    'the root';
like $out, qr/moved out of what Next\.js hydrates, to line 4, column 20:/,
    'the place behind it';
like $out, qr/<\/div> \{HERE\} <footer>/, 'and the text there';

is ask(html("<p id=x>1</p>", '<link rel="stylesheet" href="a" '
                . 'data-precedence="next"><link rel="stylesheet" href="b" '
                . 'data-precedence="next">'), '--slot', 'after #x'), 0,
    'a document';
is scalar(() = $out =~ /Next\.js, the whole document/g), 1, 'said once';
like $out, qr/\{HERE\} <\/body>/, 'at the end of its body';

is ask(html("<p id=x>1</p><script>window.__remixContext = {}</script>"),
           '--slot', 'after #x'), 0, 'a document that tells too late';
like $out, qr/^hydrated  Remix, .* on line 3 tells:\n.*"append body"/m,
    'is found out about';

is ask(html('<div id=app><p id=x>1</p></div>'), '--slot', 'after #x',
           '--root', 'off'), 0, 'root=off';
says 'is obeyed', 'slot      1: after "#x" root=off',
    'served, at line 3, column 32:';


# ---- sections -------------------------------------------------------------

my $two = html("<p id=x>1</p><section class=\"related products\">2</section>"
               . '<p id=y>3</p>');

is ask(html('<div id="cart-sidebar"><div class="upsells">1</div></div>'),
    '--slot', 'append body', '--existing', 'skip'), 0, 'one in a drawer';
like $out, qr/^has       \(hidden, .*passed over\) <div class="upsells">/m,
    'is told and passed over';

is ask($two, '--slot', 'after #y', '--existing', 'skip'), 3, 'skip';
like $out, qr/^has       <section class="related products">\n\s+line 3/m,
    'what it has';
like $out, qr/existing: the page has recommendations/, 'why not';
is ask($two, '--slot', 'after #x', '--existing', 'skip'), 0, 'too late';
like $out, qr/comes after it: too late to put nothing/, 'is said';
is ask($two, '--slot', 'after #y', '--existing', 'replace'), 0,
    'replace';
like $out, qr/in the stead of an element, at line 3, column 20:\n.*\{HERE\} <sec/m,
    'which';
is ask($two, '--slot', 'after #x', '--existing', 'bah'), 1, 'a bad one';


# ---- a configuration ------------------------------------------------------

write_file("$dir/more.conf", 'xsell_slot a after "#x" items=3;');
write_file("$dir/nginx.conf", <<'CONF');
http {
    server {
        location /p/ { include more.conf;
            xsell_slot b append body "existing=replace:#y" title=T; }
        location ~ ^/c/(\d+) { xsell_slot a; }
        location /none/ { proxy_pass http://up; }
    }
}
CONF

is ask($two, '--config', "$dir/nginx.conf"), 3, 'a configuration';
says 'a location', 'location /p/', "slot      a: after \"#x\"  ($dir/more.conf:1)",
    'served, at line 3, column 20:';
says 'its second slot', 'slot      b: append "body" existing=replace:#y  '
    . "($dir/nginx.conf:4)", 'in the stead of an element, at line 3, column 65:';
says 'another location', 'location ~ ^/c/(\d+)',
    "slot      a: marker <!--xsell a-->  ($dir/nginx.conf:5)", 'absent: no '
    . 'element of the page matches';
is ask($two, '--config', "$dir/gone.conf"), 1, 'none';


is ask(html('<p id=x>1</p><ul class=mine>2</ul>'), '--slot', 'after #x',
    '--existing', 'replace:.mine'), 0, 'what it names, too late';
like $out, qr/what it names comes after it, on line 3: too late to be repl/,
    'is told';
is ask(html('<section class="xs" data-xsell-slot="a">1</section>')), 0,
    'a page with a fragment of ours';
like $out, qr/^ours .*\n.*ask the upstream/m, 'is told';


# ---- items, charsets, terminals -------------------------------------------

write_file("$dir/catalog.json", '[{"id":"P-1","title":"t","url":"/p/1",'
           . '"price":1,"currency":"EUR"}]');
is ask(html('', '<link rel="canonical" href="https://shop/p/1">'),
           '--catalog', "$dir/catalog.json"), 0, 'a catalogue';
like $out, qr/^item      P-1, by canonical$/m, 'the item';
is ask(html(''), '--catalog', "$dir/catalog.json"), 0, 'no item';
like $out, qr/^item      none/m, 'is said';
is ask("\xff\xfe<\0p\0>\0"), 0, 'UTF-16';
like $out, qr/^charset   not compatible/m, 'is no page for us';
is ask(html("<div id=x>\e[31m\0\r\n\x07</div>"), '--slot', 'append #x'), 0,
    'control characters';
unlike $out, qr/[^\n -~]/, 'are not printed';


# ---- a URL ----------------------------------------------------------------

my $listen = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1',
                                   ReuseAddr => 1) or die $!;
my $port = $listen->sockport;
my $server = fork // die $!;

if ($server == 0) {
    while (my $c = $listen->accept) {
        my $head = '';

        while (my $line = <$c>) {
            $head .= $line;
            last if $line eq "\r\n";
        }

        print $c $head =~ m{^GET /old }
            ? "HTTP/1.1 302 Found\r\nLocation: /p/1\r\nContent-Length: 0\r\n"
              . "Connection: close\r\n\r\n"
            : $head =~ m{^GET /file } ? "HTTP/1.1 302 Found\r\nLocation: "
              . "file:///etc/passwd\r\nConnection: close\r\n\r\n"
            : $head =~ m{^GET /gone } ? "HTTP/1.1 404 Not Found\r\n"
              . "Content-Type: text/plain\r\nConnection: close\r\n\r\nno"
            : "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
              . "Connection: close\r\n\r\n" . $two;
        close $c;
    }

    exit 0;
}

close $listen;

my $base = "http://127.0.0.1:$port";

is xsell('', 'explain', '--slot', 'after #x', "$base/old"), 0, 'a URL';
says 'and a redirect', "page      $base/old, " . length($two) . ' bytes, status '
    . '200, text/html; charset=utf-8', 'charset   UTF-8';
like $out, qr/served, at line 3/, 'and its page';

# of a URL: the location that nginx would take

write_file("$dir/where.conf", <<'CONF');
http {
    server {
        server_name other.example;
        location /p/ { xsell_slot other after "#x"; }
    }
    server {
        server_name .example.com 127.0.0.1;
        xsell_slot all after "#x";
        location / { }
        location = /p/exact { xsell_slot exact after "#x"; }
        location /p/ { xsell_slot prefix after "#x";
            location ~ ^/p/in/ { xsell_slot inner after "#x"; } }
        location ^~ /p/stop/ { xsell_slot stop after "#x"; }
        location ~ ^/p/(?<id>\d+?)/?$ { xsell_slot regex after "#x"; }
        location ~* \.(?:HTML|php)$ { xsell_slot fold after "#x"; }
        location ~ ^/odd/(?=x) { xsell_slot odd after "#x"; }
    }
}
CONF

for (['/p/exact', 'exact'], ['/p/a', 'prefix'], ['/p/17?x=/p/exact', 'regex'],
     ['/p/stop/a.php', 'stop'], ['/p/in/1.html', 'inner'],
     ['/a.html', 'fold'], ['/else', 'all'], ['/', 'all'])
{
    my ($path, $slot) = @$_;
    is xsell('', 'explain', '--config', "$dir/where.conf", "$base$path"), 0,
        "$path is served";
    is join(' ', $out =~ /^slot      (\w+)/mg), $slot, "by $slot";
}

write_file("$dir/both.conf", <<'CONF');
http {
    server { listen 81; location / { root shop; } }
    server { listen 80; location / { xsell_slot a after "#x"; }
        location /gone { } }
}
CONF
xsell('', 'explain', '--config', "$dir/both.conf", "$base/p/1");
is_deeply [$out =~ /^location  (.*)/mg], ['location /, line 3'],
    'of servers without a name those with slots';
xsell('', 'explain', '--config', "$dir/both.conf", "$base/gone");
is scalar(() = $out =~ /^location .*line \d: has no slots/mg), 2,
    'or all, if none has';

is xsell('', 'explain', '--config', "$dir/where.conf", "$base/odd/x"), 0,
    'a regular expression of Perl alone';
like $out, qr/^location  can't be told/m, 'claims nothing';

is xsell('', 'explain', '--slot', 'after #x', "$base/gone"), 3, 'a 404';
like $out, qr/status 404.*only pages of status 200.*only text\/html/s,
    'is none for us';
is xsell('', 'explain', "$base/file"), 1, 'a redirect to a file';
unlike $out . $err, qr/root:/, 'is not followed';
is xsell('', 'explain', 'file:///etc/passwd'), 1, 'a file is no URL';
is xsell('', 'explain', "$base/p/1?a=`id`\$(id);id"), 0, 'no shell is asked';
like $out, qr/status 200/, 'the server is';
is xsell('', 'explain', 'http://127.0.0.1:1/'), 1, 'nobody there';
like $err, qr/curl/, 'curl says so';

{
    local $ENV{PATH} = '/nowhere';
    is xsell('', 'explain', "$base/"), 1, 'no curl';
    like $err, qr/curl\(1\) is needed/, 'is said';
}

kill TERM => $server;
waitpid $server, 0;

done_testing;
