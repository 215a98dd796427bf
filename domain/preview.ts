/**
 * Showing values of unknown size and shape in a problem or a cause: short, valid Unicode, and never by a walk through
 * all of it, since a quarter of a megabyte of nested brackets is a legal input.
 */
import { isObject } from './json';

/** Characters (UTF-16 units) of a value shown in a problem. */
export const PREVIEW_CHARACTERS = 100;

const ELLIPSIS = '…';
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Whether the text holds half of a surrogate pair: it cannot be written as UTF-8. */
export function hasLoneSurrogate(text: string): boolean {
  return text.search(LONE_SURROGATE) >= 0;
}

/** At most `limit` UTF-16 units, never cut inside a character; lone surrogates become U+FFFD. */
export function cut(text: string, limit: number = PREVIEW_CHARACTERS): string {
  const kept = text.length <= limit ? text : text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '') + ELLIPSIS;
  return kept.replace(LONE_SURROGATE, '\uFFFD');
}

/**
 * The value itself if it is small (a number, a flag, null, a short text), otherwise its beginning as text. Nothing
 * longer than `limit` UTF-16 units.
 */
export function preview(value: unknown, limit: number = PREVIEW_CHARACTERS): string | number | boolean | null {
  if (typeof value === 'string') return cut(value, limit);
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return cut(beginning(value, limit + 1), limit);
}

/** What kind of value it is, for where the value itself must not be shown: prompts appear in no error. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `a string of ${value.length} characters`;
  if (Array.isArray(value)) return `an array of ${value.length} items`;
  if (isObject(value)) return `an object of ${Object.keys(value).length} fields`;
  return value === null ? 'null' : `a ${typeof value}`;
}

/** JSON-like text that stops growing once it is longer than `room`; each level takes some, so it stops descending too. */
function beginning(value: unknown, room: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, room));
  if (typeof value !== 'object' || value === null) return String(value);
  const isArray = Array.isArray(value);
  const keys = isArray ? value.keys() : Object.keys(value);
  let text = isArray ? '[' : '{';
  let separator = '';
  for (const key of keys) {
    if (text.length > room) return text;
    const name = isArray ? '' : `${JSON.stringify(String(key).slice(0, room))}:`;
    text += separator + name + beginning((value as Record<string | number, unknown>)[key], room - text.length);
    separator = ',';
  }
  return text + (isArray ? ']' : '}');
}
