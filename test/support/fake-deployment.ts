/** A deployed pipeline at the edge of the SDK and of HTTP, healthy until a test says otherwise. */
import type { MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { HttpReply } from '../../bin/commands/command';
import { packageVersion } from '../../lib/package-json';
import type { ReconcileReport } from '../../domain/reconcile-report';
import { MACHINE } from './fake-jobs';
import { FakeDeadLetters } from './fake-dead-letters';

export const ALARMS: readonly MetricAlarm[] = [
  {
    AlarmName: 'Images-OldestOpenAttempt-1',
    AlarmDescription: 'An attempt has been open for more than 90 minutes. Why. What to do: docs/runbook.md#oldest',
    MetricName: 'OldestOpenAttemptSeconds',
    Threshold: 5_400,
    Period: 300,
    StateValue: 'OK',
    AlarmActions: ['arn:aws:sns:eu-central-1:111122223333:alarms'],
  },
  {
    AlarmName: 'Images-DeadLetters-2',
    AlarmDescription: 'Work of 2.5 kinds failed. One is enough. What to do: https://wiki.example/runbook#dead-letters',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Threshold: 1,
    Period: 300,
    StateValue: 'OK',
  },
];

export class FakeDeployment {
  readonly outputs: Record<string, string>;
  report: ReconcileReport | null = {
    account: { state: 'read', accountCredits: '1000', keyCredits: '250.5', daysLeft: 12.7 },
    open: { attempts: 3, oldestSeconds: 41, queued: 1, slotsTaken: 2, quietUntil: null },
    prices: {
      checkedAt: Date.parse('2026-11-23T08:00:00Z'),
      models: [{ model: 'gpt-image-2', state: 'equal', own: false, differences: [] }],
    },
  };
  /** Makes the reconcile function throw an error of that name. */
  bug?: string;
  alarms: readonly MetricAlarm[] = ALARMS;
  /** Values by the name of the metric, and how long ago each is, in seconds. */
  readonly metrics = new Map<string, { readonly value: number; readonly age: number }[]>([
    ['OldestOpenAttemptSeconds', [{ value: 41, age: 40 }]],
  ]);
  deadLetterCount = { waiting: 0, hidden: 0 };
  /** What the callback endpoint does. */
  answer: () => Promise<HttpReply> = async () => ({ status: 404, body: '' });
  /** Commands that throw, by their names. */
  readonly faults = new Map<string, Error>();
  /** Commands that are never answered. */
  readonly silent = new Set<string>();
  readonly posts: string[] = [];
  readonly commands: { readonly name: string; readonly input: Record<string, unknown> }[] = [];
  /** How long was waited, each time, in milliseconds. */
  readonly pauses: number[] = [];

  constructor(
    tableName: string,
    private readonly now: Date,
  ) {
    this.outputs = {
      TableName: tableName,
      StateMachineArn: MACHINE,
      BucketName: 'archive',
      ReconcileFunctionName: 'Reconcile',
      DeadLetterQueueUrl: new FakeDeadLetters([]).queueUrl,
      ApiKeySecretName: 'evolink/api-key',
      CallbackUrl: 'https://callbacks.example',
      Budgets: '[]',
      MetricsNamespace: 'EvolinkImagePipeline',
      ServiceName: 'images-1',
      Version: packageVersion(),
    };
  }

  /** Pauses pass at once; a time limit runs out where something is never answered. */
  readonly sleep = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
    if (signal === undefined) return void this.pauses.push(milliseconds);
    if (this.silent.size > 0) return;
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  };

  readonly post = async (url: string): Promise<HttpReply> => {
    this.posts.push(url);
    return this.answer();
  };

  /** Undefined for a command that is another fake's. */
  async take(name: string, input: Record<string, unknown>): Promise<object | undefined> {
    this.commands.push({ name, input });
    const fault = this.faults.get(name);
    if (fault) throw fault;
    if (this.silent.has(name)) await new Promise(() => undefined);
    switch (name) {
      case 'InvokeCommand':
        return input.InvocationType === 'RequestResponse' ? this.reconcile(input.FunctionName) : undefined;
      case 'DescribeAlarmsCommand':
        return {
          MetricAlarms: this.alarms.filter(({ AlarmName }) => (input.AlarmNames as string[]).includes(AlarmName ?? '')),
        };
      case 'GetMetricDataCommand':
        return this.metricData(input as unknown as MetricInput);
      case 'GetQueueAttributesCommand':
        return {
          Attributes: {
            ApproximateNumberOfMessages: String(this.deadLetterCount.waiting),
            ApproximateNumberOfMessagesNotVisible: String(this.deadLetterCount.hidden),
          },
        };
      case 'ListStackResourcesCommand':
        return this.resources();
      default:
        return undefined;
    }
  }

  /** With something else that the stack has. */
  private resources(): object {
    const alarm = { ResourceType: 'AWS::CloudWatch::Alarm' };
    return {
      StackResourceSummaries: [
        { ResourceType: 'AWS::SQS::Queue', PhysicalResourceId: 'queue' },
        ...this.alarms.map(({ AlarmName }) => ({ ...alarm, PhysicalResourceId: AlarmName })),
      ],
    };
  }

  private reconcile(functionName: unknown): object {
    if (functionName !== 'Reconcile') throw new Error(`invoked ${String(functionName)}`);
    if (this.bug !== undefined) {
      const payload = { errorType: this.bug, errorMessage: 'not for the terminal' };
      return { FunctionError: 'Unhandled', Payload: Buffer.from(JSON.stringify(payload)) };
    }
    return { StatusCode: 200, Payload: Buffer.from(JSON.stringify(this.report)) };
  }

  private metricData({ StartTime, EndTime, MetricDataQueries: [query] }: MetricInput): object {
    const { Namespace, MetricName, Dimensions } = query.MetricStat.Metric;
    const ours = Namespace === 'EvolinkImagePipeline' && Dimensions[0]?.Value === 'images-1' && Dimensions.length === 1;
    const points = (ours ? (this.metrics.get(MetricName) ?? []) : [])
      .map(({ value, age }) => ({ value, time: new Date(this.now.getTime() - age * 1_000) }))
      .filter(({ time }) => time >= StartTime && time <= EndTime);
    return {
      MetricDataResults: [{ Timestamps: points.map(({ time }) => time), Values: points.map(({ value }) => value) }],
    };
  }
}

interface MetricInput {
  readonly StartTime: Date;
  readonly EndTime: Date;
  readonly MetricDataQueries: readonly [
    {
      readonly MetricStat: {
        readonly Metric: {
          readonly Namespace: string;
          readonly MetricName: string;
          readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
        };
      };
    },
  ];
}
