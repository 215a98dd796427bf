/** The command line in this process, with a table in memory and a stack of one's own. */
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { main } from '../../../bin/evolink-images';
import type { Aws } from '../../../bin/commands/aws';
import type { Io } from '../../../bin/commands/command';
import { paint } from '../../../bin/commands/process-io';
import { FakeDeadLetters } from '../../support/fake-dead-letters';
import type { FakeDeployment } from '../../support/fake-deployment';
import type { FakeJobs } from '../../support/fake-jobs';
import type { FakeS3 } from '../../support/fake-s3';
import { MemoryTable } from '../../support/memory-table';

export const NOW = new Date('2026-11-23T10:00:00.000Z');

export interface CliOptions {
  readonly table?: MemoryTable;
  /** Outputs of the stack; its name is in `stacks` then. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** The queue, the functions and the stack's list of resources. @default - an empty queue, no functions */
  readonly deadLetters?: FakeDeadLetters;
  /** What `doctor` looks at. Its commands go there instead of to `deadLetters`. */
  readonly deployment?: FakeDeployment;
  /** Thrown by CloudFormation instead of an answer. */
  readonly failure?: Error;
  readonly colour?: boolean;
  /** Environment variables. @default - none */
  readonly env?: Io['env'];
  /** @default - that of the deployment */
  readonly sleep?: Io['sleep'];
  readonly jobs?: FakeJobs;
  readonly s3?: FakeS3;
  readonly terminal?: Io['terminal'];
  /** Gets what a Ctrl-C would do, as soon as somebody listens. */
  readonly onListening?: (interrupt: () => void) => void;
}

export interface CliResult {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  /** Stacks that were asked for. */
  readonly stacks: readonly string[];
  readonly regions: readonly (string | undefined)[];
}

/** @param line arguments separated by blanks; an array where one of them holds blanks itself */
export async function cli(line: string | readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { table = new MemoryTable(), failure, colour = false, deployment } = options;
  const { deadLetters = new FakeDeadLetters([]), outputs = deployment?.outputs ?? { TableName: table.tableName } } =
    options;
  const written = { out: '', err: '' };
  const stacks: string[] = [];
  const regions: (string | undefined)[] = [];
  const other = {
    send: async (command: { input: Record<string, unknown> }) =>
      (await deployment?.take(command.constructor.name, command.input)) ?? deadLetters.client.send(command),
  };
  const cloudFormation = {
    send: async (command: { input: { StackName: string } }) => {
      const { input } = command;
      if (command.constructor.name !== 'DescribeStacksCommand') return other.send(command);
      stacks.push(input.StackName);
      if (failure) throw failure;
      const Outputs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
      return { Stacks: [{ Outputs }] };
    },
  } as unknown as Aws['cloudFormation'];

  const argv = typeof line === 'string' ? line.split(' ').filter((argument) => argument !== '') : line;
  const exitCode = await main(argv, {
    out: async (text) => void (written.out += text),
    err: async (text) => void (written.err += text),
    paint: paint(colour),
    now: () => NOW,
    env: options.env ?? {},
    sleep: options.sleep ?? ((milliseconds, signal) => given(deployment).sleep(milliseconds, signal)),
    post: (url) => given(deployment).post(url),
    aws: async (region) => {
      regions.push(region);
      return {
        cloudFormation,
        documents: table.client,
        stepFunctions: async () => given(options.jobs).client,
        s3: async () => given(options.s3).client,
        lambda: async () => other as unknown as LambdaClient,
        sqs: async () => other as unknown as SQSClient,
        cloudWatch: async () => other as unknown as CloudWatchClient,
        region: async () => region ?? 'eu-central-1',
      };
    },
    terminal: options.terminal,
    onInterrupt: (listener) => {
      options.onListening?.(listener);
      return () => undefined;
    },
  });
  return { exitCode, ...written, stacks, regions };
}

function given<T>(fake: T | undefined): T {
  if (fake === undefined) throw new Error('this test has none of that');
  return fake;
}

/** An error as the SDK throws it. */
export function awsError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
