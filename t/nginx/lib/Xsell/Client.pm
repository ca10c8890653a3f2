package Xsell::Client;

# One connection to nginx that sees every byte and when it came.
#
#     my $c = Xsell::Client->new(port => 8080);   # or $t->client
#     $c->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
#     $c->send_pieces([ 'GE', 'T /', ... ], 0.01);
#     my $r = $c->response;                       # exactly one, parsed
#     my $raw = $c->read_all;                     # everything up to the close
#     my $r = $c->request('GET', '/p/a', headers => [ [ 'X-A' => 1 ] ]);
#
# Options of new: host, port, timeout (10 s without a byte), rcvbuf (bytes:
# a small one makes the server block), local (address to come from).
#
# Options of request: headers [ [k, v] ], cookies { } or "a=b; c=d", body
# (string, or { form }), version (1.1), host, keep (stay connected), timeout.
#
# The response checks the framing as a strict client would: its `error` is
# undef or says what was wrong (a bad chunk, a length missed, bytes after the
# end), and nothing wrong is forgiven silently.  A second parser next to the
# one of a library: libraries forgive, and core Perl's HTTP::Tiny hides bytes.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP SOL_SOCKET SO_RCVBUF TCP_NODELAY);
use Time::HiRes qw(sleep time);

use Xsell::Response;

sub new {
    my ($class, %o) = @_;

    my $socket = IO::Socket::INET->new(
        PeerAddr => $o{host} || '127.0.0.1',
        PeerPort => $o{port},
        Proto    => 'tcp',
        Timeout  => $o{timeout} || 10,
        $o{local}  ? (LocalAddr => $o{local}) : (),
        $o{rcvbuf} ? (Sockopts => [ [ SOL_SOCKET, SO_RCVBUF, $o{rcvbuf} ] ])
                   : (),
    ) or die "connect to port $o{port}: $@";

    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    binmode $socket;

    return bless {
        socket   => $socket,
        timeout  => $o{timeout} || 10,
        buffer   => '',             # received, not yet part of a response
        arrivals => [],             # [ time, bytes ] of each read
        eof      => 0,
    }, $class;
}

sub socket   { return $_[0]{socket} }
sub arrivals { return @{ $_[0]{arrivals} } }
sub eof      { return $_[0]{eof} }

sub close {
    my ($self) = @_;

    CORE::close $self->{socket} if $self->{socket};
    $self->{socket} = undef;

    return;
}

# close_write: half close, as `nc` does
sub close_write { return shutdown $_[0]{socket}, 1 }

# reset: RST instead of FIN
sub reset {
    my ($self) = @_;

    setsockopt $self->{socket}, SOL_SOCKET, Socket::SO_LINGER(),
               pack('ii', 1, 0);
    $self->close;

    return;
}

# send(bytes): all of them; false if the peer has closed or takes no more.
sub send {
    my ($self, $bytes) = @_;

    my $select = IO::Select->new($self->{socket});
    my $sent = 0;

    while ($sent < length $bytes) {
        return 0 if !$select->can_write($self->{timeout});
        my $n = syswrite $self->{socket}, $bytes, length($bytes) - $sent, $sent;
        return 0 if !defined $n;
        $sent += $n;
    }

    return 1;
}

# send_pieces([ pieces ], seconds between them)
sub send_pieces {
    my ($self, $pieces, $gap) = @_;

    for my $piece (@$pieces) {
        return 0 if !$self->send($piece);
        sleep $gap if $gap;
    }

    return 1;
}

# fill(seconds): one read into the buffer; false at the end or at a timeout.
sub fill {
    my ($self, $timeout) = @_;

    return 0 if $self->{eof} || !$self->{socket};
    $timeout //= $self->{timeout};
    return 0 if !IO::Select->new($self->{socket})->can_read($timeout);

    my $n = sysread $self->{socket}, my $bytes, 65536;
    if (!$n) {
        $self->{eof} = 1;
        return 0;
    }

    push @{ $self->{arrivals} }, [ time(), $bytes ];
    $self->{buffer} .= $bytes;

    return $n;
}

# read_all: what comes until the server closes (or a timeout).
sub read_all {
    my ($self, $timeout) = @_;

    1 while $self->fill($timeout);

    return $self->take(length $self->{buffer});
}

# read_until(regex): received bytes once they match; undef if they never do.
sub read_until {
    my ($self, $regex, $timeout) = @_;

    while ($self->{buffer} !~ $regex) {
        return if !$self->fill($timeout);
    }

    return $self->{buffer};
}

# take(n): remove and return n bytes of the buffer.
sub take {
    my ($self, $n) = @_;

    return substr $self->{buffer}, 0, $n, '';
}

# response(method): read and parse exactly one.
sub response {
    my ($self, $method) = @_;

    return Xsell::Response->read($self, $method || 'GET');
}

# request(method, path, %options): one round trip.
sub request {
    my ($self, $method, $path, %o) = @_;

    $self->{timeout} = $o{timeout} if $o{timeout};
    my $start = time();
    $self->send(format_request($method, $path, %o));

    my $r = $self->response($method);
    $r->{seconds} = time() - $start;

    if (!$o{keep}) {
        # the server closes: nothing may follow
        my $rest = $r->{error} ? '' : $self->read_all;
        $r->{error} = 'bytes after the response' if $rest ne '';
        $self->close;
    }

    return $r;
}

# pipeline([path, %options], ...): all in one write.
sub pipeline {
    my ($self, @requests) = @_;

    $self->send(join '', map {
        my ($path, %o) = @$_;
        format_request($o{method} || 'GET', $path, keep => 1, %o);
    } @requests);

    return map { my (undef, %o) = @$_; $self->response($o{method}) } @requests;
}

# format_request(method, path, %options): its bytes.
sub format_request {
    my ($method, $path, %o) = @_;

    my $version = $o{version} || '1.1';
    my @headers = @{ $o{headers} || [] };
    my %given = map { lc $_->[0] => 1 } @headers;
    my $body = $o{body};

    if (ref $body) {
        $body = form($body);
        push @headers, [ 'Content-Type', 'application/x-www-form-urlencoded' ]
            unless $given{'content-type'};
    }

    my $cookies = $o{cookies};
    $cookies = join '; ', map { "$_=$cookies->{$_}" } sort keys %$cookies
        if ref $cookies;

    unshift @headers, [ 'Host', $o{host} || 'localhost' ]
        unless $given{host} || ($version eq '1.0' && !$o{host});
    push @headers, [ 'Cookie', $cookies ]
        if defined $cookies && $cookies ne '';
    push @headers, [ 'Content-Length', length $body ]
        if defined $body && !$given{'content-length'}
           && !$given{'transfer-encoding'};
    push @headers, [ 'Connection', $o{keep} ? 'keep-alive' : 'close' ]
        unless $given{connection} || ($o{keep} && $version eq '1.1');

    return "$method $path HTTP/$version\r\n"
           . join('', map { "$_->[0]: $_->[1]\r\n" } @headers)
           . "\r\n" . ($body // '');
}

# form({ name => value or [ values ] }): urlencoded, sorted by name.
sub form {
    my ($form) = @_;

    my $encode = sub {
        my ($s) = @_;
        utf8::encode($s) if utf8::is_utf8($s);
        $s =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ge;
        return $s;
    };

    return join '&', map {
        my $name = $_;
        map { $encode->($name) . '=' . $encode->($_) }
            ref $form->{$name} ? @{ $form->{$name} } : $form->{$name};
    } sort keys %$form;
}

1;
