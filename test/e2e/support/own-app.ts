/**
 * A CDK app of somebody else's, with a pipeline in it, deployed into the cloud of the end-to-end tests. Such an app
 * speaks of EvoLink and of the secret `evolink/api-key`; here its template is made to speak of a simulator and of a
 * secret of its own, and nothing else about it is changed.
 */
import { CloudFormationClient, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { randomBytes } from 'node:crypto';
import { DEFAULT_EVOLINK_BASE_URL } from '../../../domain/constants';
import { storeApiKey } from '../../../local/cloud/api-key-secret';
import { deployApp, type StackOutputs } from '../../../local/cloud/cdk-cli';
import { StackWatch } from '../../../local/cloud/stack-watch';
import { makeRunDir, newRunId } from '../../../local/paths';
import { startLocalEvolink } from '../../../local/local-evolink';
import type { EvolinkSimulator } from '../../../local/simulator';
import { connection } from './clients';

export interface OwnApp {
  readonly simulator: EvolinkSimulator;
  readonly outputs: StackOutputs;
  close(): Promise<void>;
}

export interface OwnAppOptions {
  /** Where the app is run. */
  readonly folder: string;
  /** What synthesises it. */
  readonly command: string;
  /** Over what the CDK CLI gets besides. */
  readonly env?: Readonly<Record<string, string>>;
}

const API_KEY_SECRET = 'evolink/api-key';

/** Whoever starts it closes it. */
export async function startOwnApp({ folder, command, env }: OwnAppOptions): Promise<OwnApp> {
  const { admin, outputs: shared } = connection;
  const secret = `${API_KEY_SECRET}-${randomBytes(4).toString('hex')}`;
  const { simulator, apiKey } = await startLocalEvolink();
  const watch = new StackWatch(admin, () => undefined);
  const stacks: string[] = [];
  const close = async () => {
    await watch.stop();
    // Its schedules would go on, and its alarms be seen by every test after it.
    const cloudFormation = new CloudFormationClient(admin);
    for (const StackName of stacks) await cloudFormation.send(new DeleteStackCommand({ StackName }));
    await simulator.close();
  };
  try {
    await watch.ignoreExisting();
    await storeApiKey(admin, secret, apiKey);
    const outputs = await deployApp({
      runDir: makeRunDir(newRunId()),
      account: shared.StateMachineArn.split(':')[4] ?? '',
      region: admin.region,
      bootstrapped: true,
      folder,
      command,
      adjust: (template) =>
        template.replaceAll(DEFAULT_EVOLINK_BASE_URL, simulator.baseUrl).replaceAll(API_KEY_SECRET, secret),
      env: {
        ...process.env,
        AWS_ENDPOINT_URL: admin.endpoint,
        AWS_REGION: admin.region,
        AWS_ACCESS_KEY_ID: admin.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: admin.credentials.secretAccessKey,
        ...env,
      },
    });
    stacks.push(...Object.keys(outputs));
    await watch.look();
    return { simulator, outputs, close };
  } catch (error) {
    await close();
    throw error;
  }
}
