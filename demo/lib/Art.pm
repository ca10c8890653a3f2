package Art;

# Pictures for the demo shop, drawn by rule: a style, a palette and a seed
# give the same SVG on every machine.  Each style is one function that fills
# a sheet of 600 x 750; sheet() frames it and hangs it on a wall.
#
# Generated at run time and not checked in: the drawings are a few hundred
# lines, their output is megabytes.

use strict;
use warnings;

use constant { W => 600, H => 750, PI => 3.14159265358979 };

# paper, ink, five colours
our %PALETTE = (
    terracotta => [qw(f4ebe1 2b211d c4573a e0a179 8a3b2a d9c3a5 5c6b5a)],
    indigo     => [qw(f1eee6 1b2440 2f4b8f 8aa3cf d9a441 c9d3e0 5a6a8c)],
    sage       => [qw(f3f1e8 26302a 7c9177 b9c4a7 4e6651 d8cfb4 c07d56)],
    rose       => [qw(f7ede8 3a2530 c9818a e7b9b0 7d3f55 efd9c9 9aa58f)],
    ochre      => [qw(f5eedd 2a241b d29a2e a8632a 3f5a5c e6c77f 7b7a55)],
    mono       => [qw(f3f2ef 171717 4a4a4a 8c8c8c c4c2bd dedcd6 2c2c2c)],
    primary    => [qw(f4efe4 161616 d2382c e8b32a 24509a f0e2c4 6d6d6d)],
    ocean      => [qw(eef2f1 10293a 1e6a86 6fb0bb c9e0dd e4c9a0 0f4557)],
    plum       => [qw(f3ecef 241a2e 5b3a73 a77fae d9a5a0 e9d5c5 3b4a70)],
    forest     => [qw(eff0e6 15231c 2d5a45 6f8f5e bcae6c d9d7bd 8c5a3c)],
);

our %STYLE = (
    bauhaus => \&bauhaus, colourfield => \&colourfield, waves => \&waves,
    botanical => \&botanical, cityscape => \&cityscape,
    suprematism => \&suprematism, midcentury => \&midcentury,
    inkwash => \&inkwash, mosaic => \&mosaic, nightsky => \&nightsky,
    opart => \&opart, dunes => \&dunes,
);


# ---- chance, the same everywhere -----------------------------------------

sub new
{
    my ($class, $seed) = @_;
    my $h = 2166136261;

    $h = (($h ^ ord) * 16777619) & 0xffffffff for split //, $seed;

    return bless { s => $h || 1, id => 0 }, $class;
}

sub r                                   # 0 <= r < 1, or within bounds
{
    my ($self, $lo, $hi) = @_;
    my $x = $self->{s};

    $x ^= ($x << 13) & 0xffffffff;
    $x ^= $x >> 17;
    $x ^= ($x << 5) & 0xffffffff;
    $self->{s} = $x;

    my $u = $x / 4294967296;

    return defined $lo ? $lo + ($hi - $lo) * $u : $u;
}

sub i { my ($self, $n) = @_; return int($self->r * $n) }

sub one { my $self = shift; return $_[$self->i(scalar @_)] }

sub but                                 # any but the first argument
{
    my ($self, $not, @of) = @_;

    return $self->one(grep { $_ ne $not } @of);
}


# ---- helpers -------------------------------------------------------------

sub n { return 0 + sprintf('%.1f', $_[0]) }

sub mix                                 # two colours, t of the second
{
    my ($p, $q, $t) = @_;
    my @p = map { hex } $p =~ /(..)/g;
    my @q = map { hex } $q =~ /(..)/g;

    return join '', map { sprintf '%02x', $p[$_] + ($q[$_] - $p[$_]) * $t }
        0 .. 2;
}

sub rect
{
    my ($x, $y, $w, $h, $fill, $more) = @_;

    return sprintf '<rect x="%s" y="%s" width="%s" height="%s" fill="#%s"%s/>',
        n($x), n($y), n($w), n($h), $fill, $more ? " $more" : '';
}

sub disc
{
    my ($x, $y, $r, $fill, $more) = @_;

    return sprintf '<circle cx="%s" cy="%s" r="%s" fill="#%s"%s/>',
        n($x), n($y), n($r), $fill, $more ? " $more" : '';
}

sub ring
{
    my ($x, $y, $r, $stroke, $width) = @_;

    return sprintf '<circle cx="%s" cy="%s" r="%s" fill="none" stroke="#%s"'
        . ' stroke-width="%s"/>', n($x), n($y), n($r), $stroke, n($width);
}

sub shape
{
    my ($d, $fill, $more) = @_;

    return sprintf '<path d="%s" fill="#%s"%s/>', $d, $fill,
        $more ? " $more" : '';
}

sub stroke
{
    my ($d, $colour, $width, $more) = @_;

    return sprintf '<path d="%s" fill="none" stroke="#%s" stroke-width="%s"'
        . ' stroke-linecap="round"%s/>', $d, $colour, n($width),
        $more ? " $more" : '';
}

sub poly
{
    my @p = @_;
    my $d = '';

    while (@p) {
        my ($x, $y) = splice @p, 0, 2;
        $d .= ($d eq '' ? 'M' : 'L') . n($x) . ' ' . n($y);
    }

    return $d . 'Z';
}

sub smooth                              # a closed curve through points
{
    my @p = @_;
    my $k = @p;
    my $d = '';

    for my $i (0 .. $k - 1) {
        my ($p0, $p1, $p2, $p3) = map { $p[($i + $_ + $k) % $k] } -1 .. 2;

        $d .= 'M' . n($p1->[0]) . ' ' . n($p1->[1]) if $i == 0;
        $d .= sprintf 'C%s %s %s %s %s %s', map { n($_) }
            $p1->[0] + ($p2->[0] - $p0->[0]) / 6,
            $p1->[1] + ($p2->[1] - $p0->[1]) / 6,
            $p2->[0] - ($p3->[0] - $p1->[0]) / 6,
            $p2->[1] - ($p3->[1] - $p1->[1]) / 6, @$p2;
    }

    return $d . 'Z';
}

sub ridge                               # midpoint displacement, 2^k + 1
{
    my ($self, $y, $rough, $k) = @_;
    my @h = ($y + $self->r(-1, 1) * $rough, $y + $self->r(-1, 1) * $rough);
    my $s = $rough;

    for (1 .. $k) {
        my @m;

        for my $i (0 .. $#h - 1) {
            push @m, $h[$i],
                ($h[$i] + $h[$i + 1]) / 2 + $self->r(-1, 1) * $s;
        }

        @h = (@m, $h[-1]);
        $s *= 0.52;
    }

    return @h;
}

sub under                               # the area under a ridge
{
    my ($soft, @h) = @_;
    my $step = W / $#h;
    my $d = 'M0 ' . H . 'L0 ' . n($h[0]);

    for my $i (1 .. $#h) {
        my ($x0, $x1) = (($i - 1) * $step, $i * $step);

        $d .= $soft
            ? sprintf('C%s %s %s %s %s %s', map { n($_) }
                ($x0 + $x1) / 2, $h[$i - 1], ($x0 + $x1) / 2, $h[$i],
                $x1, $h[$i])
            : 'L' . n($x1) . ' ' . n($h[$i]);
    }

    return $d . 'L' . W . ' ' . H . 'Z';
}

sub fade                                # a vertical gradient, as fill="..."
{
    my ($self, @stops) = @_;
    my $id = 'g' . ++$self->{id};
    my $svg = "<linearGradient id=\"$id\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"1\">";

    while (@stops) {
        my ($at, $colour, $opacity) = splice @stops, 0, 3;

        $svg .= sprintf '<stop offset="%s" stop-color="#%s"'
            . ' stop-opacity="%s"/>', $at, $colour, $opacity;
    }

    return ($svg . '</linearGradient>', "fill=\"url(#$id)\"");
}

sub filled { my ($d, $fill) = @_; return "<path d=\"$d\" $fill/>" }


# ---- styles --------------------------------------------------------------

sub bauhaus
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my @all = ($paper, $ink, @c[0 .. 3]);
    my ($cols, $rows) = @{ [[4, 5], [4, 5], [3, 4], [2, 3]]->[$variant % 4] };
    my ($w, $h) = (W / $cols, H / $rows);
    my $s = $w < $h ? $w : $h;
    my $out = '';
    my $last = '';

    for my $j (0 .. $rows - 1) {
        for my $i (0 .. $cols - 1) {
            my $bg = $self->but($last, $self->r < 0.5 ? $paper : @all, @all);
            my $fg = $self->but($bg, @all);
            my $hi = $self->but($fg, grep { $_ ne $bg } @all);
            my $turn = 90 * $self->i(4);
            my $kind = $self->i(9);
            my $cell = '';

            $last = $bg;

            if ($kind <= 2) {
                $cell = shape('M0 0H100A100 100 0 0 1 0 100Z', $fg);
                $cell .= shape('M0 0H50A50 50 0 0 1 0 50Z', $hi)
                    if $kind == 2;
            } elsif ($kind == 3) {
                $cell = shape('M0 50A50 50 0 0 1 100 50Z', $fg)
                    . shape('M0 100A50 50 0 0 1 100 100Z', $hi);
            } elsif ($kind == 4) {
                $cell = disc(50, 50, 50, $fg) . disc(50, 50, 22, $hi);
            } elsif ($kind == 5) {
                $cell = shape('M0 0L100 100H0Z', $fg);
            } elsif ($kind == 6) {
                $cell = join '', map { rect($_ * 25, 0, 12.5, 100, $fg) } 0 .. 3;
            } elsif ($kind == 7) {
                $cell = shape('M0 0A100 100 0 0 1 100 100A100 100 0 0 1 0 0Z',
                    $fg);
            } else {
                $cell = join '', map {
                    '<path d="M' . "$_ 0A$_ $_ 0 0 1 0 $_" . '" fill="none"'
                        . " stroke=\"#$fg\" stroke-width=\"12\"/>"
                } 22, 50, 78;
            }

            $out .= sprintf '<g transform="translate(%s %s) scale(%s %s)">'
                . '%s<g transform="rotate(%d 50 50)">%s</g></g>',
                n($i * $w), n($j * $h), $w / 100, $h / 100,
                rect(0, 0, 100.4, 100.4, $bg), $turn, $cell;
        }
    }

    return $out;
}


sub colourfield
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my $dark = $variant % 3 == 2;
    my $bg = $dark ? mix($ink, $c[0], 0.25) : mix($c[3], $paper, 0.35);
    my @fields = $dark ? @c[0, 2, 1] : @c[0, 1, 4];
    my $n = 2 + $variant % 2;
    my $out = rect(0, 0, W, H, $bg)
        . '<filter id="s" x="-10%" y="-10%" width="120%" height="120%">'
        . '<feTurbulence type="fractalNoise" baseFrequency=".035" '
        . "numOctaves=\"3\" seed=\"$variant\"/>"
        . '<feDisplacementMap in="SourceGraphic" scale="26"/>'
        . '<feGaussianBlur stdDeviation="5"/></filter>';
    my $y = 48;
    my $room = H - 96 - 22 * ($n - 1);
    my @share = map { $self->r(0.6, 1.6) } 1 .. $n;
    my $sum = 0;

    $sum += $_ for @share;

    for my $k (0 .. $n - 1) {
        my $h = $room * $share[$k] / $sum;

        $out .= rect(46, $y, W - 92, $h, $fields[$k],
            'opacity=".82" filter="url(#s)"')
            . rect(62, $y + 14, W - 124, $h - 28,
                mix($fields[$k], $k % 2 ? $ink : $paper, 0.14),
                'opacity=".6" filter="url(#s)"');
        $y += $h + 22;
    }

    return $out;
}


sub waves
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my $dark = $variant % 3 == 1;
    my ($bg, $fg) = $dark ? ($ink, $paper) : ($paper, $ink);
    my $out = rect(0, 0, W, H, $bg);
    my $lines = 44;
    my ($a, $b) = ($self->r(0.2, 0.8), $self->r(0.3, 0.7));
    my ($f1, $f2, $f3) = map { $self->r(2, 6) } 1 .. 3;
    my $accent = $self->i($lines - 20) + 10;

    if ($variant % 3 == 2) {
        my ($cx, $cy) = (W * $a, H * $b);

        $out .= disc(W / 2, H * 0.4, 190, $c[0]);

        for my $k (0 .. 62) {
            my $y0 = 40 + $k * (H - 80) / 62;
            my @d;

            for my $s (0 .. 50) {
                my $x = 40 + $s * (W - 80) / 50;
                my $q = exp(-(($x - $cx) ** 2 + ($y0 - $cy) ** 2) / 26000);

                push @d, n($x) . ' '
                    . n($y0 + 34 * $q * sin($x / 46 + $f1)
                        + 7 * sin($x / 90 + $k / $f2));
            }

            $out .= stroke('M' . join('L', @d), $fg, 1.7);
        }

        return $out;
    }

    for my $k (0 .. $lines - 1) {
        my $y0 = 130 + $k * (H - 200) / $lines;
        my $d = '';
        my $c = $k == $accent ? $c[0] : mix($fg, $c[1], 0.5 * $k / $lines);

        for my $s (0 .. 90) {
            my $t = $s / 90;
            my $e = exp(-(($t - $a) ** 2) / 0.03)
                + 0.7 * exp(-(($t - $b) ** 2) / 0.015);
            my $w = abs(sin($t * 9 * $f1 + $k * 0.7) + sin($t * 7 * $f2 - $k)
                + sin($t * 21 + $f3 * $k));

            $d .= ($s ? 'L' : 'M') . n(50 + $t * (W - 100)) . ' '
                . n($y0 - 26 * $e * $w - 2 * sin($t * 30 + $k));
        }

        $out .= "<path d=\"$d\" fill=\"#$bg\" stroke=\"#$c\""
            . ' stroke-width="' . ($k == $accent ? 3.4 : 2)
            . '" stroke-linejoin="round"/>';
    }

    return $out;
}


sub leaf                                # from 0,0 upwards, of length l
{
    my ($l, $w, $fill, $vein) = @_;

    return shape(sprintf('M0 0C%s %s %s %s 0 %sC%s %s %s %s 0 0Z',
            map { n($_) } $w, -$l * 0.25, $w * 0.8, -$l * 0.75, -$l,
            -$w * 0.8, -$l * 0.75, -$w, -$l * 0.25), $fill)
        . stroke('M0 0L0 ' . n(-$l * 0.86), $vein, 1.2, 'opacity=".5"');
}


sub stem
{
    my ($self, $x, $y, $len, $lean, $kind, $colours, $vein) = @_;
    my $out = '';
    my $steps = $kind eq 'fern' ? 22 : $kind eq 'round' ? 9 : 8;
    my @at;

    for my $k (0 .. $steps) {
        my $t = $k / $steps;

        push @at, [$x + $lean * $t * $t, $y - $len * $t];
    }

    $out .= stroke(sprintf('M%s %sQ%s %s %s %s', map { n($_) } $x, $y,
            $x, $y - $len * 0.5, $x + $lean, $y - $len), $vein, 3.2);

    for my $k (2 .. $steps) {
        my ($px, $py) = @{ $at[$k] };
        my $t = $k / $steps;
        my $tilt = $lean * $t / $len * 90;
        my $taper = $kind eq 'fern' ? sin(PI * (0.12 + 0.83 * $t))
            : 1 - 0.5 * $t;

        for my $side (-1, 1) {
            my $l = $len * ($kind eq 'fern' ? 0.3 : $kind eq 'round' ? 0.16
                : 0.27) * $taper * $self->r(0.9, 1.1);
            my $w = $l * ($kind eq 'fern' ? 0.1 : $kind eq 'round' ? 0.6
                : 0.24);
            my $angle = $tilt + $side * ($kind eq 'fern' ? 62
                : 58 - 22 * $t) * $self->r(0.92, 1.08);

            $out .= sprintf '<g transform="translate(%s %s) rotate(%s)">%s</g>',
                n($px), n($py), n($angle),
                leaf($l, $w, $self->one(@$colours), $vein);
        }
    }

    my ($tx, $ty) = @{ $at[-1] };

    return $out . sprintf '<g transform="translate(%s %s) rotate(%s)">%s</g>',
        n($tx), n($ty), n($lean / $len * 90),
        leaf($len * 0.16, $len * ($kind eq 'round' ? 0.07 : 0.035),
            $colours->[0], $vein);
}


sub botanical
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my $out = rect(0, 0, W, H, $paper);
    my $kind = (qw(olive fern round))[$variant % 3];
    my $back = mix($c[3], $paper, 0.3);
    my @leaves = ($c[0], $c[2], mix($c[0], $ink, 0.35), $c[4]);
    my $vein = mix($ink, $c[2], 0.3);

    if ($variant % 4 == 0) {
        $out .= shape('M120 750V360A180 180 0 0 1 480 360V750Z', $back);
    } elsif ($variant % 4 == 1) {
        $out .= disc(W * 0.5, H * 0.4, 200, mix($c[1], $paper, 0.35));
    } elsif ($variant % 4 == 2) {
        $out .= rect(0, H * 0.58, W, H * 0.42, $back);
    } else {
        $out = rect(0, 0, W, H, mix($ink, $c[0], 0.22));
        @leaves = ($c[1], $c[3], mix($c[1], $paper, 0.4));
        $vein = $paper;
    }

    my $n = 1 + $variant % 3;
    my @x = $n == 1 ? (300) : $n == 2 ? (250, 350) : (300, 262, 338);
    my @lean = $n == 1 ? ($self->r(-60, 60)) : $n == 2 ? (-110, 110)
        : (10, -150, 150);
    my @len = $n == 1 ? (560) : $n == 2 ? (500, 440) : (570, 420, 440);

    if ($variant % 2) {                 # in a vase
        my $v = $self->one(grep { $_ ne $back } @c[0, 2, 4]);
        my $body = 'M262 560C262 585 205 605 205 660C205 705 235 720 300 720'
            . 'C365 720 395 705 395 660C395 605 338 585 338 560Z';

        $out .= $self->stem($x[$_] * 0.4 + 180, 590, $len[$_] * 0.82,
            $lean[$_], $kind, \@leaves, $vein) for reverse 0 .. $n - 1;
        $out .= shape($body, $v)
            . shape('M300 720C365 720 395 705 395 660C395 605 338 585 338 560'
                . 'L318 560C318 600 352 620 352 665C352 700 330 718 300 720Z',
                mix($v, $ink, 0.22));
    } else {
        $out .= $self->stem($x[$_], 705, $len[$_], $lean[$_], $kind, \@leaves,
            $vein) for reverse 0 .. $n - 1;
    }

    return $out;
}


sub cityscape
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my $night = $variant % 3 == 2;
    my ($defs, $sky) = $self->fade($night
        ? (0, $ink, 1, 1, mix($ink, $c[0], 0.55), 1)
        : (0, mix($c[1], $paper, 0.5), 1, 1, $paper, 1));
    my $out = $defs . "<rect width=\"600\" height=\"750\" $sky/>"
        . disc(W * $self->r(0.25, 0.75), H * $self->r(0.2, 0.32),
            $self->r(58, 88), $night ? $paper : $c[0]);
    my @layers = $night
        ? (mix($ink, $c[0], 0.5), mix($ink, $c[0], 0.28), mix($ink, '000000', 0.2))
        : (mix($c[3], $c[1], 0.4), $c[2], mix($c[2], $ink, 0.75));
    my $ground = H * 0.86;

    for my $l (0 .. 2) {
        my $x = -20 + $self->r(0, 20);

        while ($x < W) {
            my $w = $self->r(42, 92);
            my $top = H * (0.36 + 0.13 * $l) + $self->r(-70, 90);
            my $roof = $self->i(6);
            my $d = 'M' . n($x) . ' ' . n($ground) . 'V' . n($top);

            if ($roof == 0) {
                $d .= sprintf 'L%s %s', n($x + $w / 2), n($top - $w * 0.55);
            } elsif ($roof == 1) {
                $d .= sprintf 'L%s %s', n($x + $w), n($top - $w * 0.5);
            } elsif ($roof == 2) {
                $d .= sprintf 'h%s v-70 h4 v70', n($w / 2 - 2);
            } elsif ($roof == 3) {
                $d .= sprintf 'A%s %s 0 0 1 %s %s', n($w / 2), n($w / 2),
                    n($x + $w), n($top);
            } elsif ($roof == 4) {
                $d .= sprintf 'h%s v-26 h%s v26', n($w * 0.2), n($w * 0.6);
            }

            $d .= sprintf 'L%s %sV%sZ', n($x + $w), n($top), n($ground);
            $out .= shape($d, $layers[$l]);

            if ($l > 0) {
                my $lit = $night ? $self->one(@c[1, 3]) : $l == 2 ? $c[3]
                    : mix($c[2], $paper, 0.35);
                my $rows = int(($ground - $top - 24) / 24);
                my $cols = int(($w - 14) / 15);

                for my $j (0 .. $rows - 1) {
                    for my $i (0 .. $cols - 1) {
                        next if $self->r < ($night ? 0.55 : 0.35);
                        $out .= rect($x + ($w - $cols * 15 + 7) / 2 + $i * 15,
                            $top + 16 + $j * 24, 8, 12, $lit,
                            'opacity=".85"');
                    }
                }
            }

            $x += $w + ($self->r < 0.3 ? $self->r(4, 16) : 0);
        }
    }

    my $water = $night ? mix($ink, $c[0], 0.4) : $c[3];

    $out .= rect(0, $ground, W, H - $ground, $water);
    $out .= rect($self->r(-40, W - 60), $ground + 8 + $_ * 9,
        $self->r(60, 210), 2.4, $night ? $c[1] : $layers[2], 'opacity=".45"')
        for 0 .. 9;

    return $out;
}


sub suprematism
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my $out = rect(0, 0, W, H, $paper);
    my $angle = $self->one(-38, -28, 24, 34, -18);
    my @col = ($ink, $c[0], $c[2], $c[1], $c[4]);
    my $in = '';

    $out .= $variant % 3 == 0
        ? disc($self->r(150, 450), $self->r(160, 260), $self->r(70, 120), $c[1])
        : $variant % 3 == 1
        ? sprintf('<g transform="rotate(%s 300 300)">%s</g>', n($angle + 52),
            rect(170, 120, 230, 230, $ink))
        : shape(poly(90, 620, 330, 110, 470, 560), mix($c[3], $c[1], 0.3));

    $in .= rect(60, 330, 470, $self->r(60, 96), $col[1]);
    $in .= rect($self->r(90, 180), 440, $self->r(220, 330), 30, $col[0]);
    $in .= rect($self->r(40, 240), 256, $self->r(120, 250), 46, $col[2]);

    for my $k (0 .. 6) {
        $in .= rect($self->r(40, 430), 150 + $k * 66 + $self->r(-14, 14),
            $self->r(50, 180), $self->one(6, 10, 16, 24),
            $self->one(@col));
    }

    $in .= rect($self->r(80, 430), 120, 14, $self->r(360, 520), $col[0]);
    $in .= rect($self->r(80, 430), 300, 30, $self->r(120, 220), $col[3]);
    $out .= sprintf '<g transform="rotate(%d 300 375)">%s</g>', $angle, $in;
    $out .= disc($self->r(390, 520), $self->r(540, 660), $self->r(24, 52),
        $col[$variant % 2 ? 1 : 0]);
    $out .= ring($self->r(90, 200), $self->r(560, 660), $self->r(30, 60),
        $ink, 3);

    return $out;
}


sub midcentury
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my $out = rect(0, 0, W, H, $variant % 4 == 3 ? mix($c[2], $ink, 0.35)
        : mix($paper, $c[3], 0.35));
    my $line = $variant % 4 == 3 ? $paper : $ink;

    if ($variant % 3 == 0) {            # a mobile
        my ($x, $y, $w, $side) = (300, 84, 176, $variant % 2 ? 1 : -1);

        $out .= stroke('M300 0V84', $line, 2.4);

        for my $k (0 .. 5) {
            my ($xn, $xl) = ($x + $side * $w * 0.55, $x - $side * $w);
            my ($yn, $yl) = ($y + $w * 0.1, $y + $w * 0.26);
            my $drop = $self->r(34, 60);
            my $s = 46 - $k * 4;
            my $fill = $c[[0, 1, 2, 4, 0, 3]->[$k]];

            $out .= stroke(sprintf('M%s %sQ%s %s %s %s', map { n($_) } $xl,
                    $yl, $x, $y - $w * 0.2, $xn, $yn), $line, 2.4)
                . stroke(sprintf('M%s %sV%s', n($xl), n($yl),
                    n($yl + $drop)), $line, 1.6);
            $yl += $drop;
            $out .= $k % 2 ? disc($xl, $yl + $s, $s, $fill)
                : shape(smooth([$xl, $yl], [$xl + $s, $yl + $s * 0.8],
                    [$xl + $s * 0.35, $yl + $s * 2.1],
                    [$xl - $s * 0.85, $yl + $s * 1.3]), $fill);

            my $down = $k == 5 ? 40 : $self->r(64, 84);

            $out .= stroke(sprintf('M%s %sV%s', n($xn), n($yn),
                    n($yn + $down)), $line, 1.6);
            ($x, $y, $w, $side) = ($xn, $yn + $down, $w * 0.9, -$side);
        }

        $out .= disc($x, $y + 24, 24, $c[0]);

    } elsif ($variant % 3 == 1) {       # pebbles
        my $y = 690;
        my @order = @c[0, 2, 1, 4, 3, 0, 2];

        $out .= disc(W * 0.72, H * 0.2, 74, $c[1]);

        for my $k (0 .. 5) {
            my $rx = 190 - $k * 24 + $self->r(-14, 14);
            my $ry = 52 - $k * 3 + $self->r(-6, 10);
            my $cx = 300 + $self->r(-22, 22);
            my $cy = $y - $ry;

            $out .= shape(smooth([$cx - $rx, $cy + 6], [$cx - $rx * 0.5,
                        $cy - $ry * 0.85], [$cx + $rx * 0.4, $cy - $ry],
                    [$cx + $rx, $cy - 4], [$cx + $rx * 0.55, $cy + $ry * 0.9],
                    [$cx - $rx * 0.5, $cy + $ry]), $order[$k]);
            $out .= stroke(sprintf('M%s %sq%s %s %s 0', n($cx - $rx * 0.55),
                    n($cy), n($rx * 0.5), n($ry * 0.5), n($rx * 1.05)),
                mix($order[$k], $paper, 0.5), 2) if $k % 2 == 0;
            $y -= $ry * 2 - 7;
        }

    } else {                            # cut-outs and starbursts
        for my $k (0 .. 5) {
            my ($cx, $cy) = (150 + 300 * ($k % 2) + $self->r(-30, 30),
                130 + 245 * int($k / 2) + $self->r(-20, 20));
            my $s = $self->r(96, 128);
            my $fill = $c[[0, 1, 2, 4, 3, 0]->[$k]];
            my $lobes = 7;
            my @pts;

            if ($k == 2 || $k == 5) {
                $out .= join '', map {
                    my $a = $_ * PI / 8;
                    my $l = $_ % 2 ? $s * 0.55 : $s * 0.9;

                    stroke(sprintf('M%s %sL%s %s', map { n($_) } $cx, $cy,
                            $cx + $l * cos $a, $cy + $l * sin $a), $line, 3)
                        . disc($cx + $l * cos $a, $cy + $l * sin $a, 7, $fill)
                } 0 .. 15;
                next;
            }

            for my $q (0 .. $lobes * 2 - 1) {
                my $a = $q * PI / $lobes + $self->r(-0.06, 0.06);
                my $l = $q % 2 ? $s * 0.42 : $s * $self->r(0.85, 1.08);

                push @pts, [$cx + $l * cos $a, $cy + $l * sin $a];
            }

            $out .= shape(smooth(@pts), $fill);
        }
    }

    return $out;
}


sub inkwash
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my $sheet = mix($paper, 'f6f1e6', 0.5);
    my $out = rect(0, 0, W, H, $sheet);
    my $tone = mix($ink, $c[0], 0.3);
    my $red = $variant % 2 ? 'b5402f' : $c[0];

    $out .= disc(W * $self->r(0.3, 0.75), H * $self->r(0.16, 0.28),
        $self->r(44, 72), $red, 'opacity=".88"');

    my $n = 5;

    for my $k (0 .. $n - 1) {
        my $y = H * (0.36 + 0.12 * $k);
        my @h = $self->ridge($y, 120 - 14 * $k, 6);
        my ($defs, $fill) = $self->fade(0, $tone, 0.22 + 0.14 * $k,
            0.75, $tone, 0.05, 1, $sheet, 0);

        $out .= $defs . filled(under(0, @h), $fill);
    }

    if ($variant % 3 == 0) {            # a pine in front
        my ($x, $y) = (W * $self->r(0.2, 0.34), H * 0.9);

        $out .= stroke("M$x ${y}q14 -120 -6 -250", $ink, 7);

        for my $k (0 .. 6) {
            my $ty = $y - 90 - $k * 25;
            my $w = 92 - $k * 9;

            $out .= '<ellipse cx="' . n($x + ($k % 2 ? 26 : -22)) . '" cy="'
                . n($ty) . '" rx="' . $w . '" ry="11" fill="#' . $ink
                . '" opacity=".82"/>';
        }
    } elsif ($variant % 3 == 1) {       # a boat
        $out .= stroke('M250 640q60 26 130 0', $ink, 7)
            . stroke('M318 644V566', $ink, 3)
            . shape('M322 570q46 30 2 62z', $ink, 'opacity=".75"')
            . stroke('M190 668h240M230 686h150', $tone, 1.6, 'opacity=".5"');
    }

    for my $k (0 .. 4) {
        my ($x, $y) = ($self->r(90, 500), $self->r(110, 260));

        $out .= stroke(sprintf('M%s %sq7 -8 13 0q6 -8 13 0', n($x), n($y)),
            $ink, 2.2);
    }

    return $out . rect(524, 664, 34, 44, $red)
        . stroke('M533 676h16M541 676v20M533 698h16', $sheet, 2.6);
}


sub mosaic
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my ($nx, $ny) = (9, 11);
    my ($out, @v) = (rect(0, 0, W, H, $variant % 2 ? $ink : $paper));
    my ($fx, $fy, $ph) = ($self->r(1, 3), $self->r(1, 3), $self->r(0, 6));
    my @ramp = $variant % 3 == 1 ? ($c[2], $c[0], $c[1], $c[3], $paper)
        : $variant % 3 == 2 ? ($ink, $c[4], $c[0], $c[1], $c[3])
        : ($c[0], $c[1], $c[3], $c[2], $c[4]);

    for my $j (0 .. $ny) {
        for my $i (0 .. $nx) {
            my $edge = $i == 0 || $j == 0 || $i == $nx || $j == $ny;

            $v[$j][$i] = [$i * W / $nx + ($edge ? 0 : $self->r(-21, 21)),
                $j * H / $ny + ($edge ? 0 : $self->r(-21, 21))];
        }
    }

    for my $j (0 .. $ny - 1) {
        for my $i (0 .. $nx - 1) {
            my ($a, $b, $d, $e) = ($v[$j][$i], $v[$j][$i + 1],
                $v[$j + 1][$i], $v[$j + 1][$i + 1]);

            for my $t ($self->r < 0.5 ? ([$a, $b, $d], [$b, $e, $d])
                : ([$a, $b, $e], [$a, $e, $d]))
            {
                my ($x, $y) = (0, 0);

                ($x, $y) = ($x + $_->[0] / 3, $y + $_->[1] / 3) for @$t;

                my $f = sin($x / W * $fx * 3 + $ph)
                    + cos($y / H * $fy * 3 - $ph) + $self->r(-0.35, 0.35);
                my $q = ($f + 2.3) / 4.6 * 3.999;
                my $k = $q < 0 ? 0 : $q > 3.99 ? 3 : int $q;
                my $s = 0.93;

                $out .= shape(poly(map { ($x + ($_->[0] - $x) * $s,
                            $y + ($_->[1] - $y) * $s) } @$t),
                    mix($ramp[$k], $ramp[$k + 1], $q - $k));
            }
        }
    }

    return $out;
}


sub nightsky
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my ($defs, $sky) = $self->fade(0, mix($ink, '000000', 0.25), 1,
        0.6, mix($ink, $c[0], 0.55), 1, 1, $c[1], 1);
    my $out = $defs . "<rect width=\"600\" height=\"750\" $sky/>";
    my ($cx, $cy) = (W * $self->r(0.3, 0.7), H * $self->r(0.28, 0.45));

    if ($variant % 3 == 0) {            # star trails
        for my $k (1 .. 60) {
            my $r = 8 + $k * 9.5;
            my $a = $self->r(0, 6.28);
            my $len = $self->r(0.35, 1.1);

            $out .= stroke(sprintf('M%s %sA%s %s 0 0 1 %s %s', map { n($_) }
                    $cx + $r * cos $a, $cy + $r * sin $a, $r, $r,
                    $cx + $r * cos($a + $len), $cy + $r * sin($a + $len)),
                $self->one($paper, $paper, $c[3], $c[1]),
                $self->r(0.9, 2.3), 'opacity=".8"');
        }
    } else {
        $out .= disc($self->r(0, W), $self->r(0, H * 0.75),
            $self->r < 0.12 ? 2.8 : $self->r(0.6, 1.7), $paper,
            'opacity="' . n($self->r(0.5, 1)) . '"') for 1 .. 190;

        if ($variant % 3 == 1) {        # moon
            $out .= disc($cx, $cy, 92, mix($paper, $c[3], 0.3))
                . disc($cx + 36, $cy - 18, 80, mix($ink, $c[0], 0.3));
        } else {                        # a constellation
            my @s = map { [$self->r(120, 480), 110 + $_ * 52
                + $self->r(-24, 24)] } 0 .. 6;

            $out .= stroke('M' . join('L', map { n($_->[0]) . ' '
                . n($_->[1]) } @s), $paper, 1.2, 'opacity=".55"');
            $out .= disc(@$_, 5, $paper) . ring(@$_, 11, $paper, 0.9) for @s;
        }
    }

    for my $k (0 .. 2) {
        $out .= shape(under(0, $self->ridge(H * (0.72 + 0.09 * $k), 60, 6)),
            mix(mix($ink, $c[0], 0.45 - 0.18 * $k), '000000', 0.12 * $k));
    }

    for my $k (0 .. 26) {               # pines
        my ($x, $y, $s) = ($k * 24 + $self->r(-8, 8), H + 6,
            $self->r(60, 130));

        $out .= shape(poly($x - $s * 0.2, $y, $x, $y - $s, $x + $s * 0.2, $y),
            mix($ink, '000000', 0.35));
    }

    return $out;
}


sub opart
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my $out = rect(0, 0, W, H, $paper);

    if ($variant % 3 == 0) {            # rings drifting off
        my ($dx, $dy) = ($self->r(-1.5, 1.5), $self->r(-1.5, 1.5));
        my @two = ($variant % 2 ? $ink : $c[0], $paper);

        for my $k (0 .. 25) {
            $out .= disc(300 + $dx * $k * 3.4, 375 + $dy * $k * 3.4,
                282 - $k * 10.6, $two[$k % 2]);
        }

        $out .= disc(300 + $dx * 84, 375 + $dy * 84, 20, $c[1]);

    } elsif ($variant % 3 == 1) {       # a swelling chequer
        my ($cx, $cy) = ($self->r(220, 380), $self->r(300, 450));
        my $warp = sub {
            my ($x, $y) = ($_[0] - $cx, $_[1] - $cy);
            my $d = sqrt($x * $x + $y * $y) / 260;
            my $f = $d < 1 ? $d ** 0.35 : 1;

            return ($cx + $x * $f, $cy + $y * $f);
        };
        my $k = 30;

        for my $j (0 .. H / $k - 1) {
            for my $i (0 .. W / $k - 1) {
                next if ($i + $j) % 2;

                my ($x, $y) = ($i * $k, $j * $k);
                my $in = ($x + 15 - $cx) ** 2 + ($y + 15 - $cy) ** 2 < 48000;

                $out .= shape(poly(map { $warp->(@$_) } [$x, $y],
                        [$x + $k / 2, $y], [$x + $k, $y],
                        [$x + $k, $y + $k / 2], [$x + $k, $y + $k],
                        [$x + $k / 2, $y + $k], [$x, $y + $k],
                        [$x, $y + $k / 2]), $in ? $c[0] : $ink);
            }
        }

    } else {                            # folded stripes
        my $n = 6;
        my $w = W / $n;

        for my $i (0 .. $n - 1) {
            for my $k (-4 .. 27) {
                my $y = $k * 32;
                my $s = $i % 2 ? 58 : -58;
                my $c = (($k + $i) % 6 == 0) ? $c[0] : $ink;

                $out .= shape(poly($i * $w, $y, ($i + 1) * $w, $y + $s,
                        ($i + 1) * $w, $y + $s + 16, $i * $w, $y + 16),
                    $c) if !($i % 2);
                $out .= shape(poly($i * $w, $y - 58, ($i + 1) * $w, $y,
                        ($i + 1) * $w, $y + 16, $i * $w, $y - 42), $c)
                    if $i % 2;
            }
        }
    }

    return $out;
}


sub dunes
{
    my ($self, $p, $variant) = @_;
    my ($paper, $ink, @c) = @$p;
    my ($defs, $sky) = $self->fade(0, mix($paper, $c[1], 0.55), 1,
        1, $paper, 1);
    my $out = $defs . "<rect width=\"600\" height=\"750\" $sky/>";
    my ($x, $y, $r) = (W * $self->r(0.3, 0.7), H * $self->r(0.26, 0.36),
        $self->r(66, 104));
    my @ramp = (mix($c[3], $paper, 0.2), $c[1], $c[0], $c[2],
        mix($c[2], $ink, 0.6));

    $out .= disc($x, $y, $r, $c[0]);

    if ($variant % 3 == 2) {            # the sea
        my $hz = H * 0.5;

        $out .= rect(0, $hz, W, H - $hz, $c[2]);

        for my $k (0 .. 24) {
            my $yy = $hz + 8 + $k * 15 * (0.6 + $k / 50);
            my $w = $r * (0.5 + $k / 14) * $self->r(0.6, 1.1);

            last if $yy > H;
            $out .= rect($x - $w + $self->r(-16, 16), $yy, $w * 2,
                3 + $k * 0.2, $self->one($c[0], $c[1], $c[3]),
                'opacity=".75" rx="2"');
        }

        return $out . shape(under(1, map { $_ } $self->ridge(H * 0.9, 26, 2)),
            $ramp[4]);
    }

    for my $k (0 .. 4) {
        my @h = $self->ridge(H * (0.46 + 0.115 * $k), 74, 2);

        $out .= shape(under(1, @h), $ramp[$k]);

        if ($variant % 3 == 1 && $k < 4) {
            $out .= stroke(under(1, map { $_ + 14 * $_ / H + 10 } @h),
                mix($ramp[$k], $ink, 0.3), 1.4, 'opacity=".6"');
        }
    }

    return $out;
}


# ---- the sheet on the wall -----------------------------------------------

my @FRAMES = (
    ['1d1c1a', 12, 34], ['c9a77c', 15, 30], ['f7f5f1', 14, 36],
    ['54402f', 13, 30], ['1d1c1a', 9, 0], ['c9a77c', 10, 0],
);


sub picture                             # (style, palette, seed, variant) -> SVG
{
    my ($style, $palette, $seed, $variant) = @_;
    my $self = Art->new("$style/$palette/$seed");
    my $p = $PALETTE{$palette};
    my ($frame, $bar, $mat) = @{ $FRAMES[$self->i(scalar @FRAMES)] };
    my $art = $STYLE{$style}->($self, $p, $variant);
    my $wall = mix(mix($p->[0], 'e8e4dc', 0.55), $p->[5], 0.1);
    my $scale = 1;
    my ($w, $h) = (W * $scale, H * $scale);
    my ($fw, $fh) = ($w + 2 * ($bar + $mat), $h + 2 * ($bar + $mat));
    my ($x, $y) = ((800 - $fw) / 2, (1000 - $fh) / 2 - 8);

    return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 1000"'
        . ' width="800" height="1000">'
        . '<defs><linearGradient id="w" x1="0" y1="0" x2="1" y2="1">'
        . "<stop offset=\"0\" stop-color=\"#" . mix($wall, 'ffffff', 0.35)
        . "\"/><stop offset=\"1\" stop-color=\"#" . mix($wall, '000000', 0.05)
        . '"/></linearGradient><filter id="b" x="-20%" y="-20%" width="140%"'
        . ' height="140%"><feGaussianBlur stdDeviation="14"/></filter>'
        . '<clipPath id="c"><rect width="600" height="750"/></clipPath></defs>'
        . '<rect width="800" height="1000" fill="url(#w)"/>'
        . rect($x + 6, $y + 16, $fw - 4, $fh - 2, '3a2f25',
            'opacity=".32" filter="url(#b)"')
        . rect($x, $y, $fw, $fh, $frame)
        . rect($x + $bar, $y + $bar, $fw - 2 * $bar, $fh - 2 * $bar, 'fbfaf7')
        . rect($x + $bar, $y + $bar, $fw - 2 * $bar, 3, '000000',
            'opacity=".12"')
        . sprintf('<g transform="translate(%s %s) scale(%s)" '
            . 'clip-path="url(#c)">%s</g></svg>', n($x + $bar + $mat),
            n($y + $bar + $mat), $scale, $art) . "\n";
}

1;
