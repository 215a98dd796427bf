/** A second pipeline with prices of its own: estimates, what is booked, the ledger and the dashboard all follow them. */
import { CloudFormationClient, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { readLedger } from '../../../client/ledger-reader';
import type { JobOutput } from '../../../domain/job';
import type { LedgerRecord } from '../../../domain/ledger';
import { deploy, type PipelineOutputs } from '../../../local/cloud/deployment';
import { adjustForEmulator } from '../../../local/cloud/emulator-adjustments';
import { trustEnvironment } from '../../../local/cloud/trust';
import { admin, connection, eventually, simulator } from '../support/pipeline';

const STACK = 'OtherPrices';
/** Twice the published price of a picture, ten times that of a prompt; the rest is odd, so that each can be told. */
const OUTPUT = 36_720n;
const TEXT = 30_600n;
const PRICES = {
  version: 'acme-2027-01',
  date: '2027-01-01',
  source: 'contract 4711',
  models: {
    'gpt-image-2': {
      billing: 'per_token',
      imageOutput: Number(OUTPUT),
      imageInput: 5_001,
      imageCachedInput: 1_301,
      textInput: Number(TEXT),
      textCachedInput: 801,
    },
    'gpt-image-2-beta': { billing: 'per_call', call: { '1K': 11_000_000, '2K': 18_000_000, '4K': 27_000_000 } },
  },
};
const prompt = 'a bicycle by contract';
/** The published table: 62 tokens for 3:1 at 1K in low quality. */
const request = { prompt, size: '3:1', quality: 'low' };

let runDir: string;
let outputs: PipelineOutputs;
let job: JobOutput;

beforeAll(async () => {
  runDir = fs.mkdtempSync(path.join(os.tmpdir(), 'other-prices-'));
  const { endpoint, region, credentials } = connection.admin;
  outputs = await deploy({
    runDir,
    stackName: STACK,
    account: connection.appRoleArn.split(':')[4] ?? '',
    region,
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...trustEnvironment(process.env.NODE_EXTRA_CA_CERTS ?? ''),
    },
    settings: {
      evolinkBaseUrl: connection.simulator.controlUrl,
      apiKeySecretName: connection.outputs.ApiKeySecretName,
      removalPolicy: 'destroy',
      prices: JSON.stringify(PRICES),
    },
  });
  await adjustForEmulator(connection.admin, STACK);
  await simulator.script({ match: { promptIncludes: prompt }, task: { usage: 'tokens', billing: 'absent' } });
  job = await succeedThere(request);
}, 120_000);

afterAll(async () => {
  await new CloudFormationClient(connection.admin).send(new DeleteStackCommand({ StackName: STACK }));
  fs.rmSync(runDir, { recursive: true, force: true });
});

async function succeedThere(input: object): Promise<JobOutput> {
  const { executionArn } = await admin.sfn.send(
    new StartExecutionCommand({ stateMachineArn: outputs.StateMachineArn, input: JSON.stringify(input) }),
  );
  return eventually(async () => {
    const { status, output, cause } = await admin.sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect([status, cause]).toEqual(['SUCCEEDED', undefined]);
    return JSON.parse(output ?? '') as JobOutput;
  }, 60_000);
}

/** Each kind of token rounded up to 10⁻⁴ credit, as decimal text is compared: in units. */
const booked = (...kinds: bigint[]): number =>
  kinds.reduce((sum, tenMillionths) => sum + Number((tenMillionths + 999n) / 1_000n), 0);
const units = (credits: string): number => Math.round(Number(credits) * 10_000);

test('the estimate of a job', () => {
  expect(job.estimate.price_table).toBe(PRICES.version);
  expect(units(job.credits.estimated)).toBe(booked(62n * OUTPUT, (BigInt(Buffer.byteLength(prompt)) + 32n) * TEXT));
});

test('what is booked from tokens, and the version in the ledger', async () => {
  expect(job).toMatchObject({ attempt: 1, credits: { basis: 'tokens' }, usage: { output_tokens: 62 } });
  const usage = job.usage as { input_tokens_details: { text_tokens: number } };
  const text = BigInt(usage.input_tokens_details.text_tokens);
  const today = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
  const records: LedgerRecord[] = [];
  const table = { client: admin.dynamo, tableName: outputs.TableName };
  for await (const record of readLedger(table, { from: today(1), to: today(0) })) records.push(record);

  expect(records).toMatchObject([
    { jobId: job.job_id, priceTable: PRICES.version, creditsUsed: booked(62n * OUTPUT, text * TEXT) },
  ]);
});

test('the dashboard: version, date, source and each price', async () => {
  const DashboardName = decodeURIComponent(outputs.DashboardUrl.split('/').at(-1) ?? '');
  const { DashboardBody = '' } = await admin.cloudWatch.send(new GetDashboardCommand({ DashboardName }));

  expect(DashboardBody).toContain(`Prices: ${PRICES.version}`);
  expect(DashboardBody).toContain(`As of ${PRICES.date}, from ${PRICES.source}`);
  for (const shown of ['3.672', '0.5001', '0.1301', '3.06', '0.0801', '1.1', '1.8', '2.7']) {
    expect(DashboardBody).toContain(`| ${shown} |`);
  }
});
