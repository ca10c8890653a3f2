package Explain;

# What each source would offer next to a product, and why, for a page of its
# own (/explain/ID): the offers themselves, by the command `xsell` on the
# shop's snapshot, and beside them three sources alone:
#
#   words    `xsell catalog --item`: titles and categories that are alike
#   pairs    counted here, in the invoices: so the offers' reason "bought" can
#            be checked against something that xsell did not compute
#   visits   `xsell recommend` on another snapshot, made of the same invoices
#            told as visits; the demo has no other visits of that many people
#
# A page costs a few hundredths of a second and is made when it is asked for.

use strict;
use warnings;

use JSON::PP;

my $MOST = 8;


sub command                             # its output
{
    my (@command) = @_;
    my $pid = open(my $out, '-|') // return '';

    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec { $command[0] } @command;
        exit 127;
    }

    local $/;

    return scalar(<$out>) // '';
}


sub recommended                         # [id, reason, score] ...
{
    my ($shop, $snapshot, $id) = @_;
    my @rows;

    return if !-e $snapshot;

    for (split /\n/, command($ENV{XSELL}, 'recommend', '--catalog',
            "$shop->{folder}/catalog.json", '--state', $snapshot, '--items',
            $MOST, '--item', $id))
    {
        push @rows, [$3, $2, $1] if /^ +\d+ +(-?[\d.]+) +(\w+) +(\S+) /;
    }

    return @rows;
}


sub alike                               # [id, likeness] ...
{
    my ($shop, $id) = @_;
    my $answer = eval { decode_json(command($ENV{XSELL}, 'catalog', '--json',
            '--item', $id, "$shop->{folder}/catalog.json")) } || {};
    my @rows = map { [$_->{id}, $_->{likeness}] } @{ $answer->{similar} || [] };

    return splice @rows, 0, $MOST;
}


# the invoices that have it, those with another, and how much more often than
# if people bought at random

sub counted
{
    my ($shop, $id) = @_;
    my ($all, $mine, %with, %of) = (0, 0);

    open my $in, '<', "$shop->{folder}/baskets.txt" or return {};

    while (<$in>) {
        my @codes = split;
        my $has = 0;

        $all++;
        for (@codes) {
            $of{$_}++;
            $has = 1 if $_ eq $id;
        }

        next if !$has;
        $mine++;
        $with{$_}++ for @codes;
    }

    delete $with{$id};

    my %lift = map { $_ => $with{$_} * $all / ($mine * $of{$_}) } keys %with;

    return { mine => $mine, with => \%with, lift => \%lift };
}


sub together                            # [id, invoices, lift] ...
{
    my ($counted) = @_;
    my ($with, $lift) = @$counted{'with', 'lift'};
    my %worth = map { $_ => $with->{$_} * log($lift->{$_}) } keys %$with;
    my @ids = sort { $worth{$b} <=> $worth{$a} || $a cmp $b } keys %worth;

    return map { [$_, $with->{$_}, $lift->{$_}] }
        splice @ids, 0, $MOST;
}


sub of
{
    my ($shop, $id) = @_;
    my $counted = counted($shop, $id);

    return {
        counted => $counted,
        offered => [recommended($shop, $ENV{XSELL_STATE}, $id)],
        alike => [alike($shop, $id)],
        together => [together($counted)],
        visits => [recommended($shop, "$shop->{folder}/visits.snapshot",
            $id)],
    };
}

1;
