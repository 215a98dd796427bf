/** The lower half of the dashboard: what it makes, how fast, and what goes wrong. */
import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { DASHBOARD_FAILURES, DIMENSION } from '../domain/constants';
import { graph, graphOfTwo, percentiles } from './dashboard-widgets';
import type { MeteredPipeline } from './metrics';

/** Rows of widgets. */
export function operationRows(pipeline: MeteredPipeline): IWidget[][] {
  return [outcomes(pipeline), latency(pipeline), completion(pipeline), attention(pipeline), leftBehind(pipeline)];
}

function outcomes(pipeline: MeteredPipeline): IWidget[] {
  const failures = DASHBOARD_FAILURES.map((name) =>
    pipeline.metricJobsFailed({ dimensionsMap: { [DIMENSION.errorName]: name }, label: name }),
  );
  return [
    graph('Images and jobs', 'count', [
      pipeline.metricImages({ label: 'images' }),
      pipeline.metricJobsSucceeded({ label: 'jobs succeeded' }),
      pipeline.metricJobsFailed({ label: 'jobs failed' }),
      pipeline.metricArchiveErrors({ label: 'failed runs of the archive' }),
    ]),
    graph('Failed jobs by error', 'jobs', failures, { stacked: true }),
  ];
}

function latency(pipeline: MeteredPipeline): IWidget[] {
  return [
    graph(
      'Submission to the end of the task',
      'seconds',
      percentiles((options) => pipeline.metricSubmitToCallbackSeconds(options)),
    ),
    graph(
      'End of the task to archived images',
      'seconds',
      percentiles((options) => pipeline.metricCallbackToArchivedSeconds(options)),
    ),
  ];
}

function completion(pipeline: MeteredPipeline): IWidget[] {
  return [
    graph('How the end of a task was learnt', 'tasks', [
      pipeline.metricCompletedByCallback({ label: 'callback' }),
      pipeline.metricCompletedBySweep({ label: 'sweep' }),
      pipeline.metricCallbacksRejected({ label: 'rejected callbacks' }),
    ]),
    graph('Rates', '%', [
      pipeline.metricProviderSuccessPercent({ label: 'tasks that EvoLink completed' }),
      pipeline.metricJobFailedPercent({ label: 'jobs without an image' }),
    ]),
  ];
}

function attention(pipeline: MeteredPipeline): IWidget[] {
  return [
    graphOfTwo(
      'Open attempts',
      { unit: 'seconds', metrics: [pipeline.metricOldestOpenAttemptSeconds({ label: 'age of the oldest' })] },
      { unit: 'attempts', metrics: [pipeline.metricOpenAttempts({ label: 'open' })] },
    ),
    graphOfTwo(
      'Queue',
      { unit: 'jobs', metrics: [pipeline.metricQueuedJobs({ label: 'waiting for a slot' })] },
      { unit: 'slots', metrics: [pipeline.metricSlotsTaken({ label: 'slots taken' })] },
    ),
  ];
}

function leftBehind(pipeline: MeteredPipeline): IWidget[] {
  return [
    graph('Tasks that nobody waited for', 'attempts', [
      pipeline.metricAttemptsOrphaned({ label: 'orphaned' }),
      pipeline.metricImagesSalvaged({ label: 'images salvaged' }),
      pipeline.metricAttemptsLost({ label: 'lost' }),
      pipeline.metricStrayTasks({ label: 'stray tasks' }),
    ]),
    graph('Emergency stop', '1 = paused', [pipeline.metricPaused({ label: 'paused' })]),
  ];
}
