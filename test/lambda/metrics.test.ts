import { METRIC, METRICS_NAMESPACE } from '../../domain/constants';
import * as metrics from '../../lambda/shared/metrics';
import { aJob, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { TestPipeline } from '../support/pipeline';

const output = captureOutput();

const service = 'test-pipeline';
const inAll = { namespace: METRICS_NAMESPACE, dimensions: { service } };
const metadata = { job_id: 'job-1', task_id: TASK_ID };

const anAttempt = (input: object = {}) => new TestPipeline().open({ job: aJob(input), taskId: TASK_ID });

test('a booking: credits and dollars, in all and by model and quality', async () => {
  metrics.emitBooking(await anAttempt(), 3_682);
  const line = { values: { CreditsUsed: 0.3682, CostUsd: 0.005415 }, units: { CreditsUsed: 'None', CostUsd: 'None' } };
  expect(output.metrics()).toEqual([
    { ...inAll, ...line, metadata },
    { ...inAll, ...line, metadata, dimensions: { service, Model: 'gpt-image-2', Quality: 'low' } },
  ]);
});

test('a model without quality levels has a value for the dimension all the same', async () => {
  const attempt = await anAttempt({ model: 'gpt-image-2-beta', size: 'auto', quality: undefined });
  metrics.emitBooking(attempt, 10_200);
  expect(output.valuesOf('CreditsUsed')).toEqual([
    { value: 1.02, dimensions: {} },
    { value: 1.02, dimensions: { Model: 'gpt-image-2-beta', Quality: 'none' } },
  ]);
});

test.each([
  ['callback', 'CompletedByCallback'],
  ['sweep', 'CompletedBySweep'],
] as const)('a completion found by the %s', async (source, name) => {
  const attempt = await anAttempt();
  metrics.emitCompletion(attempt, source, (attempt.submittedAt ?? 0) + 41_500);
  expect(output.metrics()).toEqual([
    {
      ...{ ...inAll, metadata },
      values: { [name]: 1, SubmitToCallbackSeconds: 41.5 },
      units: { [name]: 'Count', SubmitToCallbackSeconds: 'Seconds' },
    },
  ]);
});

test('an archived job', async () => {
  metrics.emitArchived({ ...(await anAttempt()), completedAt: 1_000 }, 4, 3_500);
  expect(output.metrics()).toEqual([
    {
      ...{ ...inAll, metadata },
      values: { Images: 4, JobsSucceeded: 1, CallbackToArchivedSeconds: 2.5 },
      units: { Images: 'Count', JobsSucceeded: 'Count', CallbackToArchivedSeconds: 'Seconds' },
    },
  ]);
});

test('a failed job, in all and by the name of its error', () => {
  metrics.emitJobFailed('RateLimited', { jobId: 'job-1' });
  const line = { values: { JobsFailed: 1 }, units: { JobsFailed: 'Count' }, metadata: { job_id: 'job-1' } };
  expect(output.metrics()).toEqual([
    { ...inAll, ...line },
    { ...inAll, ...line, dimensions: { service, ErrorName: 'RateLimited' } },
  ]);
});

test('a rejected callback and the open attempts, with nothing about any job', () => {
  metrics.emitCallbackRejected();
  metrics.emitOpenAttempts(3, 17.25);
  expect(output.metrics()).toEqual([
    { ...inAll, values: { CallbacksRejected: 1 }, units: { CallbacksRejected: 'Count' }, metadata: {} },
    {
      ...{ ...inAll, metadata: {} },
      values: { OpenAttempts: 3, OldestOpenAttemptSeconds: 17.25 },
      units: { OpenAttempts: 'Count', OldestOpenAttemptSeconds: 'Seconds' },
    },
  ]);
});

test('every metric that a widget may show is emitted, and no other', async () => {
  const attempt = await anAttempt();
  metrics.emitBooking(attempt, 1);
  metrics.emitCompletion(attempt, 'callback', 1);
  metrics.emitCompletion(attempt, 'sweep', 1);
  metrics.emitArchived(attempt, 1, 1);
  metrics.emitJobFailed('Busy', attempt);
  metrics.emitArchiveError('ResultExpired', attempt);
  metrics.emitCallbackRejected();
  metrics.emitOpenAttempts(1, 1);
  const emitted = new Set(output.metrics().flatMap(({ values }) => Object.keys(values)));
  expect([...emitted].sort()).toEqual(Object.values(METRIC).sort());
});
