/** Work that failed for good: it is in the queue, the command line shows it and does it again. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { admin, connection, eventually } from './support/pipeline';

interface Shown {
  readonly id: string;
  readonly function: string | null;
  readonly job: string | null;
  readonly error: string;
  readonly times: number;
  readonly state: string;
}

const ROOT = join(__dirname, '..', '..');

/** The command line as an operator has it: a process of its own, with nothing but the environment of the AWS CLI. */
async function redrive(...args: string[]): Promise<Shown[]> {
  const argv = [join(ROOT, 'bin', 'evolink-images.mjs')];
  const { credentials, region, endpoint } = connection.admin;
  const { accessKeyId, secretAccessKey } = credentials;
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const line = [...argv, 'redrive', ...args, '--stack', connection.stackName, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, line, { env, timeout: 60_000 });
  return (JSON.parse(stdout) as { dead_letters: Shown[] }).dead_letters;
}

async function archiveFunction(): Promise<string> {
  const names: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await admin.cloudFormation.send(
      new ListStackResourcesCommand({ StackName: connection.stackName, NextToken }),
    );
    for (const { ResourceType, LogicalResourceId, PhysicalResourceId = '' } of page.StackResourceSummaries ?? []) {
      if (ResourceType === 'AWS::Lambda::Function' && LogicalResourceId?.includes('Archive')) {
        names.push(PhysicalResourceId);
      }
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  expect(names).toHaveLength(1);
  return names[0] ?? '';
}

test('a dead letter is listed, stays, is redriven, and is back when the work fails again', async () => {
  // A job of its own: what other tests left in the queue is none of this one's business.
  const jobId = `redrive-${randomBytes(6).toString('hex')}`;
  const FunctionName = await archiveFunction();
  const mine = async () => (await redrive()).filter(({ job }) => job === jobId);
  const Payload = Buffer.from(JSON.stringify({ jobId, attempt: 1 }));
  await admin.lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }));

  // The local cloud gives every error that a function throws this name; on AWS it is `AttemptNotFound`.
  const error = 'Runtime.HandlerError';
  const letter = { function: FunctionName, job: jobId, error, times: 1, state: 'waiting' };
  const found = await eventually(async () => {
    const letters = await mine();
    expect(letters).toMatchObject([letter]);
    return letters;
  }, 60_000);
  const [{ id } = { id: '' }] = found;
  // Looking takes nothing away.
  expect(await mine()).toEqual(found);

  const redriven = (await redrive(id)).filter(({ job }) => job === jobId);
  expect(redriven).toMatchObject([{ id, state: 'redriven' }]);

  // Still hopeless: it comes back, as another message, and the first one is gone.
  await eventually(async () => {
    const letters = await mine();
    expect(letters).toMatchObject([letter]);
    expect(letters[0]?.id).not.toBe(id);
  }, 60_000);
});
