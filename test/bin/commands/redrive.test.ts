import type { Message } from '@aws-sdk/client-sqs';
import { FakeDeadLetters } from '../../support/fake-dead-letters';
import { cli } from './cli';

const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function';
const EXECUTION = 'arn:aws:states:eu-central-1:123456789012:execution:images:job-2';
const AT = Date.parse('2026-11-23T09:00:00.000Z');

/** Ids that differ at their beginning, as those of SQS do. */
const idOf = (index: number): string => `${index}aaaaaaa-0000-4000-8000-000000000000`;

function fromLambda(index: number, name = 'Archive', payload: object = { jobId: 'job-1', attempt: 1 }): Message {
  return {
    MessageId: idOf(index),
    Attributes: { SentTimestamp: String(AT + index * 60_000) },
    Body: JSON.stringify({
      requestContext: { functionArn: `${FUNCTION}:${name}:$LATEST`, condition: 'RetriesExhausted' },
      requestPayload: payload,
      responsePayload: { errorType: 'AttemptNotFound', errorMessage: 'not for the terminal' },
    }),
  };
}

function fromEventBridge(index: number, attributes: Record<string, string>): Message {
  const entries = Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]);
  return {
    MessageId: idOf(index),
    Attributes: { SentTimestamp: String(AT + index * 60_000) },
    MessageAttributes: Object.fromEntries(entries) as Message['MessageAttributes'],
    Body: JSON.stringify({ executionArn: EXECUTION }),
  };
}

function setUp(...messages: Message[]) {
  const deadLetters = new FakeDeadLetters(['Archive', 'Ended', 'Dispatch']);
  for (const message of messages) deadLetters.put(message);
  const outputs = { DeadLetterQueueUrl: deadLetters.queueUrl, EndedFunctionName: 'Ended' };
  const run = (line: string, options = {}) => cli(line, { deadLetters, outputs, ...options });
  return { deadLetters, run };
}

test('without arguments it lists, latest first, and changes nothing', async () => {
  const { deadLetters, run } = setUp(
    fromLambda(1),
    fromEventBridge(2, { TARGET_ARN: `${FUNCTION}:Ended`, ERROR_CODE: 'NO_PERMISSIONS' }),
    fromLambda(3, 'Dispatch', {}),
    fromLambda(4),
  );
  const { exitCode, out } = await run('redrive');

  expect(exitCode).toBe(0);
  expect(out).toBe(`id        last                      function  job    error            times
1aaaaaaa  2026-11-23T09:04:00.000Z  Archive   job-1  AttemptNotFound  2
3aaaaaaa  2026-11-23T09:03:00.000Z  Dispatch  -      AttemptNotFound  1
2aaaaaaa  2026-11-23T09:02:00.000Z  Ended     job-2  NO_PERMISSIONS   1

To do it again: evolink-images redrive --all, or their ids
`);
  expect(deadLetters.log).toEqual([]);
  expect(deadLetters.visible).toEqual([1, 2, 3, 4].map(idOf));
});

test('an empty queue', async () => {
  const { run } = setUp();

  expect(await run('redrive')).toMatchObject({ exitCode: 0, out: 'There are no dead letters.\n' });
  expect(await run('redrive --all')).toMatchObject({ exitCode: 0 });
  expect(JSON.parse((await run('redrive --json')).out)).toEqual({ dead_letters: [] });
});

test('--all invokes each function once for the same work, with its payload, and deletes only then', async () => {
  const { deadLetters, run } = setUp(
    fromLambda(1),
    fromLambda(2),
    fromEventBridge(3, { TARGET_ARN: `${FUNCTION}:Ended` }),
  );
  const { exitCode, out } = await run('redrive --all');

  expect(exitCode).toBe(0);
  expect(out.match(/redriven$/gm)).toHaveLength(2);
  expect(deadLetters.log).toEqual([
    'invoke Ended',
    `delete ${idOf(3)}`,
    'invoke Archive',
    `delete ${idOf(1)}`,
    `delete ${idOf(2)}`,
  ]);
  expect(deadLetters.invocations).toEqual([
    { functionName: 'Ended', payload: { executionArn: EXECUTION } },
    { functionName: 'Archive', payload: { jobId: 'job-1', attempt: 1 } },
  ]);
});

test('an id, or its beginning, redrives that one alone', async () => {
  const { deadLetters, run } = setUp(fromLambda(1), fromLambda(2, 'Dispatch', {}), fromLambda(3, 'Ended', {}));

  expect((await run(`redrive ${idOf(1)} 2aaaaaaa`)).exitCode).toBe(0);
  expect(deadLetters.invocations.map(({ functionName }) => functionName)).toEqual(['Dispatch', 'Archive']);
  expect(deadLetters.visible).toEqual([idOf(3)]);
});

test('an event without the name of its function goes to the one that is told of ends', async () => {
  const { deadLetters, run } = setUp(fromEventBridge(1, {}));

  expect((await run('redrive --all')).exitCode).toBe(0);
  expect(deadLetters.invocations).toEqual([{ functionName: 'Ended', payload: { executionArn: EXECUTION } }]);
});

test('of a whole event the function gets what it would have got, and nobody sees the prompt', async () => {
  const detail = { executionArn: EXECUTION, status: 'ABORTED', input: '{"prompt":"a secret bicycle"}' };
  const event = { ...fromEventBridge(1, {}), Body: JSON.stringify({ source: 'aws.states', detail }) };
  const { deadLetters, run } = setUp(event);

  expect((await run('redrive --json')).out).not.toContain('secret');
  expect((await run('redrive --all')).exitCode).toBe(0);
  expect(deadLetters.invocations).toEqual([{ functionName: 'Ended', payload: { executionArn: EXECUTION } }]);
});

test.each([
  ['no JSON', { Body: 'no JSON \u001b[2J' }],
  ['nothing', { Body: undefined }],
  ['a list', { Body: '[]' }],
  ['an object of somebody else', { Body: '{"a":1}' }],
  ['a record without a payload', { Body: JSON.stringify({ requestContext: { functionArn: `${FUNCTION}:Archive` } }) }],
  ['a record without a function', { Body: JSON.stringify({ requestContext: {}, requestPayload: {} }) }],
  ['a function outside the stack', fromLambda(1, 'DeleteEverything')],
])('a message that is %s is shown and skipped, never deleted and never invoked', async (_, message) => {
  const { deadLetters, run } = setUp({ ...message, MessageId: idOf(1) }, fromLambda(2));
  const { exitCode, out } = await run('redrive --all');

  expect(exitCode).toBe(0);
  expect(out).toMatch(/1aaaaaaa .*cannot be redriven: /);
  expect(deadLetters.invocations.map(({ functionName }) => functionName)).toEqual(['Archive']);
  expect(deadLetters.visible).toEqual([idOf(1)]);
  expect(await run('redrive 1aaaaaaa')).toMatchObject({ exitCode: 1, err: 'Error: Not redriven: 1 of 1.\n' });
});

test('a refused invocation keeps its message, and no other from being redriven: exit code 1', async () => {
  const { deadLetters, run } = setUp(fromLambda(1), fromLambda(2, 'Dispatch', {}));
  deadLetters.broken.add('Dispatch');
  const { exitCode, out, err } = await run('redrive --all');

  expect(exitCode).toBe(1);
  expect(out).toContain('failed: refused for a test');
  expect(err).toBe('Error: Not redriven: 1 of 2.\n');
  expect(deadLetters.visible).toEqual([idOf(2)]);
  expect(JSON.parse((await run('redrive --all --json')).out)).toMatchObject({
    dead_letters: [{ id: idOf(2), function: 'Dispatch', state: 'failed', reason: 'refused for a test', times: 1 }],
  });
});

test('as JSON', async () => {
  const { run } = setUp(fromLambda(1));
  const facts = {
    id: idOf(1),
    last: '2026-11-23T09:01:00.000Z',
    function: 'Archive',
    job: 'job-1',
    error: 'AttemptNotFound',
    times: 1,
    unreadable: null,
  };

  expect(JSON.parse((await run('redrive --json')).out)).toEqual({ dead_letters: [{ ...facts, state: 'waiting' }] });
  expect(JSON.parse((await run('redrive --all --json')).out)).toEqual({
    dead_letters: [{ ...facts, state: 'redriven' }],
  });
});

test('more messages than one batch are all put back', async () => {
  const messages = Array.from({ length: 25 }, (_, index) => ({ ...fromLambda(1), MessageId: `message-${index}` }));
  const { deadLetters, run } = setUp(...messages);

  expect((await run('redrive')).out).toContain(' 25');
  expect(deadLetters.visible).toHaveLength(25);
});

test('wrong use: exit code 2, before anything is asked', async () => {
  const { deadLetters, run } = setUp(fromLambda(1));

  for (const line of ['redrive 1', 'redrive --all 1aaaaaaa', 'redrive --table attempts']) {
    expect(await run(line)).toMatchObject({ exitCode: 2, out: '', regions: [] });
  }
  expect(deadLetters.log).toEqual([]);
});

test('an id that is not there: exit code 1', async () => {
  const { run } = setUp(fromLambda(1));

  expect(await run('redrive 9aaaaaaa')).toMatchObject({
    exitCode: 1,
    err: 'Error: There is no dead letter 9aaaaaaa.\n',
  });
});

test('a stack without the output asks for --queue, which then counts', async () => {
  const { deadLetters, run } = setUp(fromLambda(1));

  expect((await run('redrive', { outputs: {} })).err).toMatch(/has no output DeadLetterQueueUrl.*--queue/);
  expect((await run(`redrive --all --queue ${deadLetters.queueUrl}`, { outputs: {} })).exitCode).toBe(0);
  expect(deadLetters.visible).toEqual([]);
  expect((await run('redrive --queue https://sqs.example.com/other')).err).toMatch(/queue does not exist/);
});
