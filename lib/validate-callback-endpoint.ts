import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { CALLBACK_ROUTE, CALLBACK_PATH_CHARACTERS } from '../domain/constants';
import { hostProblem } from '../domain/public-address';
import type { HttpApiEndpointOptions } from './callback-endpoint';
import { validateHttpsUrl, validateInteger } from './validation';

/** What EvoLink takes (documented). */
const MAX_CALLBACK_URL = 2_048;

/** Checks the address of an endpoint that exists. What is known at deployment only passes. */
export function validateCallbackUrl(scope: IConstruct, url: string): void {
  if (Token.isUnresolved(url)) return;
  validateHttpsUrl(scope, 'callbackEndpoint', url);
  const { hostname, host } = new URL(url);
  const problem = hostProblem(hostname);
  if (problem !== undefined) {
    throw new Error(
      `${scope.node.path}: callbackEndpoint must be an address that EvoLink can reach, got ${host}. ${problem}`,
    );
  }
  const length = url.length + CALLBACK_PATH_CHARACTERS;
  if (length > MAX_CALLBACK_URL) {
    throw new Error(
      `${scope.node.path}: callbackEndpoint must have at most ${MAX_CALLBACK_URL} characters with ${CALLBACK_ROUTE} behind it, got ${length}`,
    );
  }
}

/** Checks the options of an HTTP API. */
export function validateHttpApiEndpoint(scope: IConstruct, options: HttpApiEndpointOptions): void {
  const { domainName, certificate, rateLimit, burstLimit } = options;
  if ((domainName === undefined) !== (certificate === undefined)) {
    const got = domainName === undefined ? 'certificate' : 'domainName';
    throw new Error(
      `${scope.node.path}: domainName and certificate of the callback endpoint belong together, got ${got} alone`,
    );
  }
  validateInteger(scope, 'rateLimit', rateLimit, 1, 10_000);
  validateInteger(scope, 'burstLimit', burstLimit, 1, 5_000);
}
