/** A second pipeline in the cloud of the end-to-end tests, for a test file that needs settings of its own. */
import { type LocalPipeline, type LocalPipelineOptions, startLocalPipeline } from '../../../local/pipeline';
import { connection, connectTo } from './clients';
import { connectionOf } from './connection';

/**
 * Deploys it beside the shared one, with a simulator and a key of its own, and makes this test file work with it. Whoever
 * starts it stops it.
 */
export async function startOwnPipeline(
  settings: Readonly<Record<string, string>>,
  options: Pick<LocalPipelineOptions, 'timing' | 'credits'> = {},
): Promise<LocalPipeline> {
  const since = performance.now();
  const pipeline = await startLocalPipeline({
    ...options,
    settings,
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: connection.admin.endpoint,
      AWS_REGION: connection.admin.region,
      AWS_ACCESS_KEY_ID: connection.admin.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: connection.admin.credentials.secretAccessKey,
    },
  });
  process.stderr.write(`\nown pipeline is up after ${((performance.now() - since) / 1000).toFixed(1)} s\n`);
  connectTo(connectionOf(pipeline));
  return pipeline;
}
