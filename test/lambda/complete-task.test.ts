import { EvolinkServerError } from '../../evolink';
import type { Task } from '../../evolink/types';
import type { FailureName } from '../../domain/failures';
import type { UsageBasis } from '../../domain/job';
import { completeTask, type Completion } from '../../lambda/shared/complete-task';
import { aCompletedTask, aFailedTask, aTask } from '../support/fake-evolink';
import { aJob, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { ATTEMPT_ID, TestPipeline } from '../support/pipeline';
import { runSweep } from '../support/sweeps';

const output = captureOutput();

/** Checks after which a completed task without links is given up. */
const PATIENT = { checks: 3, emptySince: 1 };

async function completed(
  task: Task,
  {
    checks = 0,
    emptySince,
    ...claim
  }: Parameters<TestPipeline['open']>[0] & { readonly checks?: number; readonly emptySince?: number } = {},
) {
  const pipeline = new TestPipeline();
  const attempt = { ...(await pipeline.open({ taskId: TASK_ID, ...claim })), checks, emptySince };
  pipeline.evolink.set(task);
  const completion = await completeTask(attempt, 'sweep', pipeline.dependencies());
  return { pipeline, completion, attempt: await pipeline.attempt(attempt.attemptId) };
}

describe('what a success costs, best source first', () => {
  test.each<[string, unknown, number | 'held', UsageBasis]>([
    ['the settled charge', { credits_used: 0.3682, output_tokens: 9 }, 3_682, 'credits_used'],
    ['the cost block', { cost: { credits: 1.5 } }, 15_000, 'credits_used'],
    ['the tokens', { output_tokens: 196, input_tokens_details: { text_tokens: 27 } }, 3_682, 'tokens'],
    ['nothing: the hold, marked as assumed', undefined, 'held', 'assumed'],
    ['a block that says nothing', { billing_rule: 'per_token' }, 'held', 'assumed'],
  ])('%s', async (_, usage, units, basis) => {
    const { attempt, pipeline } = await completed(aCompletedTask({ usage }));
    expect(attempt).toMatchObject({
      status: 'COMPLETED',
      creditsUsed: units === 'held' ? attempt.creditsHeld : units,
      basis,
    });
    expect(pipeline.ledger()).toMatchObject([{ state: 'booked', creditsUsed: attempt.creditsUsed, basis }]);
    const { outcome } = (await pipeline.table.load(ATTEMPT_ID)) ?? {};
    expect(outcome?.usage).toBe(usage === undefined ? null : JSON.stringify(usage));
  });
});

test.each(['callback', 'sweep'] as const)('the ledger says that the %s found it', async (source) => {
  const pipeline = new TestPipeline();
  const attempt = await pipeline.open({ taskId: TASK_ID });
  pipeline.evolink.set(aCompletedTask());
  await completeTask(attempt, source, pipeline.dependencies());
  expect(pipeline.ledger()).toMatchObject([{ state: 'booked', foundBy: source }]);
});

test('an answer that is too large to be kept does not keep a paid image from its job', async () => {
  const usage = { credits_used: 0.3682, billing_rule: 'r'.repeat(500_000), notes: 'x'.repeat(500_000) };
  const task = aCompletedTask({ usage, billingRule: usage.billing_rule, model: 'm'.repeat(500_000) });

  const { pipeline, attempt } = await completed(task);

  expect(attempt).toMatchObject({ status: 'COMPLETED', creditsUsed: 3_682, basis: 'credits_used' });
  expect(pipeline.steps.onlyAnswer().output).toEqual({ attempt: 1, task_id: TASK_ID });
  expect((await pipeline.table.load(ATTEMPT_ID))?.outcome).toMatchObject({ usage: null, results: task.results });
});

test('a success is delivered with what the next state needs, and no link', async () => {
  const { pipeline, completion } = await completed(aCompletedTask());
  expect(completion).toBe<Completion>('ended');
  expect(pipeline.steps.onlyAnswer().output).toEqual({ attempt: 1, task_id: TASK_ID });
  expect(output.valuesOf('CompletedBySweep')).toHaveLength(1);
  expect(output.valuesOf('JobsFailed')).toEqual([]);
});

test('a completed task without results is given a few checks for its links to follow', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  pipeline.evolink.set(aCompletedTask({ results: [] }));

  await expect(completeTask(await pipeline.attempt(), 'callback', pipeline.dependencies())).resolves.toBe('running');

  expect(pipeline.steps.sent).toEqual([]);
  expect(pipeline.ledger()).toEqual([]);
});

test('those checks are counted from then, not while it ran or EvoLink was down: its links are waited for', async () => {
  const pipeline = new TestPipeline();
  const { nextCheckAt = 0 } = await pipeline.open({ taskId: TASK_ID });
  for (let check = 0, at = nextCheckAt; check < 5; check++, at = (await pipeline.attempt()).nextCheckAt ?? 0) {
    pipeline.evolink.tasks.set(TASK_ID, check % 2 === 0 ? aTask() : new EvolinkServerError('500'));
    pipeline.time = at;
    await runSweep(pipeline);
  }
  expect((await pipeline.attempt()).checks).toBe(5);

  // Not settled yet either: taken for an end, it would be "nothing was charged", and another attempt.
  pipeline.evolink.set(aCompletedTask({ results: [], usage: { credits_used: 0 } }));
  await expect(completeTask(await pipeline.attempt(), 'callback', pipeline.dependencies())).resolves.toBe('running');
  expect(pipeline.steps.sent).toEqual([]);

  pipeline.evolink.set(aCompletedTask());
  await expect(completeTask(await pipeline.attempt(), 'callback', pipeline.dependencies())).resolves.toBe('ended');
  expect(pipeline.steps.onlyAnswer().output).toEqual({ attempt: 1, task_id: TASK_ID });
  expect(pipeline.ledger()).toMatchObject([{ state: 'booked', creditsUsed: 3_682 }]);
});

test('the sweep waits for links, and gives up by itself', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  pipeline.evolink.set(aCompletedTask({ results: [] }));
  let checks = 0;
  for (; (await pipeline.attempt()).status === 'SUBMITTED'; checks++) {
    pipeline.time = (await pipeline.attempt()).nextCheckAt ?? 0;
    await runSweep(pipeline);
  }
  // The one that saw it first, and three more before the one that gives up.
  expect(checks).toBe(5);
  expect(pipeline.steps.onlyAnswer()).toMatchObject({ error: 'NoContentGenerated', facts: { charged: 'yes' } });
});

test('a completed task that stays without results is no success, and is not paid for again', async () => {
  const { pipeline, attempt } = await completed(aCompletedTask({ results: [] }), PATIENT);
  expect(attempt.status).toBe('FAILED');
  const { error, facts } = pipeline.steps.onlyAnswer();
  expect(error).toBe('NoContentGenerated');
  expect(facts).toMatchObject({ charged: 'yes', task_id: TASK_ID });
  expect(facts).not.toHaveProperty('retry_after_seconds');
  expect(pipeline.ledger()).toMatchObject([{ state: 'booked', creditsUsed: 3_682 }]);
});

describe('a completed task without results may have been charged, unless EvoLink says that it was not', () => {
  test.each<[string, unknown, number | 'held', UsageBasis, string]>([
    ['no usage block', undefined, 'held', 'assumed', 'unknown'],
    ['what was reserved only', { credits_reserved: 1 }, 'held', 'assumed', 'unknown'],
    ['tokens only', { output_tokens: 196, input_tokens_details: { text_tokens: 27 } }, 3_682, 'tokens', 'yes'],
  ])('%s: booked, and not paid for again', async (_, usage, units, basis, charged) => {
    const { pipeline, attempt } = await completed(aCompletedTask({ results: [], usage }), PATIENT);
    const creditsUsed = units === 'held' ? attempt.creditsHeld : units;
    expect(creditsUsed).toBeGreaterThan(0);
    expect(attempt).toMatchObject({ status: 'FAILED', creditsUsed, basis });
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect(error).toBe('NoContentGenerated');
    expect(facts).toMatchObject({ charged });
    expect(facts).not.toHaveProperty('retry_after_seconds');
    expect(pipeline.ledger()).toMatchObject([{ state: 'booked', creditsUsed, basis, images: 0 }]);
    expect(output.valuesOf('JobsFailed')).toHaveLength(2);
  });
});

test('a completed task without results is not tried again, also where EvoLink charged nothing: the cause is not known', async () => {
  const { pipeline, attempt } = await completed(aCompletedTask({ results: [], usage: { credits_used: 0 } }), PATIENT);
  const { error, facts } = pipeline.steps.onlyAnswer();
  expect([error, facts.charged]).toEqual(['NoContentGenerated', 'no']);
  expect(facts).not.toHaveProperty('retry_after_seconds');
  expect(attempt).toMatchObject({ status: 'FAILED', creditsUsed: 0, basis: 'credits_used' });
  expect(pipeline.ledger()).toMatchObject([{ state: 'refunded' }]);
});

describe('failed tasks', () => {
  test.each<[string, FailureName, boolean]>([
    ['service_error', 'ServiceError', true],
    ['generation_timeout', 'ServiceError', true],
    ['service_unavailable', 'ResourceExhausted', true],
    ['resource_exhausted', 'ResourceExhausted', true],
    ['no_available_channel', 'ResourceExhausted', true],
    ['quota_exceeded', 'RateLimited', true],
    ['generation_failed_no_content', 'NoContentGenerated', false],
    ['unknown_error', 'GenerationFailed', false],
    ['a_code_of_tomorrow', 'GenerationFailed', false],
    ['content_policy_violation', 'ContentPolicyViolation', false],
    ['invalid_parameters', 'RequestRefused', false],
    ['image_processing_error', 'ReferenceImageUnusable', false],
  ])('%s is %s; another attempt: %s', async (code, name, retry) => {
    const { pipeline, attempt } = await completed(aFailedTask(code, { requestId: 'req-7' }));
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect(error).toBe(name);
    expect(facts).toMatchObject({
      ...{ charged: 'unknown', refund: 'open', job_id: 'job-1', attempt: 1, task_id: TASK_ID },
      provider: { code, message: 'said EvoLink', request_id: 'req-7' },
    });
    expect('retry_after_seconds' in facts).toBe(retry);
    expect(attempt).toMatchObject({ status: 'FAILED', creditsUsed: 0 });
    expect(await pipeline.openAttempts()).toEqual([]);
    expect(output.valuesOf('JobsFailed')).toHaveLength(retry ? 0 : 2);
  });

  test('no attempt is left: the failure is final and counted', async () => {
    const { pipeline } = await completed(aFailedTask('service_error'), { attempt: 3 });
    expect(pipeline.steps.onlyAnswer().facts).not.toHaveProperty('retry_after_seconds');
    expect(output.valuesOf('JobsFailed')).toContainEqual({ value: 1, dimensions: { ErrorName: 'ServiceError' } });
  });

  test.each<[string, Partial<Task>, number]>([
    ['the usage block', { usage: { credits_used: 1 } }, 10_000],
    [
      'the billing block',
      { billing: { refund_scope: 'account_balance', charge_status: 'charged', charged_credits: 0.5 } },
      5_000,
    ],
  ])('a charge that %s shows is booked, told, and not paid again', async (_, shown, units) => {
    const { pipeline } = await completed(aFailedTask('service_error', shown));
    const { facts } = pipeline.steps.onlyAnswer();
    expect(facts.charged).toBe('yes');
    expect(facts).not.toHaveProperty('retry_after_seconds');
    expect(pipeline.ledger()).toMatchObject([{ state: 'booked', creditsUsed: units }]);
  });

  test('cancelled ends the attempt as cancelled', async () => {
    const { pipeline, attempt } = await completed(aTask({ status: 'cancelled' }));
    expect(attempt.status).toBe('CANCELLED');
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect(error).toBe('TaskCancelled');
    expect(facts).not.toHaveProperty('retry_after_seconds');
  });
});

test.each(['pending', 'processing', 'unknown'] as const)('%s is no end', async (status) => {
  const { pipeline, completion, attempt } = await completed(aTask({ status }));
  expect(completion).toBe<Completion>('running');
  expect(attempt.status).toBe('SUBMITTED');
  expect(pipeline.steps.sent).toEqual([]);
});

test('without a task id there is nothing to ask', async () => {
  const pipeline = new TestPipeline();
  await expect(completeTask(await pipeline.open(), 'sweep', pipeline.dependencies())).resolves.toBe('running');
  expect(pipeline.evolink.asked).toEqual([]);
});

test('a hint is linked only once: another task is not ours', async () => {
  const pipeline = new TestPipeline();
  const stale = await pipeline.open();
  await pipeline.open({ job: aJob({}, 'job-2'), taskId: TASK_ID });
  pipeline.evolink.set(aCompletedTask());
  await expect(completeTask(stale, 'callback', pipeline.dependencies(), TASK_ID)).resolves.toBe('not ours');
});

test('an attempt that another run booked meanwhile is delivered, and counted by the other alone', async () => {
  const pipeline = new TestPipeline();
  const stale = await pipeline.open({ taskId: TASK_ID });
  pipeline.evolink.set(aCompletedTask());
  await completeTask(stale, 'callback', pipeline.dependencies());
  await expect(completeTask(stale, 'sweep', pipeline.dependencies())).resolves.toBe('ended');
  expect(pipeline.ledger()).toHaveLength(1);
  expect(pipeline.steps.answers).toHaveLength(1);
  expect(output.valuesOf('CompletedBySweep')).toEqual([]);
  expect(output.valuesOf('CreditsUsed')).toHaveLength(2);
});
