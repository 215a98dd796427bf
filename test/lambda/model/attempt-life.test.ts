/**
 * The promise, against random lives: whatever is killed, lost, repeated, late, stopped or interleaved, no attempt is sent
 * twice, no paid task is without its booking and its images, and slots and holds add up at every moment.
 */
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
          world.submit(world.jobs[at % JOBS]!),
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
          world.ended(world.jobs[at % JOBS]!),
    ),
  },
  {
    weight: 2,
    arbitrary: index.map(
      (at): Act =>
        (world) =>
          archiveOf(world, at),
    ),
  },
  {
    weight: 1,
    arbitrary: index.map(
      (at): Act =>
        (world) =>
          world.stop(world.jobs[at % JOBS]!),
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

async function archiveOf(world: World, at: number): Promise<void> {
  const attempt = pick(world.attempts(), at);
  if (attempt !== undefined) await world.archive(attempt.attemptId);
}

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
  const attempts = world.attempts();
  const slots = (world.items('slots')[0] ?? {}) as { taken?: number; queued?: number };
  const counter = (world.items('budget#')[0] ?? {}) as { committed?: number; held?: number; spent?: number };
  const open = attempts.filter(({ status }) => status === 'QUEUED' || SENT_STATUSES.includes(status));
  const sent = open.filter(({ status, lostAt }) => status !== 'QUEUED' && lostAt === undefined);
  const queued = open.filter(({ status, lostAt }) => status === 'QUEUED' && lostAt === undefined);

  // No attempt is ever sent twice, and none has two tasks.
  expect(new Set(world.posts.map(({ attemptId }) => attemptId)).size).toBe(world.posts.length);
  const owners = world.items('task#').map(({ attemptId }) => attemptId);
  expect(new Set(owners).size).toBe(owners.length);
  for (const { pk, attemptId } of world.items('task#')) {
    expect(world.tasks.find(({ id }) => pk === `task#${id}`)?.attemptId).toBe(attemptId);
  }
  // A job is paid for once.
  for (const { jobId } of world.jobs) {
    const paid = attempts.filter((attempt) => attempt.jobId === jobId && (attempt.creditsUsed ?? 0) > 0);
    expect(paid.length).toBeLessThanOrEqual(1);
  }
  // No slot is lost, none is invented.
  expect(slots.taken ?? 0).toBe(sent.length);
  expect(slots.taken ?? 0).toBeLessThanOrEqual(MAX_TASKS);
  expect(slots.queued ?? 0).toBe(queued.length);
  expect(world.items('queue')).toHaveLength(queued.length);
  const lost = new Set(attempts.filter(({ lostAt }) => lostAt !== undefined).map(({ attemptId }) => attemptId));
  const running = world.tasks.filter(({ end, attemptId }) => end === undefined && !lost.has(attemptId));
  expect(running.length).toBeLessThanOrEqual(MAX_TASKS);
  // Holds are those of open attempts, and what is spent is what the ledger says.
  const ledger = world.ledger();
  expect(new Set(ledger.map(({ attemptId }) => attemptId)).size).toBe(ledger.length);
  expect(counter.held ?? 0).toBe(sum(open.map(({ creditsHeld }) => creditsHeld)));
  expect(counter.spent ?? 0).toBe(sum(ledger.map(({ creditsUsed }) => creditsUsed)));
  expect(counter.committed ?? 0).toBe((counter.held ?? 0) + (counter.spent ?? 0));
  expect(counter.committed ?? 0).toBeLessThanOrEqual(world.budgetLimit());
  // Whoever was told of a success has a task that completed.
  for (const { output, taskToken } of world.steps.answers) {
    if (output === undefined) continue;
    const { task_id: id } = output as { task_id: string };
    expect([taskToken, world.tasks.find((task) => task.id === id)?.end]).toEqual([taskToken, 'completed']);
  }
}

/** The weather clears up: EvoLink ends every task, and our functions run as they should until nothing is left to do. */
async function settle(world: World): Promise<void> {
  for (let turn = 0; turn < 18; turn++) {
    for (const task of world.tasks) world.endTask(task, 'completed');
    for (const job of world.jobs) await world.invoke(CALM, () => waiting(world, job));
    await world.invoke(CALM, () => world.dispatch());
    await world.invoke(CALM, () => world.sweep());
    world.followAnswers();
    for (const { attemptId } of world.attempts()) {
      const isAsked = world.lambda.started.length > 0 || world.jobs.some(({ state }) => state === 'archiving');
      if (isAsked) await world.invoke(CALM, () => archiveWhenAsked(world, attemptId));
    }
    world.followAnswers();
    checkAtAnyMoment(world);
    world.time += (turn < 6 ? 20 : 130) * MINUTE;
  }
}

/** Step Functions enters Generate again after a back-off or a fault. */
const waiting = async (world: World, job: World['jobs'][number]): Promise<void> => {
  if (job.state === 'running' && !job.waits) await world.submit(job);
};

/** The Archive state runs for a job that goes on; for the others only the sweep's salvage does. */
async function archiveWhenAsked(world: World, attemptId: string): Promise<void> {
  const attempt = world.attempts().find((one) => one.attemptId === attemptId);
  const job = world.jobs.find(({ jobId }) => jobId === attempt?.jobId);
  const bySalvage = world.lambda.of('archive').some((payload) => {
    const { jobId, attempt: number } = payload as { jobId: string; attempt: number };
    return jobId === attempt?.jobId && number === attempt.attempt;
  });
  if (job?.state === 'archiving' || bySalvage) await world.archive(attemptId);
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
  expect((world.items('slots')[0] as { taken?: number } | undefined)?.taken ?? 0).toBe(0);
  // Every credit that EvoLink charged is in the ledger, as far as anybody can know whose it is.
  const ledger = world.ledger();
  const unknown = ledger.filter(({ state }) => state === 'unknown').length;
  const booked = sum(ledger.map(({ creditsUsed }) => creditsUsed));
  const linked = new Set(world.items('task#').map(({ pk }) => pk));
  const unlinked = world.tasks.filter(({ id, end }) => !linked.has(`task#${id}`) && end === 'completed');
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
