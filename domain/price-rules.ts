/** What a price table has to be: the same for the construct, its setting and `estimate --prices`. */
import { isDay } from './days';

/** 100 credits for a token, or for an image: far above any price, and small enough for every product to be exact. */
export const MAX_PRICE = 1_000_000_000;

const VERSION = /^[A-Za-z0-9._-]{1,64}$/;
const SOURCE = /^\P{Cc}{1,300}$/u;

/** What is wrong with the words of a table; `undefined` when nothing is. */
export function tableWordsProblem({ version, date, source }: Readonly<Record<string, unknown>>): string | undefined {
  if (!isText(version) || !VERSION.test(version)) {
    return `version must have 1 to 64 characters of A-Z a-z 0-9 . _ -, ${got(version)}`;
  }
  if (!isText(date) || !isDay(date)) return `date must be a day such as 2026-11-23, ${got(date)}`;
  if (!isText(source) || !SOURCE.test(source)) {
    return `source must have 1 to 300 characters on one line, ${got(source)}`;
  }
  return undefined;
}

/** Whether it is a whole number that a price may be. */
export function isPrice(amount: unknown): amount is number {
  return typeof amount === 'number' && Number.isInteger(amount) && amount >= 0 && amount <= MAX_PRICE;
}

const isText = (value: unknown): value is string => typeof value === 'string';

const got = (value: unknown): string =>
  `got ${isText(value) || typeof value === 'number' || typeof value === 'boolean' ? value : 'no text'}`;
