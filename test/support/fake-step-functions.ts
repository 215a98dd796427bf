import { SFNClient } from '@aws-sdk/client-sfn';

/** One answer to a waiting state, as it reached Step Functions. */
export interface Answer {
  readonly taskToken: string;
  /** Parsed; absent for a failure. */
  readonly output?: unknown;
  readonly error?: string;
  /** JSON text, as an app gets it. */
  readonly cause?: string;
}

/** Step Functions at the edge: keeps what was sent, and takes each token's answer once, as the real one does. */
export class FakeStepFunctions {
  readonly client: SFNClient;
  /** Answers that were accepted. */
  readonly answers: Answer[] = [];
  /** Every answer that was sent, refused ones included. */
  readonly sent: Answer[] = [];

  private readonly executions = new Map<string, { status: string; startDate?: Date; error?: string }>();
  private readonly refusals = new Map<string, string>();
  private readonly faults: Error[] = [];

  constructor() {
    this.client = Object.create(SFNClient.prototype, {
      send: {
        value: async ({ input }: { input: Record<string, string> }) =>
          input.executionArn === undefined ? this.take(input) : this.describe(input.executionArn),
      },
    }) as SFNClient;
  }

  /** From now on nobody waits on this token. */
  refuse(taskToken: string, name: 'TaskTimedOut' | 'TaskDoesNotExist' | 'InvalidToken' = 'TaskTimedOut'): void {
    this.refusals.set(taskToken, name);
  }

  /** What Step Functions says of an execution. @default - it runs */
  execution(executionArn: string, status: string, about: { startDate?: Date; error?: string } = {}): void {
    this.executions.set(executionArn, { status, ...about });
  }

  /** The next answer meets a fault of the service. */
  failNext(error: Error): void {
    this.faults.push(error);
  }

  /** The only answer so far, with its cause parsed. */
  onlyAnswer(): Answer & { readonly facts: Record<string, unknown> } {
    const [answer, ...others] = this.answers;
    if (answer === undefined || others.length > 0) throw new Error(`one answer expected, got ${this.answers.length}`);
    return { ...answer, facts: JSON.parse(answer.cause ?? '{}') as Record<string, unknown> };
  }

  private describe(executionArn: string): object {
    const execution = this.executions.get(executionArn) ?? { status: 'RUNNING' };
    if (execution.status === 'GONE') throw Object.assign(new Error('gone'), { name: 'ExecutionDoesNotExist' });
    return { executionArn, ...execution };
  }

  private take({ taskToken = '', output, error, cause }: Record<string, string>): object {
    const answer = {
      taskToken,
      error,
      cause,
      output: output === undefined ? undefined : (JSON.parse(output) as unknown),
    };
    this.sent.push(answer);
    const fault = this.faults.shift();
    if (fault) throw fault;
    const refusal = this.refusals.get(taskToken);
    if (refusal !== undefined) throw Object.assign(new Error(`refused: ${refusal}`), { name: refusal });
    this.answers.push(answer);
    this.refuse(taskToken);
    return {};
  }
}
