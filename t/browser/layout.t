# Hazard: a fragment that is there but can't be seen: cards without a size, on
# top of each other or outside of the window, a page that jumps when the
# stylesheet comes late, or a look that only works in the window of who made
# it.

use strict;
use warnings;

use lib 't/browser/lib';

use Browser;

Browser::run('layout.mjs');
