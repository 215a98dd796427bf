/** What follows `npm start --`. */
import { parseArgs } from 'node:util';
import { estimateRequest, InvalidEstimateError, type RequestEstimate } from '../../client/estimate';
import { WrongUse } from '../wrong-use';

export const HELP = `Deploys the pipeline to a local cloud on this machine and runs jobs there.

Usage:
  npm start                          three example jobs against a simulated EvoLink: costs nothing
  npm start -- --live ["prompt"]     one job against the real EvoLink: costs credits, and asks before it spends them
  npm start -- --live --verify       proves what the pipeline assumes of the real EvoLink, for at most one credit

Options:
  --live                  Buy from the real EvoLink, with the key in the environment variable EVOLINK_API_KEY.
  --verify                Verify instead of running a job; asks before it spends. docs/verify.md
  --yes                   Do not ask: for scripts.
  --size <size>           auto, a ratio such as 16:9, or pixels such as 1536x1024.   (default: 3:1)
  --resolution <tier>     1K, 2K or 4K; with a ratio only.                           (default: 1K)
  --quality <quality>     low, medium or high.                                       (default: low)
  --help                  Print this.

The defaults are the cheapest request that there is. The key is neither printed nor written to disk.
EVOLINK_BASE_URL, for tests and proxies, says where EvoLink is reached; the key is sent there.
Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.
`;

/** A single dot: whoever tries a key wants to pay as little text as possible, too. */
const DEFAULT_PROMPT = 'a single red dot in the middle of white paper';

/** A job's input. */
export interface LiveRequest {
  readonly prompt: string;
  readonly model: string;
  readonly size: string;
  readonly resolution?: string;
  readonly quality: string;
  readonly n: number;
}

export type StartArguments =
  | { readonly kind: 'help' }
  | { readonly kind: 'examples' }
  | { readonly kind: 'verify'; readonly yes: boolean }
  | {
      readonly kind: 'live';
      readonly request: LiveRequest;
      readonly estimate: RequestEstimate;
      /** Agreed beforehand. */
      readonly yes: boolean;
    };

/** @throws WrongUse */
export function readStartArguments(argv: readonly string[]): StartArguments {
  const { values, positionals } = parse(argv);
  if (values.help) return { kind: 'help' };
  if (!values.live) {
    if (argv.length > 0) throw wrong('Everything but --help needs --live.');
    return { kind: 'examples' };
  }
  if (values.verify) {
    const { size, resolution, quality } = values;
    const isJob = positionals.length > 0 || [size, resolution, quality].some((value) => value !== undefined);
    if (isJob) throw wrong('--verify has requests of its own: it takes no prompt, size, resolution or quality.');
    return { kind: 'verify', yes: values.yes };
  }
  const [prompt = DEFAULT_PROMPT, unexpected] = positionals;
  if (unexpected !== undefined) throw wrong('Only one prompt can be given: put it into quotes.');
  const { size = '3:1', quality = 'low', resolution = size.includes(':') ? '1K' : undefined } = values;
  const request = { prompt, model: 'gpt-image-2', size, resolution, quality, n: 1 };
  return { kind: 'live', request, estimate: estimateOf(request), yes: values.yes };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        live: { type: 'boolean', default: false },
        verify: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        size: { type: 'string' },
        resolution: { type: 'string' },
        quality: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS')) throw wrong(message);
    throw error;
  }
}

/** By the rules of the pipeline: what can't be estimated would be refused there. */
function estimateOf(request: LiveRequest): RequestEstimate {
  try {
    return estimateRequest(request);
  } catch (error) {
    if (error instanceof InvalidEstimateError) throw wrong(error.message);
    throw error;
  }
}

const wrong = (message: string): WrongUse => new WrongUse(`${message}\nSee: npm start -- --help`);
