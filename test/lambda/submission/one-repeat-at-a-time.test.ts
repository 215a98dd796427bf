/** The same submission is sent again by one run at a time, and only while nothing has named a task since it was looked at. */
import { EvolinkClient, EvolinkServerError } from '../../../evolink';
import { receiveCallback } from '../../../lambda/callback/callback';
import { conditionalUpdate } from '../../../lambda/shared/attempts/conditional-update';
import { keepHint } from '../../../lambda/shared/attempts/hint';
import { attemptKey } from '../../../lambda/shared/attempts/items';
import { isCallbackSecret } from '../../../lambda/shared/callback-secret';
import { SETTINGS_KEY } from '../../../domain/settings';
import { closeServers } from '../../evolink/support/servers';
import { OTHER_TASK_ID, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID } from '../../support/pipeline';
import { CREATED, refusal, Submissions } from '../../support/submissions';

captureOutput();
afterEach(closeServers);

const MINUTE = 60_000;
const submit = Reflect.get<EvolinkClient, 'submit'>(EvolinkClient.prototype, 'submit');
/** No room, and a wait that the sending function leaves to the sweep. */
const FULL = refusal(503, 503, { 'retry-after': '60' });

/** A job whose POST EvoLink turned away, when it may be sent again. */
async function turnedAway(before?: () => unknown): Promise<Submissions> {
  let isArmed = false;
  const pipeline: Submissions = await Submissions.start({
    replies: [FULL, CREATED],
    before: async (name, input) => {
      const isSettings = name === 'GetCommand' && (input.Key as { pk: string }).pk === SETTINGS_KEY.pk;
      if (!isArmed || !isSettings) return;
      isArmed = false;
      await before?.();
    },
  });
  await pipeline.submit();
  pipeline.time += MINUTE;
  isArmed = true;
  return pipeline;
}

const change = (pipeline: Submissions, set: Record<string, unknown>) =>
  conditionalUpdate(pipeline.memory.client, pipeline.memory.tableName, {
    key: attemptKey(ATTEMPT_ID),
    set,
    condition: 'attribute_exists(pk)',
  });

describe('the sweep sends nothing again', () => {
  test.each<[string, (pipeline: Submissions) => unknown]>([
    ['a callback linked its task', ({ table, time }) => table.link(ATTEMPT_ID, OTHER_TASK_ID, time, time + MINUTE)],
    [
      'a callback named its task while EvoLink could not be asked',
      ({ memory, time }) => keepHint(memory.client, memory.tableName, ATTEMPT_ID, OTHER_TASK_ID, time + MINUTE),
    ],
    ['the job was let go', async (pipeline) => pipeline.table.markOrphaned(await pipeline.attempt())],
    ['the job was told', (pipeline) => change(pipeline, { deliveredAt: pipeline.time })],
  ])('when %s since it took the check', async (_, meanwhile) => {
    const pipeline: Submissions = await turnedAway(() => meanwhile(pipeline));
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(1);
  });

  test('while the POST of another sweep is on its way', async () => {
    const pipeline = await turnedAway();
    const post = jest.spyOn(EvolinkClient.prototype, 'submit').mockImplementationOnce(async function (
      this: EvolinkClient,
      ...call
    ) {
      pipeline.time += 20_000;
      await change(pipeline, { nextCheckAt: pipeline.time });
      await pipeline.sweep();
      return submit.apply(this, call);
    });
    await pipeline.sweep();
    expect(post).toHaveBeenCalledTimes(1);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
  });

  test('while the sending function still waits to do so, though a callback without an id made the attempt due', async () => {
    const pipeline = await Submissions.start({ replies: [refusal(503, 503, { 'retry-after': '10' }), CREATED] });
    pipeline.onPause = async () => {
      await pipeline.table.checkBy(ATTEMPT_ID, pipeline.time);
      await pipeline.sweep();
      expect(pipeline.posts()).toHaveLength(1);
    };
    await pipeline.submit();
    expect(pipeline.posts()).toHaveLength(2);
  });

  test('after a sweep that was killed during its POST, unless idempotency keys are proven', async () => {
    const pipeline = await turnedAway();
    jest.spyOn(EvolinkClient.prototype, 'submit').mockRejectedValueOnce(new Error('killed'));
    await pipeline.sweep();
    pipeline.time += 5 * MINUTE;
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(1);
    expect((await pipeline.attempt()).submitError).toMatchObject({ kind: 'lost', outcome: 'unknown' });
  });
});

test('the sending function sends nothing again once a callback has named a task that EvoLink could not confirm', async () => {
  const pipeline = await Submissions.start({ replies: [refusal(503, 503), CREATED] });
  pipeline.onPause = async () => {
    pipeline.evolink.tasks.set(OTHER_TASK_ID, new EvolinkServerError('500'));
    const url = new URL(String(pipeline.posts()[0]?.body.callback_url));
    const { callbackSecretHash } = await pipeline.attempt();
    expect(isCallbackSecret(url.pathname.split('/').at(-1) ?? '', callbackSecretHash)).toBe(true);
    const event = { rawPath: url.pathname, body: JSON.stringify({ id: OTHER_TASK_ID }) };
    expect(await receiveCallback(event, pipeline.dependencies())).toEqual({ statusCode: 503 });
  };
  await pipeline.submit();
  expect(pipeline.posts()).toHaveLength(1);
  expect(await pipeline.attempt()).toMatchObject({ hintedTaskId: OTHER_TASK_ID });
});

test('after a sending function that was killed during its second POST, only proven keys allow another', async () => {
  const pipeline = await Submissions.start({ replies: [refusal(503, 503), CREATED] });
  jest
    .spyOn(EvolinkClient.prototype, 'submit')
    .mockImplementationOnce(function (this: EvolinkClient, ...call) {
      return submit.apply(this, call);
    })
    .mockRejectedValueOnce(new Error('killed'));
  await expect(pipeline.submit()).rejects.toThrow('killed');
  pipeline.time += 5 * MINUTE;
  await pipeline.sweep();
  expect(pipeline.posts()).toHaveLength(1);
});
