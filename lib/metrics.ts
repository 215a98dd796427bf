import { type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC } from '../domain/constants';
import { CostMetrics } from './cost-metrics';

/**
 * The metrics of a pipeline. Each is a plain metric under the pipeline's own `service` dimension; further dimensions
 * can be added by `dimensionsMap`, as each metric describes. With other dimensions there is no data.
 */
export abstract class MeteredPipeline extends CostMetrics {
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
   * 100 for each job that ended without an image, 0 for each with: the average is the failure rate in per cent.
   *
   * @default - average over 5 minutes
   */
  public metricJobFailedPercent(props?: MetricOptions): Metric {
    return this.metric(METRIC.jobFailedPercent, Stats.AVERAGE, props);
  }

  /**
   * 100 for each task that EvoLink completed, 0 for each that it did not: the average is its success rate in per cent.
   *
   * @default - average over 5 minutes
   */
  public metricProviderSuccessPercent(props?: MetricOptions): Metric {
    return this.metric(METRIC.providerSuccessPercent, Stats.AVERAGE, props);
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
   * Attempts whose job was stopped, failed or took too long while they were at EvoLink or unsaved.
   *
   * @default - sum over 5 minutes
   */
  public metricAttemptsOrphaned(props?: MetricOptions): Metric {
    return this.metric(METRIC.attemptsOrphaned, Stats.SUM, props);
  }

  /**
   * Images that were saved although their job had ended before.
   *
   * @default - sum over 5 minutes
   */
  public metricImagesSalvaged(props?: MetricOptions): Metric {
    return this.metric(METRIC.imagesSalvaged, Stats.SUM, props);
  }

  /**
   * Attempts that were given up after a day without an end, or without their images.
   *
   * @default - sum over 5 minutes
   */
  public metricAttemptsLost(props?: MetricOptions): Metric {
    return this.metric(METRIC.attemptsLost, Stats.SUM, props);
  }

  /**
   * Tasks at EvoLink that no attempt accounted for: they turned up beside an attempt that had ended or had another task. They
   * are booked and their images are saved.
   *
   * @default - sum over 5 minutes
   */
  public metricStrayTasks(props?: MetricOptions): Metric {
    return this.metric(METRIC.strayTasks, Stats.SUM, props);
  }

  /**
   * Jobs that wait for a slot, as each sweep counted them.
   *
   * @default - maximum over 5 minutes
   */
  public metricQueuedJobs(props?: MetricOptions): Metric {
    return this.metric(METRIC.queuedJobs, Stats.MAXIMUM, props);
  }

  /**
   * Slots that are taken, as each sweep counted them; 0 without `maxConcurrentTasks`.
   *
   * @default - maximum over 5 minutes
   */
  public metricSlotsTaken(props?: MetricOptions): Metric {
    return this.metric(METRIC.slotsTaken, Stats.MAXIMUM, props);
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

  /**
   * Gauge: 1 while the emergency stop is on, otherwise 0.
   *
   * @default - maximum over 5 minutes
   */
  public metricPaused(props?: MetricOptions): Metric {
    return this.metric(METRIC.paused, Stats.MAXIMUM, props);
  }
}
