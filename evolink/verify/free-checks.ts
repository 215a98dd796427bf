/** What can be seen without a task, and what EvoLink refuses. None of it should cost anything; what could is bounded. */
import { randomInt } from 'node:crypto';
import { formatCredits } from '../../domain/credits';
import { DEFAULT_MODEL, MODELS } from '../../domain/models';
import { comparePrices, type PublicPrices } from '../../domain/price-comparison';
import { DEFAULT_PRICES, modelPrices } from '../../domain/prices';
import { EvolinkAccessDeniedError, EvolinkNotFoundError, EvolinkUnauthorizedError, type EvolinkError } from '../errors';
import { objectOr } from '../json';
import { BAD, isExact, mostOfOne, rowOfPublic, tableWith } from './requests';
import { MOST_TASKS, SPENDING_LIMIT } from './purse';
import { fieldNames, word } from './safe-text';
import { describe, describeError, type Answer, type Session } from './session';

/** EvoLink does not take the key, or does not answer. Nothing was bought. */
export class AccountError extends Error {
  override readonly name = 'AccountError';
}

/** @throws AccountError when the key is no good: nothing else would show anything then */
export async function checkKey(session: Session): Promise<void> {
  const { error } = await session.ask((client) => client.getCredits());
  if (error instanceof EvolinkUnauthorizedError) {
    throw new AccountError(`EvoLink refuses the key (${describeError(error)}). Nothing was bought.`, { cause: error });
  }
  if (error?.status !== undefined || error === undefined) return;
  throw new AccountError(`EvoLink does not answer (${error.name}). Nothing was bought.`, { cause: error });
}

export async function freeChecks(session: Session): Promise<void> {
  await models(session);
  await prices(session);
  await unknownTask(session);
  await badKey(session);
  await emptyBatch(session);
  if (session.mayPay) await badRequest(session);
}

async function models(session: Session): Promise<void> {
  const answer = await session.ask((client) => client.getModels());
  if (answer.value === undefined) return session.found('models', 'not seen', describe(answer));
  const offered = new Set(answer.value);
  const ours = MODELS.map(({ name }) => name);
  const [present, absent] = [ours.filter((name) => offered.has(name)), ours.filter((name) => !offered.has(name))];
  const others = answer.value.filter((name) => /^gpt-(4o-)?image/.test(name) && !ours.includes(name)).map(word);
  const seen = [
    `${present.length} of ${ours.length}: ${present.join(', ') || 'none'}`,
    ...(absent.length > 0 ? [`not offered: ${absent.join(', ')}`] : []),
    ...(others.length > 0 ? [`unknown to the pipeline: ${others.slice(0, 10).join(', ')}`] : []),
  ].join('; ');
  if (offered.has(DEFAULT_MODEL)) return session.found('models', 'held', seen);
  session.found('models', 'not held', seen);
  session.stopPaying(`the key may not use ${DEFAULT_MODEL}`);
}

async function prices(session: Session): Promise<void> {
  const equal: string[] = [];
  const different: string[] = [];
  const unread: string[] = [];
  for (const { name } of MODELS) {
    const answer = await session.ask((client) => client.getPriceRules(name));
    if (answer.value === undefined) {
      const isGone = answer.error instanceof EvolinkNotFoundError;
      unread.push(`${name} ${isGone ? 'has no public price' : `could not be read: ${describeError(answer.error!)}`}`);
      continue;
    }
    const differences = comparePrices(modelPrices(name, DEFAULT_PRICES), answer.value);
    if (differences.length === 0) equal.push(name);
    else
      different.push(
        `${name} differs in ${differences.map(({ what }) => word(what.replace(/: | /g, '_'))).join(', ')}`,
      );
    if (name === DEFAULT_MODEL) usePrices(session, answer.value);
  }
  const seen = [equal.length > 0 ? `equal for ${equal.length}: ${equal.join(', ')}` : '', ...different, ...unread];
  const state = different.length > 0 ? 'not held' : equal.includes(DEFAULT_MODEL) ? 'held' : 'not seen';
  session.found('prices', state, seen.filter((part) => part !== '').join('; '));
}

/** What the run may cost is computed anew by the prices that EvoLink publishes now, where they are higher. */
function usePrices(session: Session, published: PublicPrices): void {
  const row = rowOfPublic(published);
  if (row === undefined) return session.stopPaying("the price rule can't be computed, so no limit can be kept");
  if (isExact(published)) session.prices = row;
  session.purse.raise(mostOfOne(tableWith(row)));
  if (session.purse.fits(MOST_TASKS)) return;
  const each = formatCredits(session.purse.mostOfOne);
  session.stopPaying(
    `${MOST_TASKS} tasks for up to ${each} credits each exceed the limit of ${formatCredits(SPENDING_LIMIT)} credit`,
  );
}

/** EvoLink's documented form of an error, and the status and code that the pipeline goes by. */
function isRefusal(
  { error, body }: Answer<unknown>,
  Expected: abstract new (...args: never[]) => EvolinkError,
): boolean {
  const { code, message } = objectOr(objectOr(body).error);
  return error instanceof Expected && code !== undefined && typeof message === 'string';
}

async function unknownTask(session: Session): Promise<void> {
  const answer = await session.ask((client) => client.getTask(madeUpId(session)));
  // EvoLink may also say that a task is somebody else's.
  const holds = isRefusal(answer, EvolinkNotFoundError) || isRefusal(answer, EvolinkAccessDeniedError);
  session.found('unknown-task', holds ? 'held' : 'not held', describe(answer));
}

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

/** In the form of EvoLink's pages. */
function madeUpId({ options }: Session): string {
  const letters = Array.from({ length: 8 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `task-unified-${Math.floor(options.now().getTime() / 1_000)}-${letters}`;
}

async function badKey(session: Session): Promise<void> {
  const madeUp = `sk-evolink-images-verify-${randomInt(1e12).toString(36)}`;
  const answer = await session.ask((client) => client.getCredits(), madeUp);
  session.found('bad-key', isRefusal(answer, EvolinkUnauthorizedError) ? 'held' : 'not held', describe(answer));
}

async function emptyBatch(session: Session): Promise<void> {
  const answer = await session.ask((client) => client.getTasks([madeUpId(session)]));
  if (answer.value === undefined) return session.found('batch', 'not held', describe(answer));
  const { data } = objectOr(answer.body);
  const form = Array.isArray(data) ? `an unknown id is left out (${data.length} tasks)` : 'no list in the answer';
  session.found('batch', 'not seen', `${form}; no task to ask for`);
}

async function badRequest(session: Session): Promise<void> {
  const posted = await session.submit('a bad request (n = 0)', session.newKey(), BAD);
  if (posted.kind === 'task') {
    session.found('bad-request', 'not held', 'n = 0 was accepted: it made a task, which is charged');
    return session.stopPaying('a request that should be refused made a task');
  }
  const { error } = posted;
  const holds = error.status === 400 && posted.kind === 'refused';
  session.found('bad-request', holds ? 'held' : 'not held', `n = 0: ${describeError(error)}`);
  if (posted.kind === 'unknown') session.stopPaying('it is not known whether the bad request made a task');
}

/** Names of the fields of a reply, for a line. */
export const namesIn = (value: unknown): string => fieldNames(value).join(', ') || 'none';
