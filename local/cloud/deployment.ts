/** Deploys the app of this repository. */
import { ROOT } from '../paths';
import { deployApp } from './cdk-cli';

/** Outputs of the stack, as `bin/image-pipeline.ts` names them. */
export interface PipelineOutputs {
  readonly StateMachineArn: string;
  readonly BucketName: string;
  readonly TableName: string;
  readonly DashboardUrl: string;
  /** Absent where EvoLink is given no address. */
  readonly CallbackUrl?: string;
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
export async function deploy({ stackName, settings, ...options }: DeploymentOptions): Promise<PipelineOutputs> {
  const all = Object.entries({ ...settings, stackName });
  const context = Object.fromEntries(all.map(([key, value]) => [`pipeline:${key}`, value]));
  const outputs = await deployApp({ ...options, folder: ROOT, context });
  const own = outputs[stackName];
  if (!own) throw new Error(`the deployment has no outputs for ${stackName}: ${Object.keys(outputs).join(', ')}`);
  return own as unknown as PipelineOutputs;
}
