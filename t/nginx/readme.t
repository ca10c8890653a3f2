# Hazard: documents that lag behind the code.  Each directive, variable,
# metric, state and drop reason of the sources stands in the README, with
# syntax, default and context, and nothing else does.

use strict;
use warnings;

use lib 't/nginx/lib';

use File::Temp ();
use Test::More;
use Xsell;

my $repo = Xsell::repo();

sub text {
    my ($name) = @_;

    open my $fh, '<', "$repo/$name" or die "$name: $!";
    local $/;
    return <$fh>;
}

my $readme = text('README.md');
my $glue   = 'ngx_http_xsell_module/ngx_http_xsell';

# --- directives

my $code = text("${glue}_directives.c");
my %coded;

$coded{$1} = $2 while $code =~ /(?:row\(|ngx_string\()"(\w+)"\)?(.*?)\)?[,;]\n
                                /gsx;
delete $coded{''};

my ($section) = $readme =~ /^## Directives\n(.*?)^## /ms;
my %documented;

$documented{$1} = $2 while $section =~ /^### (\w+)\n(.*?)(?=^### |\z)/gms;
delete $documented{include};

is_deeply [ sort keys %documented ], [ sort keys %coded ],
    'README lists the directives of the code';

for my $name (sort keys %documented) {
    like $documented{$name},
        qr/\*\*syntax:\*\* .*\*\*default:\*\* .*\*\*context:\*\* /,
        "$name: syntax, default, context";
    like $documented{$name}, qr/\*\*syntax:\*\* `\Q$name\E /,
        "$name: its syntax";
}

# --- variables

my %vars = map { $_ => 1 } text("${glue}_variables.c")
                           =~ /\{ ngx_string\("(xsell_\w+)"\)/g;

like $readme, qr/^\| (?:`[^|]*`, )?`\$$_(NAME)?`[^|]*\|/m, "README has \$$_" for sort keys %vars;

# --- the tour of the source: names of files, and each file of the glue

{
    my ($tour) = $readme =~ /^## A tour of the source\n(.*?)^## /ms;
    my %told = map { $_ => 1 } $tour =~ /`(?:(?:store|model|page)\/)?(\w+)\*?`/g;
    my %file = map { m{.*/(?:ngx_http_)?xsell_(\w+)\.c$} ? ($1 => 1) : () }
        map { glob "$repo/$_" } 'ngx_http_xsell_module/*.c', 'engine/*/*.c';
    my @glue = map { /_xsell_(\w+)\.c$/ ? $1 : () }
        glob "$repo/ngx_http_xsell_module/*.c";

    is join(' ', grep { !$file{$_} } sort keys %told), '',
        'the tour names files that there are';
    is join(' ', grep { !$told{$_} } @glue), '',
        'and all of the module itself';
}

# --- metrics, states, reasons

my %metric = map { $_ => 1 }
    text("${glue}_status.c")
    =~ /(?:_head|_slot_rows|_face_rows|_number_row)\(out, "(\w+)"/g;

cmp_ok scalar(keys %metric), '>=', 15, 'metrics found in the code';
like $readme, qr/`xsell_$_`/, "README has xsell_$_" for sort keys %metric;

my $names = text('engine/store/xsell_error.c');

for my $table (qw(state drop)) {
    my ($list) = $names =~ /xsell_${table}\w*\[[^\]]*\]\s*=\s*\{(.*?)\}/s
        or do { fail "table of ${table}s"; next };
    my @words = $list =~ /"(\w+)"/g;

    cmp_ok scalar(@words), '>=', 10, "$table: names found";
    like $readme, qr/`$_`/, "README has $table $_" for @words;
}

# --- reasons of places

{
    my ($list) = text('engine/page/xsell_rewriter.c')
        =~ /xsell_place_states\[[^\]]*\]\s*=\s*\{(.*?)^\};/ms;
    my @words = ($list // '') =~ /=\s*\{\s*"(\w+)"/g;

    cmp_ok scalar(@words), '>=', 10, 'states of places found';
    my ($table) = $readme =~ /^\| `\$xsell_place` \| the first match.*?\n\n/ms
        ? $& : '';
    like $table, qr/^\| [^|]*`$_`/m, "README has place $_" for @words;
}

# --- template variables

for my $name (text('engine/page/xsell_variable.c')
              =~ /\] = \{ "(\w+)", XSELL_KIND/g)
{
    like $readme, qr/`$name`/, "README has template variable $name";
}

# --- commands

my $help = `$repo/build/xsell --help`;

for my $name ($help =~ /^  (\w+)  /gm) {
    like $readme, qr/^    xsell $name/m, "README has xsell $name";
}

# --- the examples, as the README says

{
    my ($make) = $readme =~ /^    cd conf-examples; (mkdir \S+\n    openssl .*)$/m;
    my $dir = File::Temp->newdir;

    system('cp', '-r', "$repo/conf-examples/.", "$dir") == 0 or die 'cp';
    my $out = `cd $dir && { $make
        $repo/build/xsell check .; } 2>&1`;
    is $?, 0, 'nothing is wrong with the examples';
    like $out, qr/ 0 errors, 0 warnings/, 'nor doubtful' or diag $out;
}

# --- the version

my ($version) = text('engine/xsell.h') =~ /XSELL_VERSION\s+"([\d.]+)"/;

is `$repo/build/xsell --version`, "xsell $version\n", 'xsell --version';
is `$repo/build/xsell -V`, "xsell $version\n", 'xsell -V';
like text('CHANGES'), qr/\AChanges with xsell \Q$version\E\n/,
    'CHANGES begins with it';
like text("man/$_"), qr/^\.TH \S+ \d "\d+" "xsell \Q$version\E"/,
    "$_ is of this version" for qw(xsell.1 ngx_http_xsell_module.8);

done_testing;
