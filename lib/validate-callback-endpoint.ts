import { Token, Tokenization } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { CALLBACK_ROUTE, CALLBACK_PATH_CHARACTERS } from '../domain/constants';
import { hostProblem } from '../domain/public-address';
import type { HttpApiEndpointOptions } from './callback-http-api';
import { fail, validateHttpsUrl, validateInteger } from './validation';

/** What EvoLink takes (documented). */
const MAX_CALLBACK_URL = 2_048;

/** Checks the address of an endpoint that exists, or of one with tokens in it as much as is known of it. */
export function validateCallbackUrl(scope: IConstruct, url: string): void {
  if (Token.isUnresolved(url)) return validateKnownParts(scope, url);
  validateHttpsUrl(scope, 'callbackEndpoint', url);
  validateHost(scope, url);
  validateLength(scope, url.length);
}

/** Checks the options of an HTTP API. */
export function validateHttpApiEndpoint(scope: IConstruct, options: HttpApiEndpointOptions): void {
  const { domainName, certificate, rateLimit, burstLimit } = options;
  if ((domainName === undefined) !== (certificate === undefined)) {
    const got = domainName === undefined ? 'certificate' : 'domainName';
    fail(scope, `domainName and certificate of the callback endpoint belong together, got ${got} alone`);
  }
  validateInteger(scope, 'rateLimit', rateLimit, 1, 10_000);
  validateInteger(scope, 'burstLimit', burstLimit, 1, 5_000);
}

function validateHost(scope: IConstruct, url: string): void {
  const { hostname, host } = new URL(url);
  const problem = hostProblem(hostname);
  if (problem === undefined) return;
  fail(scope, `callbackEndpoint must be an address that EvoLink can reach, got ${host}. ${problem}`);
}

function validateLength(scope: IConstruct, baseCharacters: number): void {
  const length = baseCharacters + CALLBACK_PATH_CHARACTERS;
  if (length <= MAX_CALLBACK_URL) return;
  fail(
    scope,
    `callbackEndpoint must have at most ${MAX_CALLBACK_URL} characters with ${CALLBACK_ROUTE} behind it, got ${length}`,
  );
}

function validateKnownParts(scope: IConstruct, url: string): void {
  const parts = knownParts(url);
  const [start = ''] = parts;
  const [scheme] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(start) ?? [];
  if (scheme !== undefined && scheme.toLowerCase() !== 'https://') {
    fail(scope, `callbackEndpoint must be an https URL, got ${scheme} before a token`);
  }
  const [extra] = /[?#@]/.exec(parts.join('')) ?? [];
  if (extra !== undefined) {
    fail(scope, `callbackEndpoint must be a URL without query, fragment and credentials, got ${extra} beside a token`);
  }
  const [wholeHost] = /^https:\/\/[^/]+(?=\/)/i.exec(start) ?? [];
  if (wholeHost !== undefined) {
    validateHttpsUrl(scope, 'callbackEndpoint', wholeHost);
    validateHost(scope, wholeHost);
  }
  validateLength(scope, parts.join('').length);
}

/** What stands before, between and behind the tokens of a text. */
function knownParts(text: string): string[] {
  const TOKEN = '\u0000';
  const marked = Tokenization.reverseString(text).mapTokens({ mapToken: () => TOKEN });
  const joined: unknown = marked.join({ join: (left: string, right: string) => left + right });
  return String(joined).split(TOKEN);
}
