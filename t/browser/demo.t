# Hazard: the first thing that somebody tries, ./run demo, does not start, or
# shows a shop without offers.  --once judges its own pages; here it is asked
# to, and to leave nothing running.

use strict;
use warnings;

use File::Temp ();
use Test::More;

my $RETAIL = ($ENV{XSELL_SHARED} || '../shared')
    . '/data/online_retail_until_2011-11-08.csv.gz';


sub demo
{
    my (@options) = @_;
    my $dir = File::Temp->newdir('xsell-demo-XXXXXX', TMPDIR => 1);

    chmod 0755, "$dir";

    open my $out, '-|', $^X, 'demo/demo.pl', '--once', '--dir', "$dir",
        @options or die "demo.pl: $!\n";

    my $text = do { local $/; <$out> };

    close $out;

    is $?, 0, "it ends by itself: @options" or diag $text;

    my $url = $text =~ m{(http://127\.0\.0\.1:\d+)/} ? $1 : '';

    ok $url ne '', 'and has printed its address';
    ok !-e "$dir/nginx.pid", 'nginx has ended';

    open my $log, '<', "$dir/error.log" or die "error.log: $!\n";
    is join('', grep { /\[(?:warn|error|crit|alert|emerg)\]/ } <$log>), '',
        'and had nothing to complain of';

    return $text;
}

like demo('--visits', 36), qr/\d+ of \d+ offers on twelve pages share/,
    'what was learned is shown';

if (-e $RETAIL && $ENV{XSELL_LONG}) {
    my $text = demo('--retail', $RETAIL);

    like $text, qr/\n  Regency Cakestand 3 Tier\n.*\n +\S.*Teacup and Saucer/,
        'a cakestand goes with cups';
}

done_testing;
