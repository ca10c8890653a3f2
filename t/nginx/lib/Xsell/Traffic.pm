package Xsell::Traffic;

# Shoppers in processes of their own, so that traffic goes on while the test
# reloads, kills and waits.
#
#     my $traffic = Xsell::Traffic->start($t, clients => 2,
#                                         ids => [ 'a' .. 'h' ]);
#     ...
#     my $sums = $traffic->stop;
#     # { requests, failed, errors => [ ... ], shown, clicked,
#     #   views => { id => n } }
#
# Options: clients, ids (of the pages /p/ID), pages of one visit (4; the items
# of a visit differ, or a refresh would be no view), pause between requests
# (0.002 s), clicks (0: share of the pages of which an offer is followed, when it
# is old enough to teach).  A page counts as failed unless it is a whole 200 of that item.
#
# Each shopper's choices follow from its number alone.

use strict;
use warnings;

use POSIX ();
use Storable ();
use Time::HiRes qw(sleep time);

use Xsell::Process qw(in_child);
use Xsell::Tools qw(slurp);

sub start {
    my ($class, $t, %o) = @_;

    my $self = bless { dir => $t->dir, pids => [], t => $t, pages => 4,
                       pause => 0.002, clients => 2, clicks => 0,
                       %o }, $class;

    unlink "$self->{dir}/traffic.end";

    for my $number (1 .. $self->{clients}) {
        my $pid = fork // die "fork: $!";

        if ($pid == 0) {
            in_child();
            eval { $self->_shop($number); 1 } or print STDERR "shopper: $@";
            POSIX::_exit(0);
        }

        push @{ $self->{pids} }, $pid;
    }

    return $self;
}

# stop: tells them to end, waits, adds up
sub stop {
    my ($self) = @_;

    my %sums = (requests => 0, failed => 0, shown => 0, clicked => 0,
                errors => [], views => {});

    open my $f, '>', "$self->{dir}/traffic.end" or die "traffic.end: $!";
    close $f;

    for my $pid (@{ $self->{pids} }) {
        local $?;
        waitpid $pid, 0;

        my $path = "$self->{dir}/traffic.$pid";
        my $one = eval { Storable::retrieve($path) }
            or do { push @{ $sums{errors} }, 'a shopper died';
                    $sums{failed}++; next };
        unlink $path;

        $sums{$_} += $one->{$_} for qw(requests failed shown clicked);
        push @{ $sums{errors} }, @{ $one->{errors} };
        $sums{views}{$_} += $one->{views}{$_} for keys %{ $one->{views} };
    }

    $self->{pids} = [];

    return \%sums;
}

sub _shop {
    my ($self, $number) = @_;

    my %sums = (requests => 0, failed => 0, shown => 0, clicked => 0,
                errors => [], views => {});
    srand $number;

    my @wanted;         # [ time, visit, address ]: sooner teaches nothing

    until (-e "$self->{dir}/traffic.end") {
        my $visit = $self->{t}->visit;
        my @ids = @{ $self->{ids} };

        for (1 .. $self->{pages}) {
            my ($id) = splice @ids, int rand @ids, 1;
            my ($by, $path) = ($visit, "/p/$id");

            if (@wanted && $wanted[0][0] < time - 0.4) {
                (undef, $by, $path) = @{ shift @wanted };
                ($id) = $path =~ m{/p/([^/?]+)};
                $sums{clicked}++;
            }

            my $r = eval { $by->get($path, timeout => 3) };
            my $why = !$r ? "no connection: $@"
                : $r->{error} ? "broken: $r->{error}"
                : $r->status != 200 ? 'status ' . $r->status
                : $r->body !~ /<h1>Item \Q$id\E<.*<\/html>\s*\z/s ? 'body'
                : '';

            $sums{requests}++;

            if ($why ne '') {
                $sums{failed}++;
                push @{ $sums{errors} }, "$id: $why" if $sums{failed} < 10;

            } else {
                $sums{views}{$id}++;
                $sums{shown}++ if $r->body =~ /<section class="xs"/;

                my @links = $self->{clicks} && rand() < $self->{clicks}
                    ? $self->{t}->links($r) : ();
                push @wanted, [ time, $by, $links[rand @links] ] if @links;
            }

            sleep $self->{pause} if $self->{pause};
        }
    }

    Storable::nstore(\%sums, "$self->{dir}/traffic.$$.new");
    rename "$self->{dir}/traffic.$$.new", "$self->{dir}/traffic.$$";

    return;
}

1;
