import { Duration, Names } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRIC, METRICS_NAMESPACE, SERVICE_DIMENSION } from '../domain/constants';

/**
 * The metrics of a pipeline. Each is a plain metric under the pipeline's own `service` dimension; further dimensions
 * can be added by `dimensionsMap`, as each metric describes.
 */
export abstract class MeteredPipeline extends Construct {
  /** The pipeline's unique name: the dimension `service` of each metric. */
  public readonly serviceName: string;

  /** CloudWatch namespace of the pipeline's metrics. */
  public readonly metricsNamespace: string;

  constructor(scope: Construct, id: string, metricsNamespace?: string) {
    super(scope, id);
    this.serviceName = Names.uniqueResourceName(this, { maxLength: 60, separator: '-' });
    this.metricsNamespace = metricsNamespace ?? METRICS_NAMESPACE;
  }

  /**
   * Credits that EvoLink charged, with four decimals. Also by `Model` and `Quality` together.
   *
   * @default - sum over 5 minutes
   */
  public metricCreditsUsed(props?: MetricOptions): Metric {
    return this.metric(METRIC.creditsUsed, Stats.SUM, props);
  }

  /**
   * What those credits cost in US dollars. Also by `Model` and `Quality` together.
   *
   * @default - sum over 5 minutes
   */
  public metricCostUsd(props?: MetricOptions): Metric {
    return this.metric(METRIC.costUsd, Stats.SUM, props);
  }

  /**
   * Images that were archived.
   *
   * @default - sum over 5 minutes
   */
  public metricImages(props?: MetricOptions): Metric {
    return this.metric(METRIC.images, Stats.SUM, props);
  }

  /**
   * Jobs that ended with their images archived.
   *
   * @default - sum over 5 minutes
   */
  public metricJobsSucceeded(props?: MetricOptions): Metric {
    return this.metric(METRIC.jobsSucceeded, Stats.SUM, props);
  }

  /**
   * Jobs that ended without an image. Also by `ErrorName`.
   *
   * @default - sum over 5 minutes
   */
  public metricJobsFailed(props?: MetricOptions): Metric {
    return this.metric(METRIC.jobsFailed, Stats.SUM, props);
  }

  /**
   * Runs of the archive that failed; each is repeated. Also by `ErrorName`. A job whose archive fails for good is not in
   * `JobsFailed`: its images are paid for, and a redrive of the execution archives them.
   *
   * @default - sum over 5 minutes
   */
  public metricArchiveErrors(props?: MetricOptions): Metric {
    return this.metric(METRIC.archiveErrors, Stats.SUM, props);
  }

  /**
   * Seconds from the submission of a task until the pipeline knew that it had ended.
   *
   * @default - 95th percentile over 5 minutes
   */
  public metricSubmitToCallbackSeconds(props?: MetricOptions): Metric {
    return this.metric(METRIC.submitToCallbackSeconds, Stats.p(95), props);
  }

  /**
   * Seconds from then until every image was archived.
   *
   * @default - 95th percentile over 5 minutes
   */
  public metricCallbackToArchivedSeconds(props?: MetricOptions): Metric {
    return this.metric(METRIC.callbackToArchivedSeconds, Stats.p(95), props);
  }

  /**
   * Tasks whose end was learnt from EvoLink's callback.
   *
   * @default - sum over 5 minutes
   */
  public metricCompletedByCallback(props?: MetricOptions): Metric {
    return this.metric(METRIC.completedByCallback, Stats.SUM, props);
  }

  /**
   * Tasks whose callback did not come: the sweep found their end.
   *
   * @default - sum over 5 minutes
   */
  public metricCompletedBySweep(props?: MetricOptions): Metric {
    return this.metric(METRIC.completedBySweep, Stats.SUM, props);
  }

  /**
   * Callbacks with an unknown attempt or a wrong secret. Nothing was done for them.
   *
   * @default - sum over 5 minutes
   */
  public metricCallbacksRejected(props?: MetricOptions): Metric {
    return this.metric(METRIC.callbacksRejected, Stats.SUM, props);
  }

  /**
   * Attempts that somebody still has to look after, as each sweep counted them.
   *
   * @default - maximum over 5 minutes
   */
  public metricOpenAttempts(props?: MetricOptions): Metric {
    return this.metric(METRIC.openAttempts, Stats.MAXIMUM, props);
  }

  /**
   * Age of the oldest of them in seconds, as each sweep found it. No data means that no sweep ran.
   *
   * @default - maximum over 5 minutes
   */
  public metricOldestOpenAttemptSeconds(props?: MetricOptions): Metric {
    return this.metric(METRIC.oldestOpenAttemptSeconds, Stats.MAXIMUM, props);
  }

  private metric(metricName: string, statistic: string, props?: MetricOptions): Metric {
    return new Metric({
      namespace: this.metricsNamespace,
      metricName,
      statistic,
      period: Duration.minutes(5),
      ...props,
      dimensionsMap: { [SERVICE_DIMENSION]: this.serviceName, ...props?.dimensionsMap },
    }).attachTo(this);
  }
}
