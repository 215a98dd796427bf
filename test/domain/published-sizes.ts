/** The published table of pixels and the output tokens that follow from it: an independent copy, typed in by hand. */
export interface PublishedSize {
  readonly ratio: string;
  /** The same pixels, swapped. */
  readonly portrait: string;
  readonly tier: '1K' | '2K' | '4K';
  readonly width: number;
  readonly height: number;
  readonly scaledDown: boolean;
  readonly tokens: { readonly low: number; readonly medium: number; readonly high: number };
}

const ROWS = `
1:1  1:1  1K 1024x1024 196 1756 7024
1:1  1:1  2K 2048x2048 397 3568 14272
1:1  1:1  4K 2880x2880 659 5930 23719
2:1  1:2  1K 1456x720 98 878 3439
2:1  1:2  2K 2896x1456 199 1791 7162
2:1  1:2  4K 3840x1920 300 2700 10798 scaled
3:1  1:3  1K 1776x592 62 586 2344
3:1  1:3  2K 3552x1184 125 1192 4766
3:1  1:3  4K 3840x1280 139 1328 5311 scaled
3:2  2:3  1K 1248x832 134 1167 4667
3:2  2:3  2K 2512x1680 274 2389 9555
3:2  2:3  4K 3520x2352 453 3948 15789
4:3  3:4  1K 1184x880 147 1315 5184
4:3  3:4  2K 2368x1776 298 2681 10724
4:3  3:4  4K 3312x2480 491 4413 17650 scaled
5:4  4:5  1K 1152x912 159 1392 5565
5:4  4:5  2K 2288x1824 322 2816 11409
5:4  4:5  4K 3216x2576 535 4690 19006
16:9 9:16 1K 1360x768 110 987 3946
16:9 9:16 2K 2736x1536 224 2010 8039
16:9 9:16 4K 3840x2160 371 3336 13342
21:9 9:21 1K 1568x672 86 770 3005
21:9 9:21 2K 3136x1344 175 1567 6116
21:9 9:21 4K 3840x1648 234 2099 8196 scaled
`;

export const PUBLISHED_SIZES: readonly PublishedSize[] = ROWS.trim()
  .split('\n')
  .map((row) => {
    const [ratio, portrait, tier, pixels, low, medium, high, mark] = row.split(/\s+/) as [string, ...string[]];
    const [width, height] = pixels.split('x').map(Number) as [number, number];
    return {
      ratio,
      portrait: portrait,
      tier: tier as PublishedSize['tier'],
      width,
      height,
      scaledDown: mark === 'scaled',
      tokens: { low: Number(low), medium: Number(medium), high: Number(high) },
    };
  });
