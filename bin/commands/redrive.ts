import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { Message } from '@aws-sdk/client-sqs';
import type { Aws } from './aws';
import { explainAwsError } from './aws-errors';
import { type Command, CommandError, type Io, JSON_OPTION, printJson, UsageError, type UsageProblem } from './command';
import { type DeadLetter, DeadLetterQueue, readDeadLetters } from './dead-letters';
import { DEFAULT_STACK, STACK_OPTIONS, stackOutputs, stackResources } from './pipeline';
import { tableLines } from './table';

/** So much of an id is shown, and enough to name a message. */
const SHOWN_ID = 8;

export const redrive: Command = {
  name: 'redrive',
  summary: 'Dead letters: asynchronous work that failed at all of its tries. Shows it, or does it again.',
  forms: ['', '--all', '<id…>'],
  details: [
    'Invokes the function again with the same payload, and deletes the message once Lambda has accepted that. Safe to',
    'repeat: no function of the pipeline does a thing twice. What fails again comes back as a new dead letter.',
    'A message that cannot be read stays where it is. While it looks, nobody else sees the messages.',
  ].join('\n'),
  options: {
    all: { help: 'Redrive everything that can be read.' },
    ...STACK_OPTIONS,
    queue: { value: 'url', help: 'The dead-letter queue, where the stack is your own and has no output of that name.' },
    ...JSON_OPTION,
  },
  examples: ['evolink-images redrive', 'evolink-images redrive --all', 'evolink-images redrive --all --json'],
  async run(args, io) {
    const ids = args.positionals;
    const problems = [...args.problems, ...idProblems(ids, args.flag('all'))];
    if (problems.length > 0) throw new UsageError(problems);

    const aws = await io.aws(args.text('region'));
    const stack = args.text('stack') ?? DEFAULT_STACK;
    const outputs = await stackOutputs(aws, stack, STACK_OPTIONS);
    const queueUrl = args.text('queue') ?? outputs.DeadLetterQueueUrl;
    if (queueUrl === undefined) {
      throw new CommandError(`The stack ${stack} has no output DeadLetterQueueUrl. A stack of your own: give --queue.`);
    }
    const names = new Set(await stackResources(aws, stack, 'AWS::Lambda::Function'));
    const functions = { names, ended: outputs.EndedFunctionName };
    const queue = new DeadLetterQueue(await aws.sqs(), queueUrl);
    const messages = await queue.take();
    const gone = new Set<Message>();
    try {
      const letters = readDeadLetters(messages, functions);
      const wanted = args.flag('all') ? letters : letters.filter((letter) => ids.some((id) => isNamed(letter, id)));
      const results = new Map<DeadLetter, Result>();
      for (const letter of wanted) results.set(letter, await redriveOne(letter, { aws, queue, gone }));
      await report(letters, results, args.flag('json'), io);
      complain(ids, letters, results);
    } finally {
      await queue.putBack(messages.filter((message) => !gone.has(message)));
    }
  },
};

type Result = { readonly state: 'redriven' | 'skipped' } | { readonly state: 'failed'; readonly reason: string };

function idProblems(ids: readonly string[], all: boolean): UsageProblem[] {
  if (all) return ids.map((where) => ({ where, message: 'Give either --all or ids.' }));
  return ids
    .filter((id) => id.length < SHOWN_ID)
    .map((where) => ({ where, message: `Must be an id, or its first ${SHOWN_ID} characters at least.` }));
}

const isNamed = ({ messages }: DeadLetter, id: string): boolean =>
  messages.some(({ MessageId = '' }) => MessageId.startsWith(id));

interface Redriving {
  readonly aws: Aws;
  readonly queue: DeadLetterQueue;
  /** Messages that were deleted. */
  readonly gone: Set<Message>;
}

/** One letter's trouble keeps no other from being redriven. */
async function redriveOne(letter: DeadLetter, { aws, queue, gone }: Redriving): Promise<Result> {
  const { functionName, payload = '', unreadable, messages } = letter;
  if (unreadable !== undefined) return { state: 'skipped' };
  try {
    const lambda = await aws.lambda();
    await lambda.send(
      new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: Buffer.from(payload) }),
    );
    // Not before: a message that is redriven twice does no harm, one that is lost does.
    for (const message of messages) {
      await queue.delete(message);
      gone.add(message);
    }
    return { state: 'redriven' };
  } catch (error) {
    const reason = explainAwsError(error)?.message ?? (error instanceof Error ? error.message : String(error));
    return { state: 'failed', reason };
  }
}

async function report(
  letters: readonly DeadLetter[],
  results: ReadonlyMap<DeadLetter, Result>,
  json: boolean,
  io: Io,
): Promise<void> {
  if (json) return printJson(io, { dead_letters: letters.map((letter) => jsonOf(letter, results.get(letter))) });
  if (letters.length === 0) return io.out('There are no dead letters.\n');
  const columns = ['id', 'last', 'function', 'job', 'error', 'times', ''].map((heading) => ({ heading }));
  const rows = letters.map((letter) => [
    letter.id.slice(0, SHOWN_ID),
    letter.at.toISOString(),
    letter.functionName ?? '-',
    letter.jobId ?? '-',
    letter.error,
    String(letter.messages.length),
    remark(letter, results.get(letter)),
  ]);
  const next = results.size > 0 ? [] : ['', 'To do it again: evolink-images redrive --all, or their ids'];
  await io.out([...tableLines(columns, rows), ...next, ''].join('\n'));
}

function remark({ unreadable }: DeadLetter, result: Result | undefined): string {
  if (unreadable !== undefined) return `cannot be redriven: ${unreadable}`;
  return result?.state === 'failed' ? `failed: ${result.reason}` : (result?.state ?? '');
}

function jsonOf(letter: DeadLetter, result: Result | undefined): object {
  return {
    id: letter.id,
    last: letter.at.toISOString(),
    function: letter.functionName ?? null,
    job: letter.jobId ?? null,
    error: letter.error,
    times: letter.messages.length,
    unreadable: letter.unreadable ?? null,
    state: result?.state ?? 'waiting',
    ...(result?.state === 'failed' && { reason: result.reason }),
  };
}

/** @throws CommandError when something was asked for that was not done; an unreadable message fails only its own id */
function complain(
  ids: readonly string[],
  letters: readonly DeadLetter[],
  results: ReadonlyMap<DeadLetter, Result>,
): void {
  const unknown = ids.filter((id) => !letters.some((letter) => isNamed(letter, id)));
  const states = [...results.values()].map(({ state }) => state);
  const failed = states.filter((state) => state === 'failed' || (state === 'skipped' && ids.length > 0)).length;
  const complaints = [
    ...unknown.map((id) => `There is no dead letter ${id}.`),
    ...(failed > 0 ? [`Not redriven: ${failed} of ${results.size}.`] : []),
  ];
  if (complaints.length > 0) throw new CommandError(complaints.join(' '));
}
