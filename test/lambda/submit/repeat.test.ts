/** The same submission, sent once more within the same run: where EvoLink had no room, or where a repeat is known to be safe. */
import { EvolinkClient, EvolinkConnectionError } from '../../../evolink';
import { SETTINGS_KEY, type IdempotencyProof } from '../../../domain/settings';
import { closeServers, type Reply } from '../../evolink/support/servers';
import { setSettings } from '../../support/budgets';
import { TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID } from '../../support/pipeline';
import { slotsOf } from '../../support/queues';
import { CREATED, refusal, Submissions } from '../../support/submissions';

const output = captureOutput();
afterEach(closeServers);

const REPLAYED: Reply = { ...CREATED, headers: { 'Idempotency-Replayed': 'true' } };
const FAULT = refusal(500, 'internal_error');

async function submitted(...replies: Reply[]): Promise<Submissions> {
  const pipeline = await Submissions.start({ replies });
  await pipeline.submit();
  return pipeline;
}

function prove(pipeline: Submissions, state: IdempotencyProof['state']): void {
  setSettings(pipeline, { idempotency: { state, since: '2026-11-01T00:00:00.000Z', by: 'verify' } });
}

const proofOf = (pipeline: Submissions) => pipeline.memory.item(SETTINGS_KEY)?.idempotency;

describe('EvoLink has no room', () => {
  test.each<[string, Reply, number]>([
    ['429 with Retry-After', refusal(429, 'rate_limit_exceeded', { 'retry-after': '7' }), 7_000],
    ["a proxy's 429 with Retry-After", { status: 429, headers: { 'retry-after': '20' }, body: 'slow down' }, 20_000],
    ['502', refusal(502, 502), 500],
    ["a proxy's 502", { status: 502, body: '<html>bad gateway</html>' }, 500],
    ['503', refusal(503, 'service_unavailable'), 500],
    ['503 with Retry-After', refusal(503, 503, { 'retry-after': '3' }), 3_000],
    ['no channel', refusal(400, 'no_available_channel'), 500],
    ['no channel, at another status', refusal(500, 'model_unavailable'), 500],
  ])('%s: the very same submission is sent again', async (_, reply, waitMs) => {
    const pipeline = await submitted(reply, CREATED);
    expect(pipeline.pauses).toEqual([waitMs]);
    const [first, second, ...others] = pipeline.posts();
    expect(others).toEqual([]);
    expect(second?.body).toEqual(first?.body);
    expect(second?.body.callback_url).toEqual(expect.any(String));
    for (const header of ['idempotency-key', 'x-evo-run-id', 'authorization', 'content-length']) {
      expect([header, second?.headers[header]]).toEqual([header, first?.headers[header]]);
    }
    expect(first?.headers['x-evo-run-id']).toBe(first?.headers['idempotency-key']);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('the bytes of the repeat are those of the first POST', async () => {
    const bodies: string[] = [];
    const seen = (reply: Reply) => (body: string) => {
      bodies.push(body);
      return reply;
    };
    const pipeline = await Submissions.start({ replies: [seen(refusal(503, 503)), seen(CREATED)] });
    await pipeline.submit();
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toBe(bodies[0]);
  });

  test.each<[string, Reply, number]>([
    ['a 429 that names no time: thirty seconds', refusal(429, 'rate_limit_exceeded'), 30_000],
    ['a wait of more than 20 s', refusal(503, 503, { 'retry-after': '21' }), 21_000],
  ])('%s is left to the sweep', async (_, reply, waitMs) => {
    const pipeline = await submitted(reply, CREATED);
    expect(pipeline.posts()).toHaveLength(1);
    const repeatAfter = pipeline.time + waitMs;
    expect(await pipeline.attempt()).toMatchObject({
      ...{ status: 'SUBMIT_UNKNOWN', nextCheckAt: repeatAfter },
      submitError: { kind: 'busy', repeatAfter },
    });
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('again after the repeat: the rest is left to the sweep', async () => {
    const pipeline = await submitted(refusal(503, 503), refusal(502, 502), CREATED);
    expect(pipeline.posts()).toHaveLength(2);
    expect(await pipeline.attempt()).toMatchObject({
      ...{ status: 'SUBMIT_UNKNOWN', nextCheckAt: pipeline.time + 500 },
      submitError: { kind: 'busy', outcome: 'unknown', provider: { status: 502 } },
    });
  });

  test('too late for another POST before the function is stopped: it is left to the sweep', async () => {
    const pipeline = await Submissions.start({ replies: [refusal(503, 503), CREATED], runSeconds: 45 });
    await pipeline.submit();
    expect(pipeline.posts()).toHaveLength(1);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMIT_UNKNOWN', nextCheckAt: pipeline.time + 500 });
  });

  test('while this run waits the sweep is kept from sending it, too', async () => {
    const due: unknown[] = [];
    const pipeline = await Submissions.start({ replies: [refusal(503, 503), CREATED] });
    const startedAt = pipeline.time;
    pipeline.onPause = async () => {
      const { nextCheckAt, submitError } = await pipeline.attempt();
      due.push(nextCheckAt, submitError?.repeatAfter);
    };
    await pipeline.submit();
    expect(due).toEqual([startedAt + 120_000, startedAt + 120_000]);
  });

  test('killed while the repeat is on its way: the outcome is unknown, whatever the first answer was', async () => {
    const pipeline = await Submissions.start({ replies: [refusal(400, 'no_available_channel'), CREATED] });
    pipeline.onPause = () => {
      jest.spyOn(EvolinkClient.prototype, 'submit').mockRejectedValueOnce(new Error('killed'));
    };
    await expect(pipeline.submit()).rejects.toThrow('killed');
    expect((await pipeline.attempt()).submitError).toMatchObject({ kind: 'lost', outcome: 'unknown' });
  });

  test.each<[string, (pipeline: Submissions) => Promise<unknown>]>([
    ['a callback has named the task', ({ table, time }) => table.link(ATTEMPT_ID, TASK_ID, time, time)],
    ['its job was stopped', async (pipeline) => pipeline.table.markOrphaned(await pipeline.attempt())],
  ])('and %s while this run waits: nothing is sent again', async (_, meanwhile) => {
    const pipeline = await Submissions.start({ replies: [refusal(503, 503), CREATED] });
    pipeline.onPause = () => meanwhile(pipeline);
    await pipeline.submit();
    expect(pipeline.posts()).toHaveLength(1);
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('429 makes the whole pipeline wait as long as EvoLink asks for, and little longer', async () => {
    const pipeline = await submitted(refusal(429, 'rate_limit_exceeded', { 'retry-after': '3600' }));
    const { pausedUntil } = await slotsOf(pipeline);
    expect(pausedUntil).toBeGreaterThanOrEqual(pipeline.time + 3_600_000);
    expect(pausedUntil).toBeLessThanOrEqual(pipeline.time + 3_960_000);
  });

  test.each(['0', 'Tue, 03 Nov 2020 00:00:00 GMT'])(
    '429 with Retry-After %j takes no brake away: the attempt and the whole pipeline wait as without it',
    async (header) => {
      const pipeline = await submitted(refusal(429, 'x', { 'retry-after': header }), CREATED);
      expect(pipeline.posts()).toHaveLength(1);
      expect((await pipeline.attempt()).submitError?.repeatAfter).toBe(pipeline.time + 30_000);
      expect((await slotsOf(pipeline)).pausedUntil).toBeGreaterThanOrEqual(pipeline.time + 30_000);
    },
  );

  test('503 holds up nobody else', async () => {
    const pipeline = await submitted(refusal(503, 503), refusal(503, 503));
    expect((await slotsOf(pipeline)).pausedUntil).toBe(0);
  });
});

describe('a lost reply', () => {
  test.each<[string, number, IdempotencyProof['state'] | undefined]>([
    ['unproven', 1, undefined],
    ['refuted', 1, 'refuted'],
    ['proven', 2, 'proven'],
  ])('where the idempotency key is %s, POSTs in all: %i', async (_, posts, state) => {
    const pipeline = await Submissions.start({ replies: [FAULT, REPLAYED] });
    if (state !== undefined) prove(pipeline, state);
    await pipeline.submit();
    expect(pipeline.posts()).toHaveLength(posts);
    expect((await pipeline.attempt()).status).toBe(posts === 2 ? 'SUBMITTED' : 'SUBMIT_UNKNOWN');
  });

  test('stays lost when the repeat finds no room', async () => {
    const pipeline = await Submissions.start({ replies: [FAULT, refusal(400, 'no_available_channel')] });
    prove(pipeline, 'proven');
    await pipeline.submit();
    expect((await pipeline.attempt()).submitError).toMatchObject({ kind: 'lost', outcome: 'unknown' });
  });

  test.each([
    [400, 'invalid_request'],
    [402, 'insufficient_quota'],
    [403, 'key_model_not_allowed'],
  ])('is not made good by a refusal of the repeat (%i %s): it says nothing of the first POST', async (status, code) => {
    const pipeline = await Submissions.start({ replies: [FAULT, refusal(status, code)] });
    prove(pipeline, 'proven');
    await pipeline.submit();
    expect(pipeline.posts()).toHaveLength(2);
    expect(await pipeline.attempt()).toMatchObject({
      ...{ status: 'SUBMIT_UNKNOWN' },
      submitError: { kind: 'lost', outcome: 'unknown' },
    });
    expect(pipeline.steps.sent).toEqual([]);
    expect(pipeline.ledger()).toEqual([]);
  });
});

describe('an answer of the repeat, where the first one was a refusal in the form of EvoLink', () => {
  const NO_CHANNEL = refusal(400, 'no_available_channel');

  test('another refusal ends the attempt, which does not prove that there is no task, nor allow another attempt', async () => {
    const pipeline = await submitted(NO_CHANNEL, refusal(402, 'insufficient_quota'));
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect([error, facts.no_task, facts.charged]).toEqual(['InsufficientCredits', 'likely', 'no']);
    expect(facts).not.toHaveProperty('retry_after_seconds');
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', noTask: 'likely' }]);
  });

  test('no channel again leaves it open, as refused so far', async () => {
    const pipeline = await submitted(NO_CHANNEL, NO_CHANNEL);
    expect((await pipeline.attempt()).submitError).toMatchObject({ kind: 'busy', outcome: 'refused' });
  });

  test('a fault leaves it open, as unknown from now on', async () => {
    const pipeline = await submitted(NO_CHANNEL, FAULT);
    expect((await pipeline.attempt()).submitError).toMatchObject({ kind: 'lost', outcome: 'unknown' });
  });

  test('no connection leaves it open as it was: it says nothing at all', async () => {
    const pipeline = await Submissions.start({ replies: [NO_CHANNEL] });
    pipeline.onPause = () => {
      const unsent = new EvolinkConnectionError('refused', { outcome: 'no_task' });
      jest.spyOn(EvolinkClient.prototype, 'submit').mockRejectedValueOnce(unsent);
    };
    await pipeline.submit();
    expect((await pipeline.attempt()).submitError).toMatchObject({ kind: 'busy', outcome: 'refused' });
    expect(pipeline.steps.sent).toEqual([]);
  });
});

describe('what an answer shows of the idempotency key is kept', () => {
  test('a replay proves it', async () => {
    const pipeline = await submitted(refusal(503, 503), REPLAYED);
    expect(proofOf(pipeline)).toEqual({ state: 'proven', since: new Date(pipeline.time).toISOString(), by: 'replay' });
    expect(output.logs()).toContainEqual(expect.objectContaining({ message: 'submitted', replayed: true }));
  });

  test('a new task without the header proves nothing', async () => {
    const pipeline = await submitted(refusal(503, 503), CREATED);
    expect(proofOf(pipeline)).toBeUndefined();
  });

  test('a replay does not take back that it was refuted', async () => {
    const pipeline = await Submissions.start({ replies: [refusal(503, 503), REPLAYED] });
    prove(pipeline, 'refuted');
    await pipeline.submit();
    expect(proofOf(pipeline)).toMatchObject({ state: 'refuted', by: 'verify' });
  });

  test('beside what operators have set', async () => {
    const pipeline = await Submissions.start({ replies: [refusal(503, 503), REPLAYED] });
    setSettings(pipeline, { budgetLimits: { 'all-day': 7 } });
    await pipeline.submit();
    expect(pipeline.memory.item(SETTINGS_KEY)).toMatchObject({
      budgetLimits: { 'all-day': 7 },
      idempotency: { state: 'proven' },
    });
  });

  test('where it cannot be kept, the task is linked all the same', async () => {
    const pipeline = await Submissions.start({
      replies: [refusal(503, 503), REPLAYED],
      before: (name, { Key }) => {
        if (name === 'UpdateCommand' && (Key as { pk: string }).pk === SETTINGS_KEY.pk) throw new Error('away');
      },
    });
    await pipeline.submit();
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
    expect(proofOf(pipeline)).toBeUndefined();
  });
});
