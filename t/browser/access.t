# Hazard: a fragment for eyes and mice only: links that the keyboard can't
# reach or that nobody sees focused, cards without a name for those who listen,
# a scrolling row that traps the focus.

use strict;
use warnings;

use lib 't/browser/lib';

use Browser;

Browser::run('access.mjs');
