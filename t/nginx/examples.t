# Hazard: an example in the repository that nginx does not take.

use strict;
use warnings;

use lib 't/nginx/lib';

use File::Temp ();
use Test::More;
use Xsell;

my $repo   = Xsell::repo();
my $nginx  = $ENV{XSELL_NGINX} || '/usr/sbin/nginx';
my $module = $ENV{XSELL_MODULE} || "$repo/build/ngx_http_xsell_module.so";

my @examples = glob "$repo/conf-examples/*.conf";
cmp_ok scalar(@examples), '>=', 5, 'there are examples';

for my $file (@examples) {
    my ($name) = $file =~ m{([^/]+)$};
    my $dir = File::Temp->newdir;
    chmod 0755, "$dir";

    # as a site would have it: the folder, a secret, a state folder
    system 'cp', '-r', "$repo/conf-examples/xsell", "$dir/xsell";
    mkdir "$dir/$_" for qw(logs html tmp);
    mkdir "$dir/xsell/state";
    chmod 0777, "$dir/xsell/state";

    open my $fh, '>', "$dir/xsell/secret" or die;
    print $fh '5e1f' x 16, "\n";
    close $fh;
    chmod 0600, "$dir/xsell/secret";

    open $fh, '<', $file or die;
    my $text = do { local $/; <$fh> };
    close $fh;

    ok $text =~ s{load_module modules/\S+;}{load_module $module;},
        "$name loads the module";
    $text .= "pid $dir/nginx.pid;\n";
    $text =~ s{http \{}{http \{ client_body_temp_path $dir/tmp/b;
        proxy_temp_path $dir/tmp/p; fastcgi_temp_path $dir/tmp/f;
        uwsgi_temp_path $dir/tmp/u; scgi_temp_path $dir/tmp/s;};

    open $fh, '>', "$dir/nginx.conf" or die;
    print $fh $text;
    close $fh;

    my $out = `$nginx -t -p $dir/ -c $dir/nginx.conf -e $dir/error.log 2>&1`;
    is $?, 0, "$name passes nginx -t" or diag $out;
    unlike $out, qr/\[(warn|error|emerg)\]/, "$name: without a warning"
        or diag $out;
    like $out, qr/sessions \(\d+ bytes each\)/, "$name: says what fits";
}

done_testing;
