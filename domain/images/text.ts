/** What stands in the place of an image: an error page, an error in JSON, nothing at all. */

export type TextKind = 'empty' | 'HTML' | 'XML' | 'JSON' | 'text';

/**
 * @param start the first bytes of a file, and all of them where it is short
 * @returns undefined unless the file is clearly text: bytes that nobody can place may be an image of a kind to come
 */
export function textKindOf(start: Uint8Array): TextKind | undefined {
  if (start.length === 0) return 'empty';
  const text = decoded(start)?.trimStart();
  if (text === undefined) return undefined;
  if (/^<(!doctype html|!--|html|head|body|title|script|meta|h1|p\b)/i.test(text)) return 'HTML';
  if (text.startsWith('<')) return 'XML';
  return /^[{[]/.test(text) ? 'JSON' : 'text';
}

function decoded(start: Uint8Array): string | undefined {
  const text = inUnicode(start);
  if (text !== undefined) return isPrintable(text) ? text : undefined;
  // An error page in an older code: its tags are ASCII all the same.
  const latin = String.fromCharCode(...start.subarray(0, 256));
  return /^\s*<[!?a-z]/i.test(latin) && isPrintable(latin) ? latin : undefined;
}

/** A character may be cut off at the end, since this is only the start of a file. */
function inUnicode(start: Uint8Array): string | undefined {
  const encoding = UTF_16.find(({ mark }) => mark.every((byte, index) => start[index] === byte))?.encoding ?? 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(start, { stream: true });
  } catch {
    return undefined;
  }
}

const UTF_16 = [
  { mark: [0xff, 0xfe], encoding: 'utf-16le' },
  { mark: [0xfe, 0xff], encoding: 'utf-16be' },
];

/** Without control characters, apart from those that lay out a text. */
function isPrintable(text: string): boolean {
  return !/[^\P{Cc}\t\n\f\r\x80-\x9f]/u.test(text);
}
