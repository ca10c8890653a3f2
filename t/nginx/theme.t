# Hazard: a look that is not the shop's, that a browser goes on with after it
# was changed, or that is not there at all.

use strict;
use warnings;

use lib 't/nginx/lib';

use IO::Uncompress::Gunzip ();
use JSON::PP ();
use Test::More;
use Xsell;
use Xsell::Shop;

sub tokens {
    my ($size) = @_;

    return JSON::PP->new->canonical->encode({ font => { size => {
        '$type' => 'dimension',
        '$value' => { value => $size, unit => 'px' } } } });
}

my $t = Xsell::Shop->new(
    shop  => 'theme %%DIR%%/a.json; templates %%DIR%%/t; min_visits 2;',
    files => { 'a.json' => tokens(17), 'b.json' => tokens(23),
               't/style.css' => ".xs-mine { color: red }\n" },
    http  => <<'CONF',
    gzip on; gzip_types text/css; gzip_min_length 0; gzip_proxied any;
    xsell_shop frames { zone 4m; catalog %%DIR%%/catalog.json; holdout off;
        secret %%DIR%%/secret; theme %%DIR%%/b.json; }
CONF
    more  => <<'CONF',
    location /f/ { proxy_pass http://%%UP%%/p/; xsell frames;
        xsell_item $arg_item; xsell_consent assumed;
        xsell_slot related after "#product"; }
    location /frames/ { xsell_endpoint frames; }
CONF
)->start;

sub sheet {
    my ($path) = @_;

    my ($href) = $t->get($path)->body
        =~ m{<link rel="stylesheet" href="([^"]+)"};

    return $href;
}

my $old = sheet('/p/a');
like $old, qr{^/xsell/s/[0-9a-f]{16}\.css$}, 'the page names a stylesheet';

{
    my $r = $t->get($old);
    is $r->status, 200, 'it is there';
    is $r->header('Content-Type'), 'text/css; charset=utf-8', 'type';
    is $r->header('Cache-Control'), 'public, max-age=31536000, immutable',
        'for ever';
    like $r->body, qr/17px/, 'with the shop\'s tokens';
    like $r->body, qr/\.xs-mine \{ color: red \}\s*\z/, 'and its rules, last';
    is length $r->body, $r->header('Content-Length'), 'length';
    is $r->header('Set-Cookie'), undef, 'no cookie';

    my $head = $t->head($old);
    is $head->header('Content-Length'), length $r->body, 'HEAD';
    is $head->header('Cache-Control'), $r->header('Cache-Control'),
        'HEAD: to be kept, too';

    my $gz = $t->get($old, headers => [ [ 'Accept-Encoding', 'gzip' ] ]);
    is $gz->header('Content-Encoding'), 'gzip', 'compressed if nginx is told';
    IO::Uncompress::Gunzip::gunzip(\$gz->body, \my $plain);
    is $plain, $r->body, 'to the same';
}

{
    my $none = $t->get('/xsell/s/0123456789abcdef.css');
    is $none->status, 200, 'another hash: the current sheet';
    is $none->body, $t->get($old)->body, 'all of it';
    is $none->header('Cache-Control'), 'public, max-age=60', 'not for long';
    is $t->get('/xsell/s/../secret.css')->status, 404, 'no way out';
    is $t->post($old, 'x')->status, 405, 'GET only';
}

{
    my $frames = sheet('/f/a?item=a');
    like $frames, qr{^/frames/s/}, 'another shop: its endpoint';
    like $t->get($frames)->body, qr/23px/, 'its tokens';
    unlike $t->get($frames)->body, qr/17px|xs-mine/, 'and no other\'s';
    isnt substr($frames, -20), substr($old, -20), 'its name';
}

# another look
{
    $t->write_file('a.json', tokens(19));
    ok $t->reload, 'reload';

    my $new = sheet('/p/a');
    isnt $new, $old, 'another name';
    like $t->get($new)->body, qr/19px/, 'the new look';
    like $t->get($new)->header('Cache-Control'), qr/immutable/, 'kept';
    like $t->get($old)->body, qr/19px/, 'a page from before gets it, too';
    is $t->get($old)->header('Cache-Control'), 'public, max-age=60',
        'but not for long';

    $t->write_file('a.json', tokens(17));
    $t->reload;
    is sheet('/p/a'), $old, 'the same look, the same name';
}

# mistakes
{
    my $mark = $t->mark;
    $t->write_file('a.json', "{ \"font\": {\n  \"size\": } }");
    ok !$t->reload, 'broken tokens are refused';
    like $t->log_since($mark), qr/theme of shop "prints": .* in \S+a\.json:2:\d+/,
        'with the place';
    like $t->get(sheet('/p/a'))->body, qr/17px/, 'the old look goes on';

    $t->write_file('a.json', '{ "font": { "size": { "$type": "dimension", '
                   . '"$value": "very" } } }');
    my ($rc, $out) = $t->test_conf;
    is $rc, 0, 'a value that means nothing: taken';
    like $out, qr/\[warn\].*theme of shop "prints": .* in \S+a\.json:1:\d+/,
        'with a warning';

    $t->write_file('t/style.css', 'x' x 1_100_000);
    ($rc, $out) = $t->test_conf;
    isnt $rc, 0, 'rules without end: refused';
    like $out, qr/style\.css" is not a file of at most/, 'which';
}

$t->done(allow => qr/\[emerg\]/);
done_testing;
