/** Reading JSON of which nothing is certain: whatever has another type than expected counts as absent. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** The parsed text, or `undefined` (no JSON text parses to that). The parser's error would quote the text: dropped. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An empty object stands for anything that is none, so that fields can be read without asking first. */
export function objectOr(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Absent when empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A count, at most what a number holds exactly. */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** EvoLink's codes are strings on some pages and integers on others. */
export function codeText(value: unknown): string | undefined {
  return Number.isSafeInteger(value) ? String(value) : text(value);
}
