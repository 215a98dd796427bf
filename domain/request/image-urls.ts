/**
 * `image_urls`: reference images, which EvoLink's server fetches without login. Objects of S3 get a signed URL before
 * they are sent.
 */
import { field, type JsonObject } from '../json';
import type { ModelLimits } from '../models';
import { describe, hasLoneSurrogate } from '../preview';
import { hostProblem, isLoopbackHost } from '../public-address';
import { isS3Url } from '../s3-url';
import type { Findings, ProblemCode } from './problems';
import { checkExtension } from './reference-extension';
import { checkS3Url } from './s3-urls';

/** EvoLink names no limit for references; this is the one that it names for callback URLs. */
const MAX_URL = 2_048;

export interface ReferenceRules {
  /** Local clouds only: references may come from this machine. */
  readonly allowLoopback: boolean;
  /** Buckets whose objects may be used. @default - not known, so none is refused */
  readonly referenceBuckets?: readonly string[];
}

export function readImageUrls(
  input: JsonObject,
  model: ModelLimits,
  rules: ReferenceRules,
  findings: Findings,
): string[] {
  const urls = field(input, 'image_urls');
  if (urls === undefined) return [];
  if (!Array.isArray(urls)) {
    findings.refuse('image_urls', 'invalid_type', 'The references must be a list of URLs.', describe(urls));
    return [];
  }
  if (model.maxReferences === 0) {
    const message = `${model.name} takes no references. Leave the field out.`;
    findings.refuse('image_urls', 'unsupported_by_model', message, `${urls.length} URLs`);
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
    const reference = checkReference(path, url, rules, findings);
    if (reference === undefined) return;
    const earlier = firstPath.get(reference);
    if (earlier) findings.refuse(path, 'url_duplicate', `The same reference as ${earlier}.`, shown(url));
    else firstPath.set(reference, path);
  });
  return urls.filter((url): url is string => typeof url === 'string');
}

/** @returns what two ways to write the same reference have in common; undefined when it is no URL at all */
function checkReference(path: string, value: unknown, rules: ReferenceRules, findings: Findings): string | undefined {
  const refuse = (code: ProblemCode, message: string) => findings.refuse(path, code, message, shown(value));
  if (typeof value !== 'string') {
    refuse('invalid_type', 'A reference must be a URL.');
    return undefined;
  }
  if (value.length > MAX_URL) refuse('too_long', `A URL may have at most ${MAX_URL} characters.`);
  if (isS3Url(value)) return checkS3Url(path, value, rules.referenceBuckets, findings);
  const url = checkHttpsUrl(value, rules.allowLoopback, refuse);
  if (url) url.hash = '';
  return url?.href;
}

function checkHttpsUrl(
  value: string,
  allowLoopback: boolean,
  refuse: (code: ProblemCode, message: string) => void,
): URL | undefined {
  // A URL parser drops or rewrites these, so that another parser may read another host.
  if (/[\s\p{Cc}\\]/u.test(value) || hasLoneSurrogate(value) || !URL.canParse(value)) {
    refuse('url_invalid', 'Not a URL.');
    return undefined;
  }
  const url = new URL(value);
  if (url.protocol !== 'https:') {
    refuse('url_not_https', 'Only https URLs and objects of S3 (s3://bucket/key) are fetched.');
    return url;
  }
  if (url.username !== '' || url.password !== '') {
    refuse('url_has_credentials', 'EvoLink fetches references without login: no user or password in the URL.');
  }
  const problem = allowLoopback && isLoopbackHost(url.hostname) ? undefined : hostProblem(url.hostname);
  if (problem) refuse('url_not_public', `${problem} EvoLink must be able to fetch it.`);
  checkExtension(url.pathname.replaceAll(/%2e/gi, '.'), refuse);
  return url;
}

/**
 * Without user, password, query and fragment: those of a signed URL are credentials, and causes end up in logs. A parser
 * takes any number of slashes after `https:`, and backslashes for slashes, so this does too.
 */
function shown(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(/^(\s*[a-z][a-z0-9+.-]*:)?([\\/]*)[^\\/?#]*@/i, '$1$2***@').replace(/([?#])[^]*$/, '$1…');
}
