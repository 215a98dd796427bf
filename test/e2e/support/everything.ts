/** Everything that the run left behind and that somebody may read, place by place. */
import { DescribeStackEventsCommand, DescribeStacksCommand, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { DescribeAlarmsCommand, GetDashboardCommand, paginateListMetrics } from '@aws-sdk/client-cloudwatch';
import {
  paginateDescribeLogGroups,
  paginateDescribeLogStreams,
  paginateGetLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { paginateListFunctions } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListBucketsCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, paginateListExecutions } from '@aws-sdk/client-sfn';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { admin, connection } from './clients';
import type { Place, Secrets } from './leaks';

type Item = Record<string, unknown>;

/**
 * The table's own fields: Step Functions' secret has to be kept until the task ends, and the callback address until it is
 * known whether there is a task.
 */
const TOKEN_FIELDS = ['taskToken', 'earlierTokens', 'submission'];

export async function* tableItems(): AsyncGenerator<Item> {
  const pages = paginateScan({ client: admin.dynamo }, { TableName: connection.outputs.TableName });
  for await (const { Items = [] } of pages) yield* Items;
}

/** The real ones of the whole run: of every attempt on record, and the key that the pipeline was given. */
export async function realSecrets(): Promise<Secrets> {
  const tokens = new Set<string>();
  const hashes = new Set<string>();
  for await (const { taskToken, earlierTokens = [], callbackSecretHash } of tableItems()) {
    for (const token of [taskToken, earlierTokens].flat()) if (typeof token === 'string') tokens.add(token);
    if (typeof callbackSecretHash === 'string') hashes.add(callbackSecretHash);
  }
  return { values: [connection.simulator.apiKey, ...tokens], hashes };
}

export const PLACES: Readonly<Record<string, () => AsyncGenerator<Place>>> = {
  logs,
  objects,
  items,
  metrics,
  stack,
  functions,
  executions,
};

/** Every group of the account: those of the functions with their metric lines, the workflow's, the access log. */
async function* logs(): AsyncGenerator<Place> {
  for await (const { logGroups = [] } of paginateDescribeLogGroups({ client: admin.logs }, {})) {
    for (const { logGroupName = '' } of logGroups) yield* logsOf(logGroupName);
  }
}

export async function* logsOf(logGroupName: string): AsyncGenerator<Place> {
  const client = admin.logs;
  for await (const { logStreams = [] } of paginateDescribeLogStreams({ client }, { logGroupName })) {
    for (const { logStreamName = '' } of logStreams) {
      const request = { logGroupName, logStreamName, startFromHead: true };
      for await (const { events = [] } of paginateGetLogEvents({ client, stopOnSameToken: true }, request)) {
        yield { where: logGroupName, text: events.map(({ message = '' }) => message).join('\n') };
      }
    }
  }
}

/** Names, and contents byte by byte: pictures and bundles too. */
async function* objects(): AsyncGenerator<Place> {
  const { Buckets = [] } = await admin.s3.send(new ListBucketsCommand({}));
  for (const { Name: Bucket = '' } of Buckets) {
    for await (const { Contents = [] } of paginateListObjectsV2({ client: admin.s3 }, { Bucket })) {
      for (const { Key = '' } of Contents) {
        const { Body, Metadata } = await admin.s3.send(new GetObjectCommand({ Bucket, Key }));
        const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
        yield {
          where: `s3://${Bucket}/${Key}`,
          text: `${Key}\n${JSON.stringify(Metadata)}\n${bytes.toString('latin1')}`,
        };
      }
    }
  }
}

async function* items(): AsyncGenerator<Place> {
  for await (const item of tableItems()) {
    const shown = Object.entries(item).filter(([name]) => !TOKEN_FIELDS.includes(name));
    yield { where: `item ${String(item.pk)} ${String(item.sk)}`, text: JSON.stringify(shown) };
  }
}

/** Names and dimensions; the lines that they were made of are among the logs. */
async function* metrics(): AsyncGenerator<Place> {
  const client = admin.cloudWatch;
  for await (const { Metrics = [] } of paginateListMetrics({ client }, {})) {
    yield { where: 'metrics', text: JSON.stringify(Metrics) };
  }
  const DashboardName = decodeURIComponent(connection.outputs.DashboardUrl.split('/').at(-1) ?? '');
  yield { where: 'dashboard', text: JSON.stringify(await client.send(new GetDashboardCommand({ DashboardName }))) };
  yield { where: 'alarms', text: JSON.stringify(await client.send(new DescribeAlarmsCommand({}))) };
}

async function* stack(): AsyncGenerator<Place> {
  const StackName = connection.stackName;
  for (const command of [new DescribeStacksCommand({ StackName }), new DescribeStackEventsCommand({ StackName })]) {
    yield { where: 'stack', text: JSON.stringify(await admin.cloudFormation.send(command as DescribeStacksCommand)) };
  }
  yield {
    where: 'template',
    text: JSON.stringify(await admin.cloudFormation.send(new GetTemplateCommand({ StackName }))),
  };
}

async function* functions(): AsyncGenerator<Place> {
  for await (const { Functions = [] } of paginateListFunctions({ client: admin.lambda }, {})) {
    for (const configuration of Functions) {
      yield { where: `function ${configuration.FunctionName}`, text: JSON.stringify(configuration) };
    }
  }
}

/** Input, output, error and cause, as apps read them. The history is Step Functions' own record of its tokens. */
async function* executions(): AsyncGenerator<Place> {
  const { StateMachineArn: stateMachineArn } = connection.outputs;
  for await (const page of paginateListExecutions({ client: admin.sfn }, { stateMachineArn })) {
    for (const { executionArn, name } of page.executions ?? []) {
      const execution = await admin.sfn.send(new DescribeExecutionCommand({ executionArn }));
      yield { where: `execution ${name}`, text: JSON.stringify(execution) };
    }
  }
}
