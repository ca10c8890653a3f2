#!/usr/bin/perl

# What the build promises and a compiler does not check: the place in the
# filter chain, the symbols that leave the module (nginx loads modules with
# global symbols: one of ours may be taken for another module's, or for that of
# an older one that is still loaded), the layers, and where `make install` puts
# things.

use strict;
use warnings;

use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use Xsell;

my $repo = Xsell::repo();
my $module = $ENV{XSELL_MODULE} || "$repo/build/ngx_http_xsell_module.so";

chdir $repo or die "$repo: $!";

subtest 'filter order' => sub {
    my ($order) = slurp('build/nginx/ngx_http_xsell_module_modules.c')
                  =~ /ngx_module_order\[\] = \{(.*?)NULL/s;
    is_deeply [ $order =~ /"(\w+)"/g ], [ map { "ngx_http_${_}_module" }
        qw(xsell gunzip_filter userid_filter headers_filter copy_filter) ],
        'trap 2: after gunzip and headers';
};

subtest 'symbols' => sub {
    my @symbols = map { (split)[2] } `nm -D --defined-only $module`;
    is_deeply [ sort @symbols ],
        [ map { "ngx_module$_" } qw(_names _order s) ],
        'trap 50: bound to itself, nothing but what nginx looks for leaves';

    @symbols = map { /^\S* [A-Z] (\S+)/ } `nm -g --defined-only build/libxsell.a`;
    is_deeply [ grep { !/^xsell_/ } @symbols ], [], 'and in the library';
};

subtest 'layers' => sub {
    my @engine = grep { -f } glob 'engine/*.[ch] engine/*/*.[ch]';
    my @glue = glob 'ngx_http_xsell_module/*.[ch]';
    my %include = map { $_ => [ slurp($_) =~ /^#include\s+[<"](.*?)[>"]/mg ] }
                  @engine, @glue;
    my $users = sub {
        my ($regex, @files) = @_;
        return [ grep { grep { /$regex/ } @{ $include{$_} } } @files ];
    };

    is_deeply $users->(qr/^ngx_|maxminddb/, @engine), [],
        'no nginx and no maxminddb in the engine';
    is_deeply $users->(qr/^jansson/, @engine, @glue),
        ['engine/model/xsell_json.c'], 'jansson in one file';
    cmp_ok scalar @{ $users->(qr/^maxminddb/, @glue) }, '<=', 1,
        'maxminddb in one file';
    is_deeply $users->(qr{(?:^|/)(?:model|page)/},
                       grep { m{^engine/store/} } @engine), [],
        'store needs neither model nor page';

    my @abort = grep { slurp($_) =~ /\b(?:abort|assert|exit|sleep)\s*\(/ }
                @engine, @glue;
    is_deeply \@abort, [], 'trap 38: nothing ends or halts a worker';
};

subtest 'install' => sub {
    my $dir = File::Temp->newdir;
    my $out = `make install DESTDIR=$dir 2>&1`;
    is $?, 0, 'make install' or diag $out;
    ok -f "$dir/usr/lib/nginx/modules/ngx_http_xsell_module.so", 'trap 68: module';
    is slurp("$dir/usr/share/nginx/modules-available/mod-http-xsell.conf"),
        "load_module modules/ngx_http_xsell_module.so;\n", 'snippet';
    ok -x "$dir/usr/bin/xsell", 'command line';
};

done_testing;


sub slurp {
    my ($path) = @_;

    open my $f, '<', $path or die "$path: $!";
    local $/;

    return scalar <$f>;
}
