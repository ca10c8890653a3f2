# Hazard: a reload that costs: a page that fails or is cut short, an item whose
# sums another item gets, a session or a pair that is forgotten, a mistake in
# a new file that takes the shop down.
#
# XSELL_RELOADS (8) under traffic; t/long/reload.t does 200 and more.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Time::HiRes qw(sleep);
use Xsell qw(wait_for);
use Xsell::Shop;
use Xsell::Snapshot;
use Xsell::Traffic;

my $reloads = $ENV{XSELL_RELOADS} || 8;
my @always = map { "i$_" } 0 .. 35;
my $new = 0;

srand 7;

# the next catalogue: what is always there and four of others in another
# order; a tenth of it is gone next time, another tenth is new
sub catalogue {
    my @all = (@always, map { sprintf 'n%d', $new + $_ } 0 .. 7);

    $new += 4;
    for (reverse 1 .. $#all) {
        my $k = int rand $_ + 1;
        @all[$_, $k] = @all[$k, $_];
    }

    return Xsell::Shop::catalog(\@all) =~ s/^\[//r =~ s/\]\s*$//r;
}

sub shuffled { return '[' . catalogue() . ']' }

sub conf {
    my ($t, %o) = @_;

    (my $http = $t->{http}) =~ s/zone \w+;/zone $o{zone};/ if $o{zone};
    $http //= $t->{http};
    $http =~ s/(zone \w+;)/$1 $o{shop}/ if $o{shop};

    return $t->configure(http => $http, server => $o{server} // $t->{server},
                         main => "worker_processes $o{workers};\n");
}

sub status { return $_[0]->get('/status')->json }

# what a visitor is told about himself, without the time
sub me { return $_[0]->get('/xsell/me')->body =~ s/ *"seconds.*\n//gr }


# --- the same zone ---------------------------------------------------------

{
    my $t = Xsell::Shop->new(
        files => { 'catalog.json' => shuffled() },
        shop  => 'state %%DIR%%/state; log %%DIR%%/events.ndjson;',
    )->start;

    my $old = $t->walk('i0', 'i1');
    my $known = me($old);
    my $traffic = Xsell::Traffic->start($t, ids => \@always);
    my $good = 0;

    for my $n (1 .. $reloads) {
        $t->write_file('catalog.json', shuffled());
        conf($t, workers => 1 + $n % 3);
        $good++ if $t->reload;

        # the other kind: two in a row, the first's workers hardly born
        $t->signal('HUP') if $n % 5 == 0;
    }

    is $good, $reloads, "$reloads reloads, each with another catalogue";

    my $sums = $traffic->stop;
    is $sums->{failed}, 0, "none of $sums->{requests} requests failed"
        or diag join "\n", @{ $sums->{errors} };
    is $sums->{shown}, $sums->{requests}, 'each page had its fragment';

    is me($old), $known, 'trap 47: a session survives them';

    my $views = 2;
    $views += $_ for values %{ $sums->{views} };

    my $s;
    wait_for(sub {
        $s = status($t);
        return $s->{learned} >= $s->{events}{view} + $s->{events}{impression};
    }, 5);

    is $s->{events}{view}, $views, 'the status counts each view';
    is $s->{learned}, $s->{events}{view} + $s->{events}{impression},
        'trap 78: each event was learned once';
    is $s->{dropped}{ring_full} + $s->{dropped}{no_ring}, 0, 'none dropped';

    ok $t->stop, 'stopped';

    my $file = Xsell::Snapshot->read($t->dir . '/state/prints.snapshot');
    my %want = %{ $sums->{views} };
    $want{$_}++ for 'i0', 'i1';
    my %got = map { $_ => ($file->item($_) || {})->{views} } @always;
    is_deeply \%got, \%want, 'each id has its own views, after all reloads';

    my %log;
    $log{$_}++ for map { /"item":\s*"([^"]+)"/ }
        grep { /"view"/ } split /\n/, $t->read_file('events.ndjson');
    is_deeply \%log, \%want, 'and the event log says the same';

    my $xsell = Xsell::repo() . '/build/xsell';
    my $out = -x $xsell
        ? `$xsell snapshot '@{[ $t->dir ]}/state/prints.snapshot' 2>&1`
        : 'good';
    like $out, qr/good/, 'the snapshot is good';

    $t->done;
}


# --- another size ----------------------------------------------------------

{
    my $t = Xsell::Shop->new(items => [ @always ])->start;

    $t->walk('i0', 'i30') for 1 .. 5;
    my $old = $t->walk('i3', 'i4');
    my $known = me($old);
    $t->learned(24) or diag 'not all learned';

    is $t->first_offer('/p/i0', 'i30'), 'i30', 'a pair is known';

    my $before = status($t);
    my $traffic = Xsell::Traffic->start($t, ids => [ @always[10 .. 20] ],
                                        clients => 1);
    my @zones = ('16m', '6m', '3m', '8m');
    my $moves = 0;

    for my $n (1 .. $reloads / 2) {
        my $zone = $zones[$n % @zones];
        my $mark = $t->mark;

        conf($t, zone => $zone, workers => 1 + $n % 2);
        $t->reload or diag "reload to $zone failed";
        $moves++ if $t->log_since($mark)
            =~ /moved \d+ items and \d+ sessions from the zone of \d+ bytes/;
    }

    is $moves, int($reloads / 2), 'zones of other sizes, each moved into';

    my $sums = $traffic->stop;
    is $sums->{failed}, 0, "none of $sums->{requests} requests failed"
        or diag join "\n", @{ $sums->{errors} };

    my $after = status($t);
    cmp_ok $after->{events}{view}, '>=', $before->{events}{view},
        'sums moved with them';
    is $t->first_offer('/p/i0', 'i30'), 'i30',
        'the pair is still offered';
    is me($old), $known, 'trap 47: a session is still known';

    $t->done;
}


# --- mistakes --------------------------------------------------------------

{
    my $t = Xsell::Shop->new(items => [ @always ], workers => 2)->start;

    $t->walk('i0', 'i30') for 1 .. 5;
    $t->learned(20) or diag 'not all learned';
    my $before = status($t);
    my $traffic = Xsell::Traffic->start($t, ids => [ @always[10 .. 20] ],
                                        clients => 1);

    my @bad = (
        [ 'a catalogue that ends in the middle', 'catalog.json',
          "[\n" . '{"id": "i0", "title": "T", "url": "/p/i0"', {} ],
        [ 'an empty catalogue', 'catalog.json', '', {} ],
        [ 'a broken template', 't/carousel.mustache',
          "<ul>\n{{#items}}<li>{{title}}</li>",
          { shop => 'templates %%DIR%%/t;' } ],
        [ 'a catalogue that does not fit', 'catalog.json',
          Xsell::Shop::catalog([ map { "x$_" } 1 .. 3000 ]),
          { zone => '1m' } ],
    );

    for my $case (@bad) {
        my ($what, $file, $text, $conf) = @$case;
        my $mark = $t->mark;

        $t->write_file($file, $text);
        conf($t, workers => 2, %$conf);
        ok !$t->reload, "trap 66: $what: refused";
        like $t->log_since($mark), qr/\[emerg\].*?(?:\Q$file\E|nginx\.conf):\d+/,
            "$what: says where";
        is $t->first_offer('/p/i0', 'i30'), 'i30',
            "$what: the old goes on";

        $t->write_file('catalog.json', Xsell::Shop::catalog([ @always ]));
    }

    conf($t, workers => 2);
    ok $t->reload, 'and is reloaded when all is well again';
    is status($t)->{catalog}, $before->{catalog} + 1,
        'refused ones count for nothing';

    my $sums = $traffic->stop;
    is $sums->{failed}, 0, "none of $sums->{requests} requests failed"
        or diag join "\n", @{ $sums->{errors} };

    $t->done(allow => qr/\[emerg\]/);
}

# the master links all filters anew while it reads a configuration: one that is
# refused in between leaves half of them to workers that are started later
{
    my $t = Xsell::Shop->new(items => [ @always ], workers => 1,
        more => 'location /file { root %%DIR%%/html; default_type text/html;
                     add_header X-Here yes; }',
        files => { 'html/file' => '0123456789' })->start;

    for my $what ('', 'no shop by that name') {
        $t->write_file('catalog.json', '') if !$what;
        conf($t, workers => 1, $what ? (server => $t->{server}
                                        . 'location /no { xsell no; }') : ());
        ok !$t->reload, "refused $what";
        conf($t, workers => 1);
        $t->write_file('catalog.json', Xsell::Shop::catalog([ @always ]));

        my ($worker) = $t->worker_pids;
        $t->kill9($worker);
        wait_for(sub { my @w = $t->worker_pids;
                       return @w == 1 && $w[0] != $worker });

        my $r = $t->get('/p/i0');
        is +(Xsell::Shop::bare($r->body))[1], 1, 'a later worker: fragments';
        $r = $t->get('/file', headers => [ [ Range => 'bytes=2-3' ] ]);
        is join(' ', $r->status, $r->header('X-Here') // 'none', $r->body),
            '206 yes 23', 'and the filters behind us';
    }

    $t->done(allow => qr/\[emerg\]|signal 9/);
}

done_testing;
