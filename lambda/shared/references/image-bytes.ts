/** How many bytes of a file say what it is. */
export const SIGNATURE_BYTES = 12;

/** What the first bytes of a file say that it is: one of the kinds of image that EvoLink takes, or undefined. */
export function imageTypeOf(start: Uint8Array): 'image/png' | 'image/jpeg' | 'image/webp' | undefined {
  const text = Buffer.from(start).toString('latin1');
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp';
  return undefined;
}
