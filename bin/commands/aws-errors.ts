/** What to do about an error of AWS, in one or two lines. */
import { CommandError } from './command';

const CREDENTIALS_REFUSED = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
const NO_RIGHTS = new Set(['AccessDenied', 'AccessDeniedException', 'AuthorizationError', 'UnauthorizedOperation']);
const THROTTLED = new Set(['Throttling', 'ThrottlingException', 'ProvisionedThroughputExceededException']);
const NOT_REACHED = /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\b/;

/** @returns undefined for an error that is not known here */
export function explainAwsError(error: unknown): CommandError | undefined {
  const text = error instanceof Error ? explanation(error) : undefined;
  return text === undefined ? undefined : new CommandError(text, { cause: error });
}

/** AWS understood who asks, and says no. */
export function isAccessDenied(error: unknown): error is Error {
  return error instanceof Error && NO_RIGHTS.has(error.name);
}

function explanation(error: Error): string | undefined {
  const { name, message } = error;
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return 'There are no AWS credentials. Sign in (`aws sso login`, `aws configure`) or set AWS_PROFILE.';
  }
  if (message === 'Region is missing') return 'There is no AWS region. Give --region, or set AWS_REGION.';
  if (CREDENTIALS_REFUSED.has(name)) {
    return `AWS refuses these credentials (${name}). Sign in again, or set AWS_PROFILE to another profile.`;
  }
  if (isAccessDenied(error)) return `These credentials lack a right. AWS says: ${message}`;
  if (name === 'ResourceNotFoundException') return missing(message);
  if (name === 'QueueDoesNotExist') {
    return 'The dead-letter queue does not exist in this account and region. Check --queue, --stack and --region.';
  }
  if (THROTTLED.has(name)) return 'AWS answers too many requests at the moment. Try again in a while.';
  if (name === 'TimeoutError' || NOT_REACHED.test(`${(error as NodeJS.ErrnoException).code ?? ''} ${message}`)) {
    return `AWS can't be reached: ${message || name}`;
  }
  return undefined;
}

/** DynamoDB and Lambda have one name for it. */
function missing(message: string): string {
  if (message.startsWith('Function not found')) {
    return `The function does not exist in this account and region. AWS says: ${message}`;
  }
  if (/^Requested resource not found|\btable\b/i.test(message)) {
    return 'The table does not exist in this account and region. Check --table, --stack and --region.';
  }
  return `Something that is needed does not exist in this account and region. AWS says: ${message}`;
}
