/** What a task that has ended shows: result, file, charge. */
import { chargeOf, exactChargeOf, type TokenCounts } from '../../domain/charge';
import { formatCredits, toCreditUnits, type CreditUnits } from '../../domain/credits';
import { field } from '../../domain/json';
import { DEFAULT_MODEL, findModel, imageTokens, pixelsOf } from '../../domain/models';
import { DEFAULT_PRICES, modelPrices, type TokenPrices } from '../../domain/prices';
import { isLoopbackHost } from '../../domain/public-address';
import { readTokenUsage } from '../../domain/usage';
import type { Task } from '../types';
import { linkLife } from './link-life';
import { fetchPicture, PictureError, type FetchedImage } from './picture';
import { mostOfOne, SINGLE } from './requests';
import { namesIn } from './free-checks';
import { formOf } from './safe-text';
import { chargeOfTask, describe, type Session } from './session';

const MODEL = findModel(DEFAULT_MODEL)!;
const EXPECTED = pixelsOf(MODEL, SINGLE.size!, '1K')!;

/** EvoLink's tokeniser is not documented; more than the prompt has bytes, and some around it, it can't count. */
const MOST_TEXT_TOKENS = 200;

/**
 * @param session - the run
 * @param id - of the task
 * @param task - undefined for one that did not end: it is on record, and nothing else is seen of it
 */
export async function taskChecks(session: Session, id: string, task: Task | undefined): Promise<void> {
  if (task === undefined) return;
  const raw = await session.ask((client) => client.getTask(id));
  if (task.status !== 'completed') return failed(session, task);
  usage(session, task);
  await result(session, task, raw.body);
  charge(session);
  await batch(session, task);
}

function failed(session: Session, task: Task): void {
  const error = `the task ended as ${task.status}`;
  session.foundOfTask('result', 'not seen', error);
  billing(session, task, `${error}; `);
}

async function result(session: Session, task: Task, body: unknown): Promise<void> {
  const [link] = task.results;
  const form = `results: ${formOf(field(body, 'results'))}, result_data: ${formOf(field(body, 'result_data'))}`;
  session.foundOfTask('result', link === undefined ? 'not held' : 'held', `${task.results.length} link; ${form}`);
  if (link === undefined) return session.stopPaying('a completed task has no link');
  if (!URL.canParse(link)) return;
  const { protocol, hostname, host } = new URL(link);
  const isLocal = isLoopbackHost(new URL(session.options.baseUrl).hostname);
  // An EvoLink on this machine, for tests, has no certificate: its own address says so.
  const isSafe = protocol === 'https:' || (isLocal && isLoopbackHost(hostname));
  session.foundOfTask('link-scheme', isSafe ? 'held' : 'not held', `${protocol}//${host}`);
  try {
    const image = await fetchPicture(link, session.options.version, isLocal);
    const file = session.options.folder.saveImage(`${fileName(task.id)}.${image.extension}`, image.bytes);
    session.noteTask(task, { image: { file, sha256: image.sha256, bytes: image.bytes.length } });
    if (image.pixels) session.delivered.set(task.id, image.pixels);
    pixels(session, image);
    life(session, link, image.headers);
  } catch (error) {
    if (!(error instanceof PictureError)) throw error;
    session.foundOfTask('pixels', 'not held', error.message);
    life(session, link);
  }
}

function life(session: Session, link: string, headers?: Headers): void {
  const { state, seen } = linkLife(link, headers, session.options.now());
  session.foundOfTask('link-life', state, seen);
}

/** Ids may hold a colon, which some file systems do not take. */
const fileName = (id: string): string => id.replace(/[^A-Za-z0-9_-]/g, '_');

function pixels(session: Session, { pixels: found, extension, bytes }: FetchedImage): void {
  const wanted = `${EXPECTED.width}×${EXPECTED.height}`;
  const kind = `${extension}, ${bytes.length} bytes`;
  if (found === undefined) return session.foundOfTask('pixels', 'not held', `unreadable (${kind}), expected ${wanted}`);
  const isRight = found.width === EXPECTED.width && found.height === EXPECTED.height;
  const got = `${found.width}×${found.height}`;
  const seen = isRight ? `${got} (${kind})` : `${got} (${kind}), expected ${wanted}`;
  session.foundOfTask('pixels', isRight ? 'held' : 'not held', seen);
}

function usage(session: Session, task: Task): void {
  const stated = field(task.usage, 'credits_used') ?? field(field(task.usage, 'cost'), 'credits');
  session.foundOfTask('usage', stated === undefined ? 'not held' : 'held', `fields: ${namesIn(task.usage)}`);
  billing(session, task);
}

function billing(session: Session, { billing: block }: Task, before = ''): void {
  const isThere = field(block, 'refund_scope') === 'account_balance';
  const seen = block === undefined ? 'no block' : `fields: ${namesIn(block)}`;
  session.foundOfTask('billing', isThere ? 'held' : 'not held', before + seen);
}

/** Of every task that has ended so far: one sample alone may fit by chance. */
function charge(session: Session): void {
  const row = session.prices ?? modelPrices(DEFAULT_MODEL, DEFAULT_PRICES);
  const ended = [...session.tasks.values()].filter(
    ({ status, results }) => status === 'completed' && results.length > 0,
  );
  const charges = ended.map((task) => ({ task, units: chargeOfTask(task) }));
  if (row.billing !== 'per_token' || charges.length === 0 || charges.some(({ units }) => units === undefined)) {
    session.found('charge', 'not seen', 'EvoLink shows no charge');
    return session.found('hold', 'not seen', 'EvoLink shows no charge');
  }
  const fits = charges.map(({ task, units }) => {
    const output = imageTokens(MODEL, SINGLE.quality, session.delivered.get(task.id) ?? EXPECTED).upper;
    return fitOf({ units: units!, output, row, usage: task.usage });
  });
  const isExact = fits.every(({ holds }) => holds);
  session.found('charge', isExact ? 'held' : 'not held', fits.map(({ seen }) => seen).join('; '));
  hold(
    session,
    charges.map(({ task, units }) => ({ id: task.id, units: units! })),
  );
}

interface Sample {
  readonly units: CreditUnits;
  readonly output: number;
  readonly row: TokenPrices;
  readonly usage: unknown;
}

interface Fit {
  readonly holds: boolean;
  readonly seen: string;
}

/** By EvoLink's own count of tokens, else by the count of text tokens that the charge fits, if there is one. */
function fitOf({ units, output, row, usage: block }: Sample): Fit {
  const amount = `${formatCredits(units)} credits`;
  const stated = field(block, 'credits_used');
  const finer = (typeof stated === 'number' || typeof stated === 'string') && /\.\d{5,}/.test(String(stated));
  if (finer) return { holds: false, seen: `${amount}: printed with more than four decimals` };
  const counted = readTokenUsage(block);
  if (counted !== undefined) {
    const { outputTokens, textTokens, cachedTextTokens, imageTokens: images, cachedImageTokens } = counted;
    const tokens: TokenCounts = {
      imageOutput: outputTokens,
      textInput: textTokens - cachedTextTokens + counted.unsplitTokens,
      textCachedInput: cachedTextTokens,
      imageInput: images - cachedImageTokens,
      imageCachedInput: cachedImageTokens,
    };
    const expected = chargeOf(tokens, row);
    const seen = `${amount} for ${outputTokens} image and ${textTokens} text tokens, by the rule ${formatCredits(expected)}`;
    return { holds: expected === units, seen };
  }
  const texts = Array.from({ length: MOST_TEXT_TOKENS + 1 }, (_, count) => count);
  const tokensOf = (textInput: number): TokenCounts => ({ imageOutput: output, textInput });
  const text = texts.find((count) => chargeOf(tokensOf(count), row) === units);
  const roundedOnce = texts.find((count) => toCreditUnits(exactChargeOf(tokensOf(count), row)) === units);
  if (text !== undefined) {
    const also = roundedOnce === undefined ? '' : ' (rounding the sum once fits as well)';
    return { holds: true, seen: `${amount} = ${output} image and ${text} text tokens, each rounded up${also}` };
  }
  const once = roundedOnce === undefined ? 'any count of text tokens' : 'that; it fits rounding the sum once';
  return { holds: false, seen: `${amount}: ${output} image tokens, each kind rounded up, do not fit ${once}` };
}

function hold(session: Session, charges: readonly { readonly id: string; readonly units: CreditUnits }[]): void {
  const upper = mostOfOne();
  const isWithin = charges.every(({ units }) => units <= upper);
  const pairs = charges.map(({ id, units }) => `${formatCredits(units)} of ${session.reservedOf(id) ?? '(not shown)'}`);
  const seen = `charged of reserved at EvoLink: ${pairs.join(', ')}; held here up to ${formatCredits(upper)}`;
  session.found('hold', isWithin ? 'held' : 'not held', seen);
  if (!isWithin) session.stopPaying('a task was charged more than the pipeline would hold');
}

async function batch(session: Session, task: Task): Promise<void> {
  const unknown = `${task.id.slice(0, 100)}-x`;
  const answer = await session.ask((client) => client.getTasks([task.id, unknown]));
  const [read, ...others] = answer.value ?? [];
  const holds = read?.id === task.id && others.length === 0 && read.results.join() === task.results.join();
  const seen =
    answer.value === undefined
      ? describe(answer)
      : `${answer.value.length} of 2 ids answered, ${read?.results.length ?? 0} link; an unknown id is ${holds ? 'left out' : 'not simply left out'}`;
  session.foundOfTask('batch', holds ? 'held' : 'not held', seen);
}
