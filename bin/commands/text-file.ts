/** Files that options name. */
import { readFile, stat } from 'node:fs/promises';

/** Its text, or why there is none. */
export type TextFile = { readonly text: string } | { readonly problem: string };

/**
 * Reads a file of UTF-8 as it is: without a byte order mark being dropped, and refused where it is something else.
 *
 * @param what it should hold: `a prompt`
 */
export async function readTextFile(file: string, what: string, maxBytes: number): Promise<TextFile> {
  try {
    const { size } = await stat(file);
    if (size > maxBytes) return { problem: `The file has ${size} bytes, too many for ${what}.` };
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file)) };
  } catch (error) {
    if (error instanceof TypeError) return { problem: 'The file is not UTF-8 text.' };
    return { problem: `The file can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).` };
  }
}
