package Pages;

# The shop's pages.  Product and list pages are the same for everybody, so
# that they can be cached: no cart count, no name, no suggestions.  They hold
# no inline style or script either: the shop sends default-src 'self'.

use strict;
use warnings;
use utf8;

use JSON::PP;

my $PER_PAGE = 48;


sub e
{
    my ($s) = @_;

    $s //= '';
    $s =~ s/&/&amp;/g;
    $s =~ s/</&lt;/g;
    $s =~ s/>/&gt;/g;
    $s =~ s/"/&quot;/g;

    return $s;
}


sub money
{
    my ($shop, $amount) = @_;

    return $shop->{sign} . sprintf '%.2f', $amount;
}


sub layout
{
    my ($shop, $title, $main, $here) = @_;
    my $name = e($shop->{name});
    my $nav = join '', map {
        my $current = ($here // '') eq $_->{slug} ? ' aria-current="page"' : '';

        "<li><a href=\"/style/$_->{slug}\"$current>" . e($_->{name})
            . "</a></li>\n"
    } @{ $shop->{sections} };

    return <<"HTML";
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>@{[ e($title) ]} · $name</title>
<link rel="stylesheet" href="/assets/shop.css">
<link rel="icon" href="/assets/mark.svg">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="mark" href="/">$name</a>
<p class="tagline">@{[ e($shop->{tagline}) ]}</p>
<a class="bag" href="/cart">Cart</a>
</header>
<nav class="styles" aria-label="Collections">
<ul>
$nav</ul>
</nav>
<main id="main">
$main
</main>
<div class="about">
<details id="why" class="why" hidden>
<summary>Why these offers? <span></span></summary>
<div></div>
</details>
</div>
<footer class="foot">
<p>$name is a demonstration: nothing is sold, nobody is paid.
<a href="/privacy">Privacy</a></p>
<form id="consent" class="consent" method="post" action="/consent">
<p><span>May we remember what you look at, to suggest what goes with it?</span>
<a href="/privacy">What that means</a></p>
<p class="choice"><button name="choice" value="yes">Yes, remember</button>
<button name="choice" value="no">No, thanks</button></p>
</form>
</footer>
<script src="/assets/consent.js"></script>
<script src="/assets/why.js"></script>
</body>
</html>
HTML
}


sub tile
{
    my ($shop, $item) = @_;
    my $by = $item->{artist} ? '<span class="by">' . e($item->{artist})
        . '</span>' : '';
    my $price = $item->{available} ? money($shop, $item->{price})
        : 'Sold out';

    return "<li><a class=\"tile\" href=\"/p/$item->{id}\">"
        . "<img src=\"$item->{image}\" alt=\"\" width=\"320\" height=\"400\""
        . ' loading="lazy">'
        . '<span class="name">' . e($item->{title}) . "</span>$by"
        . "<span class=\"price\">$price</span></a></li>\n";
}


sub swatches                            # fill attributes: no inline style
{
    my @colours = @_;
    my $n = 0;

    return '<svg class="swatches" viewBox="0 0 ' . 20 * @colours
        . ' 16" aria-hidden="true">' . join('', map {
            '<rect x="' . 20 * $n++ . "\" width=\"20\" height=\"16\" "
                . "fill=\"$_\"/>" } @colours) . '</svg>';
}


sub palettes
{
    my ($shop) = @_;
    my $p = $shop->{palettes} || {};

    return '' if !%$p;

    return '<ul class="palettes" aria-label="Palettes">' . join('', map {
        "<li><a href=\"/palette/$_\">" . swatches(@{ $p->{$_} })
            . '<span>' . ucfirst($_) . "</span></a></li>\n" } sort keys %$p)
        . '</ul>';
}


sub wall                                # the prints that home shows itself
{
    my ($shop) = @_;
    my @all = @{ $shop->{items} };

    return @all[map { $_ * 7 % @all } 1 .. 12];
}


sub home
{
    my ($shop) = @_;
    my $wall = join '', map { tile($shop, $_) } wall($shop);
    my $hero = $shop->{by_id}{ $shop->{hero} // '' } || $shop->{items}[0];

    return layout($shop, $shop->{tagline}, <<"HTML");
<section id="hero" class="hero">
<div>
<h1>@{[ e($shop->{tagline}) ]}</h1>
<p>@{[ e($shop->{intro} // 'A hundred and thirty-two pictures by '
        . 'twenty-four people who do not exist, drawn by rule.') ]}</p>
<p><a class="button" href="/style/$hero->{section}">See the collection</a></p>
</div>
<a href="/p/$hero->{id}"><img src="$hero->{image}" alt="@{[
    e($hero->{title}) ]}" width="640" height="800"></a>
</section>
<section>
<h2>@{[ e($shop->{wall}) ]}</h2>
<ul class="grid">
$wall</ul>
</section>
@{[ palettes($shop) ? '<section><h2>By palette</h2>' . palettes($shop)
    . '</section>' : '' ]}
HTML
}


sub list
{
    my ($shop, $title, $blurb, $items, $here, $page) = @_;
    my $pages = int((@$items + $PER_PAGE - 1) / $PER_PAGE) || 1;

    $page = ($page // '') =~ /^(\d{1,3})$/ && $1 >= 1 && $1 <= $pages ? $1 : 1;

    my $from = ($page - 1) * $PER_PAGE;
    my $to = $from + $PER_PAGE - 1;

    $to = $#$items if $to > $#$items;

    my $grid = join '', map { tile($shop, $_) } @$items[$from .. $to];
    my $more = $pages == 1 ? '' : '<nav class="pages" aria-label="Pages">'
        . join(' ', map { $_ == $page ? "<strong>$_</strong>"
            : "<a href=\"?page=$_\">$_</a>" } 1 .. $pages) . '</nav>';

    return layout($shop, $title, <<"HTML", $here);
<header class="list">
<h1>@{[ e($title) ]}</h1>
<p>@{[ e($blurb) ]}</p>
</header>
<ul class="grid" id="list">
$grid</ul>
$more
HTML
}


sub section
{
    my ($shop, $slug, $page) = @_;
    my $s = $shop->{section}{$slug};

    return list($shop, $s->{name}, $s->{blurb}, $shop->{by_section}{$slug},
        $slug, $page);
}


sub palette
{
    my ($shop, $name) = @_;

    return list($shop, ucfirst $name, 'Everything in this palette, whatever '
        . 'the hand.', [grep { ($_->{palette} // '') eq $name }
            @{ $shop->{items} }]);
}


sub facts
{
    my ($item) = @_;
    my @rows = map { defined $item->{$_->[1]} ? $_ : () }
        ['Medium', 'medium'], ['Size', 'size'];
    my $html = join '', map { "<dt>$_->[0]</dt><dd>" . e($item->{$_->[1]})
        . '</dd>' } @rows;

    if ($item->{palette}) {
        $html .= "<dt>Palette</dt><dd><a href=\"/palette/$item->{palette}\">"
            . swatches(@{ $item->{colours} }) . ' ' . ucfirst($item->{palette})
            . '</a></dd>';
    }

    return $html ? "<dl class=\"facts\">$html</dl>" : '';
}


sub linked_data
{
    my ($shop, $item) = @_;
    my $json = JSON::PP->new->canonical->encode({
        '@context' => 'https://schema.org',
        '@type' => 'Product',
        sku => $item->{id},
        name => $item->{title},
        image => $item->{image},
        description => $item->{description},
        ($item->{artist} ? (brand => { '@type' => 'Brand',
            name => $item->{artist} }) : ()),
        offers => {
            '@type' => 'Offer',
            url => "/p/$item->{id}",
            price => "$item->{price}",
            priceCurrency => $shop->{currency},
            availability => 'https://schema.org/'
                . ($item->{available} ? 'InStock' : 'OutOfStock'),
        },
    });

    $json =~ s/</\\u003c/g;

    return "<script type=\"application/ld+json\">$json</script>";
}


sub product
{
    my ($shop, $item) = @_;
    my $section = $shop->{section}{ $item->{section} };
    my $by = $item->{artist} ? '<p class="by">' . e($item->{artist}) . '</p>'
        : '';
    my $buy = $item->{available} ? <<"HTML" : '<p class="gone">Sold out</p>';
<form method="post" action="/cart/add">
<input type="hidden" name="sku" value="$item->{id}">
<button class="button">Add to cart</button>
</form>
HTML

    return layout($shop, $item->{title}, <<"HTML", $item->{section});
<section id="product" class="product">
<img class="picture" src="$item->{image}" alt="@{[ e($item->{title}) ]}"
 width="800" height="1000">
<div class="details">
<p class="crumb"><a href="/style/$section->{slug}">@{[ e($section->{name})
    ]}</a></p>
<h1>@{[ e($item->{title}) ]}</h1>
$by
<p class="price">@{[ money($shop, $item->{price}) ]}</p>
@{[ facts($item) ]}
<p>@{[ e($item->{description}) ]}</p>
$buy
<p class="note">@{[ e($shop->{note} // 'Ships rolled in a tube within two '
        . 'days. Thirty days to change your mind.') ]}</p>
@{[ $shop->{explain} ? "<p class=\"note\"><a href=\"/explain/$item->{id}\">"
    . 'What is offered next to it, and why</a></p>' : '' ]}
</div>
</section>
@{[ linked_data($shop, $item) ]}
HTML
}


sub reasons                             # a list: a product and why, a row
{
    my ($shop, $title, $what, $rows) = @_;
    my $html = join '', map {
        my ($i, $why) = @$_;

        "<li><img src=\"$i->{image}\" alt=\"\" width=\"48\" height=\"60\">"
            . "<a href=\"/p/$i->{id}\">" . e($i->{title}) . '</a>'
            . "<span class=\"why\">" . e($why) . "</span></li>\n"
    } @$rows;

    return "<section class=\"source\">\n<h2>" . e($title) . '</h2><p>'
        . e($what) . "</p>\n<ol>\n$html</ol>\n</section>\n";
}


sub explain
{
    my ($shop, $item, $x) = @_;
    my $of = sub { $shop->{by_id}{ $_[0] } };
    my $n = $x->{counted}{mine};
    my $times = sub { sprintf $_[0] < 10 ? '%.1f' : '%.0f', $_[0] };
    my $together = sub {
        my $k = $x->{counted}{with}{ $_[0] };

        return $k ? "$k of its $n invoices, lift "
            . $times->($x->{counted}{lift}{ $_[0] })
            : 'none of its invoices';
    };
    my $rows = sub {
        my ($list, $why) = @_;

        return [map { $of->($_->[0]) ? [$of->($_->[0]), $why->(@$_)] : () }
            @$list];
    };

    return layout($shop, "Why next to $item->{title}", <<"HTML");
<header class="list">
<p class="crumb"><a href="/p/$item->{id}">@{[ e($item->{title}) ]}</a></p>
<h1>What is offered, and why</h1>
<p>The offers next to this product, and beside them what each source would
say alone. Reasons and scores are those of the command
<code>xsell recommend</code>; invoices are counted apart from it.</p>
</header>
<div class="sources">
@{[ reasons($shop, 'Offered', 'What the product page shows to a visitor of '
    . 'whom nothing is known.', $rows->($x->{offered}, sub {
        "$_[1]: " . $together->($_[0]) })) ]}
@{[ reasons($shop, 'Bought together', 'Counted in the invoices, ordered by '
    . 'their number times the logarithm of the lift: how much more often '
    . 'than by chance.', $rows->($x->{together}, sub { $together->($_[0]) })) ]}
@{[ reasons($shop, 'Alike by words', 'Title and category alone: what a '
    . 'shop has on its first day.', $rows->($x->{alike}, sub {
        sprintf 'likeness %.2f', $_[1] })) ]}
@{[ reasons($shop, 'Session neighbours', 'Each invoice told as a visit that '
    . 'looked at its first lines: what similar visits looked at.',
    $rows->($x->{visits}, sub { "$_[1], score " . sprintf '%.2f', $_[2] })) ]}
</div>
HTML
}


sub lines
{
    my ($shop, $cart, $change) = @_;
    my $total = 0;
    my $html = '';

    for (@$cart) {
        my ($i, $n) = ($_->{item}, $_->{n});
        my $remove = $change ? '<form method="post" action="/cart/remove">'
            . "<input type=\"hidden\" name=\"sku\" value=\"$i->{id}\">"
            . '<button class="plain">Remove</button></form>' : '';

        $total += $i->{price} * $n;
        $html .= "<li><a href=\"/p/$i->{id}\"><img src=\"$i->{image}\" alt=\"\""
            . ' width="96" height="120"></a><div><a href="/p/' . $i->{id}
            . '">' . e($i->{title}) . '</a><br><span class="by">'
            . e($i->{artist} // '') . "</span>$remove</div><p class=\"price\">"
            . ($n > 1 ? "$n × " : '') . money($shop, $i->{price})
            . "</p></li>\n";
    }

    return "<ul class=\"lines\">\n$html</ul>\n<p class=\"total\">Total "
        . '<strong>' . money($shop, $total) . '</strong></p>';
}


sub cart
{
    my ($shop, $cart) = @_;

    return layout($shop, 'Cart', @$cart ? <<"HTML" : <<'HTML');
<section id="cart" class="narrow">
<h1>Cart</h1>
@{[ lines($shop, $cart, 1) ]}
<p><a class="button" href="/checkout">Check out</a></p>
</section>
HTML
<section id="cart" class="narrow">
<h1>Cart</h1>
<p>Nothing in it yet. <a href="/">Look around</a></p>
</section>
HTML
}


sub checkout
{
    my ($shop, $cart) = @_;

    return cart($shop, $cart) if !@$cart;

    return layout($shop, 'Check out', <<"HTML");
<section class="narrow">
<h1>Check out</h1>
@{[ lines($shop, $cart, 0) ]}
<form method="post" action="/checkout/thanks" class="address">
<p>This is a demonstration: no address, no payment, nothing is sent.</p>
<p><button class="button">Place the order</button></p>
</form>
</section>
HTML
}


sub thanks
{
    my ($shop, $cart, $id, $total) = @_;

    return layout($shop, 'Thank you', @$cart ? <<"HTML" : <<'HTML');
<section id="thanks" class="narrow">
<h1>Thank you</h1>
<p>Order <strong>$id</strong>, @{[ money($shop, $total) ]}. Nothing will
arrive, but the shop has learned what goes together.</p>
@{[ lines($shop, $cart, 0) ]}
<p><a href="/">Back to the shop</a></p>
</section>
HTML
<section id="thanks" class="narrow">
<h1>Thank you</h1>
<p>This order was placed already. <a href="/">Back to the shop</a></p>
</section>
HTML
}


sub privacy
{
    my ($shop) = @_;

    return layout($shop, 'Privacy', <<'HTML');
<section class="narrow">
<h1>Privacy</h1>
<p>If you say yes, a cookie with a random number lets this shop's own server
remember which products you look at for up to 90 days, to suggest what goes
with them. No name, no address, no third party, no script. If you say no, or
your browser sends Global Privacy Control, there is no such cookie, and
suggestions are the same for everybody.</p>
<p>Change your mind at the foot of any page; what was remembered is erased
at once. <a href="/xsell/me">What is remembered about this visit</a></p>
</section>
HTML
}


sub missing
{
    my ($shop) = @_;

    return layout($shop, 'Not found', <<'HTML');
<section class="narrow">
<h1>Not here</h1>
<p>That page does not exist. <a href="/">Back to the shop</a></p>
</section>
HTML
}

1;
