/** A queue, functions and a stack's list of them, at the edge of the SDK. Commands that it does not know it refuses. */
import type { Message } from '@aws-sdk/client-sqs';

interface Stored {
  readonly message: Message;
  hidden: boolean;
}

export class FakeDeadLetters {
  readonly queueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/dead-letters';
  /** What was done, in its order. */
  readonly log: string[] = [];
  readonly invocations: { readonly functionName: string; readonly payload: unknown }[] = [];
  /** Functions that refuse every invocation. */
  readonly broken = new Set<string>();
  private readonly stored: Stored[] = [];

  constructor(private readonly functionNames: readonly string[]) {}

  put(message: Message): void {
    this.stored.push({ message: { ...message, ReceiptHandle: `receipt of ${message.MessageId}` }, hidden: false });
  }

  /** Ids of what somebody else would see in the queue now. */
  get visible(): string[] {
    return this.stored.filter(({ hidden }) => !hidden).map(({ message }) => message.MessageId ?? '');
  }

  readonly client = {
    send: async ({ constructor: { name }, input }: { input: Record<string, unknown> }): Promise<unknown> => {
      switch (name) {
        case 'ListStackResourcesCommand':
          return this.listResources(input.NextToken as string | undefined);
        case 'ReceiveMessageCommand':
          return this.receive(input.QueueUrl as string);
        case 'DeleteMessageCommand':
          return this.delete(input.ReceiptHandle as string);
        case 'ChangeMessageVisibilityBatchCommand':
          return this.show(input.Entries as { ReceiptHandle: string; VisibilityTimeout: number }[]);
        case 'InvokeCommand':
          return this.invoke(input as unknown as Invocation);
        default:
          throw new Error(`unexpected ${name}`);
      }
    },
  };

  /** A page for each function, behind something else that the stack has. */
  private listResources(token = '0') {
    const index = Number(token);
    const next = index + 1 < this.functionNames.length ? String(index + 1) : undefined;
    return {
      StackResourceSummaries: [
        { ResourceType: 'AWS::SQS::Queue', PhysicalResourceId: this.queueUrl },
        { ResourceType: 'AWS::Lambda::Function', PhysicalResourceId: this.functionNames[index] },
      ],
      NextToken: next,
    };
  }

  /** Three at a time, so that one answer is not all of them. */
  private receive(queueUrl: string) {
    if (queueUrl !== this.queueUrl) throw Object.assign(new Error('no such queue'), { name: 'QueueDoesNotExist' });
    const taken = this.stored.filter(({ hidden }) => !hidden).slice(0, 3);
    for (const one of taken) one.hidden = true;
    return { Messages: taken.length > 0 ? taken.map(({ message }) => message) : undefined };
  }

  private delete(receipt: string) {
    const index = this.stored.findIndex(({ message }) => message.ReceiptHandle === receipt);
    const [{ message } = { message: {} as Message }] = this.stored.splice(index, 1);
    this.log.push(`delete ${message.MessageId}`);
    return {};
  }

  private show(entries: readonly { ReceiptHandle: string; VisibilityTimeout: number }[]) {
    if (entries.length > 10) throw new Error('too many entries in a batch');
    for (const { ReceiptHandle, VisibilityTimeout } of entries) {
      const one = this.stored.find(({ message }) => message.ReceiptHandle === ReceiptHandle);
      if (one) one.hidden = VisibilityTimeout > 0;
    }
    return {};
  }

  private invoke({ FunctionName, InvocationType, Payload }: Invocation) {
    if (InvocationType !== 'Event') throw new Error('not asynchronous');
    this.log.push(`invoke ${FunctionName}`);
    if (this.broken.has(FunctionName)) throw new Error('refused for a test');
    this.invocations.push({ functionName: FunctionName, payload: JSON.parse(Buffer.from(Payload).toString()) });
    return { StatusCode: 202 };
  }
}

interface Invocation {
  readonly FunctionName: string;
  readonly InvocationType: string;
  readonly Payload: Uint8Array;
}
