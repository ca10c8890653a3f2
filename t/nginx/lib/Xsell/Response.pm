package Xsell::Response;

# One HTTP/1.x response, read from an Xsell::Client and checked.
#
#     $r->status  $r->reason  $r->version
#     $r->header('ETag')      the first value, or undef
#     $r->all('Set-Cookie')   every value, in order
#     $r->headers             [ [name, value], ... ] as received
#     $r->body                chunks joined; the bytes received if cut short
#     $r->json                the body decoded
#     $r->chunks              sizes of the chunks
#     $r->error               undef, or what was wrong with the framing
#     $r->complete            all of it came: no error, not cut short
#     $r->interim             status lines of 1xx responses before it
#     $r->raw                 every byte of it
#     $r->cookies             { name => { value, attributes } } of Set-Cookie
#     $r->seconds             duration of the round trip

use strict;
use warnings;

sub status   { return $_[0]{status} }
sub reason   { return $_[0]{reason} }
sub version  { return $_[0]{version} }
sub headers  { return $_[0]{headers} }
sub body     { return $_[0]{body} }
sub chunks   { return @{ $_[0]{chunks} } }
sub error    { return $_[0]{error} }
sub complete { return !defined $_[0]{error} }
sub interim  { return @{ $_[0]{interim} } }
sub raw      { return $_[0]{raw} }
sub seconds  { return $_[0]{seconds} }
sub trailers { return $_[0]{trailers} }

sub all {
    my ($self, $name) = @_;

    return map { $_->[1] } grep { lc $_->[0] eq lc $name }
           @{ $self->{headers} };
}

sub header {
    my ($self, $name) = @_;

    return ($self->all($name))[0];
}

sub json {
    my ($self) = @_;

    require JSON::PP;

    return JSON::PP->new->utf8->allow_nonref->decode($self->{body});
}

sub cookies {
    my ($self) = @_;

    my %cookies;

    for ($self->all('Set-Cookie')) {
        my ($pair, @attributes) = split /\s*;\s*/;
        my ($name, $value) = split /=/, $pair, 2;
        $cookies{$name} = { value => $value, map {
            my ($k, $v) = split /=/, $_, 2;
            (lc $k => $v // 1);
        } @attributes };
    }

    return \%cookies;
}

# read(client, method): never dies on what the server sent.
sub read {
    my ($class, $client, $method) = @_;

    my $self = bless {
        status => 0, reason => '', version => '', headers => [], body => '',
        chunks => [], interim => [], raw => '', trailers => [],
    }, $class;

    eval {
        $self->_head($client);
        $self->_body($client, $method);
        1;
    } or do {
        chomp(my $error = $@);
        $self->{error} = $error;
    };

    return $self;
}

sub _head {
    my ($self, $client) = @_;

    while (1) {
        my $head = $self->_line($client, qr/\A.*?\r?\n\r?\n/s, 'header');
        my ($first, @lines) = split /\r?\n/, $head;

        $first =~ m{^HTTP/(\d\.\d) (\d{3})(?: (.*))?$}
            or die "bad status line: $first\n";
        ($self->{version}, $self->{status}, $self->{reason}) = ($1, $2, $3);

        $self->{headers} = [ map {
            /^([!#\$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/
                or die "bad header line: $_\n";
            [ $1, $2 ];
        } @lines ];

        last if $self->{status} >= 200 || $self->{status} == 101;
        push @{ $self->{interim} }, $first;
    }

    return;
}

sub _body {
    my ($self, $client, $method) = @_;

    my @length = $self->all('Content-Length');
    my $coding = $self->header('Transfer-Encoding');

    die "both Content-Length and Transfer-Encoding\n" if @length && $coding;
    die "two Content-Length\n" if @length > 1;
    die "bad Content-Length: $length[0]\n"
        if @length && $length[0] !~ /^\d+$/;

    return if $method eq 'HEAD' || $self->{status} =~ /^(?:101|204|304)$/;

    if (defined $coding) {
        die "unknown Transfer-Encoding: $coding\n" if lc $coding ne 'chunked';
        die "chunked in HTTP/$self->{version}\n" if $self->{version} ne '1.1';
        $self->_chunked($client);

    } elsif (@length) {
        $self->{body} = $self->_bytes($client, $length[0], 'body');

    } else {
        1 while $client->fill;
        $self->{body} = $self->_bytes($client, length $client->{buffer}, '');
        die "no end within the timeout\n" if !$client->eof;
    }

    return;
}

sub _chunked {
    my ($self, $client) = @_;

    while (1) {
        my $line = $self->_line($client, qr/\A.*?\n/s, 'chunk size');
        $line =~ /^([0-9a-fA-F]{1,15})(?:;[^\r\n]*)?\r\n$/
            or die "bad chunk size: $line\n";

        my $size = hex $1;
        last if $size == 0;

        push @{ $self->{chunks} }, $size;
        $self->{body} .= $self->_bytes($client, $size, 'chunk');
        die "chunk does not end in CRLF\n"
            if $self->_bytes($client, 2, 'end of chunk') ne "\r\n";
    }

    my $end = $self->_line($client, qr/\A(?:[^\r\n]+\r\n)*\r\n/, 'last chunk');
    $self->{trailers} = [ map { [ split /:\s*/, $_, 2 ] }
                          grep { $_ ne '' } split /\r\n/, $end ];

    return;
}

# _line(client, regex): the matching front of the buffer, removed from it.
sub _line {
    my ($self, $client, $regex, $what) = @_;

    my $buffer = $client->read_until($regex);
    if (!defined $buffer) {
        my $got = length $client->{buffer};
        $self->{raw} .= $client->take($got);
        die(($client->eof ? 'closed' : 'timeout') . " in $what\n");
    }

    $buffer =~ $regex;
    my $bytes = $client->take($+[0]);
    $self->{raw} .= $bytes;

    return $bytes;
}

# _bytes(client, n, what): n bytes; if they don't come, it dies, and what came
# of the body is kept.
sub _bytes {
    my ($self, $client, $n, $what) = @_;

    1 while length $client->{buffer} < $n && $client->fill;

    my $bytes = $client->take($n);
    $self->{raw} .= $bytes;

    if (length $bytes < $n) {
        $self->{body} .= $bytes if $what ne 'end of chunk';
        die(($client->eof ? 'closed' : 'timeout') . " in $what\n");
    }

    return $bytes;
}

1;
