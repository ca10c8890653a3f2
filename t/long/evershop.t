# Hazard: a real shop of React that deletes what it does not know: EverShop,
# as npm has it, on Debian's PostgreSQL, behind nginx with the module.
#
# Its pages are hydrated from <div id="app"> on.  A slot inside is put behind
# that and stays; with root=off React deletes it.  `./run test long` installs
# EverShop into build/evershop and builds its bundles there, once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use File::Path qw(make_path);
use File::Temp ();
use HTTP::Tiny;
use Test::More;
use Xsell;
use Xsell::Shop;

my $repo = Xsell::repo();
my $shop = "$repo/build/evershop";
my $cli = "$shop/node_modules/\@evershop/evershop/dist/bin/evershop.js";
my ($bin) = map { s{/initdb$}{}r } sort glob '/usr/lib/postgresql/*/bin/initdb';

plan skip_all => 'no EverShop (./run test long installs it)' unless -e $cli;
plan skip_all => 'no PostgreSQL (./run test long installs it)' unless $bin;

my $dir = File::Temp->newdir('xsell-evershop-XXXXXX', TMPDIR => 1);
my $db_port = Xsell->port;
my $port = Xsell->port;
my @uid = $> == 0 ? (getpwnam 'postgres')[2, 3] : ($>, $) + 0);
my %pid;

chmod 0755, "$dir";
mkdir "$dir/pg";
chown @uid, "$dir/pg" if $> == 0;


# ---- processes ------------------------------------------------------------

# in a group of its own, with what it says in a file
sub begin {
    my ($name, $uid, @command) = @_;

    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    setpgrp;
    chdir($uid ? "$dir/pg" : $shop) or die $!;
    open STDIN, '<', '/dev/null';
    open STDOUT, '>>', "$dir/$name.log" or die $!;
    open STDERR, '>&', \*STDOUT;

    if ($uid && $> == 0) {
        $) = "$uid->[1] $uid->[1]";
        $( = $uid->[1];
        $< = $> = $uid->[0];
    }

    exec @command or die "$command[0]: $!";
}

sub run {
    my ($name, @rest) = @_;

    my $pid = begin($name, @rest);
    waitpid $pid, 0;
    diag Xsell::slurp("$dir/$name.log") if $?;

    return $? == 0;
}

sub end {
    for my $name (qw(evershop postgres)) {
        my $pid = delete $pid{$name} or next;
        kill +($name eq 'postgres' ? 'QUIT' : '-TERM'), $pid;
        waitpid $pid, 0;
    }
}

my $owner = $$;

END { local $?; end() if $owner && $owner == $$ }
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);

@ENV{qw(DB_HOST DB_PORT DB_USER DB_PASSWORD DB_NAME DB_SSLMODE PORT
        NODE_ENV SUPPRESS_NO_CONFIG_WARNING)}
    = ('127.0.0.1', $db_port, 'xsell', 'x', 'shop', 'disable', $port,
       'production', 1);

my @server = (-h => '127.0.0.1', -p => $db_port, -U => 'xsell');


# ---- the shop -------------------------------------------------------------

run('initdb', \@uid, "$bin/initdb", '-D', "$dir/pg/data", qw(-A trust -U xsell
    -E UTF8 --locale=C)) or BAIL_OUT('no database');

$pid{postgres} = begin('postgres', \@uid, "$bin/postgres", '-D',
    "$dir/pg/data", '-p', $db_port, '-k', "$dir/pg", '-c',
    'listen_addresses=127.0.0.1', '-c', 'fsync=off');

ok Xsell::wait_for(sub {
    system("$bin/pg_isready @server >/dev/null 2>&1") == 0
}, 60), 'PostgreSQL runs';
ok run('createdb', \@uid, "$bin/createdb", @server, 'shop'), 'a database';

make_path("$shop/media", "$shop/public", "$shop/config");
ok -d "$shop/.evershop/build" || run('build', undef, 'node', $cli, 'build'),
    'EverShop is built';

$pid{evershop} = begin('evershop', undef, 'node', $cli, 'start');

ok Xsell::wait_for(sub {
    HTTP::Tiny->new(timeout => 60)->get("http://127.0.0.1:$port/")->{success}
}, 180), 'EverShop runs' or diag Xsell::slurp("$dir/evershop.log");

ok run('seed', undef, 'node', $cli, 'seed', '--all'), 'it has products';
chomp(my $path = `$bin/psql @server shop -tAc "select request_path from
    url_rewrite where entity_type = 'product' order by 1 limit 1"`);
like $path, qr{^/\S}, "one is $path";


# ---- with the module in front ---------------------------------------------

my $slots = 'xsell prints; xsell_item a; xsell_consent assumed; '
          . 'xsell_slot related append "main" items=3';

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'e' ],
    more  => "location /i/ { default_type image/svg+xml;
        return 200 '<svg xmlns=\"http://www.w3.org/2000/svg\"/>'; }
        location = /off { proxy_pass http://127.0.0.1:$port$path; $slots
            root=off; }
        location = /bare { proxy_pass http://127.0.0.1:$port$path; }
        location ~ ^/(?!xsell/|i/) { proxy_pass http://127.0.0.1:$port;
            $slots; }",
)->start;

$ENV{XSELL_DEMO} = 'http://127.0.0.1:' . $t->port;
$ENV{XSELL_PAGE} = $path;

is system('node', "$FindBin::Bin/evershop/evershop.mjs"), 0, 'in Chromium';

$t->done;
done_testing;
