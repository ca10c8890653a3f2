#!/usr/bin/perl

# The demo: a shop, nginx with the module in front, visits.  `./run demo`
# builds and then runs this.
#
#   demo.pl [--port N] [--visits N] [--once] [--retail INVOICES]
#           [--dir FOLDER] [--holdout SHARE] [--still] [-- COMMAND ...]
#
# Everything lives in build/demo (or build/demo-retail, or FOLDER), is bound
# to 127.0.0.1 and ends with this command: Ctrl-C.  --once ends by itself when
# the pages are as they should be, and fails if they are not.  With a COMMAND
# the demo lasts as long as that does and ends as it does; XSELL_DEMO tells it
# the address, XSELL_DEMO_DIR the folder: for tests and pictures.  --still: each
# place has one template and is never empty.

use strict;
use warnings;

use Cwd 'abs_path';
use FindBin;
use File::Basename 'basename';
use File::Path qw(make_path remove_tree);
use Getopt::Long;
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use Time::HiRes qw(sleep time);

use lib "$FindBin::Bin/lib";

use Pages;

my $ROOT = abs_path("$FindBin::Bin/..");
my %opt = (visits => 320, holdout => '5%');
my @started;                            # pids, ours
my %claims;                             # port => the socket that claims it


sub fail
{
    print STDERR "demo: @_\n";
    exit 1;
}


# ---- processes -----------------------------------------------------------

sub start
{
    my ($log, @command) = @_;
    my $pid = fork // fail("fork: $!");

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $log or exit 127;
        open STDERR, '>&', \*STDOUT;
        setpgrp;                        # Ctrl-C is ours to pass on
        exec { $command[0] } @command;
        exit 127;
    }

    push @started, $pid;

    return $pid;
}


sub stop
{
    for my $pid (reverse splice @started) {
        kill QUIT => $pid;              # nginx: after its last snapshot

        for (1 .. 100) {
            last if waitpid($pid, 1) != 0;
            sleep 0.1;
            kill TERM => $pid if $_ == 30;
            kill KILL => $pid if $_ == 95;
        }
    }
}

END { my $rc = $?; stop(); $? = $rc }


sub run
{
    my (@command) = @_;

    system { $command[0] } @command;
    exit 130 if $? & 127;
    fail("$command[0] $command[1] failed") if $?;
}


# a command that the demo lasts for: its exit code

sub follow
{
    my (@command) = @_;
    my $pid = fork // fail("fork: $!");

    if ($pid == 0) {
        exec { $command[0] } @command
            or print STDERR "demo: $command[0]: $!\n";
        exit 127;
    }

    push @started, $pid;
    waitpid $pid, 0;

    my $rc = $?;

    @started = grep { $_ != $pid } @started;

    return $rc & 127 ? 128 + ($rc & 127) : $rc >> 8;
}


# outside the kernel's range for outgoing connections, and claimed by a UDP
# socket until we end: so two demos (or tests) never pick the same one

sub free_port
{
    my (@wish) = @_;

    for my $port (@wish, map { 10240 + int rand 22000 } 1 .. 200) {
        my %at = (LocalAddr => '127.0.0.1', LocalPort => $port);
        my $claim = IO::Socket::INET->new(%at, Proto => 'udp') or next;

        IO::Socket::INET->new(%at, Listen => 1, ReuseAddr => 1) or next;
        $claims{$port} = $claim;

        return $port;
    }

    fail("no free port on 127.0.0.1");
}


sub wait_for
{
    my ($port, $pid, $log) = @_;

    for (1 .. 100) {
        return if IO::Socket::INET->new(PeerAddr => '127.0.0.1',
            PeerPort => $port, Timeout => 1);

        if (waitpid($pid, 1) != 0) {
            @started = grep { $_ != $pid } @started;
            last;
        }

        sleep 0.1;
    }

    print STDERR `tail -n 12 '$log'`;
    fail("did not start; all of it in $log");
}


# ---- what is needed ------------------------------------------------------

# nginx's workers give up root: then what they write must be theirs, and the
# way to it must be open to them

sub worker_user
{
    my ($dir) = @_;

    return '' if $> != 0;

    my @pw = getpwnam('www-data') or return 'user root;';
    my $path = '';

    for (split m{/}, $dir) {
        $path .= "$_/";
        return 'user root;' if !((stat $path)[2] & 1);
    }

    chown $pw[2], $pw[3], "$dir/state", "$dir/tmp", "$dir/cache";

    return 'user www-data;';
}


sub geoip
{
    my $db = "$ROOT/node_modules/\@ip-location-db/geo-whois-asn-country-mmdb/"
        . 'geo-whois-asn-country.mmdb';

    return -e $db ? "geoip       \"$db\";" : '# geoip: no database was found';
}


sub secret
{
    my ($file) = @_;

    return if -s $file;
    open my $in, '<:raw', '/dev/urandom' or fail("/dev/urandom: $!");
    read $in, my $bytes, 32;
    umask 077;
    open my $out, '>', $file or fail("$file: $!");
    print $out unpack('H*', $bytes), "\n";
    close $out or fail("$file: $!");
    umask 022;
}


sub configure
{
    my ($run, %word) = @_;

    open my $in, '<', "$FindBin::Bin/nginx.conf.in" or fail("$!");
    open my $out, '>', "$run/nginx.conf" or fail("$run/nginx.conf: $!");

    while (my $line = <$in>) {
        $line =~ s/\@([A-Z_]+)\@/$word{$1} \/\/ fail("no word $1")/ge;
        print $out $line;
    }

    close $out or fail("$run/nginx.conf: $!");
}


# What a page lists itself is not to be offered on it: home's wall, and each
# collection, whose slot has a name of its own for that.  The shop's rules say
# so, as those of any shop could.

sub places
{
    my ($run, $name, $shop) = @_;
    my ($conf, @rules) = ('');

    push @rules, { name => 'Not what hangs here already',
        when => { slot => 'home' },
        exclude => { item => [grep { defined } $shop->{hero},
            map { $_->{id} } Pages::wall($shop)] } };

    for my $s (@{ $shop->{sections} }) {
        $conf .= <<"CONF";
location = /style/$s->{slug} {
    proxy_pass  http://shop;
    xsell       $name;
    xsell_slot  list-$s->{slug} after "main > ul.grid" template=grid items=4
                "title=From elsewhere in the shop";
}
CONF
        push @rules, { name => "From elsewhere than $s->{name}",
            when => { slot => "list-$s->{slug}" },
            exclude => { category => $s->{category} } };
    }

    spew("$run/lists.conf", $conf);
    spew("$run/templates/rules.json", JSON::PP->new->utf8->canonical->pretty
        ->encode({ rules => \@rules }));
}


sub spew
{
    my ($file, $text) = @_;

    open my $out, '>', $file or fail("$file: $!");
    print $out $text;
    close $out or fail("$file: $!");
}


# ---- looking at pages ----------------------------------------------------

sub get
{
    my ($port, $path, %header) = @_;

    return HTTP::Tiny->new(timeout => 10, agent => 'Mozilla/5.0 (X11; Linux '
        . 'x86_64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36')
        ->get("http://127.0.0.1:$port$path", { headers => { accept =>
            'text/html', %header } });
}


sub offered                             # titles on a page
{
    my ($html) = @_;
    my @t;

    while ($html =~ /class="xs-title"[^>]*>([^<]*)</g) {
        push @t, $1 =~ s/&amp;/&/gr =~ s/&#39;/'/gr =~ s/&quot;/"/gr;
    }

    return @t;
}


# of the offers on a page about a print: the share in its palette or style,
# which chance alone would put at about a sixth

sub related
{
    my ($port, $shop) = @_;
    my %by = map { $_->{title} => $_ } @{ $shop->{items} };
    my ($hit, $all) = (0, 0);

    for my $i (@{ $shop->{items} }[map { $_ * 11 } 0 .. 11]) {
        for (offered(get($port, "/p/$i->{id}",
                    cookie => 'cookie_consent=no')->{content}))
        {
            my $o = $by{$_} or next;

            $all++;
            $hit++ if $o->{palette} eq $i->{palette}
                || $o->{section} eq $i->{section};
        }
    }

    return ($hit, $all);
}


# who said no is never held out: pages with offers are asked for as that

sub check
{
    my ($port, $shop) = @_;
    my $id = $shop->{items}[0]{id};
    my @wrong;
    my $say = sub { push @wrong, $_[1] if !$_[0] };
    my $no = get($port, "/p/$id", cookie => 'cookie_consent=no');
    my $yes = get($port, "/p/$id", cookie => 'cookie_consent=yes');
    my @slots = $no->{content} =~ /data-xsell-slot="(\w+)"/g;
    my $css = $yes->{content} =~ m{href="(/xsell/s/[^"]+)"} ? $1 : '/none';

    $say->($no->{status} == 200 && offered($no->{content}) >= 4,
        'a page without consent has no offers');
    $say->(!defined $no->{headers}{'set-cookie'},
        'a page without consent sets a cookie');
    $say->(($yes->{headers}{'set-cookie'} // '') =~ /xs_/,
        'a page with consent sets no cookie');
    $say->(($yes->{headers}{'x-cache'} // '') eq 'HIT',
        'a page is not from the page cache');
    $say->("@slots" =~ /^related( story)?$/,
        'a product page has not its two slots');
    $say->(get($port, '/privacy')->{content} !~ /data-xsell/,
        'a page without the place has a fragment');
    $say->(get($port, '/status')->{content} =~ /"no_place": [1-9]/,
        'a page without the place is not counted');
    $say->(($yes->{headers}{'cache-control'} // '') =~ /private/,
        'a page may be stored by others');
    $say->(get($port, $css)->{content} =~ /\.xs-card/,
        'the stylesheet is missing');
    $say->(get($port, '/metrics')->{content} =~ /^xsell_impressions_total\{/m,
        'there are no metrics');

    fail(join "\ndemo: ", @wrong) if @wrong;
}


# ten products, the best sold of as many sections

sub ten
{
    my ($shop) = @_;
    my (%seen, @ten);

    for my $i (@{ $shop->{items} }) {
        push @ten, $i if !$seen{ $i->{section} }++;
    }

    return @ten[0 .. ($#ten > 9 ? 9 : $#ten)];
}


sub show_prints
{
    my ($port, $shop, $run) = @_;
    my $u = "http://127.0.0.1:$port";
    my ($hit, $all) = related($port, $shop);

    printf "\n  %d of %d offers on twelve pages share the print's style or "
        . "palette.\n", $hit, $all;
    print <<"TEXT";

  Shop            $u/
  A print         $u/p/$shop->{items}[0]{id}
  State           $u/status     $u/metrics
  Decisions       $run/access.log
  Configuration   $run/nginx.conf
  Look            $FindBin::Bin/theme.tokens.json, templates/

  What to look at
  - A print's page has two places, each by a CSS selector: a carousel, and one
    at the end.  They are decided together: nothing stands there twice.
    Home, a collection and the cart go by what you looked at or put in, less
    what the page lists itself (templates/rules.json, made by demo.pl).  The
    page Privacy lacks the place that is configured, and stays as it is.
  - Change a colour in theme.tokens.json, or a template, then
    kill -HUP `cat $run/nginx.pid` and load a page again.
  - Say yes at the foot of a page, then look at three prints that have
    something in common: the next pages offer more of it, at once.  In a
    private window you are somebody else, with other offers on the same
    cached page (see the header X-Cache).
    (One visitor in twenty is held out, to measure by, and sees none: if that
    is you, open a private window.)
  - "Why these offers?" at the foot of each page: the reason of each, and what
    changed since you were on that page: what came and went, in which template,
    or that the place at the end stayed empty this time.
  - That place has template=story,grid,none: the model chooses.  The simulated
    visitors who came by phone leave when a page ends with a panel; who left is
    known after five minutes.  Keep the shop open and visit with a phone's width
    and name (in the browser's tools) then: mostly it stays empty there.
  - Say no: the page is as fast, no cookie is set, and the offers are those
    for everybody.
  - Put something into the cart: it is not offered again, and the cart's own
    offers (templates/strip.mustache) have a button each.
  - Switch script off, use the keyboard alone, turn the system dark, shrink
    the window or zoom in: it still works.
TEXT
}


sub show_retail
{
    my ($port, $shop) = @_;

    print "\n  Ten products, and what invoices had with them:\n";

    for my $i (ten($shop)) {
        my @o = offered(get($port, "/p/$i->{id}",
                cookie => 'cookie_consent=no')->{content});

        print "\n  $i->{title}\n    http://127.0.0.1:$port/p/$i->{id}\n";
        print "      $_\n" for grep { defined } @o[0 .. 4];
    }

    print "\n  Shop   http://127.0.0.1:$port/\n  State  http://127.0.0.1:$port"
        . "/status\n  Why    http://127.0.0.1:$port/explain/22423   (offers, "
        . "and what words,\n         invoices and visits say; linked from "
        . "every product's page)\n";
}


# ---- the demo ------------------------------------------------------------

sub replay
{
    my ($run, $log, $snapshot) = @_;

    run("$ROOT/build/xsell", 'replay', "$run/data/$log", '--catalog',
        "$run/data/catalog.json", '--zone', '64m', '--state',
        "$run/$snapshot", '--force');
}


sub prepare
{
    my ($name) = @_;
    my $run = $opt{dir}
        || "$ROOT/build/demo" . ($opt{retail} ? '-retail' : '');

    remove_tree(map { "$run/$_" } qw(cache state tmp templates));
    unlink "$run/$_" for qw(error.log access.log shop.log events.ndjson);
    make_path(map { "$run/$_" } qw(data cache state tmp templates));
    $run = abs_path($run);

    # links: who changes a template changes it there
    symlink $_, "$run/templates/" . basename($_)
        for glob("$FindBin::Bin/templates/*");

    if ($opt{retail}) {
        print "Reading invoices (about ten seconds)\n  ";
        run($^X, "$FindBin::Bin/retail.pl", $opt{retail}, "$run/data");
        print "Learning from them\n";
        replay($run, 'history.ndjson', "state/$name.snapshot");
        replay($run, 'visits.ndjson', 'data/visits.snapshot');
    } else {
        print "Drawing pictures\n  ";
        run($^X, "$FindBin::Bin/catalog.pl", "$run/data");
    }

    return $run;
}


GetOptions(\%opt, 'port=i', 'visits=i', 'once', 'retail=s', 'dir=s',
        'holdout=s', 'still')
    or fail('usage: demo.pl [--port N] [--visits N] [--once] '
        . "[--retail INVOICES]\n    [--dir FOLDER] [--holdout SHARE] "
        . '[--still] [-- COMMAND ...]');

$| = 1;
binmode STDOUT, ':utf8';
umask 022;
$ENV{PATH} .= ':/usr/sbin:/sbin';

my $module = "$ROOT/build/ngx_http_xsell_module.so";

fail("$module is missing: ./run build") if !-e $module;
fail("$opt{retail}: $!") if $opt{retail} && !-r $opt{retail};
$SIG{$_} = sub { exit 0 } for qw(INT TERM HUP PIPE);

my $name = $opt{retail} ? 'retail' : 'prints';
my $run = prepare($name);
my $shop = do {
    open my $fh, '<', "$run/data/shop.json" or fail("$run/data/shop.json: $!");
    local $/;
    decode_json(<$fh>);
};
my $port = $opt{port} || free_port(@ARGV ? () : 8080 .. 8089);
my $upstream = free_port();

$ENV{XSELL} = "$ROOT/build/xsell";      # for the page that explains offers
$ENV{XSELL_STATE} = "$run/state/$name.snapshot";

secret("$run/secret.key");
places($run, $name, $shop);
configure($run, USER => worker_user($run), RUN => $run, MODULE => $module,
    SHOP => $name, ZONE => $opt{retail} ? '64m' : '16m',
    DATA => "$run/data", MIN_VISITS => $opt{retail} ? 3 : 2,
    GEOIP => geoip(), UPSTREAM => $upstream, PORT => $port,
    DEMO => $FindBin::Bin, HEADING => $shop->{heading},
    STORY => $shop->{story}, HOLDOUT => $opt{holdout},
    LOOKS => $opt{still} ? 'story' : 'story,grid,none');

wait_for($upstream, start("$run/shop.log", $^X, "$FindBin::Bin/shop.pl",
        $upstream, "$run/data"), "$run/shop.log");
wait_for($port, start("$run/error.log", 'nginx', '-p', $run, '-c',
        "$run/nginx.conf"), "$run/error.log");

if (!$opt{retail} && $opt{visits} > 0) {
    print "Playing visits\n";
    run($^X, "$FindBin::Bin/visits.pl", $port, "$run/data/shop.json",
        $opt{visits});
    sleep 0.3;                          # the learner's last tick
}

if (@ARGV) {
    $ENV{XSELL_DEMO} = "http://127.0.0.1:$port";
    $ENV{XSELL_DEMO_DIR} = $run;
    exit follow(@ARGV);
}

check($port, $shop) if $opt{once};
$opt{retail} ? show_retail($port, $shop) : show_prints($port, $shop, $run);

if ($opt{once}) {
    print "\n  (ended: without --once the shop stays up)\n";
    exit 0;
}

print "\n  Ctrl-C ends it.\n";
sleep 3600 while 1;
