/** How long a link lives, as far as the link itself and the file host say so. EvoLink promises 24 hours. */
import type { State } from './assumptions';

const SECONDS_PROMISED = 24 * 3_600;

/** It was made some moments before it is looked at. */
const TOLERANCE_SECONDS = 1_800;

/** Names of query parameters that hold a time to live in seconds. */
const LIFE_PARAMETERS = ['x-amz-expires', 'x-goog-expires', 'x-oss-expires', 'x-tos-expires', 'x-cos-expires'];
/** … and of those that hold the end: in epoch seconds, or as an ISO time. */
const END_PARAMETERS = ['expires', 'expire', 'exp', 'se'];

/** @returns no parameter's value but the time: the others sign the link */
export function linkLife(
  link: string,
  headers: Headers | undefined,
  now: Date,
): { readonly state: State; readonly seen: string } {
  const parameters = new Map([...new URL(link).searchParams].map(([name, value]) => [name.toLowerCase(), value]));
  const cache = cacheWords(headers);
  const found = ofParameters(parameters, now);
  if (found === undefined) {
    const signed = parameters.size === 0 ? 'the link has no parameters' : 'the link has no parameter of time';
    return { state: 'not seen', seen: [signed, ...cache].join('; ') };
  }
  const state = found.seconds >= SECONDS_PROMISED - TOLERANCE_SECONDS ? 'held' : 'not held';
  return { state, seen: [`${hours(found.seconds)} by ${found.name}`, ...cache].join('; ') };
}

function ofParameters(
  parameters: ReadonlyMap<string, string>,
  now: Date,
): { readonly name: string; readonly seconds: number } | undefined {
  for (const name of LIFE_PARAMETERS) {
    const value = parameters.get(name);
    if (value !== undefined && /^\d{1,9}$/.test(value)) return { name, seconds: Number(value) };
  }
  for (const name of END_PARAMETERS) {
    const value = parameters.get(name);
    const end = value === undefined ? NaN : /^\d{9,11}$/.test(value) ? Number(value) * 1_000 : isoTime(value);
    if (!Number.isNaN(end)) return { name, seconds: Math.round((end - now.getTime()) / 1_000) };
  }
  return undefined;
}

const isoTime = (text: string): number => (/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text) ? Date.parse(text) : NaN);

/** Not the link's life: how long a cache may keep the file. */
function cacheWords(headers: Headers | undefined): string[] {
  const age = /max-age=(\d{1,10})/.exec(headers?.get('cache-control') ?? '')?.[1];
  return age === undefined ? [] : [`the file may be cached for ${hours(Number(age))}`];
}

function hours(seconds: number): string {
  return seconds < 3_600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 360) / 10} h`;
}
