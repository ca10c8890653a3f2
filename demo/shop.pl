#!/usr/bin/perl

# The demo's shop: a plain upstream that knows nothing of recommendations.
#
#   shop.pl PORT FOLDER [CHILDREN]
#
# FOLDER holds shop.json and img/ (demo/catalog.pl, demo/retail.pl).  A few
# children accept on one listening socket, one request a connection: nginx in
# front buffers slow clients, so nothing more is needed.  The cart is a
# cookie of the shop, so the children share nothing.  What was asked of it is
# written to standard output, a line each.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::MD5 'md5_hex';
use Encode 'encode_utf8';
use IO::Select;
use IO::Socket::INET;
use JSON::PP;
use Pages;

use constant { LIMIT => 65536, PATIENCE => 5 };

my %TYPE = (css => 'text/css', js => 'text/javascript',
    svg => 'image/svg+xml');

my %REASON = (200 => 'OK', 303 => 'See Other', 304 => 'Not Modified',
    400 => 'Bad Request', 404 => 'Not Found', 405 => 'Method Not Allowed',
    411 => 'Length Required');


sub slurp
{
    my ($file) = @_;

    open my $fh, '<:raw', $file or return;
    local $/;

    return scalar <$fh>;
}


# ---- a request -----------------------------------------------------------

sub read_request
{
    my ($socket) = @_;
    my $wait = IO::Select->new($socket);
    my ($buf, $end) = ('', time + PATIENCE);

    while ($buf !~ /\r\n\r\n/) {
        return if length $buf > LIMIT || time >= $end;
        next if !$wait->can_read(1);
        sysread($socket, $buf, 16384, length $buf) or return;
    }

    my ($head, $body) = split /\r\n\r\n/, $buf, 2;
    my ($line, @lines) = split /\r\n/, $head;
    my ($method, $target) = $line =~ m{^([A-Z]+) (/\S*) HTTP/1\.[01]$}
        or return { status => 400 };
    my %h;

    for (@lines) {
        $h{lc $1} = $2 if /^([\w-]+):\s*(.*?)\s*$/;
    }

    return { status => 411 } if $h{'transfer-encoding'};

    my $length = $h{'content-length'} // 0;

    return { status => 400 } if $length !~ /^\d{1,5}$/ || $length > LIMIT;

    while (length $body < $length) {
        return if time >= $end;
        next if !$wait->can_read(1);
        sysread($socket, $body, $length - length $body, length $body)
            or return;
    }

    my ($path, $query) = split /\?/, $target, 2;

    $path =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;

    my %cookie = map { /^\s*([^=]+)=(.*?)\s*$/ ? ($1 => $2) : () }
        split /;/, $h{cookie} // '';

    return {
        status => 200, method => $method, path => $path, header => \%h,
        target => $target,
        form => pairs($body), query => pairs($query // ''),
        cookie => \%cookie,
    };
}


sub pairs
{
    my %f;

    for (split /&/, $_[0]) {
        my ($k, $v) = map { tr/+/ /; s/%([0-9A-Fa-f]{2})/chr hex $1/ger }
            split /=/, $_, 2;

        $f{$k} = $v if defined $v;
    }

    return \%f;
}


# ---- the cart: "SKU:2.OTHER:1" -------------------------------------------

sub cart_of
{
    my ($shop, $text) = @_;
    my @cart;

    for (split /\./, substr($text // '', 0, 1000)) {
        my ($sku, $n) = /^([\w-]{1,40}):(\d{1,2})$/ or next;
        my $item = $shop->{by_id}{$sku} or next;

        push @cart, { item => $item, n => $n } if $n > 0;
    }

    return \@cart;
}


sub cart_cookie
{
    my ($cart) = @_;
    my $text = join '.', map { "$_->{item}{id}:$_->{n}" } @$cart;

    return "cart=$text; Path=/; SameSite=Lax; HttpOnly"
        . ($text eq '' ? '; Max-Age=0' : '');
}


sub add_to
{
    my ($cart, $item) = @_;

    for (@$cart) {
        next if $_->{item} != $item;
        $_->{n}++ if $_->{n} < 9;
        return;
    }

    push @$cart, { item => $item, n => 1 } if @$cart < 16;
}


# ---- answers -------------------------------------------------------------

sub page
{
    my ($html, %more) = @_;

    return { status => 200, type => 'text/html; charset=utf-8',
        body => encode_utf8($html), cache => 'no-store', %more };
}


sub see
{
    my ($where, @cookies) = @_;

    return { status => 303, location => $where, cookies => \@cookies,
        cache => 'no-store', type => 'text/plain', body => '' };
}


sub missing
{
    my ($shop) = @_;

    return page(Pages::missing($shop), status => 404);
}


sub file
{
    my ($shop, $name) = @_;
    my ($ext) = $name =~ /\.(css|js|svg)$/;
    my $body = $ext && slurp($name);

    return missing($shop) if !defined $body;

    return { status => 200, type => $TYPE{$ext}, body => $body,
        cache => 'public, max-age=3600' };
}


sub order
{
    my ($shop, $cart) = @_;
    my $total = 0;

    return page(Pages::thanks($shop, [], '', 0)) if !@$cart;

    $total += $_->{item}{price} * $_->{n} for @$cart;

    my $id = sprintf '%s-%06X', (gmtime)[5] + 1900,
        hex(substr md5_hex(join '/', $$, time, rand), 0, 6);

    return page(Pages::thanks($shop, $cart, $id, $total),
        cookies => [cart_cookie([])],
        extra => [
            'X-Order-Id: ' . $id,
            'X-Order-Total: ' . sprintf('%.2f', $total),
            'X-Order-Currency: ' . $shop->{currency},
        ]);
}


sub consent
{
    my ($rq) = @_;
    my $choice = ($rq->{form}{choice} // '') eq 'yes' ? 'yes' : 'no';
    my $back = '/';

    # back to the page it came from, which must be one of ours

    if (($rq->{header}{referer} // '') =~ m{^https?://([^/]+)(/[^/\s].*|/)$}
        && $1 eq ($rq->{header}{host} // ''))
    {
        $back = $2;
    }

    return see($back, "cookie_consent=$choice; Path=/; SameSite=Lax; "
        . 'Max-Age=15552000');
}


sub post
{
    my ($shop, $rq) = @_;
    my $cart = cart_of($shop, $rq->{cookie}{cart});
    my $item = $shop->{by_id}{ $rq->{form}{sku} // '' };

    if ($rq->{path} eq '/consent') {
        return consent($rq);
    }

    if ($rq->{path} eq '/checkout/thanks') {
        return order($shop, $cart);
    }

    if ($rq->{path} eq '/cart/add') {
        return missing($shop) if !$item;
        add_to($cart, $item) if $item->{available};
        return see('/cart', cart_cookie($cart));
    }

    if ($rq->{path} eq '/cart/remove') {
        return missing($shop) if !$item;
        return see('/cart',
            cart_cookie([grep { $_->{item} != $item } @$cart]));
    }

    return { status => 405, type => 'text/plain', cache => 'no-store',
        body => "nothing to post here\n" };
}


sub get
{
    my ($shop, $rq) = @_;
    my $path = $rq->{path};
    my @shared = (cache => 'public, max-age=300');
    my $cart = cart_of($shop, $rq->{cookie}{cart});

    return page(Pages::home($shop), @shared) if $path eq '/';
    return page(Pages::privacy($shop), @shared) if $path eq '/privacy';
    return page(Pages::cart($shop, $cart)) if $path eq '/cart';
    return page(Pages::checkout($shop, $cart)) if $path eq '/checkout';
    return see('/cart') if $path eq '/checkout/thanks';

    if ($path =~ m{^/p/([\w-]+)$} && $shop->{by_id}{$1}) {
        return page(Pages::product($shop, $shop->{by_id}{$1}), @shared);
    }

    if ($path =~ m{^/explain/([\w-]+)$} && $shop->{by_id}{$1}
        && $shop->{explain})
    {
        require Explain;

        return page(Pages::explain($shop, $shop->{by_id}{$1},
                Explain::of($shop, $1)));
    }

    if ($path =~ m{^/style/([\w-]+)$} && $shop->{by_section}{$1}) {
        return page(Pages::section($shop, $1, $rq->{query}{page}), @shared);
    }

    if ($path =~ m{^/palette/([\w-]+)$} && $shop->{palettes}{$1}) {
        return page(Pages::palette($shop, $1), @shared);
    }

    if ($path =~ m{^/img/([\w-]+)\.svg$}) {
        return drawn($shop, $1) if $shop->{draw};
        return file($shop, "$shop->{folder}/img/$1.svg");
    }

    if ($path =~ m{^/assets/([\w-]+\.(?:css|js|svg))$}) {
        return file($shop, "$FindBin::Bin/assets/$1");
    }

    return missing($shop);
}


# thousands of small pictures are drawn when they are asked for

sub drawn
{
    my ($shop, $id) = @_;
    my $item = $shop->{by_id}{$id} or return missing($shop);

    require Glyph;

    return { status => 200, type => $TYPE{svg}, cache => 'public, max-age=3600',
        body => Glyph::picture($item->{title}, $id) };
}


sub answer
{
    my ($shop, $rq) = @_;

    return { status => $rq->{status}, type => 'text/plain', body => '',
        cache => 'no-store' } if $rq->{status} != 200;

    return post($shop, $rq) if $rq->{method} eq 'POST';
    return get($shop, $rq) if $rq->{method} =~ /^(GET|HEAD)$/;

    return { status => 405, type => 'text/plain', body => '',
        cache => 'no-store' };
}


sub send_answer
{
    my ($socket, $rq, $a) = @_;
    my $etag = '"' . substr(md5_hex($a->{body}), 0, 16) . '"';
    my @head = ("Content-Type: $a->{type}", "Cache-Control: $a->{cache}",
        'X-Content-Type-Options: nosniff',
        "Content-Security-Policy: default-src 'self'; base-uri 'none'; "
            . "frame-ancestors 'none'; form-action 'self'");

    if ($a->{status} == 200 && $a->{cache} =~ /public/) {
        push @head, "ETag: $etag";

        if (($rq->{header}{'if-none-match'} // '') eq $etag) {
            $a->{status} = 304;
        }
    }

    push @head, "Location: $a->{location}" if $a->{location};
    push @head, map { "Set-Cookie: $_" } @{ $a->{cookies} || [] };
    push @head, @{ $a->{extra} || [] };
    push @head, 'Content-Length: ' . length $a->{body}
        if $a->{status} != 304;

    my $out = "HTTP/1.1 $a->{status} $REASON{ $a->{status} }\r\n"
        . join("\r\n", @head, 'Connection: close') . "\r\n\r\n";

    $out .= $a->{body}
        if $a->{status} != 304 && ($rq->{method} // '') ne 'HEAD';

    while (length $out) {
        my $n = syswrite $socket, $out;

        return if !$n;
        substr($out, 0, $n, '');
    }
}


sub serve
{
    my ($listen, $shop, $parent) = @_;
    my $wait = IO::Select->new($listen);

    while (getppid == $parent) {        # an orphan ends within a second
        next if !$wait->can_read(1);

        my $socket = $listen->accept or next;
        my $rq = read_request($socket);

        send_answer($socket, $rq, answer($shop, $rq)) if $rq;
        close $socket;
        syswrite STDOUT, "$rq->{method} $rq->{target}\n"
            if $rq && $rq->{target};
    }
}


sub load
{
    my ($folder) = @_;
    my $text = slurp("$folder/shop.json");

    die "$folder/shop.json: $!\n" if !defined $text;

    my $shop = decode_json($text);

    $shop->{folder} = $folder;
    $shop->{by_id} = { map { $_->{id} => $_ } @{ $shop->{items} } };
    push @{ $shop->{by_section}{ $_->{section} } }, $_
        for @{ $shop->{items} };
    $shop->{section} = { map { $_->{slug} => $_ } @{ $shop->{sections} } };

    return $shop;
}


my ($port, $folder, $children) = @ARGV;

die "usage: shop.pl PORT FOLDER [CHILDREN]\n" if !defined $folder;

my $shop = load($folder);
my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $port, Listen => 256, ReuseAddr => 1)
    or die "127.0.0.1:$port: $!\n";
my @pids;
my $parent = $$;

$listen->blocking(0);
$SIG{PIPE} = 'IGNORE';

for (1 .. $children || 3) {
    my $pid = fork // die "fork: $!\n";

    if ($pid == 0) {
        srand;
        serve($listen, $shop, $parent);
        exit 0;
    }

    push @pids, $pid;
}

$SIG{TERM} = $SIG{INT} = $SIG{QUIT} = sub { kill TERM => @pids; exit 0 };
waitpid $_, 0 for @pids;
