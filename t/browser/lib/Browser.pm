package Browser;

# A browser test: the demo on free ports in a folder of its own, and one
# script for node that drives Chromium and writes the TAP.
#
#     use lib 't/browser/lib';
#     use Browser;
#
#     Browser::run('layout.mjs');           # t/browser/layout.mjs
#
# Nobody is held out: whether a fragment is shown must not hang on chance.  The
# demo (demo/demo.pl) starts and ends everything; here is only the clock.
#
# Environment: XSELL_CHROMIUM (/usr/bin/chromium), XSELL_TIMEOUT seconds for a
# test file (300), XSELL_KEEP=1 keeps the folder of a failed one.

use strict;
use warnings;

use Cwd 'abs_path';
use File::Basename 'dirname';
use File::Temp ();

my $ROOT = abs_path(dirname(__FILE__) . '/../../..');


sub run
{
    my ($script, @options) = @_;
    my $dir = File::Temp->newdir('xsell-browser-XXXXXX', TMPDIR => 1);

    chmod 0755, "$dir";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        exec $^X, "$ROOT/demo/demo.pl", '--dir', "$dir", '--visits', 36,
            '--holdout', 'off', '--still', @options, '--', 'node',
            "$ROOT/t/browser/$script";
        exit 127;
    }

    my $end = sub { kill TERM => $pid };

    local $SIG{ALRM} = sub {
        print "Bail out!  $script took too long\n";
        $end->();
    };
    local @SIG{qw(INT TERM HUP)} = ($end) x 3;

    alarm($ENV{XSELL_TIMEOUT} || 300);
    1 while waitpid($pid, 0) < 0 && $!{EINTR};
    alarm 0;

    my $rc = $? & 127 ? 1 : $? >> 8;

    if ($rc && $ENV{XSELL_KEEP}) {
        $dir->unlink_on_destroy(0);
        print "# kept: $dir\n";
    }

    exit $rc;
}

1;
