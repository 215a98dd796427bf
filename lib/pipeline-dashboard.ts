import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { DIMENSION, METERED_VARIANTS } from '../domain/constants';
import { FAILURE_NAMES } from '../domain/failures';
import type { MeteredPipeline } from './metrics';

/** Properties of a `PipelineDashboard`. */
export interface PipelineDashboardProps {
  /** The pipeline whose metrics are shown. */
  readonly pipeline: MeteredPipeline;
}

const ONE_HOUR = Duration.hours(1);

/** What the pipeline costs, makes and misses, on one page. Plain metrics only, so that every figure can be alarmed on. */
export class PipelineDashboard extends Construct {
  /** The dashboard. CloudFormation names it, so that two pipelines never fight over a name. */
  public readonly dashboard: cloudwatch.Dashboard;

  /** Where the console shows it. */
  public readonly url: string;

  private readonly pipeline: MeteredPipeline;

  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    super(scope, id);
    this.pipeline = props.pipeline;
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.days(1),
      widgets: [this.cost(), this.outcome(), this.latency(), this.completion()],
    });
    const { region } = Stack.of(this);
    this.url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${this.dashboard.dashboardName}`;
  }

  private cost(): cloudwatch.IWidget[] {
    const variants = METERED_VARIANTS.map(({ model, quality }) =>
      this.pipeline.metricCreditsUsed({
        dimensionsMap: { [DIMENSION.model]: model, [DIMENSION.quality]: quality },
        label: `${model} ${quality}`,
        period: ONE_HOUR,
      }),
    );
    return [
      graph('Cost per hour', 'USD', [this.pipeline.metricCostUsd({ label: 'USD', period: ONE_HOUR })]),
      graph('Credits per hour by model and quality', 'credits', variants, true),
    ];
  }

  private outcome(): cloudwatch.IWidget[] {
    const failures = FAILURE_NAMES.map((name) =>
      this.pipeline.metricJobsFailed({ dimensionsMap: { [DIMENSION.errorName]: name }, label: name }),
    );
    return [
      graph('Images and jobs', 'count', [
        this.pipeline.metricImages({ label: 'images' }),
        this.pipeline.metricJobsSucceeded({ label: 'jobs succeeded' }),
        this.pipeline.metricJobsFailed({ label: 'jobs failed' }),
        this.pipeline.metricArchiveErrors({ label: 'failed runs of the archive' }),
      ]),
      graph('Failed jobs by error', 'jobs', failures, true),
    ];
  }

  private latency(): cloudwatch.IWidget[] {
    const percentiles = [50, 95, 99].map((p) => ({ statistic: cloudwatch.Stats.p(p), label: `p${p}` }));
    return [
      graph(
        'Submission to the end of the task',
        'seconds',
        percentiles.map((options) => this.pipeline.metricSubmitToCallbackSeconds(options)),
      ),
      graph(
        'End of the task to archived images',
        'seconds',
        percentiles.map((options) => this.pipeline.metricCallbackToArchivedSeconds(options)),
      ),
    ];
  }

  private completion(): cloudwatch.IWidget[] {
    return [
      graph('How the end of a task was learnt', 'tasks', [
        this.pipeline.metricCompletedByCallback({ label: 'callback' }),
        this.pipeline.metricCompletedBySweep({ label: 'sweep' }),
        this.pipeline.metricCallbacksRejected({ label: 'rejected callbacks' }),
      ]),
      new cloudwatch.GraphWidget({
        title: 'Open attempts',
        width: 12,
        left: [this.pipeline.metricOldestOpenAttemptSeconds({ label: 'age of the oldest' })],
        leftYAxis: { label: 'seconds', min: 0, showUnits: false },
        right: [this.pipeline.metricOpenAttempts({ label: 'open' })],
        rightYAxis: { label: 'attempts', min: 0, showUnits: false },
      }),
    ];
  }
}

/** Half the width of a dashboard. */
function graph(title: string, label: string, left: cloudwatch.IMetric[], stacked = false): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({
    title,
    width: 12,
    left,
    stacked,
    leftYAxis: { label, min: 0, showUnits: false },
  });
}
