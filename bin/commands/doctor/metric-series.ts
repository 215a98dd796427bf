/** The data points of one metric of the pipeline, as the dashboard reads them. */
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { SERVICE_DIMENSION } from '../../../domain/constants';
import type { MetricName } from '../../../domain/metric-series';
import type { Deployment } from './deployment';

const PERIOD_SECONDS = 60;

export interface MetricSeries {
  readonly times: readonly Date[];
  readonly values: readonly number[];
}

/** By the minute, that of `since` included. */
export async function metricSeries(
  deployment: Deployment,
  { name, statistic, since }: { readonly name: MetricName; readonly statistic: string; readonly since: Date },
): Promise<MetricSeries> {
  const cloudWatch = await deployment.aws.cloudWatch();
  const minute = PERIOD_SECONDS * 1_000;
  const { MetricDataResults = [] } = await cloudWatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(Math.floor(since.getTime() / minute) * minute),
      EndTime: new Date(deployment.io.now().getTime() + minute),
      MetricDataQueries: [
        {
          Id: 'wanted',
          MetricStat: {
            Metric: {
              Namespace: deployment.output('MetricsNamespace'),
              MetricName: name,
              Dimensions: [{ Name: SERVICE_DIMENSION, Value: deployment.output('ServiceName') }],
            },
            Period: PERIOD_SECONDS,
            Stat: statistic,
          },
        },
      ],
    }),
  );
  const { Timestamps = [], Values = [] } = MetricDataResults[0] ?? {};
  return { times: Timestamps, values: Values };
}
