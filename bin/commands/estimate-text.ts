import { percentOf } from '../../client/percent';
import type { CostParts, RequestEstimate } from '../../client/estimate';
import type { RequestedImages } from '../../domain/job';
import type { Paint } from './command';
import type { EstimateView } from './estimate-json';
import { grouped, tableLines } from './table';

/** Those of a price. */
const MOST_DECIMALS = 7;

/** A heading above rows, or a row: its name, and what it shows of an estimate. */
type Line = string | { readonly name: string; readonly cell: (estimate: RequestEstimate) => string };

export function estimateText(view: EstimateView, paint: Paint): string {
  const { estimate, qualities } = view;
  const columns = qualities.length > 0 ? qualities : [{ quality: 'price', estimate }];
  const chosen = columns.findIndex(({ quality }) => quality === estimate.requested.quality);
  const lines = linesFor(view);
  const [headings = '', ...rows] = tableLines(
    [
      { heading: '' },
      ...columns.map(({ quality }, index) => ({
        heading: index === chosen ? `[${quality}]` : `${quality} `,
        align: 'right' as const,
      })),
    ],
    rowsOf(lines, columns),
  );
  const body = rows.map((row, index) => (typeof lines[index] === 'string' ? paint.bold(row) : row));
  const table = [paint.bold(headings), ...body].join('\n');
  return `${[paint.bold(title(estimate.requested)), table, hints(view, paint).join('\n')].join('\n\n')}\n`;
}

function title({ model, size, resolution, quality, n, references, width, height }: RequestedImages): string {
  const tier = resolution === undefined ? '' : ` at ${resolution}`;
  const pixels = width === undefined || height === undefined ? '' : `${width}×${height} pixels`;
  // Explicit pixels are the size itself.
  const shape = size.includes('x') ? pixels : `${size}${tier}${pixels && ` = ${pixels}`}`;
  const refs = references === 0 ? '' : plural(references, 'reference');
  return [model, shape, quality, plural(n, 'image'), refs].filter(Boolean).join(', ');
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function linesFor({ estimate, hasPrompt }: EstimateView): Line[] {
  const { requested, capped, tokens, integers } = estimate;
  const byTokens = tokens.output.upper > 0;
  const parts = (name: keyof CostParts, has: boolean) => (has ? costLines(name, estimate) : []);
  const counts: Line[] = [
    'Tokens of one image',
    ...bounds('output', estimate, ({ tokens: { output } }) => [grouped(output.likely), grouped(output.upper)]),
    ...(requested.references > 0
      ? [{ name: 'references', cell: (of: RequestEstimate) => grouped(of.tokens.references) }]
      : []),
    ...(tokens.textOutput.upper > 0
      ? bounds('text beside it', estimate, ({ tokens: { textOutput } }) => [
          grouped(textOutput.likely),
          grouped(textOutput.upper),
        ])
      : []),
    ...(hasPrompt
      ? bounds('text', estimate, ({ tokens: { text } }) => [grouped(text.likely), grouped(text.upper)])
      : []),
  ];
  const costs: Line[] = [
    'Credits for one image',
    ...costLines('output', estimate),
    ...parts('references', requested.references > 0),
    ...parts('text', hasPrompt),
  ];
  const atMost = capped ? 'at most' : 'held';
  return [
    ...(byTokens ? [...counts, ...costs] : []),
    `Credits for ${integers.images === 1 ? 'the image' : `all ${integers.images} images`}, as booked`,
    { name: 'likely', cell: ({ credits }) => fixed(credits.likely, 4) },
    { name: atMost, cell: ({ credits }) => fixed(credits.upper, 4) },
    'US dollars',
    { name: 'likely', cell: ({ usd }) => fixed(usd.likely, 6) },
    { name: atMost, cell: ({ usd }) => fixed(usd.upper, 6) },
  ];
}

function costLines(name: keyof CostParts, estimate: RequestEstimate): Line[] {
  return bounds(name, estimate, ({ perImage }) => [
    fixed(perImage.likely[name], MOST_DECIMALS),
    fixed(perImage.upper[name], MOST_DECIMALS),
  ]);
}

/** Two lines where likely and upper differ, else one. */
function bounds(name: string, estimate: RequestEstimate, both: (of: RequestEstimate) => [string, string]): Line[] {
  const [likely, upper] = both(estimate);
  if (likely === upper) return [{ name, cell: (of) => both(of)[1] }];
  return [
    { name: `${name}, likely`, cell: (of) => both(of)[0] },
    { name: `${name}, at most`, cell: (of) => both(of)[1] },
  ];
}

/** With as many zeros at the end as make it look alike, and blanks, so that all points stand below each other. */
function fixed(decimal: string, decimals: number): string {
  const [whole = '', fraction = ''] = decimal.split('.');
  return `${whole}.${fraction.padEnd(decimals, '0').padEnd(MOST_DECIMALS)}`;
}

/** Figures keep one place free at their right, for the bracket of the chosen heading. */
function rowsOf(lines: readonly Line[], columns: readonly { readonly estimate: RequestEstimate }[]): string[][] {
  return lines.map((line) =>
    typeof line === 'string'
      ? [line, ...columns.map(() => '')]
      : [`  ${line.name}`, ...columns.map(({ estimate }) => `${line.cell(estimate)} `)],
  );
}

function hints(view: EstimateView, paint: Paint): string[] {
  const { estimate, qualities, neighbour, hasPrompt } = view;
  const [cheapest, dearest] = [qualities[0], qualities.at(-1)];
  const lines: string[] = [];
  if (cheapest && dearest && cheapest !== dearest) {
    const share = percentOf(cheapest.estimate.integers.creditsUpper, dearest.estimate.integers.creditsUpper);
    const [draft, final] = [cheapest.quality, dearest.quality];
    lines.push(
      `Draft with ${draft}, make only the final image with ${final}: EvoLink's own advice. Here ${draft} costs ${share} % of ${final}.`,
    );
  }
  if (neighbour) {
    const { size, resolution, savedCredits, savingPercent } = neighbour;
    const options = `--size ${size}${resolution ? ` --resolution ${resolution}` : ''}`;
    const saving = savingPercent === '0.0' ? 'less than 0.1 %' : `${savingPercent} %`;
    lines.push(
      `Cheaper neighbour: ${options} saves ${paint.green(saving)} (${savedCredits} credits) at the same quality,`,
      '  with no fewer pixels and a shape within 3 %.',
    );
  }
  if (estimate.tokens.textOutput.upper > 0) {
    lines.push('Nothing limits the text that the model writes beside an image: what is held for it is not a cap.');
  }
  if (!estimate.capped && estimate.requested.width === undefined) {
    lines.push('With auto the model chooses the size: these are estimates, and what is held is not a cap.');
  }
  if (!hasPrompt && estimate.tokens.output.upper > 0) lines.push('No prompt was given: its text is not counted.');
  for (const { path, message } of estimate.warnings) lines.push(`Note on ${path}: ${message}`);
  lines.push(paint.dim(`Prices: ${estimate.priceTable}. 68 credits are 1 USD.`));
  return lines;
}
