/** The real EvoLink, as the environment names it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DEFAULT_EVOLINK_BASE_URL } from '../../domain/constants';
import {
  type Credits,
  EvolinkAccessDeniedError,
  EvolinkClient,
  EvolinkError,
  EvolinkUnauthorizedError,
  EvolinkUnreadableReplyError,
} from '../../evolink';
import type { EvolinkAccount } from '../deployed-pipeline';
import { ROOT } from '../paths';
import { WrongUse } from '../wrong-use';

/** Takes the key away: whatever is started from here on does not inherit it. */
export function takeAccount(env: NodeJS.ProcessEnv): EvolinkAccount {
  const { EVOLINK_API_KEY = '', EVOLINK_BASE_URL = '' } = env;
  delete env.EVOLINK_API_KEY;
  const apiKey = EVOLINK_API_KEY.trim();
  if (apiKey === '') {
    throw new WrongUse('--live needs a key of EvoLink: EVOLINK_API_KEY=… npm start -- --live ["prompt"]');
  }
  // It becomes a header. Not shown: a slip of the keyboard is still most of a key.
  if (!/^[\x21-\x7e]{1,512}$/.test(apiKey)) {
    throw new WrongUse('EVOLINK_API_KEY must be the key alone: one line of printable characters without blanks.');
  }
  return { apiKey, baseUrl: baseUrlOf(EVOLINK_BASE_URL === '' ? DEFAULT_EVOLINK_BASE_URL : EVOLINK_BASE_URL) };
}

function baseUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usable = url?.protocol === 'https:' && url.username === '' && url.password === '' && !/[?#]/.test(text);
  if (!usable) throw new WrongUse('EVOLINK_BASE_URL must be an https URL without query, fragment and credentials.');
  return text.replace(/\/+$/, '');
}

/** Long enough for a slow line: nothing has been spent yet. */
const TIMEOUT_MS = 15_000;

/**
 * What is left, undefined where this key may not know. Free of charge, so a key that does not work is found before
 * anything else is done.
 */
export async function creditsOf({ apiKey, baseUrl }: EvolinkAccount): Promise<Credits | undefined> {
  try {
    return await new EvolinkClient({ apiKey, baseUrl, version: packageVersion() }).getCredits({
      timeoutMs: TIMEOUT_MS,
    });
  } catch (error) {
    if (error instanceof EvolinkAccessDeniedError || error instanceof EvolinkUnreadableReplyError) return undefined;
    if (error instanceof EvolinkUnauthorizedError) {
      throw new Error(`EvoLink refuses the key in EVOLINK_API_KEY (401). Nothing was spent.`, { cause: error });
    }
    if (!(error instanceof EvolinkError)) throw error;
    throw new Error(`EvoLink does not answer at ${baseUrl}: ${error.message}. Nothing was spent.`, { cause: error });
  }
}

export function packageVersion(): string {
  const text = fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
