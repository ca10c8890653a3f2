# Hazard: a cache in front, or the browser's own, keeps one visitor's page and
# shows it to another; or our own page cache keeps a fragment.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $BOT = [ [ 'User-Agent' => 'Testbot/1.0' ] ];
my $GPC = [ [ 'Sec-GPC' => '1' ] ];
my $ETAG = '"of-the-plain-page"';
my $MODIFIED = 'Wed, 01 Jan 2020 00:00:00 GMT';

# what an upstream may say to make caches keep a page, and what must go
my @public = (
    [ 'Cache-Control', 'public, max-age=3600, s-maxage=7200' ],
    [ 'Expires', 'Fri, 01 Jan 2038 00:00:00 GMT' ],
    [ 'ETag', $ETAG ],
    [ 'Last-Modified', $MODIFIED ],
    [ 'Accept-Ranges', 'bytes' ],
    [ 'Age', '7' ],
    [ 'CDN-Cache-Control', 'max-age=3600' ],
    [ 'Cloudflare-CDN-Cache-Control', 'max-age=3600' ],
    [ 'Surrogate-Control', 'max-age=3600' ],
    [ 'Edge-Control', '!no-store, cache-maxage=1h' ],
    [ 'X-Other', 'stays' ],
    [ 'X-Cache-Control-Note', 'stays too' ],
);

my $locations = <<'CONF';
    location /p/ {                              # from our page cache
        proxy_pass http://%%UP%%;
        proxy_cache c;
        proxy_cache_valid 1h;
        proxy_cache_revalidate on;
        add_header X-Cache $upstream_cache_status;
        %%ON%%
    }
    location /u/ {                              # not cached
        proxy_pass http://%%UP%%;
        %%ON%%
    }
    location /e/ {                              # nginx's own say
        proxy_pass http://%%UP%%;
        expires 1h;
        add_header Cache-Control "public, s-maxage=60" always;
        add_header CDN-Cache-Control "max-age=60" always;
        add_header Last-Modified "Wed, 01 Jan 2020 00:00:00 GMT";
        %%ON%%
    }
    location /static/ {
        root %%DIR%%;
        expires max;
        %%ON%%
    }
    location = /cart { proxy_pass http://%%UP%%; xsell prints;
                       xsell_event cart item=$arg_sku; }
    location /xsell/ { xsell_endpoint prints; }
    location = /metrics { xsell_status prints prometheus; }
CONF

sub shop {
    my (%o) = @_;

    return Xsell::Shop->new(
        upstream => {
            '*' => 'plain',
            '~^/[pue]/' => {
                headers => [ @public ], body => Xsell::Shop::page('a') },
            '/u/missing' => {
                status => 404, headers => [ @public ],
                body => Xsell::Shop::page('a') },
            '/u/data' => {
                headers => [ @public, [ 'Content-Type', 'text/plain' ] ],
                body => 'words' },
        },
        vars => { ON => "xsell prints; xsell_item a;\n"
                        . 'xsell_consent required $cookie_consent;' . "\n"
                        . 'xsell_slot related after "#product" items=12;' },
        files => { 'static/a.html' => Xsell::Shop::page('a') },
        http => <<'CONF',
    proxy_cache_path %%DIR%%/tmp/c levels= keys_zone=c:1m;
    proxy_cache_path %%DIR%%/tmp/front levels= keys_zone=front:1m;
    server {                                    # a shared cache in front
        listen 127.0.0.1:%%PORT2%%;
        location / {
            proxy_pass http://127.0.0.1:%%PORT%%;
            proxy_set_header Host localhost;
            proxy_cache front;
            proxy_cache_key $uri;
            proxy_cache_valid any 1h;           # if nobody says otherwise
            add_header X-Front $upstream_cache_status;
        }
    }
CONF
        server => $locations,
        %o,
    )->start;
}

sub fragment {
    return $_[0]->body =~ m{(<section class="xs".*?</section>)}s ? $1 : undef;
}

my @yes = (cookies => { consent => 'yes' });

sub visitor {
    my ($t) = @_;

    my $v = $t->visit;
    $v->set('consent', 'yes');

    return $v;
}


# --- one cached page, a fragment each --------------------------------------

{
    my $t = shop();
    my ($one, $two) = (visitor($t), visitor($t));

    my $r1 = $one->get('/p/a');
    my $r2 = $two->get('/p/a');

    is $r1->header('X-Cache') . $r2->header('X-Cache'), 'MISSHIT',
        'the second visit is served from the cache';
    ok fragment($r1) && fragment($r2), 'both with a fragment';
    isnt fragment($r1), fragment($r2), 'each with its own';

    $one->get('/cart?sku=c');
    $two->get('/cart?sku=d');
    $r1 = $one->get('/p/a');
    $r2 = $two->get('/p/a');
    is join('', sort $t->offers($r1)), 'bdefgh', 'who has c is offered d';
    is join('', sort $t->offers($r2)), 'bcefgh', 'who has d is offered c';
    is $r1->header('X-Cache') . $r2->header('X-Cache'), 'HITHIT',
        'from the same page';
    is scalar($t->upstream->requests), 3, 'that was fetched once';

    my @files = glob $t->dir . '/tmp/c/*';
    is scalar @files, 1, 'one file';
    my $bytes = $t->read_file($files[0]);
    like $bytes, qr/<h1>Item a/, 'has the page';
    like $bytes, qr/^ETag: \Q$ETAG\E\r$/m, 'as the upstream sent it';
    unlike $bytes, qr/xs_prints|data-xsell|xs-card|[?&]xs=/,
        'trap 13: and nothing of ours';

    $t->done;
}


# --- a validator that knew another fragment --------------------------------

{
    my $t = shop();
    my $v = visitor($t);

    $v->get('/p/a');                            # fills the cache

    my $mtime = (stat $t->dir . '/static/a.html')[9];
    my $size = -s $t->dir . '/static/a.html';
    my $own = sprintf '"%x-%x"', $mtime, $size; # nginx's ETag of a file

    my @asked = (
        [ 'If-None-Match' => $ETAG ],
        [ 'If-None-Match' => $own ],
        [ 'If-None-Match' => '*' ],
        [ 'If-None-Match' => 'W/' . $ETAG ],
        [ 'If-Modified-Since' => $MODIFIED ],
        [ 'If-Modified-Since' => 'Fri, 01 Jan 2038 00:00:00 GMT' ],
        [ 'If-Match' => '"another"' ],
        [ 'If-Unmodified-Since' => 'Wed, 01 Jan 2003 00:00:00 GMT' ],
        [ 'Range' => 'bytes=0-99' ],
        [ 'Range' => 'bytes=100000-' ],
    );

    for my $path ('/p/a', '/u/a', '/e/a', '/static/a.html') {
        my @wrong;
        $t->upstream->clear;

        for my $h (@asked, [ @{ $asked[0] }, @{ $asked[5] } ],
                   [ @{ $asked[8] }, 'If-Range' => $ETAG ])
        {
            my @headers = map { [ @$h[ 2 * $_, 2 * $_ + 1 ] ] }
                          0 .. $#$h / 2;
            my $r = $v->get($path, headers => \@headers);

            push @wrong, join(' ', @$h) . ': ' . $r->status
                if $r->status != 200 || !fragment($r)
                   || $r->body !~ m{^<!doctype.*</html>\n$}s;
        }

        is "@wrong", '', "trap 7: $path: the whole page, whatever is asked";
        is scalar(grep { $_->{head} =~ /^(?:If-|Range:)/mi }
                  $t->upstream->requests), 0,
            "trap 8: $path: nor is the upstream asked that";
    }

    # other headers of the request are still there, in order
    $t->upstream->clear;
    $v->get('/u/a', headers => [
        [ 'X-A' => 1 ], [ 'If-None-Match' => 'x' ],
        (map { [ "X-$_" => $_ ] } 1 .. 50), [ 'Range' => 'bytes=0-' ],
        [ 'X-Z' => 2 ] ]);
    my ($request) = $t->upstream->requests;
    is join(' ', $request->{head} =~ /^X-(\w+):/mg),
        join(' ', 'A', 1 .. 50, 'Z'), 'only these are taken out';

    # where no fragment can be, everything is as nginx has it
    is $t->get('/metrics', headers => [ [ 'Range' => 'bytes=0-0' ] ])->status,
        200, 'status pages go on';

    $t->done;
}


# --- the headers of all kinds of visitors ----------------------------------

{
    my $t = shop(shop => 'holdout 50%;');

    my ($treated, $held);

    for (1 .. 60) {
        my $v = visitor($t);
        my $r = $v->get('/u/a');
        (fragment($r) ? $treated : $held) ||= $v;
        last if $treated && $held;
    }

    ok $treated && $held, 'half of the visitors are held out'
        or BAIL_OUT 'no two kinds of visitors';

    my %kind = (
        treated => [ cookies => $treated->cookies ],
        held    => [ cookies => $held->cookies ],
        new     => [ @yes ],
        bad     => [ cookies => { consent => 'yes', xs_prints => 'x' } ],
        off     => [ cookies => { consent => 'yes', xs_prints => 'off' } ],
        consentless => [ cookies => { consent => 'no' } ],
        withdrawn   => [ cookies => {
            consent => '', xs_prints => 'A' x 48 } ],
        gpc     => [ @yes, headers => $GPC ],
        bot     => [ @yes, headers => $BOT ],
        prefetch => [ @yes, headers => [ [ 'Sec-Purpose', 'prefetch' ] ] ],
    );

    $t->get('/p/a');                            # HIT for all

    # the length is of each one's bytes, and told where it is known in time
    my $of = sub {
        my ($r, $path) = @_;
        my $no = $path eq '/p/a'
            ? qr/^(?:Date|Set-Cookie|Content-Length|Transfer-Encoding)$/
            : qr/^(?:Date|Set-Cookie)$/;
        return join "\n", map { "$_->[0]: $_->[1]" }
               grep { $_->[0] !~ $no } @{ $r->headers };
    };

    for my $path ('/p/a', '/u/a', '/e/a', '/static/a.html', '/u/missing',
                  '/u/data')
    {
        my $one = $t->get($path, @{ $kind{treated} });
        my $want = $of->($one, $path);
        my @other;

        for (sort keys %kind) {
            my $got = $of->($t->get($path, @{ $kind{$_} }), $path);
            push @other, "$_:\n$got" if $got ne $want;
        }

        is "@other", '', "trap 80: $path: all get the same headers";

        my $head = $t->head($path, @{ $kind{treated} });
        is $of->($head, $path), $want =~ s/^Transfer-Encoding.*\n//mr,
            "trap 11: $path: as HEAD does";

        next if $path =~ m{/u/[md]};

        is join(' | ', $one->all('Cache-Control')), 'private, no-cache',
            "trap 12: $path: nobody may keep it";
        is join(' ', grep { defined $one->header($_) }
                map { $_->[0] } grep { $_->[0] ne 'Cache-Control'
                                       && $_->[0] !~ /^X-/ } @public),
            '', "$path: nothing else says otherwise";
        is $one->header('Content-Length'),
            $path eq '/p/a' && defined $one->header('Content-Length')
                ? length $one->body : undef, "$path: no length, or its own";

        next if $path =~ /static/;

        is $one->header('X-Other') . $one->header('X-Cache-Control-Note'),
            'staysstays too', "$path: other headers stay";
    }

    is $t->get('/u/missing')->header('ETag'), $ETAG,
        'an error page is the upstream\'s';
    is $t->get('/u/data')->header('ETag'), $ETAG, 'so is what is not HTML';

    # where a length is told, it is that of this visitor's page; of a page that
    # is not known yet, only who gets it untouched is told
    for my $kind (sort keys %kind) {
        my $r = $t->get('/p/a', @{ $kind{$kind} });
        my $length = $r->header('Content-Length');

        is $length // length $r->body, length $r->body,
            "trap 10: $kind: its own length";
        ok defined $length, "trap 10: $kind: told of a page from the cache"
            if $kind =~ /held|off|withdrawn|gpc/;
    }

    # and so a cache in front keeps nothing, whoever asks first; a page of
    # ours that it did keep would be a HIT for the next one
    for my $path ('/u/a', '/e/a', '/p/a', '/static/a.html') {
        my @kept;

        for my $kind (sort keys %kind) {
            for (1, 2) {
                my $r = $t->get($path, @{ $kind{$kind} },
                                port => $t->port(2));
                push @kept, $kind . $r->status . $r->header('X-Front')
                    if $r->status != 200 || $r->header('X-Front') ne 'MISS';
            }
        }

        is "@kept", '', "trap 80: $path: a shared cache keeps nothing";
    }

    my @files = glob $t->dir . '/tmp/front/*';
    is scalar @files, 0, 'its folder is empty';

    # it does keep what it may
    $t->get('/u/data', port => $t->port(2));
    is $t->get('/u/data', port => $t->port(2))->header('X-Front'), 'HIT',
        'but it works';

    $t->done;
}

done_testing;
