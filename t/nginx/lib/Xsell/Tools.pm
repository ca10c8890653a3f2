package Xsell::Tools;

# Small helpers that know nothing of nginx: waiting, files, ports, a country
# database, Prometheus text.

use strict;
use warnings;

use IO::Socket::INET;
use Time::HiRes qw(sleep time);

use Exporter qw(import);
our @EXPORT_OK = qw(wait_for slurp free_port have_mmdb write_mmdb
                    parse_metrics);

our $TIMEOUT = 15;              # seconds for any single wait

my %claims;                     # port => the socket that claims it

# The file from an offset on; nothing if it is not there.
sub slurp {
    my ($path, $offset) = @_;

    open my $f, '<:raw', $path or return '';
    seek $f, $offset, 0 if $offset;
    local $/;

    return <$f> // '';
}

# wait_for(sub, seconds): poll until it returns true; that value or nothing.
sub wait_for {
    my ($sub, $timeout) = @_;

    my $end = time() + ($timeout || $TIMEOUT);
    my $pause = 0.002;

    while (1) {
        my $got = $sub->();
        return $got if $got;
        return if time() > $end;
        sleep $pause;
        $pause *= 1.5 if $pause < 0.05;
    }
}

# A free port outside the kernel's range for outgoing connections.  The claim
# is a UDP socket on the same number, held to the end of the process: so two
# tests that run at the same time never pick the same one.
sub free_port {
    for (1 .. 500) {
        my $port = 10240 + int rand 22000;
        next if $claims{$port};

        my %at = (LocalAddr => '127.0.0.1', LocalPort => $port);
        my $claim = IO::Socket::INET->new(%at, Proto => 'udp') or next;
        my $probe = IO::Socket::INET->new(%at, Proto => 'tcp', Listen => 1,
                                          ReuseAddr => 1) or next;
        close $probe;
        $claims{$port} = $claim;

        return $port;
    }

    die "no free port";
}

sub have_mmdb {
    return eval { require MaxMind::DB::Writer::Tree; 1 };
}

# write_mmdb(path, { '1.2.3.0/24' => { country => { iso_code => 'DE' } } },
# database type): types follow the values.  False if MaxMind::DB::Writer is
# not installed.
sub write_mmdb {
    my ($path, $networks, $type) = @_;

    return 0 if !have_mmdb();

    my %types;
    my $learn;
    $learn = sub {
        my ($data) = @_;
        for my $key (keys %$data) {
            my $v = $data->{$key};
            my $of = ref $v eq 'ARRAY' && ref $v->[0] ? 'map' : 'utf8_string';
            $types{$key} = ref $v eq 'HASH'     ? 'map'
                         : ref $v eq 'ARRAY'    ? [ 'array', $of ]
                         : $v =~ /^\d{1,9}$/    ? 'uint32'
                         :                        'utf8_string';
            $learn->($_) for ref $v eq 'HASH' ? $v : $of eq 'map' ? @$v : ();
        }
    };
    $learn->($_) for values %$networks;

    my $tree = MaxMind::DB::Writer::Tree->new(
        ip_version               => 6,
        record_size              => 24,
        database_type            => $type || 'Test-Country',
        languages                => ['en'],
        description              => { en => 'written by a test' },
        map_key_type_callback    => sub { $types{ $_[0] } },
        remove_reserved_networks => 0,
    );

    $tree->insert_network($_, $networks->{$_}) for sort keys %$networks;

    open my $f, '>:raw', $path or die "$path: $!";
    $tree->write_tree($f);
    close $f or die "$path: $!";

    return 1;
}

# parse_metrics(text): { 'name{a="b",c="d"}' => number }, labels sorted by
# name; dies on what is no sample, and on one given twice.
sub parse_metrics {
    my ($text) = @_;

    my $label = qr/[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*"/;
    my %m;

    for (split /\n/, $text) {
        next if /^\s*(?:#|$)/;
        /^([a-zA-Z_:][\w:]*)(?:\{((?:$label,?)*)\})?\s+(\S+)(?:\s+-?\d+)?$/
            or die "metrics: not a sample: $_";

        my ($name, $labels, $value) = ($1, $2, $3);
        my $key = join ',', sort(($labels // '') =~ /($label)/g);
        $key = $key eq '' ? $name : "$name\{$key}";
        die "metrics: twice: $key" if exists $m{$key};
        $m{$key} = $value =~ /^([+-]?)Inf$/ ? "${1}inf" + 0 : $value;
    }

    return \%m;
}

1;
