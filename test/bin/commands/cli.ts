/** The command line in this process, with a table in memory and a stack of one's own. */
import { main } from '../../../bin/evolink-images';
import type { Aws } from '../../../bin/commands/aws';
import { paint } from '../../../bin/commands/process-io';
import { MemoryTable } from '../../support/memory-table';

export const NOW = new Date('2026-11-23T10:00:00.000Z');

export interface CliOptions {
  readonly table?: MemoryTable;
  /** Outputs of the stack; its name is in `stacks` then. */
  readonly outputs?: Readonly<Record<string, string>>;
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
  const written = { out: '', err: '' };
  const stacks: string[] = [];
  const regions: (string | undefined)[] = [];
  const cloudFormation = {
    send: async ({ input }: { input: { StackName: string } }) => {
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
      return { cloudFormation, documents: table.client, region: async () => region ?? 'eu-central-1' };
    },
  });
  return { exitCode, ...written, stacks, regions };
}

/** An error as the SDK throws it. */
export function awsError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
