# Hazard: a click that the browser makes and nobody counts, or counts twice:
# by a reload, by going back and forth, by a middle click, by script or
# without; and a link parameter that reaches the shop or its cache.

use strict;
use warnings;

use lib 't/browser/lib';

use Browser;

Browser::run('visit.mjs');
