/**
 * The promise, against random lives: whatever is killed, lost, repeated, late, stopped or interleaved, no attempt is sent
 * twice, no paid task is without its booking and its images, and slots and holds add up at every moment.
 */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { SENT_STATUSES } from '../../../lambda/shared/attempts/attempt';
import { captureOutput } from '../../support/output';
import { MAX_TASKS, type PostFate, type TaskEnd, type Weather, World } from './world';

captureOutput();

type Act = (world: World) => Promise<unknown> | void;

const JOBS = 4;
const MINUTE = 60_000;
const CALM: Weather = { post: 'accepted', delays: [0] };

const weather: fc.Arbitrary<Weather> = fc.record({
  killedAt: fc.option(fc.nat({ max: 14 }), { nil: undefined, freq: 2 }),
  post: fc.constantFrom<PostFate>(
    ...(['accepted', 'accepted', 'accepted', 'lost after acceptance', 'lost on the way'] as const),
    ...(['rate limited', 'killed after acceptance'] as const),
  ),
  delays: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 5 }),
});

const index = fc.nat({ max: 7 });
const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];

/** One invocation, or something that happens outside of our functions. */
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: index.map(
      (at): Act =>
        (world) =>
          world.submit(world.jobs[at % JOBS]),
    ),
  },
  {
    weight: 3,
    arbitrary: index.map(
      (at): Act =>
        (world) =>
          world.callback(pick(world.posts, at)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(index, index).map(
      ([at, other]): Act =>
        (world) =>
          world.callback(pick(world.posts, at), pick(world.linkedTasks(), other)),
    ),
  },
  { weight: 2, arbitrary: fc.constant<Act>((world) => world.sweep()) },
  { weight: 3, arbitrary: fc.constant<Act>((world) => world.dispatch()) },
  {
    weight: 1,
    arbitrary: index.map(
      (at): Act =>
        (world) =>
          world.ended(world.jobs[at % JOBS]),
    ),
  },
  {
    weight: 2,
    arbitrary: index.map(
      (at): Act =>
        (world) =>
          archiveWhenAsked(world, pick(world.attempts(), at)?.attemptId),
    ),
  },
  {
    weight: 1,
    arbitrary: index.map(
      (at): Act =>
        (world) =>
          world.stop(world.jobs[at % JOBS]),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(index, fc.constantFrom<TaskEnd>('completed', 'completed', 'service_error', 'content_policy_violation'))
      .map(
        ([at, end]): Act =>
          (world) =>
            world.endTask(pick(world.tasks, at), end),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(1, 5, 15, 70).map((minutes): Act => (world) => {
      world.time += minutes * MINUTE;
    }),
  },
);

/** Invocations that go on at once, each in weather of its own. */
const round = fc.array(fc.tuple(act, weather), { minLength: 1, maxLength: 3 });
const life = fc.array(round, { minLength: 3, maxLength: 30 });

async function live(world: World, rounds: readonly (readonly [Act, Weather])[][]): Promise<void> {
  for (const acts of rounds) {
    await Promise.all(acts.map(([action, one]) => world.invoke(one, async () => action(world))));
    world.followAnswers();
    checkAtAnyMoment(world);
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

function checkAtAnyMoment(world: World): void {
  const { attempts, slots, counter, queue, owners, ledger } = world.view();
  const open = attempts.filter(({ status }) => status === 'QUEUED' || SENT_STATUSES.includes(status));
  const sent = open.filter(({ status, lostAt }) => status !== 'QUEUED' && lostAt === undefined);
  const queued = open.filter(({ status, lostAt }) => status === 'QUEUED' && lostAt === undefined);
  const lost = new Set(attempts.filter(({ lostAt }) => lostAt !== undefined).map(({ attemptId }) => attemptId));
  const running = world.tasks.filter(({ end, attemptId }) => end === undefined && !lost.has(attemptId));
  const paid = attempts.filter(({ creditsUsed = 0 }) => creditsUsed > 0).map(({ jobId }) => jobId);
  const toldOfSuccess = world.steps.answers.flatMap(({ output }) => (output as { task_id: string } | undefined) ?? []);
  const held = sum(open.map(({ creditsHeld }) => creditsHeld));
  const spent = sum(ledger.map(({ creditsUsed }) => creditsUsed));

  expect({
    attemptsSentTwice: repeated(world.posts.map(({ attemptId }) => attemptId)),
    attemptsWithTwoTasks: repeated([...owners.values()]),
    tasksOfAnotherAttempt: world.tasks.filter(({ id, attemptId }) => (owners.get(id) ?? attemptId) !== attemptId),
    jobsPaidTwice: repeated(paid),
    bookedTwice: repeated(ledger.map(({ attemptId }) => attemptId)),
    toldOfSuccessWithoutImages: toldOfSuccess.filter(({ task_id }) => world.endOf(task_id) !== 'completed'),
    tooManyTasks: Math.max(0, running.length - MAX_TASKS),
    tooManySlots: Math.max(0, slots.taken - MAX_TASKS),
    overBudget: Math.max(0, counter.committed - world.budgetLimit()),
    slots: { taken: slots.taken, queued: slots.queued, entries: queue },
    counter,
  }).toEqual({
    attemptsSentTwice: [],
    attemptsWithTwoTasks: [],
    tasksOfAnotherAttempt: [],
    jobsPaidTwice: [],
    bookedTwice: [],
    toldOfSuccessWithoutImages: [],
    tooManyTasks: 0,
    tooManySlots: 0,
    overBudget: 0,
    // No slot is lost, none is invented; holds are those of open attempts.
    slots: { taken: sent.length, queued: queued.length, entries: queued.length },
    counter: { held, spent, committed: held + spent },
  });
}

const repeated = (ids: readonly string[]): string[] => ids.filter((id, at) => ids.indexOf(id) !== at);

/** The weather clears up: EvoLink ends every task, and our functions run as they should until nothing is left to do. */
async function settle(world: World): Promise<void> {
  for (let turn = 0; turn < 18; turn++) {
    for (const task of world.tasks) world.endTask(task, 'completed');
    for (const job of world.jobs) await world.invoke(CALM, () => waiting(world, job));
    await world.invoke(CALM, () => world.dispatch());
    await world.invoke(CALM, () => world.sweep());
    world.followAnswers();
    for (const { attemptId } of world.attempts()) await world.invoke(CALM, () => archiveWhenAsked(world, attemptId));
    world.followAnswers();
    checkAtAnyMoment(world);
    world.time += (turn < 6 ? 20 : 130) * MINUTE;
  }
}

/** Step Functions enters Generate again after a back-off or a fault. */
const waiting = async (world: World, job: World['jobs'][number]): Promise<void> => {
  if (job.state === 'running' && !job.waits) await world.submit(job);
};

/** The Archive state runs for a job that was told of its success; for the others only the sweep's salvage does. */
async function archiveWhenAsked(world: World, attemptId: string | undefined): Promise<void> {
  const attempt = world.attempts().find((one) => one.attemptId === attemptId);
  if (attempt === undefined) return;
  const { jobId, attempt: number } = attempt;
  const byState = world.jobs.some((job) => job.jobId === jobId && job.attempt === number && job.state === 'archiving');
  const bySalvage = world.lambda
    .of('archive')
    .some((payload) => isDeepStrictEqual(payload, { jobId, attempt: number, salvage: true }));
  if (byState || bySalvage) await world.archive(attempt.attemptId);
}

function checkAtTheEnd(world: World): void {
  expect(world.jobs.filter(({ state }) => state === 'running' || state === 'archiving')).toEqual([]);
  const attempts = world.attempts();
  for (const attempt of attempts) {
    expect([attempt.attemptId, attempt.status]).not.toEqual([attempt.attemptId, 'QUEUED']);
    // Nothing waits unseen: it has ended, or it was given up aloud.
    const isOver = !SENT_STATUSES.includes(attempt.status) || attempt.lostAt !== undefined;
    expect([attempt.status, isOver]).toEqual([attempt.status, true]);
    // Never lose a paid image.
    if (attempt.status === 'COMPLETED') expect(attempt.archivedAt).toBeDefined();
  }
  const { slots, ledger, owners } = world.view();
  expect(slots.taken).toBe(0);
  // Every credit that EvoLink charged is in the ledger, as far as anybody can know whose it is.
  const unknown = ledger.filter(({ state }) => state === 'unknown').length;
  const booked = sum(ledger.map(({ creditsUsed }) => creditsUsed));
  const unlinked = world.tasks.filter(({ id, end }) => !owners.has(id) && end === 'completed');
  expect(booked + unlinked.length * 2_000).toBe(world.bill());
  expect(unlinked.length).toBeLessThanOrEqual(unknown);
}

test('no life pays twice, loses a paid image, a slot or a credit', async () => {
  await fc.assert(
    fc.asyncProperty(life, fc.integer({ min: 2, max: 6 }), async (rounds, budgetFits) => {
      const world = new World(JOBS, budgetFits);
      await live(world, rounds);
      await settle(world);
      checkAtTheEnd(world);
    }),
    { numRuns: Number(process.env.MODEL_RUNS ?? 1_000) },
  );
}, 300_000);
