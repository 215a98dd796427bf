import type { SFNClient } from '@aws-sdk/client-sfn';
import { SendTaskFailureCommand, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import type { Attempt, StoredFailure } from './attempts/attempt';
import { tokensOf } from './attempts/attempt';

/** What the Generate state returns: enough to find the attempt again, and no link to an image. */
export interface GenerateOutput {
  readonly attempt: number;
  readonly task_id: string;
}

/** Answers that say "nobody waits on this token": expired, answered before, or its execution is gone. */
const REFUSALS = new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']);

/** Step Functions' side of an attempt. Answering a token twice does no harm: the second answer is refused. */
export class TaskTokens {
  constructor(private readonly client: SFNClient) {}

  async succeed(taskToken: string, output: GenerateOutput): Promise<'answered' | 'refused'> {
    return answered(this.client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) })));
  }

  async fail(taskToken: string, { name, cause }: StoredFailure): Promise<'answered' | 'refused'> {
    return answered(this.client.send(new SendTaskFailureCommand({ taskToken, error: name, cause })));
  }
}

/** Answers whichever of an attempt's tokens is still waited for. */
export async function answerAny(
  attempt: Pick<Attempt, 'taskToken' | 'earlierTokens'>,
  answer: (taskToken: string) => Promise<'answered' | 'refused'>,
): Promise<'answered' | 'refused'> {
  for (const taskToken of tokensOf(attempt)) {
    if ((await answer(taskToken)) === 'answered') return 'answered';
  }
  return 'refused';
}

async function answered(call: Promise<unknown>): Promise<'answered' | 'refused'> {
  try {
    await call;
    return 'answered';
  } catch (error) {
    if (error instanceof Error && REFUSALS.has(error.name)) return 'refused';
    throw error;
  }
}
