# Hazard: the exploration slice stays in memory, or is logged twice, without
# its probability, with another visitor's name, or before its click is in; a
# replay that stumbles over it.

use strict;
use warnings;

use lib 't/nginx/lib';

use Test::More;
use Time::HiRes ();
use Xsell;
use Xsell::Shop;

my $clock = Xsell::repo() . '/build/t/clock.so';
my $xsell = Xsell::repo() . '/build/xsell';

plan skip_all => 'no build/t/clock.so' if !-e $clock;

my $t = Xsell::Shop->new(
    items => { map { $_ => {} } 'a' .. 'j' },
    shop  => 'min_visits 2; log %%DIR%%/events.log; holdout 0%;',
    slot  => 'related after "#product" items=2',
    files => { clock => "\0" x 8 },
    wrap  => [ 'env', "LD_PRELOAD=$clock" ]);

push @{ $t->{wrap} }, 'XSELL_CLOCK=' . $t->dir . '/clock';

plan skip_all => 'a sanitizer wants to be first'
    if `$t->{nginx} -V 2>&1` =~ /-fsanitize/;

$t->start;

my $now = 0;

# time goes on by so many seconds, for all workers at once
sub leap {
    my ($s) = @_;

    $now += 1000 * $s;
    open my $fh, '+<', $t->dir . '/clock' or die "clock: $!";
    syswrite $fh, pack 'Q<', $now;
    close $fh;
    Time::HiRes::sleep(.004);
}

# a visit of one page, and a click on the first offer if it is this one
sub visit {
    my ($page, $want) = @_;

    my $v = $t->visit;
    my $r = $v->get("/p/$page");
    my ($first) = $t->offers($r);

    return if !defined $first || $first ne $want;

    leap(2);
    $v->get(($t->links($r))[0]);
}

sub tossed {
    return grep { /"type":"tossed"/ } split /\n/, $t->read_file('events.log');
}

# something must be learned before anything is tossed for
my @id = 'a' .. 'j';
visit($id[$_ % 10], 'b') for 1 .. 60;
leap(400);
ok Xsell::wait_for(sub { $t->count('learned_events_total') > 60 }, 5),
    'something was learned';

visit($id[$_ % 10], 'b') for 1 .. 300;
is scalar(grep { /"type":"click"/ } split /\n/, $t->read_file('events.log'))
    > 0, 1, 'there are clicks';
my @early = tossed();

leap(400);
ok Xsell::wait_for(sub { tossed() > @early }, 5), 'later there are tosses';
Time::HiRes::sleep(.5);             # all of them: some rounds of the learner
my @line = tossed();
cmp_ok scalar(@line), '<', 60, 'of few decisions';
diag scalar(@line), ' tosses';

my $form = qr/^\{"type":"tossed","time":\d{13},"impression":\d+,
    "session":"[0-9a-f]{16}","position":"related\ [12]","action":"[a-j]",
    "propensity":(0\.\d{6}|1\.0{6}),"reward":[01],"target":[01],
    "context":\[[-\d.,e]+\]\}$/x;

is scalar(grep { $_ !~ $form } @line), 0, 'each says all' or diag $line[0];
my %seen;
is scalar(grep { /"impression":(\d+)/ && $seen{$1}++ } @line), 0, 'once';
is scalar(grep { /"propensity":([\d.]+)/ && !($1 > .04 && $1 <= 1) } @line), 0,
    'with a probability that ten items have';

# who comes after goes on where it stopped
ok $t->reload, 'reload';
$t->walk('a');
leap(400);
$t->walk('b');
Time::HiRes::sleep(.3);
my $again = tossed();
cmp_ok $again - @line, '<=', 1, 'the next learner does not write them again';

my $out = `$xsell eval offpolicy --log @{[ $t->dir ]}/events.log 2>&1`;
like $out, qr/ips=\S+ .*rows=$again\b/s, 'the log can be valued as it is'
    or diag $out;

$out = `$xsell replay @{[ $t->dir ]}/events.log \\
    --catalog @{[ $t->dir ]}/catalog.json --state @{[ $t->dir ]}/s 2>&1`;
is $?, 0, 'and replayed' or diag $out;
like $out, qr/, 0 lines rejected/, 'without complaint' or diag $out;

$t->done;
done_testing;
