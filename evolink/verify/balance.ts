/** Whether balances fell by exactly what the tasks say that they cost. Amounts stay here: differences alone are shown. */
import { formatCredits } from '../../domain/credits';
import type { Credits } from '../types';
import { othersMeanwhile } from './list-checks';
import { describe, chargeOfTask, type Answer, type Session } from './session';

const TRIES = 6;
const PAUSE_MS = 2_000;

/** 10⁻¹⁰ credit: more decimals than EvoLink was seen to print. */
const DECIMALS = 10;
const PER_UNIT = 10n ** 6n;

export type Balance = Answer<Credits>;

export const readBalance = (session: Session): Promise<Balance> => session.ask((client) => client.getCredits());

/** Whether the key had spent nothing yet. */
export function isUnusedKey({ value }: Balance): boolean {
  return value !== undefined && exact(value.key.used) === 0n;
}

export async function balanceChecks(session: Session, before: Balance): Promise<void> {
  const sum = chargesOf(session);
  if (before.value === undefined) return bothNotSeen(session, `GET /v1/credits: ${describe(before)}`);
  if (typeof sum === 'string') return bothNotSeen(session, sum);
  let after = await readBalance(session);
  for (let round = 1; round < TRIES && after.value && !isSettled(before.value, after.value, sum); round++) {
    await session.pause(PAUSE_MS, 'waiting until the balance shows the charge');
    after = await readBalance(session);
  }
  if (after.value === undefined) return bothNotSeen(session, `GET /v1/credits: ${describe(after)}`);
  ofKey(session, before.value.key, after.value.key, sum);
  await ofAccount(session, before.value.account, after.value.account, sum);
}

/** The sum, or why there is none. */
function chargesOf(session: Session): bigint | string {
  if (session.taskIds.length === 0) return 'no task was made';
  if (session.hasUnknown) return 'it is not known whether a POST made a task';
  const charges = session.taskIds.map((id) => {
    const task = session.tasks.get(id);
    return task && chargeOfTask(task);
  });
  if (charges.some((charge) => charge === undefined)) return 'not every task has a known charge';
  return charges.reduce<bigint>((all, units) => all + BigInt(units!) * PER_UNIT, 0n);
}

function bothNotSeen(session: Session, seen: string): void {
  session.found('balance-key', 'not seen', seen);
  session.found('balance-account', 'not seen', seen);
}

const isSettled = (before: Credits, after: Credits, sum: bigint): boolean =>
  exact(after.key.used) - exact(before.key.used) === sum && fallOf(before.account, after.account) === sum;

const fallOf = (before: Credits['account'], after: Credits['account']): bigint =>
  exact(before.remaining) - exact(after.remaining);

function ofKey(session: Session, before: Credits['key'], after: Credits['key'], sum: bigint): void {
  const used = exact(after.used) - exact(before.used);
  const seen = `used rose by ${text(used)}, the tasks were charged ${text(sum)}`;
  if (used === sum) return session.found('balance-key', 'held', seen);
  // Nobody promises that EvoLink counts for a key that has no limit.
  if (used === 0n && before.unlimited) {
    return session.found('balance-key', 'not seen', `${seen}: EvoLink does not count for a key without a limit`);
  }
  session.found('balance-key', 'not held', seen);
}

async function ofAccount(
  session: Session,
  before: Credits['account'],
  after: Credits['account'],
  sum: bigint,
): Promise<void> {
  const fall = fallOf(before, after);
  const seen = `fell by ${text(fall)}, the tasks were charged ${text(sum)}`;
  if (fall === sum) return session.found('balance-account', 'held', seen);
  const others = await othersMeanwhile(session);
  if (others.length === 0) return session.found('balance-account', 'not held', seen);
  session.found('balance-account', 'not seen', `${seen}; ${others.length} other tasks of the account ran meanwhile`);
}

/** Any plain decimal, exactly; digits beyond the tenth decimal are cut. */
function exact(decimal: string): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? [];
  const digits = BigInt(whole + fraction.slice(0, DECIMALS).padEnd(DECIMALS, '0'));
  return sign === '' ? digits : -digits;
}

function text(amount: bigint): string {
  if (amount % PER_UNIT === 0n) return formatCredits(Number(amount / PER_UNIT));
  const magnitude = amount < 0n ? -amount : amount;
  const digits = magnitude.toString().padStart(DECIMALS + 1, '0');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS).replace(/0+$/, '')}`;
}
