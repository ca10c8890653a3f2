package Glyph;

# Pictures for a catalogue that has none: a shape by what the title names, in
# the colour and with the pattern that it names.  Enough to tell a mug from a
# bag on a page of suggestions.

use strict;
use warnings;

# what a word looks like: drawn in 100 x 100, "F" is the fill, "L" the dark
# line, "P" the pattern

my @SHAPE = (
    [qr/BUNTING|GARLAND/, '<path d="M4 30Q50 52 96 30" fill="none" stroke="L" stroke-width="1.6"/><path d="M10 33L20 62L28 39Z" fill="P"/><path d="M33 41L43 70L51 43Z" fill="F"/><path d="M56 43L64 70L73 40Z" fill="P"/><path d="M77 38L86 62L94 31Z" fill="F"/>'],
    [qr/LANTERN|CANDLE|T-LIGHT|TLIGHT|LIGHT HOLDER/, '<path d="M38 22Q50 4 62 22" fill="none" stroke="L" stroke-width="2"/><path d="M32 22H68L73 34H27Z" fill="L"/><path d="M29 34H71V86H29Z" fill="P"/><path d="M42 60H58V86H42Z" fill="#fff8e6"/><path d="M50 42Q57 52 50 58Q43 52 50 42Z" fill="#f2a83b"/><path d="M25 86H75V92H25Z" fill="L"/>'],
    [qr/LIGHTS?\b|LAMP|BULB/, '<path d="M4 26Q50 54 96 26" fill="none" stroke="L" stroke-width="1.6"/><circle cx="18" cy="40" r="7" fill="F"/><circle cx="38" cy="49" r="7" fill="P"/><circle cx="60" cy="50" r="7" fill="F"/><circle cx="81" cy="41" r="7" fill="P"/>'],
    [qr/CHRISTMAS|TREE|XMAS|REINDEER|SANTA/, '<path d="M50 10L70 40H60L78 64H64L82 84H18L36 64H22L40 40H30Z" fill="P"/><path d="M45 84H55V94H45Z" fill="L"/><circle cx="50" cy="11" r="4" fill="#e8b32a"/>'],
    [qr/UMBRELLA|PARASOL/, '<path d="M8 52A42 42 0 0 1 92 52Q82 44 71 52Q61 44 50 52Q39 44 29 52Q18 44 8 52Z" fill="P"/><path d="M50 52V84Q50 92 42 90" fill="none" stroke="L" stroke-width="3" stroke-linecap="round"/>'],
    [qr/HOT WATER BOTTLE/, '<path d="M43 12H57V24Q74 30 74 48V80Q74 92 62 92H38Q26 92 26 80V48Q26 30 43 24Z" fill="P"/><path d="M40 9H60V16H40Z" fill="L"/>'],
    [qr/LUNCH BOX|TIN\b|TINS\b|CANISTER/, '<path d="M18 34H82V88H18Z" fill="P"/><path d="M15 24H85V36H15Z" fill="F" stroke="L" stroke-width="1"/><path d="M44 52H56V62H44Z" fill="#fffdf8"/>'],
    [qr/PURSE|WALLET/, '<path d="M16 40H84V78Q84 86 76 86H24Q16 86 16 78Z" fill="P"/><path d="M20 40Q50 14 80 40" fill="none" stroke="L" stroke-width="3"/><circle cx="50" cy="42" r="4" fill="L"/>'],
    [qr/BAG\b|BAGS\b|SHOPPER|TOTE|RUCKSACK|BACKPACK/, '<path d="M22 36H78L84 92H16Z" fill="P"/><path d="M36 44V30A14 14 0 0 1 64 30V44" fill="none" stroke="L" stroke-width="3.4" stroke-linecap="round"/>'],
    [qr/TEAPOT|TEA SET|TEA FOR ONE/, '<path d="M26 44H70V60Q70 84 48 84Q26 84 26 60Z" fill="P"/><path d="M70 52Q82 50 88 38" fill="none" stroke="F" stroke-width="6"/><path d="M27 50Q10 52 16 66Q20 72 28 70" fill="none" stroke="L" stroke-width="3"/><path d="M34 36H62L66 44H30Z" fill="L"/><circle cx="48" cy="32" r="4" fill="L"/>'],
    [qr/MUG|CUP\b|TEACUP|CUPS\b/, '<path d="M22 32H68V76Q68 86 58 86H32Q22 86 22 76Z" fill="P"/><path d="M68 42H76Q86 42 86 54Q86 68 68 70" fill="none" stroke="L" stroke-width="4"/>'],
    [qr/CAKE ?STAND|CAKESTAND/, '<path d="M14 42H86L80 50H20Z" fill="P"/><path d="M46 50H54V82H46Z" fill="L"/><path d="M30 82H70V88H30Z" fill="L"/><path d="M30 42Q32 22 50 22Q68 22 70 42Z" fill="F"/>'],
    [qr/CAKE|CUPCAKE|MUFFIN|BAKING|COOKIE|PANTRY/, '<path d="M26 52H74L66 88H34Z" fill="P"/><path d="M22 52Q20 30 42 30Q50 12 60 30Q82 30 78 52Z" fill="F"/><circle cx="51" cy="20" r="5" fill="#c4573a"/>'],
    [qr/PLATE|BOWL|DISH|TRAY/, '<circle cx="50" cy="52" r="40" fill="P"/><circle cx="50" cy="52" r="25" fill="#fffdf8" opacity=".75"/>'],
    [qr/CUTLERY|SPOON|FORK|KNIFE/, '<path d="M30 12V36Q30 42 25 44V90" fill="none" stroke="L" stroke-width="4"/><path d="M20 12V34Q20 44 25 44M25 12V40" fill="none" stroke="L" stroke-width="2.4"/><path d="M52 12Q62 26 56 52V90" fill="none" stroke="F" stroke-width="7"/><ellipse cx="78" cy="26" rx="9" ry="14" fill="P"/><path d="M78 40V90" stroke="L" stroke-width="4"/>'],
    [qr/CLOCK|ALARM/, '<circle cx="50" cy="54" r="34" fill="P"/><circle cx="50" cy="54" r="26" fill="#fffdf8"/><path d="M50 36V54L62 62" fill="none" stroke="L" stroke-width="3" stroke-linecap="round"/><path d="M24 24L34 18M76 24L66 18" stroke="L" stroke-width="6" stroke-linecap="round"/>'],
    [qr/FRAME|PHOTO|PICTURE|MIRROR/, '<path d="M20 14H80V90H20Z" fill="P"/><path d="M31 25H69V79H31Z" fill="#fffdf8"/><path d="M31 79L46 54L56 68L62 60L69 79Z" fill="F" opacity=".7"/>'],
    [qr/SIGN\b|PLAQUE|BLACKBOARD|CHALKBOARD|MEMO/, '<path d="M30 34L50 14L70 34" fill="none" stroke="L" stroke-width="2"/><path d="M12 34H88V74H12Z" fill="P"/><path d="M24 48H76M30 60H70" stroke="#fffdf8" stroke-width="3" stroke-linecap="round"/>'],
    [qr/HEART/, '<path d="M50 88C14 62 8 44 18 29C28 16 44 20 50 34C56 20 72 16 82 29C92 44 86 62 50 88Z" fill="P"/><path d="M50 34V8" stroke="L" stroke-width="1.6"/>'],
    [qr/BIRD|DOVE|ROBIN|OWL|CHICK|DUCK/, '<path d="M16 58Q22 30 50 34Q58 22 70 28Q76 30 88 34L76 42Q76 74 46 76Q26 76 8 70Q18 66 16 58Z" fill="P"/><circle cx="68" cy="35" r="2.6" fill="L"/><path d="M44 76V88M52 75V88" stroke="L" stroke-width="2"/>'],
    [qr/NECKLACE|BRACELET|EARRING|RING\b|BROOCH/, '<path d="M18 14Q20 66 50 68Q80 66 82 14" fill="none" stroke="L" stroke-width="1.8"/><circle cx="50" cy="76" r="10" fill="P"/><circle cx="32" cy="60" r="5" fill="F"/><circle cx="68" cy="60" r="5" fill="F"/>'],
    [qr/CUSHION|PILLOW|QUILT|THROW/, '<path d="M14 18Q50 26 86 18Q78 52 86 86Q50 78 14 86Q22 52 14 18Z" fill="P"/>'],
    [qr/JAR|BOTTLE|VASE|JUG|POT\b/, '<path d="M36 12H64V22Q80 30 80 50V82Q80 92 70 92H30Q20 92 20 82V50Q20 30 36 22Z" fill="P"/><path d="M34 8H66V16H34Z" fill="L"/>'],
    [qr/GARDEN|PLANT|FLOWER|HERB|ROSE|DAISY|WATERING/, '<path d="M30 62H70L64 92H36Z" fill="P"/><path d="M50 62V34" stroke="#4e6651" stroke-width="3"/><path d="M50 50Q32 48 30 34Q46 34 50 50ZM50 46Q68 44 70 30Q54 30 50 46Z" fill="#7c9177"/><circle cx="50" cy="24" r="11" fill="F"/><circle cx="50" cy="24" r="4" fill="#e8b32a"/>'],
    [qr/CARD|ENVELOPE|LETTER|STICKER|STAMP/, '<path d="M12 28H88V80H12Z" fill="P"/><path d="M12 28L50 58L88 28" fill="none" stroke="#fffdf8" stroke-width="3"/>'],
    [qr/BOOK|NOTEBOOK|PAD\b|JOURNAL|DIARY|PENCIL|PEN\b/, '<path d="M24 14H78V88H24Z" fill="P"/><path d="M24 14H34V88H24Z" fill="L"/><path d="M44 30H68V42H44Z" fill="#fffdf8"/>'],
    [qr/WRAP|RIBBON|PAPER|NAPKIN|TISSUE|DOIL/, '<path d="M20 78L66 12L84 26L38 92Z" fill="P"/><ellipse cx="29" cy="85" rx="11" ry="8" fill="F" transform="rotate(38 29 85)"/>'],
    [qr/DOLL|TOY|SOLDIER|BEAR|BUNNY|RABBIT|PUPPET|KIDS|CHILD/, '<circle cx="30" cy="22" r="10" fill="F"/><circle cx="70" cy="22" r="10" fill="F"/><circle cx="50" cy="36" r="24" fill="P"/><path d="M30 56Q50 66 70 56L78 92H22Z" fill="F"/><circle cx="42" cy="34" r="3" fill="L"/><circle cx="58" cy="34" r="3" fill="L"/><path d="M44 45Q50 50 56 45" fill="none" stroke="L" stroke-width="2"/>'],
    [qr/JIGSAW|PUZZLE|GAME|BLOCK|LETTERS|DOMINO/, '<path d="M16 16H48V26A8 8 0 1 1 48 40V48H40A8 8 0 1 0 26 48H16Z" fill="P"/><path d="M52 16H84V48H52Z" fill="F"/><path d="M16 52H48V84H16Z" fill="F"/><path d="M52 52H84V84H52Z" fill="P"/>'],
    [qr/HOOK|HANGER|HANDLE|KNOB|DOORMAT|DOOR/, '<path d="M14 20H86V42H14Z" fill="P"/><path d="M30 42V58Q30 70 40 68M50 42V58Q50 70 60 68M70 42V58Q70 70 80 68" fill="none" stroke="L" stroke-width="4" stroke-linecap="round"/>'],
    [qr/DRAWER|CABINET|CHEST|BOX|CRATE|BASKET|HOLDER|RACK|STORAGE/, '<path d="M16 26H84V88H16Z" fill="P"/><path d="M16 47H84M16 68H84" stroke="L" stroke-width="2"/><circle cx="50" cy="37" r="3" fill="L"/><circle cx="50" cy="58" r="3" fill="L"/><circle cx="50" cy="78" r="3" fill="L"/>'],
    [qr/APRON|TOWEL|CLOTH|GLOVE|OVEN|EGG/, '<path d="M36 12H64V34H80V88Q50 96 20 88V34H36Z" fill="P"/><path d="M36 12Q50 26 64 12" fill="none" stroke="L" stroke-width="2"/><path d="M36 56H64V74H36Z" fill="F"/>'],
    [qr/./, '<path d="M18 40H82V90H18Z" fill="P"/><path d="M14 28H86V42H14Z" fill="F"/><path d="M45 28H55V90H45Z" fill="L" opacity=".75"/><path d="M50 28Q30 8 26 20Q26 28 50 28Q70 8 74 20Q74 28 50 28Z" fill="none" stroke="L" stroke-width="3"/>'],
);

my %COLOUR = (
    RED => 'c8452f', PINK => 'dd8fa0', BLUE => '4a7fa7', GREEN => '6f9468',
    WHITE => 'fbf8f1', IVORY => 'f3ead6', CREAM => 'efe2c4',
    YELLOW => 'e5b843', ORANGE => 'dd8338', PURPLE => '8a6aa3',
    BLACK => '33302d', SILVER => 'b9bcc0', GOLD => 'cda349', ZINC => '9aa3a8',
    METAL => '8f979c', WOODEN => 'b98a5a', WOOD => 'b98a5a',
    WICKER => 'c49a63', TURQUOISE => '4fa7a3', LAVENDER => 'a897c6',
);

my @OWN = qw(c4573a 4a7fa7 7c9177 d29a2e 8a6aa3 c9818a 3f6f72 b9713f);
my @WALL = qw(f1ece3 e9edea f3e8e4 ece9f0 eef0e4 e6ecf1 f4eddc e9e4dd);


sub hash
{
    my $h = 2166136261;

    $h = (($h ^ ord) * 16777619) & 0xffffffff for split //, $_[0];

    return $h;
}


sub tone                                # towards white (t > 0) or black
{
    my ($c, $t) = @_;
    my $to = $t > 0 ? 255 : 0;

    return join '', map { sprintf '%02x', $_ + ($to - $_) * abs $t }
        map { hex } $c =~ /(..)/g;
}


sub pattern
{
    my ($title, $fill) = @_;
    my $on = $fill =~ /^[ef]/ ? tone($fill, -0.16) : tone($fill, 0.62);
    my ($size, $d) = $title =~ /SPOT|POLKA|DOT/
        ? (12, "<circle cx=\"6\" cy=\"6\" r=\"3\" fill=\"#$on\"/>")
        : $title =~ /STRIP/
        ? (9, "<path d=\"M0 0H4V9H0Z\" fill=\"#$on\"/>")
        : $title =~ /CHECK|GINGHAM|TARTAN|PATCHWORK/
        ? (14, "<path d=\"M0 0H7V7H0ZM7 7H14V14H7Z\" fill=\"#$on\" "
            . 'opacity=".7"/>')
        : $title =~ /FLORAL|ROSE|DAISY|PAISLEY|PAISLY|VINTAGE|FLOWER/
        ? (16, "<path d=\"M8 3Q11 8 8 8Q13 5 13 8Q13 11 8 8Q11 13 8 13Q5 13 8"
            . " 8Q3 11 3 8Q3 5 8 8Q5 3 8 3Z\" fill=\"#$on\"/>")
        : return ('', "#$fill");

    return ("<pattern id=\"p\" width=\"$size\" height=\"$size\" patternUnits="
        . "\"userSpaceOnUse\"><path d=\"M0 0H${size}V${size}H0Z\" fill=\""
        . "#$fill\"/>$d</pattern>", 'url(#p)');
}


sub picture
{
    my ($title, $id) = @_;
    my $t = uc $title;
    my $h = hash($id);
    my $wall = $WALL[$h % @WALL];
    my ($named) = grep { $t =~ /\b$_\b/ } sort keys %COLOUR;
    my $fill = $named ? $COLOUR{$named} : $OWN[($h >> 8) % @OWN];
    my ($defs, $paint) = pattern($t, $fill);
    my $line = tone($fill, $fill =~ /^[ef]/ ? -0.55 : -0.45);
    my ($shape) = map { $_->[1] } grep { $t =~ $_->[0] } @SHAPE;
    my $second = tone($fill, $fill =~ /^[ef]/ ? -0.14 : 0.35);

    $shape =~ s/"L"/"#$line"/g;
    $shape =~ s/"P"/"$paint"/g;
    $shape =~ s/"F"/"#$second"/g;

    return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 500" '
        . "width=\"800\" height=\"1000\"><defs>$defs</defs>"
        . "<path d=\"M0 0H400V500H0Z\" fill=\"#$wall\"/>"
        . '<path d="M0 392H400V500H0Z" fill="#' . tone($wall, -0.05) . '"/>'
        . '<ellipse cx="200" cy="396" rx="112" ry="11" fill="#'
        . tone($wall, -0.2) . '" opacity=".6"/>'
        . "<g transform=\"translate(75 146) scale(2.5)\">$shape</g></svg>\n";
}

1;
