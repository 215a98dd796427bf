/** How the errors of the client are told: as text on stderr, and as JSON on stdout where that was asked for. */
import { ImagePipelineError, InvalidRequestError, JobError } from '../../client/jobs/errors';
import { JobIdTakenError } from '../../client/jobs/executions';
import type { Arguments } from './arguments';
import { CommandError, type Io, printJson } from './command';
import { printable } from './table';

/** Does something with jobs; what the client refuses ends the command without a stack trace. */
export async function explainingJobErrors(args: Arguments, io: Io, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof ImagePipelineError)) throw error;
    if (args.flag('json')) await printJson(io, errorJson(error));
    throw new CommandError(errorText(error), { cause: error });
  }
}

export function errorJson(error: ImagePipelineError): Record<string, unknown> {
  if (error instanceof JobIdTakenError) {
    const { name, message, jobId, charged, nextJobId } = error;
    return { error: name, message, job_id: jobId, charged, next_job_id: nextJobId ?? null };
  }
  if (!(error instanceof JobError)) return { error: error.name, message: error.message };
  const { failure, message, jobId, charged, earlier, nextJobId, cause } = error;
  return {
    error: failure,
    message,
    job_id: jobId,
    charged,
    earlier,
    next_job_id: nextJobId ?? null,
    cause: cause ?? null,
  };
}

export function errorText(error: ImagePipelineError): string {
  const problems = error instanceof InvalidRequestError ? error.problems : [];
  // A single one is in the message already.
  const lines = (problems.length > 1 ? problems : []).map(({ path, message }) => `  ${path}: ${message}`);
  return [error.message, ...lines].map(printable).join('\n');
}
