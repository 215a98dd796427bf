/** The real CDK CLI, as a platform team runs it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../paths';
import { runProcess } from './supervised-process';

export interface CdkApp {
  /** For logs, the assembly and the outputs: one app at a time. */
  readonly runDir: string;
  readonly account: string;
  readonly region: string;
  /** Environment of the CLI and the app: endpoint, credentials, trusted certificates. */
  readonly env: NodeJS.ProcessEnv;
  /** Where the app is run. Its `cdk.json`, if there is one, says how. */
  readonly folder: string;
  /** The command that synthesises it. @default - that of `cdk.json` */
  readonly command?: string;
  /** Context of the app. */
  readonly context?: Readonly<Record<string, string>>;
  /** Account and region know the CDK already. @default - they are bootstrapped first */
  readonly bootstrapped?: true;
  /** Changes the templates that were synthesised, before they are deployed. @default - they stay as they are */
  readonly adjust?: (template: string) => string;
}

/** By stack. */
export type StackOutputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Bootstraps the account and region where needed, synthesises the app and deploys all of its stacks. */
export async function deployApp(app: CdkApp): Promise<StackOutputs> {
  const assembly = path.join(app.runDir, 'cdk.out');
  const outputsFile = path.join(app.runDir, 'outputs.json');
  // The two need nothing of each other; together they take as long as the slower one.
  await Promise.all([
    // Away from cdk.json: in its folder the CLI would synthesise the app once more.
    app.bootstrapped ?? cdk(app, 'cdk-bootstrap', ['bootstrap', `aws://${app.account}/${app.region}`], app.runDir),
    synth(app, assembly),
  ]);
  const deployment = ['deploy', '--all', '--app', assembly, '--outputs-file', outputsFile];
  await cdk(app, 'cdk-deploy', [...deployment, '--require-approval', 'never'], app.runDir);
  return fs.existsSync(outputsFile) ? (JSON.parse(fs.readFileSync(outputsFile, 'utf8')) as StackOutputs) : {};
}

async function synth(app: CdkApp, assembly: string): Promise<void> {
  const context = Object.entries(app.context ?? {}).flatMap(([key, value]) => ['--context', `${key}=${value}`]);
  const command = app.command === undefined ? [] : ['--app', app.command];
  await cdk(app, 'cdk-synth', ['synth', '--quiet', '--output', assembly, ...command, ...context], app.folder);
  if (!app.adjust) return;
  for (const file of fs.readdirSync(assembly).filter((name) => name.endsWith('.template.json'))) {
    const template = path.join(assembly, file);
    fs.writeFileSync(template, app.adjust(fs.readFileSync(template, 'utf8')));
  }
}

function cdk({ runDir, env }: CdkApp, name: string, args: readonly string[], cwd: string): Promise<void> {
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
