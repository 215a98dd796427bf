/** The balance. @see https://docs.evolink.ai/en/api-manual/account-management/get-credits */
import { finite, type JsonObject, objectOr, text } from './json';
import type { Credits } from './types';

/** `undefined` where an amount is missing or is no number: a balance is never guessed. */
export function readCredits(body: unknown): Credits | undefined {
  const { success, data: raw } = objectOr(body);
  if (success === false) return undefined;
  const data = objectOr(raw);
  const account = objectOr(data.user);
  const key = objectOr(data.token);
  const unlimited = key.unlimited_credits === true;
  const accountAmounts = readAmounts(account.remaining_credits, account.used_credits);
  // A key without a limit of its own has nothing remaining to tell.
  const keyAmounts = readAmounts(key.remaining_credits ?? (unlimited ? 0 : undefined), key.used_credits);
  if (accountAmounts === undefined || keyAmounts === undefined) return undefined;
  return { account: accountAmounts, key: { ...keyAmounts, unlimited, ...dailyLimit(key) } };
}

/** A limit of 0 or less means that there is none. */
function dailyLimit(key: JsonObject): Pick<Credits['key'], 'daily'> {
  const limit = decimalText(key.daily_limit_credits);
  if (limit === undefined || !(Number(limit) > 0)) return {};
  const used = decimalText(key.daily_used_credits) ?? '0';
  return { daily: { limit, used, timeZone: text(key.reset_timezone) } };
}

function readAmounts(remaining: unknown, used: unknown): Credits['account'] | undefined {
  const amounts = { remaining: decimalText(remaining), used: decimalText(used) };
  return amounts.remaining === undefined || amounts.used === undefined
    ? undefined
    : { remaining: amounts.remaining, used: amounts.used };
}

/**
 * Plain decimal text without exponent. JavaScript prints the shortest text that reads back as the same number, so up to
 * 15 significant digits it is what EvoLink printed, trailing zeros aside. Negative balances happen.
 */
function decimalText(value: unknown): string | undefined {
  if (typeof value === 'string') return /^-?\d{1,30}(\.\d{1,30})?$/.test(value) ? value : undefined;
  const number = finite(value);
  return number === undefined ? undefined : withoutExponent(String(number));
}

function withoutExponent(printed: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(printed);
  if (match === null) return printed;
  const [, sign = '', whole = '', fraction = '', exponent = ''] = match;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}
