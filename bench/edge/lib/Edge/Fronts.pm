package Edge::Fronts;

# The harness's fronts, one nginx a variant, while something is done to them.

use strict;
use warnings;

use Edge::Shop qw(slurp);

use Exporter qw(import);
our @EXPORT_OK = qw(with_fronts);


# with_fronts(harness's command, names, do): calls do->({ name => { port,
# worker } }) while they run, names being those before the "-".
sub with_fronts
{
    my ($run, $names, $do) = @_;
    my $pid = open my $from, '-|', @$run, 'serve', '--only',
                   join(',', @$names)
        or die "edge: $run->[0]: $!\n";
    my (%front, $said);

    while (keys %front < @$names && defined(my $line = <$from>)) {
        $said .= $line;
        next if $line !~ m{^http://\S+?:(\d+)/\S+\s+([^\s-]+)\S*\s+pid (\d+)};

        my ($port, $name, $master) = ($1, $2, $3);
        my ($worker) = split ' ',
                       slurp("/proc/$master/task/$master/children");

        $front{$name} = { port => $port, worker => $worker };
    }

    my $ok = keys %front == @$names && eval { $do->(\%front); 1 };
    my $why = $@;

    kill TERM => $pid;
    close $from;

    die $why || "edge: the harness failed:\n" . ($said // '') if !$ok;
}


1;
