/**
 * The CloudWatch embedded metric format: metrics written as JSON lines to a log. AWS extracts them; the local cloud
 * does not.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import type { MetricDatum, StandardUnit } from '@aws-sdk/client-cloudwatch';

export interface NamespacedDatum {
  readonly namespace: string;
  readonly datum: MetricDatum;
}

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit?: StandardUnit }[];
}

/** The metrics in one log line; none when the line is something else. */
export function metricsOf(line: string): NamespacedDatum[] {
  const blob = parseObject(line);
  const metadata = blob?._aws as { Timestamp?: number; CloudWatchMetrics?: readonly Directive[] } | undefined;
  if (!blob || !Array.isArray(metadata?.CloudWatchMetrics)) return [];
  const timestamp = new Date(metadata.Timestamp ?? Date.now());
  return (metadata.CloudWatchMetrics as readonly Directive[]).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.flatMap(({ Name, Unit }) => {
        const values = numbers(blob[Name]);
        if (values.length === 0) return [];
        const dimensions = names.map((name) => ({ Name: name, Value: String(blob[name]) }));
        const datum = { MetricName: Name, Dimensions: dimensions, Unit, Timestamp: timestamp, Values: values };
        return [{ namespace: Namespace, datum }];
      }),
    ),
  );
}

function numbers(value: unknown): number[] {
  return [value].flat().filter((item): item is number => typeof item === 'number' && Number.isFinite(item));
}

function parseObject(line: string): Record<string, unknown> | undefined {
  const start = line.indexOf('{');
  if (start < 0) return undefined;
  try {
    return JSON.parse(line.slice(start)) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
