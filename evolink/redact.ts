/** Takes our secrets out of what EvoLink wrote, since services like to quote what they refuse. */
export type Redact = (text: string) => string;

const MASK = '[redacted]';

/** The query of a URL, whoever signed it: all that makes a private image readable is in there. */
const URL_QUERY = /(\bhttps?:\/\/[^\s"'<>?]*\?)[^\s"'<>]+/gi;

/** The parts of AWS's signature wherever they stand, also where the URL itself was escaped or cut. */
const AWS_SIGNATURE = /(X-Amz-(?:Credential|Security-Token|Signature)(?:=|%3D))[^\s"'<>&]+/gi;

/** A shorter prompt is an ordinary word: masking it would spoil the message and hide nothing. */
const SHORTEST_PROMPT = 8;

/** Path segments of a callback URL from this length on are secrets or attempt ids. */
const SHORTEST_SEGMENT = 16;

/** Our callback's path, for answers that come when its URL is no longer at hand: the secret alone has 43 characters. */
const CALLBACK_PATH = /(\/callback\/)[^\s/]+\/[\w-]{40,}/g;

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
  return (text) => withoutCredentials(longestFirst.reduce((clean, secret) => clean.replaceAll(secret, MASK), text));
}

function withoutCredentials(text: string): string {
  const patterns = [URL_QUERY, AWS_SIGNATURE, CALLBACK_PATH];
  return patterns.reduce((clean, pattern) => clean.replace(pattern, `$1${MASK}`), text);
}
