package Xsell::Upstream;

# A scripted HTTP server behind nginx: sends any bytes in any pieces with
# delays, breaks off where told, and keeps every request as it came in.
#
#     my $up = Xsell::Upstream->new({
#         '/a'    => '<html>...',                    # 200, text/html
#         '/b'    => { status => 404, headers => [ [ 'X-A' => 1 ] ],
#                      body => '...' },
#         '/c'    => { pieces => [ '<ht', 'ml>' ], gap => 0.05 },
#         '/d'    => { raw => [ "HTTP/1.1 200 OK\r\n", \0.1, ... ] },
#         '~^/p/' => sub { my ($request) = @_; return '...' },
#     });
#     $up->address                  # 127.0.0.1:port
#     $up->requests                 # what it saw, oldest first
#     $up->clear                    # forget them
#     $up->route('/a' => '...')     # from now on (no subs: they can't cross)
#
# A path is matched exactly without its arguments; `~regex` against the whole
# URI, in the order of the alphabet; '*' is the rest (404 if not given).
#
# A response, also what a sub returns:
#     a string                      body of a 200 page
#     status, headers, body         headers replace the default Content-Type
#     pieces => [ ... ]             body as separate writes; gap => seconds
#                                   between; a number reference (\0.2) is a
#                                   pause of its own; the first piece goes out
#                                   with the head ('' to send that alone)
#     framing => 'chunked'          each piece a chunk (default: 'length')
#                'close'            neither, ended by closing
#     cut => n                      close after n bytes of body
#     reset => 1                    that close is an RST, no FIN
#     delay => seconds              before the first byte
#     gzip => 1                     compress, with Content-Encoding
#     raw => [ bytes or \pause ]    nothing added; then closes
#
# A request is { method, uri, path, args, version, headers => { lower-case
# name => value }, head, body, connection => its number, time }.
#
# A process of its own, one loop over all connections: delays of one response
# hold up no other.

use strict;
use warnings;

use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(IPPROTO_TCP SOL_SOCKET SO_LINGER TCP_NODELAY);
use Storable ();
use Time::HiRes qw(sleep time);

use Xsell::Process qw(arm in_child tell_guard);
use Xsell::Tools qw(free_port);

sub new {
    my ($class, $routes, %o) = @_;

    arm();

    my $port = $o{port} || free_port();
    my $listen = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port, Proto => 'tcp',
        Listen => 511, ReuseAddr => 1, Blocking => 0,
    ) or die "upstream: port $port: $@";

    my $dir = File::Temp->newdir('xsell-up.XXXXXXXX', TMPDIR => 1);
    tell_guard("dir $dir");

    my $self = bless {
        port => $port, dir => $dir, routes => { %$routes }, seen => 0,
        later => {}, owner => $$, log => "$dir/requests",
        control => "$dir/routes",
    }, $class;

    my $parent = $$;
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        in_child();
        eval { $self->_serve($listen, $parent); 1 }
            or print STDERR "upstream: $@";
        POSIX::_exit(0);
    }

    close $listen;
    $self->{pid} = $pid;

    return $self;
}

sub port    { return $_[0]{port} }
sub address { return "127.0.0.1:$_[0]{port}" }
sub pid     { return $_[0]{pid} }

# route(path => response, ...): replace or add routes while it runs.
sub route {
    my ($self, %routes) = @_;

    $self->{later} = { %{ $self->{later} }, %routes };
    Storable::nstore($self->{later}, "$self->{control}.new");
    rename "$self->{control}.new", $self->{control} or die "route: $!";

    return $self;
}

# requests: since the start or the last clear.
sub requests {
    my ($self) = @_;

    open my $f, '<:raw', $self->{log} or return;
    seek $f, $self->{seen}, 0;

    my @requests;
    while (read($f, my $size, 4) == 4) {
        $size = unpack 'N', $size;
        last if read($f, my $record, $size) != $size;   # being written
        push @requests, Storable::thaw($record);
    }

    return @requests;
}

sub clear {
    my ($self) = @_;

    $self->{seen} = -s $self->{log} || 0;

    return;
}

sub stop {
    my ($self) = @_;

    return if !$self->{pid} || $$ != $self->{owner};

    local $?;
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
    $self->{pid} = undef;

    return;
}

sub DESTROY { $_[0]->stop }


# --- the server process ----------------------------------------------------

sub _serve {
    my ($self, $listen, $parent) = @_;

    open $self->{log_file}, '>>:raw', $self->{log} or die "$self->{log}: $!";

    my %connections;                # fileno => connection
    my $number = 0;

    while (getppid() == $parent) {
        my $read = IO::Select->new($listen);
        my $write = IO::Select->new;
        my $wait = 1;

        for my $c (values %connections) {
            $read->add($c->{socket});
            my $pause = $c->{until} - time();

            if (!@{ $c->{out} }) {
                next;
            } elsif ($pause > 0) {
                $wait = $pause if $pause < $wait;
            } else {
                $write->add($c->{socket});
            }
        }

        my ($r, $w) = IO::Select->select($read, $write, undef, $wait);

        for my $socket (@{ $r || [] }) {
            if ($socket == $listen) {
                my $new = $listen->accept or next;
                $new->blocking(0);
                setsockopt $new, IPPROTO_TCP, TCP_NODELAY, 1;
                $connections{ fileno $new } = {
                    socket => $new, in => '', out => [], until => 0,
                    number => ++$number,
                };

            } elsif (my $c = $connections{ fileno $socket }) {
                $self->_read($c);
            }
        }

        $self->_write($_)
            for grep { $_ } map { $connections{ fileno $_ } } @{ $w || [] };

        for my $key (keys %connections) {
            my $c = $connections{$key};
            next if !$c->{gone};
            setsockopt $c->{socket}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)
                if $c->{reset};
            close $c->{socket};
            delete $connections{$key};
        }
    }

    return;
}

sub _read {
    my ($self, $c) = @_;

    my $n = sysread $c->{socket}, $c->{in}, 65536, length $c->{in};

    if (!$n) {
        return if !defined $n && $!{EAGAIN};
        # a half close is no reason to hold the response back
        $c->{gone} = 1 if !defined $n || !@{ $c->{out} };
        $c->{close} = 1;
        sleep 0.001 if !$c->{gone};
        return;
    }

    while (my $request = _parse($c)) {
        $self->_answer($c, $request);
    }

    return;
}

# _parse(connection): a complete request taken from its input, or nothing.
sub _parse {
    my ($c) = @_;

    $c->{in} =~ /\A(.*?\r\n)\r\n/s or return;

    my ($head, $length) = ($1, $+[0]);
    my ($first, @lines) = split /\r\n/, $head;
    my ($method, $uri, $version) = split / /, $first;
    my %headers;

    for (@lines) {
        my ($name, $value) = split /:\s*/, $_, 2;
        $name = lc $name;
        $headers{$name} = exists $headers{$name} ? "$headers{$name}, $value"
                                                 : $value;
    }

    my $body = '';

    if (($headers{'transfer-encoding'} || '') eq 'chunked') {
        my $rest = substr $c->{in}, $length;
        my $size;
        do {
            $rest =~ s/\A([0-9a-fA-F]+)[^\n]*\n// or return;
            $size = hex $1;
            return if length $rest < $size + 2;
            $body .= substr $rest, 0, $size;
            substr $rest, 0, $size + 2, '';
        } while ($size > 0);
        $length = length($c->{in}) - length $rest;

    } elsif (my $n = $headers{'content-length'}) {
        return if length $c->{in} < $length + $n;
        $body = substr $c->{in}, $length, $n;
        $length += $n;
    }

    substr $c->{in}, 0, $length, '';
    my ($path, $args) = split /\?/, $uri, 2;

    return {
        method => $method, uri => $uri, path => $path, args => $args // '',
        version => $version =~ s{^HTTP/}{}r, headers => \%headers,
        head => $head, body => $body, connection => $c->{number},
        time => time(),
    };
}

# _answer(connection, request): record the request, queue the response.
sub _answer {
    my ($self, $c, $request) = @_;

    my $record = Storable::nfreeze($request);
    syswrite $self->{log_file}, pack('N', length $record) . $record;

    my $spec = $self->_route($request);
    $spec = $spec->($request) if ref $spec eq 'CODE';
    $spec = { body => $spec } if !ref $spec;

    my $close = lc($request->{headers}{connection} || '') eq 'close'
        || ($request->{version} eq '1.0'
            && lc($request->{headers}{connection} || '') ne 'keep-alive');

    $c->{reset} = $spec->{reset};
    push @{ $c->{out} }, \($spec->{delay}) if $spec->{delay};

    if ($spec->{raw}) {
        push @{ $c->{out} }, ref $spec->{raw} ? @{ $spec->{raw} }
                                              : $spec->{raw};
        $close = 1;

    } else {
        push @{ $c->{out} }, _format($spec, $request, \$close);
    }

    push @{ $c->{out} }, undef if $close;       # undef: close here

    return;
}

sub _route {
    my ($self, $request) = @_;

    my $changed = join ' ', (stat $self->{control})[1, 7, 9];

    if ($changed ne ($self->{changed} // '')) {
        $self->{changed} = $changed;
        my $later = eval { Storable::retrieve($self->{control}) } || {};
        $self->{routes} = { %{ $self->{routes} }, %$later };
    }

    my $routes = $self->{routes};
    return $routes->{ $request->{path} } if exists $routes->{ $request->{path} };

    for my $key (sort grep { /^~/ } keys %$routes) {
        my $regex = substr $key, 1;
        return $routes->{$key} if $request->{uri} =~ $regex;
    }

    return $routes->{'*'} // { status => 404, body => "no such page\n" };
}

# _format(response, request, \close): what to write, in pieces.
sub _format {
    my ($spec, $request, $close) = @_;

    my @pieces = $spec->{pieces} ? @{ $spec->{pieces} } : $spec->{body} // '';
    my $status = $spec->{status} || 200;
    my @headers = @{ $spec->{headers} || [] };
    my %given = map { lc $_->[0] => 1 } @headers;
    my $framing = $spec->{framing} || 'length';

    if ($spec->{gzip}) {
        require IO::Compress::Gzip;
        my $plain = join '', grep { !ref } @pieces;
        IO::Compress::Gzip::gzip(\$plain, \my $packed, -Minimal => 1);
        @pieces = $packed;
        push @headers, [ 'Content-Encoding', 'gzip' ];
    }

    unshift @headers, [ 'Content-Type', 'text/html' ]
        unless $given{'content-type'} || $status =~ /^(?:204|304)$/;

    my $length = 0;
    $length += length $_ for grep { !ref } @pieces;

    if ($status !~ /^(?:1\d\d|204|304)$/ && !$given{'content-length'}) {
        if ($framing eq 'chunked' && $request->{version} eq '1.1') {
            push @headers, [ 'Transfer-Encoding', 'chunked' ];
        } elsif ($framing eq 'length') {
            push @headers, [ 'Content-Length', $length ];
        } else {
            $framing = 'close';
            $$close = 1;
        }
    }

    push @headers, [ 'Connection', 'close' ]
        if $$close && !$given{connection};

    my $head = "HTTP/1.1 $status " . ($spec->{reason} || 'Scripted') . "\r\n"
               . join('', map { "$_->[0]: $_->[1]\r\n" } @headers) . "\r\n";

    return $head if $request->{method} eq 'HEAD'
                    || $status =~ /^(?:204|304)$/;

    if (defined $spec->{cut}) {
        @pieces = _cut($spec->{cut}, @pieces);
        $$close = 1;
    }

    if ($framing eq 'chunked') {
        @pieces = map { ref $_ || $_ eq '' ? $_
                        : sprintf("%x\r\n%s\r\n", length $_, $_) } @pieces;
        push @pieces, "0\r\n\r\n" if !defined $spec->{cut};
    }

    my $first = @pieces && !ref $pieces[0] ? shift @pieces : '';

    return ($head . $first,
            map { ($spec->{gap} ? \($spec->{gap}) : (), $_) } @pieces);
}

# _cut(n, pieces): their first n bytes.
sub _cut {
    my ($left, @pieces) = @_;

    my @kept;

    for (@pieces) {
        last if $left <= 0;
        push @kept, ref $_ ? $_ : substr $_, 0, $left;
        $left -= length $_ if !ref $_;
    }

    return @kept;
}

# _write(connection): the next bytes of its queue, up to a pause.
sub _write {
    my ($self, $c) = @_;

    while (@{ $c->{out} } && !$c->{gone}) {
        my $next = $c->{out}[0];

        if (!defined $next) {
            $c->{gone} = 1;
            return;
        }

        if (ref $next) {
            shift @{ $c->{out} };
            $c->{until} = time() + $$next;
            return;
        }

        if ($next eq '') {
            shift @{ $c->{out} };
            next;
        }

        my $n = syswrite $c->{socket}, $next;
        if (!defined $n) {
            $c->{gone} = 1 if !$!{EAGAIN};
            return;
        }
        substr $c->{out}[0], 0, $n, '';
    }

    $c->{gone} = 1 if $c->{close} && !@{ $c->{out} };

    return;
}

1;
