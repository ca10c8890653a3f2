package Xsell::H2;

# A small HTTP/2 client that a test can be strict with: it sees each frame,
# takes as few bytes as it wants (its windows are its own), and knows a stream
# that was ended from one that was broken off.  Libraries hide all three.
#
#     my $h = Xsell::H2->new(port => $t->port(3), window => 100);
#     my $id = $h->get('/p/a', 'user-agent' => 'x');
#     my $s = $h->stream($id);    # reads until that one is done
#     # { status, body, headers => { ... }, ended, reset => code or undef }
#     $h->goaway                  # the code of a GOAWAY, or undef
#
# Options of new: port, window (65535: of each stream; more is allowed as the
# bytes are read), timeout (10 s without a byte), grow (1: 0 allows no more
# than the first window).
#
# Headers are sent as literals, and those received are read as nginx writes
# them: no dynamic table (it never uses one), Huffman coded values are left
# out of `headers`.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;

# the static table's names that nginx answers with, and its statuses
my @STATUS = (200, 204, 206, 304, 400, 404, 500);
my %NAME = (8 => ':status', 28 => 'content-length', 31 => 'content-type',
            44 => 'last-modified', 46 => 'location', 54 => 'server',
            59 => 'vary', 33 => 'date');

sub new {
    my ($class, %o) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $o{port}, Proto => 'tcp',
    ) or die "connect to port $o{port}: $@";
    binmode $socket;

    my $self = bless {
        socket => $socket, in => '', next => 1, streams => {},
        window => $o{window} || 65535, timeout => $o{timeout} || 10,
        grow => $o{grow} // 1, eof => 0,
    }, $class;

    # SETTINGS: no push, initial window
    $self->_write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        . _frame(4, 0, 0, pack('nNnN', 2, 0, 4, $self->{window}))
        . _frame(8, 0, 0, pack('N', 1 << 30)));

    return $self;
}

sub goaway { return $_[0]{goaway} }

sub _frame {
    my ($type, $flags, $id, $bytes) = @_;

    return substr(pack('N', length $bytes), 1) . pack('CCN', $type, $flags, $id)
           . $bytes;
}

sub _write {
    my ($self, $bytes) = @_;

    while ($bytes ne '') {
        my $n = syswrite $self->{socket}, $bytes or return 0;
        substr $bytes, 0, $n, '';
    }

    return 1;
}

sub _literal {
    my ($name, $value) = @_;

    my $length = sub {
        my $n = length $_[0];
        return pack 'C', $n if $n < 127;
        my $out = pack 'C', 127;
        for ($n -= 127; $n > 127; $n >>= 7) {
            $out .= pack 'C', 128 | $n & 127;
        }
        return $out . pack 'C', $n;
    };

    return "\0" . $length->($name) . $name . $length->($value) . $value;
}

# get(path, name => value, ...): the number of its stream
sub get {
    my ($self, $path, @headers) = @_;

    return $self->request('GET', $path, undef, @headers);
}

# request(method, path, body, name => value, ...)
sub request {
    my ($self, $method, $path, $body, @headers) = @_;

    my $id = $self->{next};
    $self->{next} += 2;

    my $block = _literal(':method', $method) . _literal(':path', $path)
        . _literal(':scheme', 'http') . _literal(':authority', 'localhost');
    while (my ($name, $value) = splice @headers, 0, 2) {
        $block .= _literal($name, $value);
    }

    $self->{streams}{$id} = { body => '', headers => {}, data => [] };
    $self->_write(_frame(1, 4 | (defined $body ? 0 : 1), $id, $block)
        . (defined $body ? _frame(0, 1, $id, $body) : ''));

    return $id;
}

# allow(stream, n): n more bytes
sub allow {
    my ($self, $id, $n) = @_;

    return $self->_write(_frame(8, 0, $id, pack 'N', $n));
}

# cancel(stream): RST_STREAM
sub cancel { return $_[0]->_write(_frame(3, 0, $_[1], pack 'N', 8)) }

sub close {
    my ($self) = @_;

    CORE::close $self->{socket};

    return;
}

# stream(id): what came of it, complete or not
sub stream {
    my ($self, $id) = @_;

    my $s = $self->{streams}{$id};

    1 while !$s->{ended} && !defined $s->{reset} && $self->step;

    return $s;
}

# step(seconds): one frame; false if none came
sub step {
    my ($self, $timeout) = @_;

    my $head = $self->_take(9, $timeout) or return 0;
    my ($high, $low, $type, $flags, $id) = unpack 'CnCCN', $head;
    my $bytes = $self->_take($high << 16 | $low, $timeout) // return 0;
    my $s = $self->{streams}{ $id & 0x7fffffff } || {};

    if ($type == 0) {
        $s->{body} .= $bytes;
        push @{ $s->{data} }, length $bytes;
        $self->_write(_frame(8, 0, $id, pack 'N', length $bytes))
            if $self->{grow} && length $bytes && !($flags & 1);

    } elsif ($type == 1 || $type == 9) {
        $s->{block} .= $bytes;
        _headers($s) if $flags & 4;

    } elsif ($type == 3) {
        $s->{reset} = unpack 'N', $bytes;

    } elsif ($type == 4 && !($flags & 1)) {
        $self->_write(_frame(4, 1, 0, ''));

    } elsif ($type == 6 && !($flags & 1)) {
        $self->_write(_frame(6, 1, 0, $bytes));

    } elsif ($type == 7) {
        (undef, $self->{goaway}) = unpack 'NN', $bytes;
    }

    $s->{ended} = 1 if $type <= 1 && $flags & 1;

    return 1;
}

sub _take {
    my ($self, $n, $timeout) = @_;

    while (length $self->{in} < $n) {
        return if $self->{eof};
        return if !IO::Select->new($self->{socket})
                             ->can_read($timeout // $self->{timeout});
        if (!sysread $self->{socket}, $self->{in}, 65536, length $self->{in}) {
            $self->{eof} = 1;
        }
    }

    return substr $self->{in}, 0, $n, '';
}

# a block of literals as nginx writes them
sub _headers {
    my ($s) = @_;

    my $block = delete $s->{block};
    my $at = 0;
    my $number = sub {
        my ($bits) = @_;
        my $max = (1 << $bits) - 1;
        my $n = ord(substr $block, $at++, 1) & $max;
        return $n if $n < $max;
        for (my $shift = 0; $at < length $block; $shift += 7) {
            my $byte = ord substr $block, $at++, 1;
            $n += ($byte & 127) << $shift;
            last if $byte < 128;
        }
        return $n;
    };
    my $string = sub {
        my $huffman = ord(substr $block, $at, 1) & 128;
        my $n = $number->(7);
        my $text = substr $block, $at, $n;
        $at += $n;
        return $huffman ? undef : $text;
    };

    while ($at < length $block) {
        my $first = ord substr $block, $at, 1;

        if ($first & 0x80) {
            my $n = $number->(7);
            $s->{status} = $STATUS[$n - 8] if $n >= 8 && $n <= 14;
            next;
        }

        if (($first & 0xe0) == 0x20) {          # size of the table
            $number->(5);
            next;
        }

        my $n = $number->($first & 0x40 ? 6 : 4);
        my $name = $n ? $NAME{$n} // "#$n" : $string->() // '?';
        my $value = $string->() // next;

        $s->{status} = $value if $name eq ':status';
        push @{ $s->{headers}{$name} }, $value;
    }

    return;
}

1;
