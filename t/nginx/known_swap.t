# Hazard: a page that is replaced while it is served, by one of the same length
# in the same second, perhaps in the same inode, is cut where the other had its
# place; or the memory of known pages, or of their bytes, grows with the pages.
#
# Environment: XSELL_SWAPS requests of each kind (1500; t/long/known.t has
# 100,000), XSELL_PAGES (2000).

use strict;
use warnings;

use lib 't/nginx/lib';

use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Xsell qw(in_child memory);
use Xsell::Shop;

my $SWAPS = $ENV{XSELL_SWAPS} || 1500;
my $PAGES = $ENV{XSELL_PAGES} || 2000;
my $LONG = $SWAPS > 10_000;

my %size = (small => 8 * 1024, large => 64 * 1024);

# version n of a page: always as long, its place elsewhere, now and then near
# the end
sub version {
    my ($n, $size) = @_;

    my $rest = $size - 87;
    my $before = $n % 3 ? ($n * 7919) % $rest : $rest - $n % 200;

    return sprintf '<html><body><!--%06d-->%s<div id="product">%06d</div>'
        . "%s<p>end %06d</p></body></html>\n",
        $n, 'a' x $before, $n, 'b' x ($rest - $before), $n;
}

is length version($_, 8192), 8192, 'versions are as long' for 0, 7, 999;

# one version and no other; true with its place taken
sub good {
    my ($body, $size) = @_;

    my $n = $body =~ s{<section class="xs".*?</section>\n}{#}gs || 0;

    return if length $body != $size + $n || $body !~
        m{\A<html><body><!--(\d{6})-->a*<div\ id="product">\1</div>(\#?)b*
          <p>end\ \1</p></body></html>\n\z}x;
    return $n == length $2 ? ($n ? 'taken' : 'bare') : undef;
}

my $on = 'xsell prints; xsell_item a; xsell_consent assumed;
          xsell_slot related after "#product";';
my $n = 0;

my $t = Xsell::Shop->new(
    upstream => { '~^/v/' => sub { version($n++, $size{ $_[0]{path} =~ /(\w+)$/
                                                      ? $1 : '' }) } },
    more => <<"CONF",
    location /v/ { proxy_pass http://%%UP%%; proxy_cache c;
        proxy_cache_valid 200 1h; proxy_cache_bypass \$http_x_refresh; $on }
    location /f/ { alias %%DIR%%/html/; default_type text/html; $on }
    location /o/ { alias %%DIR%%/html/; default_type text/html; $on
        open_file_cache max=10 inactive=10s; open_file_cache_valid 1s;
        open_file_cache_min_uses 1; }
    keepalive_requests 1000000; sendfile on; access_log off;
CONF
    http => 'proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;',
)->start;

# swapping(code): code is called by another process, as often as that a second
sub swapping {
    my ($rate, $code) = @_;

    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    in_child();
    my $parent = getppid;
    my $at = time;

    while (getppid == $parent) {
        $code->();
        $at += 1 / $rate;
        sleep $at - time if $at > time;
    }
    POSIX::_exit(0);
}

# what became of all requests, while pages are swapped
sub torture {
    my ($path, $count) = @_;

    my $size = $size{ $path =~ /(\w+)$/ ? $1 : '' };
    my %became = (known => 0, taken => 0, bare => 0, wrong => 0);
    my $client;

    for (my $i = 0; $i < $count; $i += 10) {
        # one client keeps all that came: gigabytes
        $client = $t->client if $i % 1000 == 0;
        for my $r ($client->pipeline(map { [ $path ] } 1 .. 10)) {
            my $good = $r->error ? undef : good($r->body, $size);
            $became{ $good // 'wrong' }++;
            $became{known}++ if $good && $r->header('Content-Length');
            diag substr $r->raw, 0, 300 if !$good && $became{wrong} < 3;
        }
    }

    return \%became;
}

# --- pages from the cache --------------------------------------------------

for my $name (sort keys %size) {
    my $path = "/v/$name";
    my $inodes = $t->dir . '/tmp/inodes';

    $t->get($path);

    my $pid = swapping(20, sub {
        $t->get($path, headers => [ [ 'X-Refresh', 1 ] ]);
        open my $f, '>>', $inodes;
        print {$f} map { (stat)[1] . "\n" } glob $t->dir . '/tmp/cache/*';
    });

    my $start = time;
    my $b = torture($path, $SWAPS);
    my $seconds = time - $start;

    kill 'KILL', $pid;
    waitpid $pid, 0;

    is $b->{wrong}, 0, "$path: none of $SWAPS is cut in a wrong place";
    is $b->{bare}, 0, "$path: each has its fragment";
    cmp_ok $b->{known}, '>', $SWAPS / 50, "$path: $b->{known} by memory";

    my %inode;
    $inode{$_}++ for split /\n/, $t->read_file('tmp/inodes');
    unlink $inodes;
    diag sprintf '%s: %d requests in %.1f s, %d by memory, %d inodes in %d '
        . 'versions', $path, $SWAPS, $seconds, $b->{known},
        scalar keys %inode, eval { my $s = 0; $s += $_ for values %inode; $s }
        if $LONG;
}

# --- files -----------------------------------------------------------------

# In the same second for all that a file's time says, though not all of them
# young: of a long test every other version stays until it is known.

for my $path (qw(/f/small /f/large /o/large)) {
    my ($name) = $path =~ /(\w+)$/;
    my $k = 0;
    my $old = time - 1000;
    my $swap = sub {
        my $file = $t->write_file("html/$name.next",
                                  version(++$k, $size{$name}));
        utime $old, $old, $file;
        rename $file, $t->dir . "/html/$name";
    };

    $swap->();

    my $pid = swapping(20, sub {
        $swap->();
        sleep 2.5 if $LONG && $k % 20 == 0;
    });

    my $b = torture($path, $SWAPS);

    kill 'KILL', $pid;
    waitpid $pid, 0;

    is $b->{wrong}, 0, "$path: none of $SWAPS is cut in a wrong place";
    is $b->{known}, 0, "$path: no length is promised";
    cmp_ok $b->{bare}, '<=', $LONG ? 20 : 0, "$path: fragments missing";
    diag "$path: $b->{bare} of $SWAPS pages without their fragment" if $LONG;
}

$t->done;

# --- bounded memory --------------------------------------------------------

{
    my $k = 128 * ($PAGES > 10_000 ? 8 : 1);
    my $page = '<html><body><p>\$arg_n</p><div id=product>it</div>'
        . '<p>end</p></body></html>';
    my $pad = 'z' x 3000;

    my $m = Xsell::Shop->new(
        more => <<"CONF",
    location /c { proxy_pass http://127.0.0.1:%%PORT2%%; proxy_cache c;
        proxy_cache_valid 200 1h; proxy_cache_key \$args; $on }
    location /tell { proxy_pass http://127.0.0.1:%%PORT2%%/c; proxy_cache c;
        proxy_cache_valid 200 1h; proxy_cache_key \$args; $on
        error_log %%DIR%%/tell.log debug; }
    location = /large { proxy_pass http://127.0.0.1:%%PORT2%%; proxy_cache c;
        proxy_cache_valid 200 1h; $on error_log %%DIR%%/tell.log debug; }
    keepalive_requests 1000000; sendfile on; access_log off;
CONF
        http => <<"CONF",
    proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:16m;
    xsell_page_cache ${k}k;
    server {
        listen 127.0.0.1:%%PORT2%%;
        default_type text/html; access_log off;
        location / { return 200 "$page"; }
        location = /large { return 200 "$page$pad"; }
    }
CONF
    )->start;

    my ($worker) = $m->worker_pids;
    my $client = $m->client;

    # pages from .. to: how many came with a length
    my $get = sub {
        my ($path, $from, $to) = @_;
        my $known = 0;

        for (my $i = $from; $i < $to; $i += 100) {
            for my $r ($client->pipeline(
                           map { [ "$path?n=$_" ] } $i .. $i + 99)) {
                $known++ if $r->header('Content-Length');
            }
        }

        return $known;
    };

    $get->('/c', 0, $PAGES);                    # fill the cache
    sleep 0.05;
    $get->('/c', 0, $PAGES / 2);                # learn
    my $anon = memory($worker)->{RssAnon};
    $get->('/c', $PAGES / 2, $PAGES);
    my $grown = memory($worker)->{RssAnon} - $anon;

    # a sanitizer keeps what is freed
    my $flat = `$m->{nginx} -V 2>&1` =~ /-fsanitize/ ? 1 << 30 : 256;

    cmp_ok $grown, '<', $flat, "$PAGES pages: $grown kB more for half of them";
    cmp_ok $get->('/c', $PAGES - 100, $PAGES), '>=', 90, 'the last are known';
    is $get->('/c', 0, 100), 0, 'the first are not';

    $get->('/tell', 0, 100);
    my ($used) = $m->read_file('tell.log')
                 =~ /.*page kept, .* (\d+) of \d+ bytes/s;
    cmp_ok $used, '>', $k * 1024 * 0.9, 'the memory is full';
    cmp_ok $used, '<=', $k * 1024, 'and not more than that';
    diag "$PAGES pages: $grown kB more, $used bytes used" if $LONG;

    # plans fill it: the oldest of them make room for the bytes of one
    ok Xsell::wait_for(sub {
        $client->pipeline(map { [ '/large' ] } 1 .. 8);
        return $m->read_file('tell.log') =~ /page known, 1 cuts, kept/;
    }), 'and has room for the bytes of a page all the same';
    ($used) = $m->read_file('tell.log') =~ /bytes kept, (\d+) of/;
    cmp_ok $used, '<=', $k * 1024, 'and is not larger then';

    $m->done;
}

# --- bytes of pages: at most half of it, and those that are sent stay --------

{
    my $m = Xsell::Shop->new(
        upstream => { '~^/b/' => sub {
            version($_[0]{path} =~ /(\d+)/ ? $1 : 0, 20_000) } },
        more => <<"CONF",
    location /b/ { proxy_pass http://%%UP%%; proxy_cache c;
        proxy_cache_valid 200 1h; $on error_log %%DIR%%/tell.log debug; }
    keepalive_requests 1000000; sendfile on; access_log off;
CONF
        http => 'proxy_cache_path %%DIR%%/tmp/cache keys_zone=c:1m;
            xsell_page_cache 128k;',
    )->start;

    my $client = $m->client;
    my $get = sub { $client->pipeline(map { [ "/b/$_" ] } @_) };

    # more pages than there is room for, then one of them all the time
    $get->(1 .. 6);
    sleep 2.1;
    my @r = map { $get->(1 .. 6) } 1 .. 12;
    push @r, $get->((3) x 12);

    is scalar(grep { (good($_->body, 20_000) // '') ne 'taken' } @r), 0,
        'pages with and without their bytes kept';
    is scalar(grep { !$_->header('Content-Length') } @r[-36 .. -1]), 0,
        'plans of all are known';

    my $log = $m->read_file('tell.log');
    my @kept = $log =~ /bytes kept, .* (\d+) by pages/g;
    my @used = $log =~ /bytes kept, (\d+) of/g;

    cmp_ok scalar(@kept), '>', 4, 'bytes go and others come';
    cmp_ok((sort { $b <=> $a } @kept)[0], '>', 60_000, 'bytes of three pages');
    cmp_ok((sort { $b <=> $a } @kept)[0], '<=', 64 * 1024, 'at most half');
    cmp_ok((sort { $b <=> $a } @used)[0], '<=', 128 * 1024, 'at most all');
    like $log, qr/page known, 1 cuts, kept/, 'they are sent';

    $m->done;
}

done_testing;
