import { Duration } from 'aws-cdk-lib';
import { GraphWidget, type IMetric, SingleValueWidget, Stats } from 'aws-cdk-lib/aws-cloudwatch';

/** Of a dashboard. */
export const FULL_WIDTH = 24;
export const HALF_WIDTH = FULL_WIDTH / 2;

export const PER_HOUR = Duration.hours(1);

/** What a graph may have besides its title, unit and metrics. */
interface GraphOptions {
  readonly stacked?: boolean;
  readonly width?: number;
  /** Horizontal lines, as values of the axis with a label. */
  readonly lines?: { readonly value: number; readonly label: string }[];
}

/** A graph of metrics that share a unit. */
export function graph(title: string, unit: string, left: IMetric[], options: GraphOptions = {}): GraphWidget {
  return new GraphWidget({
    title,
    width: options.width ?? HALF_WIDTH,
    left,
    stacked: options.stacked,
    leftYAxis: { label: unit, min: 0, showUnits: false },
    leftAnnotations: options.lines,
  });
}

/** One side of a graph. */
interface Side {
  readonly unit: string;
  readonly metrics: IMetric[];
  /** Whether values may be below 0. */
  readonly signed?: boolean;
}

/** A graph of two things that belong together and have units of their own. */
export function graphOfTwo(title: string, left: Side, right: Side): GraphWidget {
  const axis = ({ unit, signed = false }: Side) => ({ label: unit, min: signed ? undefined : 0, showUnits: false });
  return new GraphWidget({
    title,
    width: HALF_WIDTH,
    left: left.metrics,
    leftYAxis: axis(left),
    right: right.metrics,
    rightYAxis: axis(right),
  });
}

/** The latest value of a gauge, to be read from across the room. */
export function figure(title: string, metric: IMetric): SingleValueWidget {
  return new SingleValueWidget({ title, width: FULL_WIDTH / 6, height: 4, metrics: [metric], sparkline: true });
}

/** The percentiles that latency is judged by. */
export function percentiles(metric: (options: { statistic: string; label: string }) => IMetric): IMetric[] {
  return [50, 95, 99].map((percentile) => metric({ statistic: Stats.p(percentile), label: `p${percentile}` }));
}
