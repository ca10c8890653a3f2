package Edge::Shop;

# The shop of the edge benchmark, made anew into a folder: catalogue, key,
# template, pages of hostile content, what 4,000 visits have taught, and the
# cookies of 64 visitors who have looked at six products each.
#
# Every product's texts have the same length, so that each fragment has the
# length that the harness's `check` expects: what varies is who gets which.
# The same shop every time, but for the cookies: their ids are random.

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path);
use HTTP::Tiny;
use List::Util qw(min);
use Time::HiRes qw(sleep time);

use Exporter qw(import);
our @EXPORT_OK = qw(make_shop make_pages make_state worst slurp spew);

use constant {
    ITEMS      => 5000,
    PER_KIND   => 50,
    VISITS     => 4000,
    VISITORS   => 64,
    LOOKS      => 6,
};

# sizes that the harness names in its paths, and pages of hostile content of
# 64 KiB under numbers that it takes for sizes.  Worse ones, of which the
# rewriter says that they cost more than they are worth, get no fragment, and
# the harness would not have them.
my @SIZES = (8, 64, 512);

my @WORST = (
    [ 641, 'tags',        '<i>7</i> or so, ' ],
    [ 642, 'bare <',      'if 1 < 2, then some words follow here. ' ],
    [ 643, 'attributes',  '<p class="a" id="b" title=\'c d\' e>words of it '
                          . 'and more of them</p>' ],
    [ 644, 'comments',    '<!-- c --> words. ' ],
    [ 645, 'scripts',     '<script>if(a<b){s="</scr"+"ipt>"}</script>' ],
    [ 646, 'references',  '&amp;&#60;&lt;&copy' ],
);

my $RNG;

sub random { return $RNG = ($RNG * 1103515245 + 12345) % 2147483648 }
sub pick   { return int(random() / 2147483648 * $_[0]) }


sub slurp
{
    my ($file) = @_;

    open my $f, '<:raw', $file or die "$file: $!\n";
    local $/;
    return scalar <$f>;
}


sub spew
{
    my ($file, $text) = @_;

    open my $f, '>:raw', $file or die "$file: $!\n";
    print $f $text;
    close $f or die "$file: $!\n";
}


# [ number, name ] of each
sub worst { return map { [ @$_[0, 1] ] } @WORST }


sub id { return sprintf '/p/%06d', $_[0] }


sub make_shop
{
    my ($from, $to) = @_;
    my @word = qw(soft warm wide slim fine bold calm deep);
    my @noun = qw(jacket bottle kettle basket pillow candle saddle teapot);
    my $out = '';

    $RNG = 7;
    make_path("$to/templates");
    copy("$from/bench.mustache", "$to/templates/bench.mustache")
        or die "bench.mustache: $!\n";
    spew("$to/key", join('', map { sprintf '%02x', pick(256) } 1 .. 32)
         . "\n");

    # the pages themselves are products too, of the first kind
    my @ids = ((map { "/p$_.html" } @SIZES, map { $_->[0] } @WORST),
               map { id($_) } 1 .. ITEMS);

    for my $i (0 .. ITEMS - 1) {
        $out .= sprintf '{"id":"%s","title":"%s %s %s, made in lot %04d of'
            . ' %02d, machine wash","url":"/p/%06d","image":"/images/%08x-640.webp",'
            . '"category":"kind %02d","brand":"Brand %02d",'
            . '"price":"%d.%02d","currency":"EUR"}' . "\n",
            $ids[$i], map({ $word[pick(8)] } 1, 2), $noun[pick(8)],
            $i, $i % 97, $i, random(), $i / PER_KIND, $i % 90 + 10,
            100 + pick(900), pick(100);
    }

    spew("$to/catalog.jsonl", $out);

    return @ids[0 .. ITEMS - 1];
}


# beside those that the harness makes
sub make_pages
{
    my ($dir) = @_;

    make_path($dir);

    for my $w (@WORST) {
        my $head = "<!DOCTYPE html>\n<html><head><title>x</title></head>"
                 . "<body>\n";
        my $tail = "\n</body>\n</html>\n";
        my $room = 64 * 1024 - length("$head$tail");
        my $text = $w->[2] x ($room / length $w->[2]);

        spew("$dir/p$w->[0].html",
             $head . $text . ' ' x ($room - length $text) . $tail);
    }
}


# visits of others, as an event log: most stay within a kind
sub history
{
    my ($file, @ids) = @_;
    my ($out, $now) = ('', (time - 86400) * 1000);

    for my $v (1 .. VISITS) {
        my $kind = int(ITEMS / PER_KIND * (pick(1000) / 1000) ** 2);
        my %seen;

        for (1 .. 3 + pick(5)) {
            my $i = pick(8) ? $kind * PER_KIND + pick(PER_KIND)
                            : pick(ITEMS);

            next if $seen{$i}++;
            $now += 500;
            $out .= sprintf '{"type":"%s","time":%d,"visitor":"v%d",'
                . '"item":"%s"}' . "\n", pick(9) ? 'view' : 'cart', $now,
                $v, $ids[$i];
        }
    }

    spew($file, $out);
}


# make_state(xsell, module, dir, port, ids): dir/seed is a state folder, the
# list returned are the visitors' cookies.
sub make_state
{
    my ($xsell, $module, $dir, $port, @ids) = @_;
    my $snapshot = "$dir/seed/bench.snapshot";
    my (@cookies, $pid);

    make_path("$dir/seed", "$dir/tmp");
    unlink $snapshot;
    history("$dir/history.ndjson", @ids);

    system("'$xsell' replay '$dir/history.ndjson' --zone 16m --catalog"
           . " '$dir/catalog.jsonl' --state '$snapshot' >'$dir/replay.log'"
           . " 2>&1") == 0
        or die "xsell replay failed:\n" . slurp("$dir/replay.log");

    my $shop = slurp("$dir/shop.inc") =~ s/state-\@NAME\@/seed/r
                                      =~ s/\@X\@/$dir/gr;

    spew("$dir/seed.conf", <<"CONF" . $shop . <<"CONF");
load_module "$module";
daemon off;
@{[ $> == 0 ? 'user root;' : '' ]}
worker_processes 1;
pid "$dir/seed.pid";
error_log "$dir/seed.log" notice;
events { }
http {
    access_log off;
    client_body_temp_path "$dir/tmp/b"; proxy_temp_path "$dir/tmp/p";
    fastcgi_temp_path "$dir/tmp/f"; uwsgi_temp_path "$dir/tmp/u";
    scgi_temp_path "$dir/tmp/s";
CONF
    server {
        listen 127.0.0.1:$port;
        location / {
            default_type text/html;
            return 200 "<!DOCTYPE html><title>x</title><body>x</body>";
            xsell bench; xsell_item \$uri; xsell_slot related append body;
        }
        location /xsell/ { xsell_endpoint bench; }
    }
}
CONF

    $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$dir/seed.out";
        open STDERR, '>&', \*STDOUT;
        exec '/usr/sbin/nginx', '-e', "$dir/seed.log", '-c',
             "$dir/seed.conf";
        exit 127;
    }

    @cookies = eval { visits($port, @ids) };
    my $why = $@;

    sleep 0.5;                  # the learner's next tick
    kill QUIT => $pid;
    waitpid $pid, 0;

    die $why . slurp("$dir/seed.out") . slurp("$dir/seed.log") if $why;
    die "no snapshot:\n" . slurp("$dir/seed.log") if !-s $snapshot;

    return @cookies;
}


sub visits
{
    my ($port, @ids) = @_;
    my $http = HTTP::Tiny->new(agent => 'Mozilla/5.0', timeout => 10,
                               keep_alive => 1);
    my $end = time + 20;
    my @cookies;

    until ($http->get("http://127.0.0.1:$port/")->{success}) {
        die "no nginx to visit\n" if time > $end;
        sleep 0.05;
    }

    for my $v (1 .. VISITORS) {
        my ($kind, $cookie) = (pick(8) * 4);

        for (1 .. LOOKS) {
            my $id = $ids[$kind * PER_KIND + pick(PER_KIND)];
            my $r = $http->get("http://127.0.0.1:$port$id",
                { headers => $cookie ? { cookie => "xs_bench=$cookie" }
                                     : {} });
            my $set = $r->{headers}{'set-cookie'} // '';

            die "a visit got $r->{status}\n" if !$r->{success};
            $cookie = $1 if $set =~ /^xs_bench=([^;]+)/;
            die "a visit got no cookie\n" if !$cookie;
        }

        push @cookies, $cookie;
    }

    return @cookies;
}


1;
