/** What of a reply may be shown: names and forms, never values that could be a secret or steer a terminal. */
import { isObject } from '../json';

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,40}$/;
const WORD = /^[A-Za-z0-9_.:-]{1,64}$/;
const MOST_NAMES = 40;

/** A code, a model, a status: one short word, or a note in its place. */
export function word(text: string | undefined): string {
  if (text === undefined || text === '') return 'none';
  return WORD.test(text) ? text : 'not a plain word';
}

/** Names of an object's fields with those one level below: `cost.credits`. What is no plain name is counted only. */
export function fieldNames(value: unknown): string[] {
  if (!isObject(value)) return [];
  const names = Object.entries(value).flatMap(([name, part]) => {
    const inner = isObject(part) ? Object.keys(part).map((one) => [name, one]) : [];
    return inner.length > 0 ? inner : [[name]];
  });
  const plain = names.filter((path) => path.every((name) => NAME.test(name)));
  const others = names.length - plain.length;
  const shown = plain.map((path) => path.join('.')).slice(0, MOST_NAMES);
  return others > 0 ? [...shown, `${others} other names`] : shown;
}

/** The form of a value: `[link]`, `[{image_url, result_id}]`. */
export function formOf(value: unknown, depth = 0): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (typeof value === 'string') return /^https?:\/\//i.test(value) ? 'link' : 'text';
  if (Array.isArray(value)) return `[${value.length === 0 ? '' : formOf(value[0], depth + 1)}] × ${value.length}`;
  if (isObject(value)) {
    const names = Object.keys(value).filter((name) => NAME.test(name));
    return `{${names.slice(0, MOST_NAMES).join(', ')}}`;
  }
  return typeof value;
}
