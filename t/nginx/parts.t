# Hazard: a module in front of us sends the start of a page through us and the
# rest by subrequests, which pass us by: held bytes would land behind the rest.
# nginx's own slice does it with parts of a file, others (echo, perl, lua) with
# pages; a tiny one is built here.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Xsell;
use Xsell::Shop;

my $repo = Xsell::repo();
my ($made) = grep { -f "$_/Makefile" }
             map { "$_/nginx" } ($ENV{XSELL_MODULE} // '') =~ m{^(.*)/},
                                "$repo/build";
my $src = $ENV{NGX_SRC} || '/usr/share/nginx/src';

plan skip_all => 'no headers of this nginx'
    if $ENV{XSELL_NGINX} || !$made || !-f "$src/src/http/ngx_http.h";

my $page = Xsell::Shop::page('a') =~ s/"/'/gr;
my $slot = 'xsell prints; xsell_item a; xsell_consent assumed; '
         . 'xsell_slot related';

my $t = Xsell::Shop->new(
    items   => [ 'a' .. 'h' ],
    main    => 'load_module %%DIR%%/parts.so;',
    more    => <<"CONF",
    location /after/   { parts "$page"; $slot after "#product"; }
    location /end/     { parts "$page"; $slot append "body"; }
    location /replace/ { parts "$page"; $slot replace "#product"; }
    location /rest/    { root %%DIR%%/html; default_type text/html; }
CONF
    files => { map { ("html/rest/$_" => substr $page, $_) }
               0 .. length $page },
);

my @inc = map { ('-I', "$src/$_") } qw(src/core src/event src/event/modules
              src/os/unix src/http src/http/modules
              src/http/v2);

is system(split(' ', $ENV{CC} || 'cc'), qw(-shared -fPIC -O1 -D_GNU_SOURCE),
          @inc, '-I', $made, '-o', $t->dir . '/parts.so',
          "$repo/t/nginx/lib/parts.c"), 0, 'a module that sends parts'
    or BAIL_OUT 'no module';

$t->start;

for my $alone ('', '&alone=1') {
    for my $place (qw(after end replace)) {
        my ($moved, $lost, $early, %n) = (0, 0, 0);

        for my $at (0 .. length $page) {
            my $r = $t->get("/$place/?at=$at$alone");
            my ($body, $n) = Xsell::Shop::bare($r->body);

            $lost++ if !$r->complete || $r->seconds > 2;
            $n{$n}++;

            my $whole = quotemeta $page;

            # of what is replaced, what comes by a subrequest stays
            if ($place eq 'replace' && $n) {
                my ($head, $tail) = split /<div id='product'>.*?<\/div>/s,
                                          $page;
                $whole = quotemeta($head) . '.*' . quotemeta $tail;
            }

            $moved++ or diag "$place at $at$alone: $body"
                if $body !~ /^$whole\z/s;
        }

        is "$moved $lost", '0 0',
            "trap 16: $place$alone: every byte in its place";
        ok $n{0}, "$place$alone: no section where its place came later";
        ok $n{1} || $place eq 'end', "$place$alone: and one where it did not";
    }
}

$t->done;
done_testing;
