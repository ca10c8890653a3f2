package Xsell::Visit;

# One visitor: a cookie jar around the requests of an Xsell instance.
#
#     my $visit = $t->visit(headers => [ [ 'User-Agent' => 'Mozilla/5.0' ] ]);
#     $visit->get('/p/a');            # stores Set-Cookie, sends it back
#     $visit->post('/cart/add', { sku => 'b' });
#     $visit->cookies                 # { name => value }
#     $visit->cookie('xs_s')          # one value, or undef
#     $visit->set('consent', 'yes');  $visit->drop('xs_s');
#     $visit->received                # every Set-Cookie so far
#
# Kept as a browser on one host would: path, Max-Age and Expires are obeyed,
# Secure and Domain are recorded only (tests look at them themselves).

use strict;
use warnings;

use Time::Local qw(timegm);

my %MONTH = do { my $i = 0; map { $_ => $i++ }
    qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec) };

sub new {
    my ($class, $instance, %defaults) = @_;

    return bless {
        instance => $instance,
        defaults => \%defaults,
        jar      => {},             # name => { value, path }
        received => [],
    }, $class;
}

sub received { return @{ $_[0]{received} } }
sub cookie   { return ($_[0]{jar}{ $_[1] } || {})->{value} }
sub drop     { return delete $_[0]{jar}{ $_[1] } }
sub set      { $_[0]{jar}{ $_[1] } = { value => $_[2], path => '/' }; return }

sub cookies {
    my ($self, $path) = @_;

    return { map { $_ => $self->{jar}{$_}{value} }
             grep { !defined $path
                    || _covers($self->{jar}{$_}{path}, $path) }
             keys %{ $self->{jar} } };
}

sub get  { return shift->request('GET', @_) }
sub head { return shift->request('HEAD', @_) }

sub post {
    my ($self, $path, $body, %o) = @_;

    return $self->request('POST', $path, body => $body, %o);
}

sub request {
    my ($self, $method, $path, %o) = @_;

    my %all = (%{ $self->{defaults} }, %o);
    $all{headers} = [ @{ $self->{defaults}{headers} || [] },
                      @{ $o{headers} || [] } ];
    $all{cookies} = { %{ $self->cookies($path) }, %{ $o{cookies} || {} } };

    my $r = $self->{instance}->request($method, $path, %all);
    $self->_store($r, $path);

    return $r;
}

sub _store {
    my ($self, $r, $path) = @_;

    push @{ $self->{received} }, $r->all('Set-Cookie');
    my $cookies = $r->cookies;

    for my $name (keys %$cookies) {
        my $c = $cookies->{$name};

        if (_expired($c)) {
            delete $self->{jar}{$name};
            next;
        }

        my ($folder) = $path =~ m{^(/(?:[^?]*/)?)};
        $self->{jar}{$name} = { value => $c->{value},
                                path  => $c->{path} || $folder };
    }

    return;
}

sub _expired {
    my ($c) = @_;

    return $c->{'max-age'} <= 0
        if defined $c->{'max-age'} && $c->{'max-age'} =~ /^-?\d+$/;

    return ($c->{expires} // '')
               =~ /(\d\d?)[ -](\w{3})[ -](\d{4}) (\d\d):(\d\d):(\d\d)/
           && timegm($6, $5, $4, $1, $MONTH{$2}, $3) <= time;
}

sub _covers {
    my ($cookie, $path) = @_;

    $path =~ s/\?.*//s;

    return $path eq $cookie
           || index($path, $cookie) == 0
              && ($cookie =~ m{/$} || substr($path, length $cookie, 1) eq '/');
}

1;
