#!/usr/bin/perl

# Doubts of xsell check about a folder of templates.  The hazards: a tag that
# stays open takes in the rest of a shop's page, and a file of texts under a
# name that nobody reads leaves the page in another language; neither is a
# mistake that nginx refuses.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Test::More;
use XsellCli;


my $look = "$dir/look";
write_file("$look/list.mustache", "<ul>{{#items}}<li>{{title}}{{/items}}</ul>");
is xsell('', 'check', '--strict', $look), 0, 'a folder without a doubt';

write_file("$look/open.mustache", "<p>\n <section><div hidden>\n");
write_file("$look/strings_fr.json", '{"more":"plus"}');
is xsell('', 'check', $look), 0, 'one that leaves a tag open';
like $err, qr/open\.mustache:2:2: warning: <section> opened here is not/,
    'is told with its place';
like $err, qr/strings_fr\.json: warning: is not read/,
    'and texts under a name that is none';
is xsell('', 'check', '--strict', $look), 1, 'both are mistakes if strict';

done_testing;
