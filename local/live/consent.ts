/** What a job will cost, and whether it may. */
import type { RequestEstimate } from '../../client/estimate';
import type { Credits } from '../../evolink';

export function offer(baseUrl: string, credits: Credits | undefined, estimate: RequestEstimate): string {
  const { requested, credits: cost, usd, capped, warnings } = estimate;
  const { model, size, resolution, quality, width, height } = requested;
  const shape = [size, resolution && `at ${resolution}`, width && height && `(${width}×${height} pixels)`];
  const limit = capped ? 'at most' : 'held, no cap: the model chooses the size,';
  const rows = {
    EvoLink: `${baseUrl}: what it makes is charged`,
    account: credits ? balance(credits) : 'this key may not read it',
    request: `${[model, shape.filter(Boolean).join(' '), quality].join(', ')}, 1 image`,
    estimate: `about ${cost.likely} credits (${usd.likely} USD), ${limit} ${cost.upper} credits (${usd.upper} USD)`,
  };
  const lines = Object.entries(rows).map(([name, text]) => `  ${name.padEnd(10)}${text}`);
  return [...lines, ...warnings.map(({ path, message }) => `  Note on ${path}: ${message}`)].join('\n');
}

export function balance({ account, key }: Credits): string {
  const limit = key.unlimited ? '' : `, ${key.remaining} on this key`;
  return `${account.remaining} credits left${limit}`;
}

export const QUESTION = 'Generate it? [y/N] ';

export function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer.trim());
}
