/**
 * The JSONata of the workflow, apart from what merely copies a value. Evaluated in the tests by the reference
 * implementation.
 */
import { MAX_ROUNDS, SAME_ATTEMPT_FAILURES } from '../domain/failures';
import { STEP_FUNCTIONS_LIMITS } from '../domain/constants';

/** The longest wait before another attempt, in seconds. */
const MAX_WAIT_SECONDS = 3_600;

const { errorCharacters, causeCharacters } = STEP_FUNCTIONS_LIMITS;

/**
 * What failed, in the shape that the Fail state reads. An error may come without a cause, and an expression without a
 * result would fail the state under another name, so each part has a text to fall back on.
 */
export const failure = expression(`{
  "error": $type($states.errorOutput.Error) = "string"
    ? $substring($states.errorOutput.Error, 0, ${errorCharacters}) : "UnknownError",
  "cause": $type($states.errorOutput.Cause) = "string"
    ? $substring($states.errorOutput.Cause, 0, ${causeCharacters}) : "Step Functions gave no cause."
}`);

/**
 * The same for a failure after which another attempt may help. Its cause is JSON of our own, so it may be parsed, and
 * says how long to wait; without that, no attempt is left.
 */
export const retryableFailure = expression(`(
  $wait := $parse($states.errorOutput.Cause).retry_after_seconds;
  $merge([
    {
      "error": $states.errorOutput.Error,
      "cause": $states.errorOutput.Cause,
      "sameAttempt": $states.errorOutput.Error in ${JSON.stringify(SAME_ATTEMPT_FAILURES)}
    },
    $type($wait) = "number" ? { "retryAfterSeconds": $max([1, $min([${MAX_WAIT_SECONDS}, $ceil($wait)])]) } : {}
  ])
)`);

/**
 * Whether a job goes round once more.
 *
 * @param maxAttempts a whole number, or the token of one
 */
export function mayRetry(maxAttempts: string): string {
  return expression(
    `$exists($states.input.retryAfterSeconds) and $round < ${MAX_ROUNDS} and ($states.input.sameAttempt or $attempt < ${maxAttempts})`,
  );
}

/** A failure that wrote nothing repeats its attempt; any other opens a new one. */
export const nextAttempt = expression('$states.input.sameAttempt ? $attempt : $attempt + 1');

/** A text of JSONata as the state machine takes it: on one line, between its marks. */
export function expression(text: string): string {
  return `{% ${text.replace(/\s+/g, ' ')} %}`;
}
