/** The command line in this process, with a table in memory and a stack of one's own. */
import { main } from '../../../bin/evolink-images';
import type { Aws } from '../../../bin/commands/aws';
import { paint } from '../../../bin/commands/process-io';
import { FakeDeadLetters } from '../../support/fake-dead-letters';
import { MemoryTable } from '../../support/memory-table';

export const NOW = new Date('2026-11-23T10:00:00.000Z');

export interface CliOptions {
  readonly table?: MemoryTable;
  /** Outputs of the stack; its name is in `stacks` then. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** The queue, the functions and the stack's list of resources. @default - an empty queue, no functions */
  readonly deadLetters?: FakeDeadLetters;
  /** Thrown by CloudFormation instead of an answer. */
  readonly failure?: Error;
  readonly colour?: boolean;
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
  const { table = new MemoryTable(), outputs = { TableName: table.tableName }, failure, colour = false } = options;
  const { deadLetters = new FakeDeadLetters([]) } = options;
  const written = { out: '', err: '' };
  const stacks: string[] = [];
  const regions: (string | undefined)[] = [];
  const cloudFormation = {
    send: async (command: { input: { StackName: string } }) => {
      const { input } = command;
      if (command.constructor.name !== 'DescribeStacksCommand') return deadLetters.client.send(command);
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
    aws: async (region) => {
      regions.push(region);
      return {
        cloudFormation,
        documents: table.client,
        lambda: deadLetters.client as unknown as Aws['lambda'],
        sqs: deadLetters.client as unknown as Aws['sqs'],
        region: async () => region ?? 'eu-central-1',
      };
    },
  });
  return { exitCode, ...written, stacks, regions };
}

/** An error as the SDK throws it. */
export function awsError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
