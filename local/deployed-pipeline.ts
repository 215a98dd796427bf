/**
 * The pipeline on this machine, whatever plays EvoLink: a local cloud, and the real app deployed there by the real CDK
 * CLI. Needs no AWS account, listens on loopback only, and ends with the process that started it, however that ends.
 *
 * The process must have been started with our certificate in `NODE_EXTRA_CA_CERTS`, as the npm scripts do.
 */
import { CloudFormationClient, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import * as fs from 'node:fs';
import { createAppRole } from './cloud/app-role';
import { beforeLeaving } from './before-leaving';
import { deleteApiKey, storeApiKey } from './cloud/api-key-secret';
import type { CloudConfig } from './cloud/clients';
import { type Cloud, openCloud } from './cloud/cloud';
import { deploy, type PipelineOutputs } from './cloud/deployment';
import { EmfForwarder } from './cloud/emf-forwarder';
import { adjustForEmulator } from './cloud/emulator-adjustments';
import { reachable } from './cloud/function-urls';
import { physicalIds } from './cloud/stack-resources';
import { stopAllProcesses } from './cloud/supervised-process';
import { prepareTrust } from './cloud/trust';
import { makeRunDir, newRunId } from './paths';

/** An EvoLink that the pipeline buys from. */
export interface EvolinkAccount {
  readonly baseUrl: string;
  readonly apiKey: string;
}

export interface DeploymentOptions {
  /** Settings of the deployable app (context keys without their prefix `pipeline:`), over those for local runs. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Environment that tells which cloud to use. @default - this process's own */
  readonly env?: NodeJS.ProcessEnv;
  /** Wraps each step, to show progress. */
  readonly step?: <T>(name: string, action: () => Promise<T>) => Promise<T>;
}

export interface DeployedPipeline {
  readonly endpoint: string;
  readonly region: string;
  readonly stackName: string;
  readonly outputs: PipelineOutputs;
  /** Full rights. */
  readonly admin: Cloud['admin'];
  /** An application's rights: the pipeline's `grantUse`, nothing else. */
  readonly app: CloudConfig;
  readonly appRoleArn: string;
  /** Environment in which the AWS CLI and SDKs use this cloud with full rights. */
  readonly env: Readonly<Record<string, string>>;
  /** Of the functions, the workflow and the callback endpoint. */
  readonly logGroups: readonly string[];
  readonly runDir: string;
  /** Forwards the metrics that the functions have logged until now. */
  flushMetrics(): Promise<void>;
  /** Deploys the app again over the same stack, with settings that differ from those at the start. */
  redeploy(settings: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

const STACK_NAME = 'EvolinkImagePipeline';
const NPM_SCRIPTS = '`npm start`, `npm run dev` or `npm test -- <jest arguments>`';
const API_KEY_SECRET = 'evolink/api-key';

/** A lost callback is found at the next minute, and nothing is kept. */
const LOCAL_SETTINGS = { firstCheckSeconds: '5', sweepIntervalMinutes: '1', removalPolicy: 'destroy' };

export async function deployPipeline(
  evolink: EvolinkAccount,
  options: DeploymentOptions = {},
): Promise<DeployedPipeline> {
  const step = options.step ?? ((_name, action) => action());
  const runId = newRunId();
  const runDir = makeRunDir(runId);
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close().catch((error) => console.error(String(error)));
    await stopAllProcesses();
    fs.rmSync(`${runDir}/tmp`, { recursive: true, force: true });
  };

  try {
    const trust = await prepareTrust();
    if (process.env.NODE_EXTRA_CA_CERTS !== trust.bundlePath) {
      throw new Error(`this process does not trust the local certificate: start it with ${NPM_SCRIPTS}`);
    }
    const cloud = await step('local cloud', () => openCloud(runDir, trust, options.env));
    closers.push(() => cloud.stop());
    // On a cloud that others use too nothing of theirs may be touched: own names, and no stack is left behind.
    const suffix = cloud.shared ? `-${runId}` : '';
    const stackName = `${STACK_NAME}${suffix}`;
    const apiKeySecretName = `${API_KEY_SECRET}${suffix}`;

    if (cloud.shared) {
      const remove = () => deleteApiKey(cloud.admin, apiKeySecretName);
      closers.push(remove);
      beforeLeaving(remove);
    }

    const settings = { ...LOCAL_SETTINGS, evolinkBaseUrl: evolink.baseUrl, apiKeySecretName, ...options.settings };
    const deployWith = async (changes: Readonly<Record<string, string>>) => {
      const outputs = await deploy({
        runDir,
        stackName,
        account: cloud.account,
        region: cloud.admin.region,
        // The CLI runs `npx`, so it gets the shell's environment, which `npm` scripts have rid of AWS settings.
        env: { ...process.env, ...cloud.env },
        settings: { ...settings, ...changes },
      });
      await adjustForEmulator(cloud.admin, stackName);
      const { CallbackUrl: url } = outputs;
      return { ...outputs, CallbackUrl: url && reachable(url, cloud.admin) };
    };
    const outputs = await step('cdk bootstrap + deploy', async () => {
      await storeApiKey(cloud.admin, apiKeySecretName, evolink.apiKey);
      return await deployWith({});
    });
    if (cloud.shared) closers.push(() => deleteStack(cloud.admin, stackName));

    const role = { roleName: `${stackName}-app`, account: cloud.account, policyArn: outputs.UsePolicyArn };
    const app = await createAppRole(cloud.admin, role);
    const logGroups = await physicalIds(cloud.admin, stackName, 'AWS::Logs::LogGroup');
    const forwarder = new EmfForwarder(cloud.admin, logGroups);
    closers.push(() => forwarder.stop());

    return {
      endpoint: cloud.admin.endpoint,
      region: cloud.admin.region,
      stackName,
      outputs,
      admin: cloud.admin,
      app: app.config,
      appRoleArn: app.arn,
      env: cloud.env,
      logGroups,
      runDir,
      flushMetrics: () => forwarder.flush(),
      redeploy: async (changes) => void (await deployWith(changes)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function deleteStack(admin: CloudConfig, stackName: string): Promise<void> {
  await new CloudFormationClient(admin).send(new DeleteStackCommand({ StackName: stackName }));
}
