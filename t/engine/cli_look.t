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

for my $file (qw(rule.json styles.css card.hbs string.de.json)) {
    write_file("$look/$file", '{}');
    xsell('', 'check', $look);
    like $err, qr/\Q$file\E: warning: is not read: .* named /,
        "so is $file";
    unlink "$look/$file";
}

write_file("$look/strings.german.json", '{}');
xsell('', 'check', $look);
like $err, qr/german\.json: warning: the name has no language tag/,
    'and a language that is none';

done_testing;
