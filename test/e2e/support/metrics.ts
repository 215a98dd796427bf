/** Metrics as the dashboard reads them. The launcher forwards them from the logs, so they come a moment later. */
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICE_DIMENSION } from '../../../domain/constants';
import { admin, connection } from './clients';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

export interface MetricQuery {
  readonly name: string;
  /** Besides the pipeline's own name. */
  readonly dimensions?: Readonly<Record<string, string>>;
  /** See {@link freshStart}. */
  readonly since: Date;
  /** @default 'Sum' */
  readonly statistic?: string;
}

/**
 * A moment from which metrics can be told from those of earlier tests. On AWS metrics of this kind are kept by the
 * minute; the local cloud keeps each data point, so a second is fine enough.
 */
export async function freshStart(): Promise<Date> {
  const next = new Date(Math.ceil((Date.now() + 1) / SECOND_MS) * SECOND_MS);
  await sleep(next.getTime() - Date.now());
  return next;
}

/** All values since then, one per second that has any. */
export async function metricValues({
  name,
  dimensions = {},
  since,
  statistic = 'Sum',
}: MetricQuery): Promise<number[]> {
  const all = { [SERVICE_DIMENSION]: connection.outputs.ServiceName, ...dimensions };
  const { MetricDataResults = [] } = await admin.cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: since,
      EndTime: new Date(Date.now() + HOUR_MS),
      MetricDataQueries: [
        {
          Id: 'wanted',
          MetricStat: {
            Metric: {
              Namespace: connection.outputs.MetricsNamespace,
              MetricName: name,
              Dimensions: Object.entries(all).map(([Name, Value]) => ({ Name, Value })),
            },
            Period: 1,
            Stat: statistic,
          },
        },
      ],
    }),
  );
  return MetricDataResults[0]?.Values ?? [];
}

export async function metricSum(query: MetricQuery): Promise<number> {
  return (await metricValues(query)).reduce((sum, value) => sum + value, 0);
}
