import { Logger } from '@aws-lambda-powertools/logger';

/**
 * The one logger of a function. It logs ids, names and numbers: never a request, a row, an event or an error of the
 * SDK as a whole, since those carry prompts, task tokens and secrets.
 */
export const logger = new Logger();

/** What may be said of a failure in a log line: its name and message, not its fields. */
export function describeError(error: unknown): { error_name: string; error_message: string } {
  if (error instanceof Error) return { error_name: error.name, error_message: error.message };
  return { error_name: 'NonError', error_message: String(error) };
}
