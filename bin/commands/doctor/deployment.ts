/** What the checks look at. What several of them need is asked for once. */
import { DescribeAlarmsCommand, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { PipelineTable } from '../../../client/pipeline-table';
import { METRIC } from '../../../domain/constants';
import type { ReconcileReport } from '../../../domain/reconcile-report';
import type { Aws } from '../aws';
import { CommandError, type Io } from '../command';
import { stackResources } from '../pipeline';

/** The reconcile function threw: a bug, or AWS that failed. */
export class ReconcileFailedError extends Error {
  override readonly name = 'ReconcileFailedError';
}

export class Deployment {
  private reportOnce?: Promise<ReconcileReport | undefined>;
  private alarmsOnce?: Promise<MetricAlarm[]>;

  constructor(
    readonly stack: string,
    readonly outputs: Readonly<Record<string, string>>,
    readonly aws: Aws,
    readonly io: Io,
  ) {}

  get table(): PipelineTable {
    return { client: this.aws.documents, tableName: this.output('TableName') };
  }

  /** @throws CommandError where the stack does not put it out */
  output(name: string): string {
    const value = this.outputs[name];
    if (value === undefined)
      throw new CommandError(
        `the stack has no output ${name}: call pipeline.putOutputs() in its app, and deploy this version`,
      );
    return value;
  }

  /**
   * What the reconcile function answers now. It asks EvoLink, so that nobody here needs the key.
   *
   * @returns undefined where a version answers that did not say anything yet
   */
  report(): Promise<ReconcileReport | undefined> {
    this.reportOnce ??= this.invokeReconcile();
    return this.reportOnce;
  }

  /** The same, asked for anew. */
  freshReport(): Promise<ReconcileReport | undefined> {
    return this.invokeReconcile();
  }

  /** Those of the stack. */
  alarms(): Promise<MetricAlarm[]> {
    this.alarmsOnce ??= this.readAlarms();
    return this.alarmsOnce;
  }

  /** The alarm on stuck work: its figures are what this deployment takes for normal. Undefined where nobody may say. */
  async ageAlarm(): Promise<MetricAlarm | undefined> {
    const alarms = await this.alarms().catch(() => []);
    return alarms.find(({ MetricName }) => MetricName === METRIC.oldestOpenAttemptSeconds);
  }

  private async invokeReconcile(): Promise<ReconcileReport | undefined> {
    const lambda = await this.aws.lambda();
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: this.output('ReconcileFunctionName'), InvocationType: 'RequestResponse' }),
    );
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString('utf8') || 'null') as unknown;
    if (FunctionError) throw new ReconcileFailedError(errorType(answer) ?? FunctionError);
    return isReport(answer) ? answer : undefined;
  }

  private async readAlarms(): Promise<MetricAlarm[]> {
    const names = await stackResources(this.aws, this.stack, 'AWS::CloudWatch::Alarm');
    const cloudWatch = await this.aws.cloudWatch();
    const alarms: MetricAlarm[] = [];
    for (let first = 0; first < names.length; first += ALARMS_AT_ONCE) {
      const AlarmNames = names.slice(first, first + ALARMS_AT_ONCE);
      const page = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames, MaxRecords: ALARMS_AT_ONCE }));
      alarms.push(...(page.MetricAlarms ?? []));
    }
    return alarms;
  }
}

/** CloudWatch takes no more names in one call, and answers for all of them. */
const ALARMS_AT_ONCE = 100;

/** The name alone: a message of a bug may hold anything. */
function errorType(answer: unknown): string | undefined {
  return (answer as { errorType?: string } | null)?.errorType;
}

function isReport(answer: unknown): answer is ReconcileReport {
  const { account, open } = (answer ?? {}) as Partial<ReconcileReport>;
  return account !== undefined && open !== undefined;
}
