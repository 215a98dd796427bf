/**
 * A bitmap font for ASCII: five by seven pixels, and an eighth row for descenders. Each character is eight base-32
 * digits, one per row from the top; the bits of a digit are the five pixels, leftmost first.
 */
const GLYPHS: Readonly<Record<string, string>> = Object.fromEntries(
  `
  ! 44444040 " AAA00000 # AAVAVAA0 $ 4FKE5U40 % OP248J30 & CIK8LID0 ' 44000000 ( 24888420 ) 84222480
  * 04LEL400 + 044V4400 , 00000648 - 000V0000 . 00000660 / 122488G0 : 06606600 ; 06600648 < 248G8420
  = 00V0V000 > 84212480 ? EH124040 @ EHNLNGE0 [ E88888E0 \\ G8842210 ] E22222E0 ^ 4AH00000 _ 0000000V
  \` 84000000 { 24484420 | 44444440 } 84424480 ~ 008L2000
  0 EHJLPHE0 1 4C4444E0 2 EH1248V0 3 V2421HE0 4 26AIV220 5 VGU11HE0 6 68GUHHE0 7 V1248880 8 EHHEHHE0 9 EHHF12C0
  A EHHVHHH0 B UHHUHHU0 C EHGGGHE0 D SIHHHIS0 E VGGUGGV0 F VGGUGGG0 G EHGNHHF0 H HHHVHHH0 I E44444E0
  J 72222IC0 K HIKOKIH0 L GGGGGGV0 M HRLLHHH0 N HHPLJHH0 O EHHHHHE0 P UHHUGGG0 Q EHHHLID0 R UHHUKIH0
  S FGGE11U0 T V4444440 U HHHHHHE0 V HHHHHA40 W HHHLLLA0 X HHA4AHH0 Y HHHA4440 Z V1248GV0
  a 00E1FHF0 b GGMPHHU0 c 00EGGHE0 d 11DJHHF0 e 00EHVGE0 f 698S8880 g 00FHHF1E h GGMPHHH0 i 40C444E0
  j 206222IC k GGIKOKI0 l C44444E0 m 00QLLHH0 n 00MPHHH0 o 00EHHHE0 p 00UHHUGG q 00FHHF11 r 00MPGGG0
  s 00FGE1U0 t 88S88960 u 00HHHJD0 v 00HHHA40 w 00HHLLA0 x 00HA4AH0 y 00HHHF1E z 00V248V0
  `
    .trim()
    .split(/\s+/)
    .reduce<[string, string][]>((pairs, word, index) => {
      if (index % 2 === 0) pairs.push([word, '']);
      else pairs[pairs.length - 1][1] = word;
      return pairs;
    }, []),
);

/** Stands for every character that the font does not have. */
const BOX = 'VHHHHHV0';

export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 8;

/** The rows of a character from the top, five bits each: bit 16 is the leftmost pixel. */
export function glyphRows(character: string): number[] {
  if (character === ' ') return [];
  const digits = Object.hasOwn(GLYPHS, character) ? GLYPHS[character] : BOX;
  return Array.from(digits, (digit) => Number.parseInt(digit, 32));
}
