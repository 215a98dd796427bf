/** `npm run dev`: the pipeline on this machine, up until Ctrl-C, for a person to play with. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import pc from 'picocolors';
import { StackWatch } from './cloud/stack-watch';
import { step } from './report.mjs';
import { LOCAL_DIR, ROOT } from './paths';
import { type LocalPipeline, startLocalPipeline } from './pipeline';

/** Runs until the signal; never returns by itself. */
export async function dev(): Promise<never> {
  const pipeline = await startLocalPipeline({ step });
  const envFile = path.join(LOCAL_DIR, 'dev.env');
  fs.writeFileSync(envFile, exports(pipeline), { mode: 0o600 });
  process.once('exit', () => fs.rmSync(envFile, { force: true }));
  const watch = new StackWatch(pipeline.admin, (stack) => console.log(`${pc.green('✓')} ${stack} works here, too`));
  await watch.ignoreExisting();
  watch.start();
  console.log(instructions(pipeline, path.relative(ROOT, envFile)));
  return await new Promise<never>(() => undefined);
}

function exports({ env, outputs, simulator, appRoleArn }: LocalPipeline): string {
  const variables = {
    ...env,
    STATE_MACHINE_ARN: outputs.StateMachineArn,
    BUCKET_NAME: outputs.BucketName,
    TABLE_NAME: outputs.TableName,
    APP_ROLE_ARN: appRoleArn,
    SIMULATOR_URL: simulator.baseUrl,
    // The line below runs on whatever Node the shell has.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  // A shell that is set up for a real account: these would win over the variables.
  const unset = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'];
  const quoted = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`;
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}\n`);
  return [`unset ${unset.join(' ')}\n`, ...lines].join('');
}

function instructions({ endpoint, outputs, simulator, runDir }: LocalPipeline, envFile: string): string {
  const heading = (text: string) => `\n${pc.bold(text)}`;
  const entries = (rows: Record<string, string>) =>
    Object.entries(rows).map(([name, value]) => `  ${name.padEnd(16)}${value}`);
  return [
    heading('Endpoints'),
    ...entries({
      AWS: endpoint,
      EvoLink: `${simulator.baseUrl}  (simulator)`,
      callbacks: outputs.CallbackUrl ?? 'none',
      'state machine': outputs.StateMachineArn,
      images: `s3://${outputs.BucketName}`,
      logs: path.relative(ROOT, runDir),
    }),
    heading('In another shell, from this folder'),
    `  source ${envFile}`,
    heading('Then start a job'),
    `  aws stepfunctions start-execution --state-machine-arn "$STATE_MACHINE_ARN" --name "my-job-$RANDOM" \\`,
    `    --input file://examples/requests/text-to-image.json`,
    heading('or, without the AWS CLI'),
    `  node -e '${NODE_ONE_LINER}'`,
    heading('or deploy a CDK app of yours into this cloud'),
    `  npx cdk deploy        with evolinkBaseUrl: process.env.SIMULATOR_URL; see README.md`,
    `\n${pc.dim('Ctrl-C ends everything.')}`,
  ].join('\n');
}

/** Starts a job and waits for it: what an app does, as short as it can be. */
const NODE_ONE_LINER = [
  `const { SFN } = require("@aws-sdk/client-sfn"), { readFileSync } = require("fs");`,
  `(async (sfn, { executionArn } = {}) => {`,
  `({ executionArn } = await sfn.startExecution({ stateMachineArn: process.env.STATE_MACHINE_ARN, name: "my-job-" + Date.now(),`,
  `input: readFileSync("examples/requests/text-to-image.json", "utf8") }));`,
  `for (let job; ;) { job = await sfn.describeExecution({ executionArn });`,
  `if (job.status !== "RUNNING") return console.log(job.status, job.output ?? job.error);`,
  `await new Promise((wake) => setTimeout(wake, 500)); } })(new SFN())`,
].join(' ');
