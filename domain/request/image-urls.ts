/** `image_urls`: reference images, which EvoLink's server fetches without login. */
import { field, type JsonObject } from '../json';
import type { ModelCapabilities } from '../models';
import { describe, hasLoneSurrogate } from '../preview';
import { hostProblem, isLoopbackHost } from '../public-address';
import type { Findings, ProblemCode } from './problems';

/** EvoLink names no limit for references; this is the one that it names for callback URLs. */
const MAX_URL = 2_048;
const EXTENSIONS = ['jpeg', 'jpg', 'png', 'webp'];
/** `photo.gif` has an extension, `v1.2` has none. */
const EXTENSION = /\.(?=[a-z0-9]*[a-z])([a-z0-9]{1,10})$/i;

export function readImageUrls(
  input: JsonObject,
  model: ModelCapabilities,
  allowLoopback: boolean,
  findings: Findings,
): string[] {
  const urls = field(input, 'image_urls');
  if (urls === undefined) return [];
  if (!Array.isArray(urls)) {
    findings.refuse('image_urls', 'invalid_type', 'The references must be a list of URLs.', describe(urls));
    return [];
  }
  if (urls.length === 0) {
    findings.refuse('image_urls', 'too_few_items', 'List at least one reference, or leave the field out.', urls);
  }
  if (urls.length > model.maxReferences) {
    const message = `There may be at most ${model.maxReferences} references.`;
    findings.refuse('image_urls', 'too_many_items', message, `${urls.length} URLs`);
  }
  const firstPath = new Map<string, string>();
  urls.forEach((url: unknown, index) => {
    const path = `image_urls[${index}]`;
    const parsed = checkUrl(path, url, allowLoopback, findings);
    if (!parsed) return;
    parsed.hash = '';
    const earlier = firstPath.get(parsed.href);
    if (earlier) findings.refuse(path, 'url_duplicate', `The same reference as ${earlier}.`, shown(url));
    else firstPath.set(parsed.href, path);
  });
  return urls.filter((url): url is string => typeof url === 'string');
}

/** @returns undefined when it is no URL at all */
function checkUrl(path: string, value: unknown, allowLoopback: boolean, findings: Findings): URL | undefined {
  const refuse = (code: ProblemCode, message: string) => findings.refuse(path, code, message, shown(value));
  if (typeof value !== 'string') {
    refuse('invalid_type', 'A reference must be a URL.');
    return undefined;
  }
  if (value.length > MAX_URL) refuse('too_long', `A URL may have at most ${MAX_URL} characters.`);
  // A URL parser drops or rewrites these, so that another parser may read another host.
  if (/[\s\p{Cc}\\]/u.test(value) || hasLoneSurrogate(value) || !URL.canParse(value)) {
    refuse('url_invalid', 'Not a URL.');
    return undefined;
  }
  const url = new URL(value);
  if (url.protocol !== 'https:') {
    refuse('url_not_https', 'Only https URLs are fetched.');
    return url;
  }
  if (url.username !== '' || url.password !== '') {
    refuse('url_has_credentials', 'EvoLink fetches references without login: no user or password in the URL.');
  }
  const problem = allowLoopback && isLoopbackHost(url.hostname) ? undefined : hostProblem(url.hostname);
  if (problem) refuse('url_not_public', `${problem} EvoLink must be able to fetch it.`);
  const extension = extensionOf(url);
  if (extension && !EXTENSIONS.includes(extension)) {
    refuse(
      'url_unsupported_extension',
      `References are ${EXTENSIONS.join(', ')} files; the extension may be left out.`,
    );
  }
  return url;
}

function extensionOf(url: URL): string | undefined {
  const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  return EXTENSION.exec(name.replaceAll(/%2e/gi, '.'))?.[1]?.toLowerCase();
}

/**
 * Without user, password, query and fragment: those of a signed URL are credentials, and causes end up in logs. A parser
 * takes any number of slashes after `https:`, and backslashes for slashes, so this does too.
 */
function shown(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/^(\s*[a-z][a-z0-9+.-]*:)?([\\/]*)[^\\/?#]*@/i, '$1$2***@').replace(/([?#])[^]*$/, '$1…');
}
