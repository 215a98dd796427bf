/** Deploys the real app with the real CDK CLI, as a platform team would. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../paths';
import { runProcess } from './supervised-process';

/** Outputs of the stack, as `bin/image-pipeline.ts` names them. */
export interface PipelineOutputs {
  readonly StateMachineArn: string;
  readonly BucketName: string;
  readonly TableName: string;
  readonly DashboardUrl: string;
  readonly CallbackUrl: string;
  readonly UsePolicyArn: string;
  readonly ApiKeySecretName: string;
  readonly Budgets: string;
  readonly ReconcileFunctionName: string;
  readonly DeadLetterQueueUrl: string;
  readonly EndedFunctionName: string;
  readonly MetricsNamespace: string;
  readonly ServiceName: string;
  readonly Version: string;
}

export interface DeploymentOptions {
  readonly runDir: string;
  readonly account: string;
  readonly region: string;
  readonly stackName: string;
  /** Environment of the CDK CLI: endpoint, credentials, trusted certificates. */
  readonly env: NodeJS.ProcessEnv;
  /** Settings of the app, without their prefix `pipeline:`. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Bootstraps the account and region, synthesises and deploys the app. */
export async function deploy(options: DeploymentOptions): Promise<PipelineOutputs> {
  const assembly = path.join(options.runDir, 'cdk.out');
  const outputsFile = path.join(options.runDir, 'outputs.json');
  const settings = { ...options.settings, stackName: options.stackName };
  const context = Object.entries(settings).flatMap(([key, value]) => ['--context', `pipeline:${key}=${value}`]);

  // The two need nothing of each other; together they take as long as the slower one.
  await Promise.all([
    // Away from cdk.json: in its folder the CLI would synthesise the app once more.
    cdk(options, 'cdk-bootstrap', ['bootstrap', `aws://${options.account}/${options.region}`], options.runDir),
    cdk(options, 'cdk-synth', ['synth', '--quiet', '--output', assembly, ...context]),
  ]);
  const deployment = ['deploy', '--all', '--app', assembly, '--outputs-file', outputsFile];
  await cdk(options, 'cdk-deploy', [...deployment, '--require-approval', 'never']);

  const outputs = JSON.parse(fs.readFileSync(outputsFile, 'utf8')) as Record<string, PipelineOutputs>;
  const own = outputs[options.stackName];
  if (!own)
    throw new Error(`the deployment has no outputs for ${options.stackName}: ${Object.keys(outputs).join(', ')}`);
  return own;
}

function cdk({ runDir, env }: DeploymentOptions, name: string, args: readonly string[], cwd = ROOT): Promise<void> {
  return runProcess({
    name,
    command: process.execPath,
    args: [path.join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk'), ...args, '--no-color', '--no-notices'],
    cwd,
    env: {
      ...env,
      // No question to the internet from a local run.
      CDK_DISABLE_VERSION_CHECK: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    },
    runDir,
  });
}
