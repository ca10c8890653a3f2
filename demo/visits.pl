#!/usr/bin/perl

# Plays visits to the demo shop: visits.pl PORT SHOP_JSON VISITS [SEED]
#
# A visitor has taste: one or two styles and a palette.  Most look around for
# what fits, some follow an offer that fits, some buy.  What fits goes across
# styles (FRIENDS below and the palette), which no category says: if the
# offers find it, they have learned it from the visits.  Who comes by phone is in
# a hurry, and leaves when a page ends with one more panel: that is there to be
# found, too.
#
# A few children share the visits; each is a plain HTTP client with cookies.
# Prints a line of progress, and at the end what happened.

use strict;
use warnings;

use HTTP::Tiny;
use JSON::PP;
use Time::HiRes qw(sleep time);

my $CHILDREN = 40;                      # each waits most of the time
my $CLICK_S = 0.32;                     # faster clicks count, teach nothing

my %FRIENDS = (
    bauhaus => 'suprematism', suprematism => 'opart', opart => 'bauhaus',
    colourfield => 'dunes', dunes => 'waves', waves => 'colourfield',
    botanical => 'midcentury', midcentury => 'botanical',
    inkwash => 'nightsky', nightsky => 'inkwash',
    cityscape => 'mosaic', mosaic => 'cityscape',
);


# ---- a browser -----------------------------------------------------------

sub browser
{
    my ($base, %more) = @_;

    my $agent = $more{phone}
        ? 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like '
            . 'Gecko) Chrome/126.0.0.0 Mobile Safari/537.36'
        : 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like '
            . 'Gecko) Chrome/126.0.0.0 Safari/537.36';

    return { base => $base, cookie => {}, path => '/', %more,
        http => HTTP::Tiny->new(keep_alive => 1, max_redirect => 0,
            timeout => 10, agent => $agent) };
}


sub fetch
{
    my ($b, $method, $path, $form) = @_;
    my %h = (accept => 'text/html', 'accept-language' => 'en',
        referer => "$b->{base}$b->{path}",
        'sec-fetch-mode' => 'navigate', 'sec-fetch-dest' => 'document',
        'sec-fetch-site' => 'same-origin');
    my $cookies = join '; ', map { "$_=$b->{cookie}{$_}" }
        sort keys %{ $b->{cookie} };

    $h{cookie} = $cookies if $cookies ne '';
    $h{'sec-gpc'} = 1 if $b->{gpc};

    my $r;

    if ($form) {
        $h{'content-type'} = 'application/x-www-form-urlencoded';
        $r = $b->{http}->request($method, "$b->{base}$path",
            { headers => \%h, content => join '&', map { "$_=$form->{$_}" }
                sort keys %$form });
    } else {
        $r = $b->{http}->request($method, "$b->{base}$path",
            { headers => \%h });
    }

    my $set = $r->{headers}{'set-cookie'};

    for (!defined $set ? () : ref $set ? @$set : $set) {
        my ($k, $v, $rest) = /^([^=;]+)=([^;]*)(.*)/ or next;

        if ($rest =~ /max-age=0|expires=Thu, 01.Jan.1970/i || $v eq '') {
            delete $b->{cookie}{$k};
        } else {
            $b->{cookie}{$k} = $v;
        }
    }

    if ($r->{status} == 303) {
        return fetch($b, 'GET', $r->{headers}{location}
                =~ s{^https?://[^/]+}{}r);
    }

    $b->{path} = $path;
    $b->{sum}{pages}++;
    $b->{sum}{failed}++ if $r->{status} != 200;

    return $r->{content};
}


sub offers                              # of a page: [item, link] in order
{
    my ($html) = @_;
    my @o;

    while ($html =~ /data-xsell-item="([^"]+)".*?href="([^"]+)"/gs) {
        my ($item, $link) = ($1, $2);

        $link =~ s/&amp;/&/g;
        push @o, [$item, $link];
    }

    return @o;
}


# ---- a visitor -----------------------------------------------------------

sub weighted
{
    my ($list, $weight) = @_;
    my $sum = 0;

    $sum += $weight->($_) for @$list;

    my $x = rand $sum;

    for (@$list) {
        $x -= $weight->($_);
        return $_ if $x < 0;
    }

    return $list->[-1];
}


sub fits                                # 0 .. 1
{
    my ($v, $item) = @_;
    my $style = $item->{section} eq $v->{style} ? 1
        : $item->{section} eq $v->{friend} ? 0.8 : 0.04;

    return $style * ($item->{palette} eq $v->{palette} ? 1 : 0.22);
}


sub visitor
{
    my ($shop) = @_;
    my @styles = map { $_->{slug} } @{ $shop->{sections} };
    my $first = weighted(\@styles, sub { 1 + ($_[0] =~ /^[bimw]/) });
    my @palettes = sort keys %{ $shop->{palettes} };

    return { style => $first, friend => $FRIENDS{$first},
        palette => $palettes[rand @palettes] };
}


sub visit
{
    my ($shop, $by_id, $base, $sum) = @_;
    my $v = visitor($shop);
    my $phone = rand() < 0.3;
    my $b = browser($base, sum => $sum, gpc => rand() < 0.04,
        phone => $phone);
    my @seen;
    my $patience = 3 + int(rand 5) + (rand() < 0.3 ? 4 : 0);

    $b->{cookie}{cookie_consent} = rand() < 0.88 ? 'yes' : 'no';
    $sum->{visits}++;
    fetch($b, 'GET', rand() < 0.5 ? '/' : "/style/$v->{style}");

    my $next = weighted($shop->{items}, sub { fits($v, $_[0]) });
    my $link = "/p/$next->{id}";

    while ($patience-- > 0 && $next) {
        my $html = fetch($b, 'GET', $link);
        my @o = offers($html);
        my %seen = map { $_->{id} => 1 } @seen, $next;

        push @seen, $next;
        $sum->{shown}++ if @o;
        return if $phone && $html =~ /data-xsell-slot="story"/
            && rand() < 0.4;
        undef $next;

        for my $k (0 .. $#o) {
            my $item = $by_id->{ $o[$k][0] } or next;

            if (!$seen{ $item->{id} }
                && rand() < 0.5 * fits($v, $item) * (1 - $k / 12))
            {
                sleep $CLICK_S;
                ($next, $link) = ($item, $o[$k][1]);
                $sum->{clicks}++ if $patience > 0;      # else the visit ends
                last;
            }
        }

        if (!$next) {
            $next = weighted($shop->{items}, sub {
                $seen{ $_[0]{id} } ? 0 : 0.002 + fits($v, $_[0]) });
            $link = "/p/$next->{id}";
        }
    }

    my @want = grep { $_->{available} && fits($v, $_) > 0.5 } @seen;

    return if !@want || rand() > 0.5;

    for my $item (@want[0 .. ($#want > 2 ? 2 : $#want)]) {
        fetch($b, 'POST', '/cart/add', { sku => $item->{id} });
        $sum->{carts}++;
    }

    if (rand() < 0.75) {
        fetch($b, 'GET', '/checkout');
        fetch($b, 'POST', '/checkout/thanks', {});
        $sum->{orders}++;
    }
}


# ---- all of them ---------------------------------------------------------

sub play                                # in a child: sums go up the pipe
{
    my ($shop, $base, $n, $seed, $out) = @_;
    my %by_id = map { $_->{id} => $_ } @{ $shop->{items} };
    my %sum;

    srand $seed;
    $out->autoflush(1);

    for (1 .. $n) {
        visit($shop, \%by_id, $base, \%sum);
        print $out encode_json(\%sum), "\n";
    }
}


my ($port, $file, $visits, $seed) = @ARGV;

die "usage: visits.pl PORT SHOP_JSON VISITS [SEED]\n" if !defined $visits;
require IO::Handle;

my $shop = do {
    open my $fh, '<', $file or die "$file: $!\n";
    local $/;
    decode_json(<$fh>);
};
my $started = time;
my (@children, %last);

for my $c (1 .. $CHILDREN) {
    pipe my $in, my $out or die "pipe: $!\n";

    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        close $in;
        play($shop, "http://127.0.0.1:$port",
            int($visits / $CHILDREN) + ($c <= $visits % $CHILDREN),
            ($seed // 1) * 1000 + $c, $out);
        exit 0;
    }

    close $out;
    push @children, { pid => $pid, in => $in };
}

require IO::Select;

my $select = IO::Select->new(map { $_->{in} } @children);
my %buf;
my $sum = sub {
    my ($key) = @_;
    my $n = 0;

    $n += $_->{$key} // 0 for values %last;

    return $n;
};
my $shown = 0;

$| = 1;

while ($select->count) {
    for my $in ($select->can_read(1)) {
        my $n = sysread $in, $buf{$in}, 65536, length($buf{$in} // '');

        if (!$n) {
            $select->remove($in);
            next;
        }

        my @lines = split /\n/, $buf{$in}, -1;

        $buf{$in} = pop @lines;
        $last{$in} = decode_json($lines[-1]) if @lines;
    }

    if (-t STDOUT && time - $shown > 0.25) {
        $shown = time;
        printf "\r  %d of %d visits, %d pages, %d clicks ", $sum->('visits'),
            $visits, $sum->('pages'), $sum->('clicks');
    }
}

waitpid $_->{pid}, 0 for @children;

printf "%s  %d visits in %.0f s: %d pages, %d with offers, %d clicks, %d in "
    . "carts, %d orders%s\n", -t STDOUT ? "\r" : '', $sum->('visits'),
    time - $started, $sum->('pages'), $sum->('shown'), $sum->('clicks'),
    $sum->('carts'), $sum->('orders'),
    $sum->('failed') ? ', ' . $sum->('failed') . ' failed' : '';

exit($sum->('failed') ? 1 : 0);
