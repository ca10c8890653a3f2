# Hazard: a fragment that is there in the HTML and gone a moment later, because
# a framework takes its page over and deletes strangers; or that stays, and
# the framework's own page is broken.
#
# Real pages of React and Vue, rendered and bundled as shops do it, through
# nginx into Chromium: with the detection of roots the fragment stays, the page
# works, nothing is on the console; without it (root=off) the same page
# loses the fragment or ends in an error.

use strict;
use warnings;

use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/../nginx/lib";

use Xsell;
use Xsell::Shop;

my @names = qw(react document vue);

sub slurp {
    my ($file) = @_;

    open my $fh, '<:raw', $file or die "$file: $!";
    local $/;
    return scalar <$fh>;
}

sub location {
    my ($name, $more) = @_;

    return "location /$name/ { proxy_pass http://%%UP%%/p/; xsell prints;
        xsell_item a; xsell_consent assumed;
        xsell_slot related after \"#description\" items=3 $more; }\n";
}

# before the upstream begins: it is a process of its own

my $dir = File::Temp->newdir;

if (system('node', "$FindBin::Bin/hydrate/build.mjs", "$dir") != 0) {
    print "Bail out!  the pages can't be built: ./run test installs what it"
        . " takes, or npm install\n";
    exit 1;
}

my %page = map { ($_ => slurp("$dir/$_.html")) } @names;

my $t = Xsell::Shop->new(
    items => [ 'a' .. 'e' ],
    page  => sub { $page{ $_[0] } // 'no such page' },
    more  => 'location /hydrate/ { root %%DIR%%/html; types {
        text/javascript js; text/css css; } }
        location /i/ { default_type image/svg+xml;
        return 200 "<svg xmlns=\'http://www.w3.org/2000/svg\'/>"; }'
        . location('on', '') . location('off', 'root=off'),
);

$t->write_file("html/hydrate/$_.js", slurp("$dir/$_.js")) for @names;
$t->write_file('html/hydrate/page.css', "main { color: #222 }\n");
$t->start;

$ENV{XSELL_DEMO} = 'http://127.0.0.1:' . $t->port;
my $rc = system 'node', "$FindBin::Bin/hydrate.mjs";
$t->stop;

exit($rc ? 1 : 0);
