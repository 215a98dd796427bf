/** A key that EvoLink refuses, and one that is rotated while the pipeline runs. The last word on the key is put back. */
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { FailureCause } from '../../domain/failure-cause';
import { connection, runJob, simulator, succeed } from './support/pipeline';

const secrets = new SecretsManagerClient(connection.admin);
const { apiKey } = connection.simulator;
const request = { prompt: 'a bicycle for a locksmith', size: '3:1', quality: 'low' };

const storeKey = (value: string) =>
  secrets.send(new PutSecretValueCommand({ SecretId: connection.outputs.ApiKeySecretName, SecretString: value }));

afterAll(() => storeKey(apiKey));

test('a key that EvoLink refuses fails the job as Unauthorized; a new one in the secret is used at once', async () => {
  // A warm function holds the old key.
  await succeed(request);
  await simulator.setKeys([{ key: 'sk-rotated', credits: '100' }]);

  const job = await runJob(request);

  expect(job).toMatchObject({ status: 'FAILED', error: 'Unauthorized' });
  const cause = JSON.parse(job.cause ?? '') as FailureCause;
  expect(cause).toMatchObject({ charged: 'no', provider: { status: 401 } });
  expect(job.cause).not.toContain(apiKey);

  await storeKey('sk-rotated');
  const output = await succeed(request);

  expect((await simulator.tasks()).find(({ id }) => id === output.task_id)?.key).toBe('sk-rotated');
});
