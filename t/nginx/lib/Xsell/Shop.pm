package Xsell::Shop;

# The shop that most tests use: a small catalogue, pages by a scripted
# upstream, nginx with the module in front.
#
#     my $t = Xsell::Shop->new(items => [ 'a' .. 'h' ], workers => 2)->start;
#     my $v = $t->visit;
#     $v->get('/p/a');
#     is_deeply [ $t->offers($v->get('/p/b')) ], [ ... ];
#
# An Xsell, so all of its options and methods are there, and of our own:
#
#     items    ids, or { id => { title => ... } } with fields to change
#     shop     lines for the xsell_shop block beside zone, catalog, secret
#     zone     "8m"
#     slot     'related after "#product"'       consent   'assumed'
#     page     sub { ($id) -> HTML }            server    replaces locations
#     more     further lines of the server block
#
# min_visits is 2 and holdout off unless `shop` says otherwise.

use strict;
use warnings;

use parent 'Xsell';

use JSON::PP ();

# a page with one place by id and one by marker
sub page {
    my ($id) = @_;

    return "<!doctype html><html><head><title>$id</title></head><body>\n"
        . "<div id=\"product\"><h1>Item $id</h1><p>Words.</p></div>\n"
        . "<!--xsell below-->\n<footer>end</footer>\n</body></html>\n";
}

sub catalog {
    my ($items) = @_;

    my %more = ref $items eq 'HASH' ? %$items : map { $_ => {} } @$items;

    return JSON::PP->new->canonical->pretty->encode([
        map {
            {   id       => $_,
                title    => "Title of $_",
                url      => "/p/$_",
                image    => "/i/$_.svg",
                price    => '12.50',
                currency => 'EUR',
                category => 'Prints > Blue',
                %{ $more{$_} },
            }
        } ref $items eq 'HASH' ? sort keys %more : @$items ]);
}

sub new {
    my ($class, %o) = @_;

    my $items = delete $o{items} || [ 'a' .. 'h' ];
    my $page  = delete $o{page}  || \&page;
    my $slot  = delete $o{slot}  || 'related after "#product"';
    my $shop  = delete $o{shop}  || '';
    my $zone  = delete $o{zone}  || '8m';
    my $more  = delete $o{more}  || '';
    my $consent = delete $o{consent} || 'assumed';

    $shop .= "\n        min_visits 2;" unless $shop =~ /min_visits/;
    $shop .= "\n        holdout off;"  unless $shop =~ /holdout/;

    my $http = delete $o{http} || '';

    my $self = $class->SUPER::new(
        upstream => { '~^/p/' => sub {
            my ($r) = @_;
            return $page->((split m{/}, $r->{path})[2]);
        }, '*' => 'plain' },
        server => <<"CONF",
    location /p/ {
        proxy_pass http://%%UP%%;
        xsell prints;
        xsell_item \$item;
        xsell_consent $consent;
        xsell_slot $slot;
    }
    location / { proxy_pass http://%%UP%%; }
    location /xsell/ { xsell_endpoint prints; }
    location = /metrics { xsell_status prints prometheus; }
    location = /status { xsell_status prints; }
    $more
CONF
        %o,
        files => {
            'catalog.json' => catalog($items),
            'secret'       => '0123456789abcdef' x 4 . "\n",
            %{ $o{files} || {} },
        },
        http => <<"CONF",
    xsell_shop prints {
        zone $zone;
        catalog %%DIR%%/catalog.json;
        secret %%DIR%%/secret;
        $shop
    }
    map \$uri \$item { ~^/p/(?<id>[^/]+) \$id; }
    $http
CONF
    );

    chmod 0600, $self->dir . '/secret';

    return $self;
}

# the HTML of a slot's fragment, whatever template made it; '' if none
sub fragment {
    my ($self, $r, $slot) = @_;

    return $r->body =~ m{(<(\w+)\s[^>]*data-xsell-slot="\Q$slot\E".*?</\2>)}s
           ? $1 : '';
}

# ids that a response offers, in order; only those of one slot if named; how
# many they are in scalar context
sub offers {
    my ($self, $r, $slot) = @_;

    my $body = defined $slot ? $self->fragment($r, $slot) : $r->body;

    my @ids = $body =~ /data-xsell-item="([^"]*)"/g;

    return @ids;
}

# a page without its fragments, and how many they were
sub bare {
    my ($body) = @_;

    my $n = $body =~ s{<(\w+)\s[^>]*data-xsell-slot=".*?</\1>\n?}{}gs;

    return ($body, $n || 0);
}

# the first item that a new visitor is offered on a page, as soon as it is the
# wanted one: the learner is some milliseconds behind, more on a busy machine
sub first_offer {
    my ($self, $path, $want) = @_;

    my $first;

    Xsell::wait_for(sub {
        ($first) = $self->offers($self->visit->get($path));
        return defined $first && $first eq $want;
    }, 5);

    return $first;
}

# hrefs of the offered items
sub links {
    my ($self, $r) = @_;

    my @links;

    for my $item ($r->body =~ /data-xsell-item=(.*?<\/a>)/gs) {
        push @links, $1 if $item =~ /href="([^"]*)"/;
    }

    return map { s/&amp;/&/gr } @links;
}

# a visit that opens these pages one after another; returns the visit
sub walk {
    my ($self, @ids) = @_;

    my $visit = $self->visit;

    $visit->get("/p/$_") for @ids;

    return $visit;
}

# sum of a metric of the shop: count('clicks_total', slot => 'related')
sub count {
    my ($self, $name, %labels) = @_;

    return $self->metric('/metrics', "xsell_$name", %labels);
}

# waits until the learner has applied this many events (of all types)
sub learned {
    my ($self, $n) = @_;

    return Xsell::wait_for(sub {
        $self->count('learned_events_total') >= $n }, 5);
}

1;
