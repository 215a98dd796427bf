/** The messages of the dead-letter queue, and what each of them says should be done once more. */
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { ChangeMessageVisibilityBatchCommand, DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';

/** Work that failed for good. Several messages may ask for the same: it is shown, and done again, once. */
export interface DeadLetter {
  /** Id of its first message. */
  readonly id: string;
  /** When its latest message came. */
  readonly at: Date;
  /** Name of the function; absent where no message says. */
  readonly functionName?: string;
  readonly payload?: string;
  readonly jobId?: string;
  readonly error: string;
  /** Why it cannot be done again. */
  readonly unreadable?: string;
  readonly messages: readonly Message[];
}

/** Nothing else sees them meanwhile; enough to read and redrive {@link MOST_MESSAGES}. */
const HIDDEN_SECONDS = 300;

/** A run takes no more: what is left is for the next one. */
const MOST_MESSAGES = 1_000;
const BATCH = 10;

export class DeadLetterQueue {
  constructor(
    private readonly sqs: Pick<SQSClient, 'send'>,
    private readonly queueUrl: string,
  ) {}

  /** SQS has no way to look without taking: whoever calls this has to {@link putBack} what it did not delete. */
  async take(): Promise<Message[]> {
    const messages = new Map<string, Message>();
    while (messages.size < MOST_MESSAGES) {
      const { Messages = [] } = await this.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: this.queueUrl,
          MaxNumberOfMessages: BATCH,
          VisibilityTimeout: HIDDEN_SECONDS,
          // Without a wait SQS asks only some of its servers, and an answer without messages means nothing.
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ['SentTimestamp'],
          MessageAttributeNames: ['All'],
        }),
      );
      const known = messages.size;
      for (const message of Messages) messages.set(message.MessageId ?? '', message);
      if (messages.size === known) break;
    }
    return [...messages.values()];
  }

  async delete({ ReceiptHandle }: Message): Promise<void> {
    await this.sqs.send(new DeleteMessageCommand({ QueueUrl: this.queueUrl, ReceiptHandle }));
  }

  /** Lets others see them at once: the alarm, and the next run of this command. */
  async putBack(messages: readonly Message[]): Promise<void> {
    for (let first = 0; first < messages.length; first += BATCH) {
      const Entries = messages.slice(first, first + BATCH).map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }));
      await this.sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.queueUrl, Entries }));
    }
  }
}

/** What a stack says of its functions. */
export interface StackFunctions {
  /** Names. A message may name any function of the account; no other than these is ever invoked. */
  readonly names: ReadonlySet<string>;
  /** The one that EventBridge tells of jobs that ended. @default - none is known */
  readonly ended?: string;
}

/** Latest first. */
export function readDeadLetters(messages: readonly Message[], functions: StackFunctions): DeadLetter[] {
  const letters = new Map<string, DeadLetter>();
  for (const message of messages) {
    const letter = readMessage(message, functions);
    const work = letter.unreadable === undefined ? `${letter.functionName} ${letter.payload}` : letter.id;
    const same = letters.get(work);
    if (!same) letters.set(work, letter);
    else {
      const latest = letter.at > same.at ? letter : same;
      letters.set(work, { ...latest, id: same.id, messages: [...same.messages, message] });
    }
  }
  return [...letters.values()].sort((a, b) => b.at.getTime() - a.at.getTime());
}

function readMessage(message: Message, functions: StackFunctions): DeadLetter {
  const body = parseObject(message.Body);
  const facts = body && (isRecord(body.requestContext) ? destinationFacts(body) : eventFacts(message, body, functions));
  const functionName = facts?.functionName;
  const payload = facts?.payload;
  return {
    id: message.MessageId ?? '',
    at: new Date(Number(message.Attributes?.SentTimestamp ?? 0)),
    functionName,
    payload: payload && JSON.stringify(payload),
    jobId: payload && jobOf(payload),
    error: facts?.error ?? 'unknown',
    unreadable: reasonAgainst(functionName, payload, functions),
    messages: [message],
  };
}

interface Facts {
  readonly functionName?: string;
  readonly payload?: Record<string, unknown>;
  readonly error?: string;
}

function reasonAgainst(name: string | undefined, payload: unknown, { names }: StackFunctions): string | undefined {
  if (payload === undefined) return 'It is no record of work that failed.';
  if (name === undefined) return 'It names no function.';
  return names.has(name) ? undefined : `The stack has no function ${name}.`;
}

/** The record that Lambda sends to a destination. */
function destinationFacts({ requestContext, requestPayload, responsePayload }: Record<string, unknown>): Facts {
  const { functionArn, condition } = requestContext as Record<string, unknown>;
  const { errorType } = isRecord(responsePayload) ? responsePayload : {};
  return {
    functionName: nameOf(functionArn),
    payload: isRecord(requestPayload) ? requestPayload : undefined,
    error: text(errorType) ?? text(condition),
  };
}

/**
 * What EventBridge could not deliver, with its story in attributes: the input itself, or the whole event, of which the
 * function gets only this (its users report the latter, its documentation doesn't say). The prompt is left out.
 */
function eventFacts(
  { MessageAttributes = {} }: Message,
  body: Record<string, unknown>,
  functions: StackFunctions,
): Facts {
  const { executionArn } = isRecord(body.detail) ? body.detail : body;
  if (text(executionArn) === undefined) return {};
  const { TARGET_ARN, ERROR_CODE } = MessageAttributes;
  return {
    functionName: nameOf(TARGET_ARN?.StringValue) ?? functions.ended,
    payload: { executionArn },
    error: text(ERROR_CODE?.StringValue),
  };
}

/** `arn:aws:lambda:<region>:<account>:function:<name>`, perhaps with a version after it. */
function nameOf(arn: unknown): string | undefined {
  return text(arn)?.split(':')[6];
}

function jobOf({ jobId, executionArn }: Record<string, unknown>): string | undefined {
  return text(jobId) ?? text(executionArn)?.split(':').at(-1);
}

function parseObject(body = ''): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(body) as unknown;
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
