import { LambdaClient } from '@aws-sdk/client-lambda';
import { AsyncInvocation } from '../../lambda/shared/async-invocation';

/** Lambda at the edge: keeps what was started, and starts nothing. */
export class FakeLambda {
  /** Payloads of the asynchronous invocations, by function. */
  readonly started: { readonly functionName: string; readonly payload: unknown }[] = [];
  private readonly faults: Error[] = [];

  private readonly client = Object.create(LambdaClient.prototype, {
    send: {
      value: async ({ input }: { input: { FunctionName: string; InvocationType: string; Payload: Uint8Array } }) => {
        if (input.InvocationType !== 'Event') throw new Error(`asynchronous expected, got ${input.InvocationType}`);
        const fault = this.faults.shift();
        if (fault) throw fault;
        const payload = JSON.parse(Buffer.from(input.Payload).toString('utf8')) as unknown;
        this.started.push({ functionName: input.FunctionName, payload });
        return {};
      },
    },
  }) as LambdaClient;

  function(name: string): AsyncInvocation {
    return new AsyncInvocation(this.client, name);
  }

  /** The next invocation is refused. */
  failNext(error: Error): void {
    this.faults.push(error);
  }

  of(name: string): unknown[] {
    return this.started.filter(({ functionName }) => functionName === name).map(({ payload }) => payload);
  }
}
