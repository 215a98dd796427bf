/** Takes our secrets out of what EvoLink wrote, since services like to quote what they refuse. */
export type Redact = (text: string) => string;

const MASK = '[redacted]';

/** A shorter prompt is an ordinary word: masking it would spoil the message and hide nothing. */
const SHORTEST_PROMPT = 8;

/** Path segments of a callback URL from this length on are secrets or attempt ids. */
const SHORTEST_SEGMENT = 16;

export function redactor(secrets: { apiKey: string; prompt?: string; callbackUrl?: string }): Redact {
  const { apiKey, prompt = '', callbackUrl = '' } = secrets;
  const hidden = [
    apiKey,
    ...(prompt.length >= SHORTEST_PROMPT ? [prompt] : []),
    callbackUrl,
    ...callbackUrl.split('/').filter((segment) => segment.length >= SHORTEST_SEGMENT),
  ];
  // The longest first: a part must not be replaced inside what contains it.
  const longestFirst = hidden.filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return (text) => longestFirst.reduce((clean, secret) => clean.replaceAll(secret, MASK), text);
}
