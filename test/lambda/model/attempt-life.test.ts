/**
 * The promise, against random lives: whatever is killed, lost, repeated, late, stopped, rotated or interleaved, no attempt
 * becomes a second submission, no paid task that anybody names is without its booking and its images, and slots and holds
 * add up at every moment. Against a gateway that honours idempotency keys, and one that ignores them.
 */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import type { FailureCause } from '../../../domain/failure-cause';
import { type Attempt, SENT_STATUSES } from '../../../lambda/shared/attempts/attempt';
import { captureOutput } from '../../support/output';
import type { PostFate } from './fates';
import { type Gateway, MAX_TASKS, type TaskEnd, type Weather, World } from './world';

captureOutput();

const ENDS: readonly TaskEnd[] = [
  ...(['completed', 'completed', 'service_error'] as const),
  ...(['service_error, refunded', 'content_policy_violation'] as const),
];

type Act = (world: World) => Promise<unknown> | void;

const JOBS = 4;
const MINUTE = 60_000;
const CALM: Weather = { posts: ['accepted'], delays: [0] };

const fate = fc.oneof(
  { weight: 6, arbitrary: fc.constant<PostFate>('accepted') },
  {
    weight: 7,
    arbitrary: fc.constantFrom<PostFate>(
      ...(['lost after acceptance', 'lost on the way', 'killed after acceptance'] as const),
      ...(['unavailable after acceptance', 'unavailable', 'rate limited'] as const),
      ...(['rate limited for a moment, after acceptance', 'no channel', 'no channel after acceptance'] as const),
      ...(['refused', 'refused after acceptance', 'no connection', 'key refused'] as const),
    ),
  },
);

const weather: fc.Arbitrary<Weather> = fc.record({
  killedAt: fc.option(fc.nat({ max: 20 }), { nil: undefined, freq: 2 }),
  posts: fc.array(fate, { minLength: 1, maxLength: 3 }),
  hasOldKey: fc.boolean(),
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
  { weight: 3, arbitrary: fc.constant<Act>((world) => world.sweep()) },
  { weight: 1, arbitrary: fc.constant<Act>((world) => world.settleRefunds()) },
  { weight: 1, arbitrary: fc.constant<Act>((world) => world.rotateKey()) },
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
    arbitrary: fc.tuple(index, fc.constantFrom<TaskEnd>(...ENDS)).map(
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
  const { attempts, slots, counter, refunds, queue, owners, ledger, settings } = world.view();
  const rowOf = new Map(attempts.map((attempt) => [attempt.attemptId, attempt]));
  const own = attempts.filter(({ strayOf }) => strayOf === undefined);
  const strays = attempts.filter(({ strayOf }) => strayOf !== undefined);
  const open = attempts.filter(({ status }) => status === 'QUEUED' || SENT_STATUSES.includes(status));
  // Of those whose outcome is unknown the slot is free.
  const sent = open.filter(({ status, unknownSince, strayOf }) => status !== 'QUEUED' && !unknownSince && !strayOf);
  const queued = open.filter(({ status }) => status === 'QUEUED');
  const sentIds = new Set(sent.map(({ attemptId }) => attemptId));
  const running = world.tasks.filter(({ end, attemptId }) => end === undefined && sentIds.has(attemptId));
  const paid = attempts.filter(({ creditsUsed = 0 }) => creditsUsed > 0);
  // A second task of an attempt, where EvoLink ignores its key, is paid for besides what its job goes on with.
  const paidFor = paid.filter(({ strayOf }) => strayOf === undefined || world.honoursKeys);
  const toldOfSuccess = world.steps.answers.flatMap(({ output }) => (output as { task_id: string } | undefined) ?? []);
  const held = sum(open.map(({ creditsHeld }) => creditsHeld)) + refunds;
  const spent = sum(ledger.map(({ creditsUsed }) => creditsUsed));
  const beyondBudgets = sum(strays.map(({ creditsHeld }) => creditsHeld));
  const openPosts = new Set(world.posts.filter(({ isOpen }) => isOpen).map(({ attemptId }) => attemptId));
  const ownerOf = (taskId: string) => {
    const owner = rowOf.get(owners.get(taskId) ?? '');
    return owner && (owner.strayOf ?? owner.attemptId);
  };

  expect({
    otherSubmissionsOfAnAttempt: otherSubmissions(world),
    secondTasks: world.posts.filter((post) => post.isSecondTask && !mayMakeSecondTask(world, post)),
    proof: world.honoursKeys ? settings.idempotency?.state === 'refuted' : settings.idempotency?.state === 'proven',
    endedAsRefusedThoughOpen: ledger.filter(({ attemptId, noTask }) => noTask && openPosts.has(attemptId)),
    attemptsWithTwoTasks: repeated([...owners.values()]),
    tasksOfAnotherAttempt: world.tasks.filter(({ id, attemptId }) => (ownerOf(id) ?? attemptId) !== attemptId),
    jobsPaidTwice: repeated([...new Set(paidFor.map(({ jobId, attempt }) => `${jobId}#${attempt}`))].map(jobOf)),
    attemptsPaidTwice: world.honoursKeys ? repeated(paid.map(({ strayOf, attemptId }) => strayOf ?? attemptId)) : [],
    bookedTwice: repeated(ledger.map(({ attemptId }) => attemptId)),
    toldOfSuccessWithoutImages: toldOfSuccess.filter(({ task_id }) => world.endOf(task_id) !== 'completed'),
    toldOfNoChargeThoughBooked: toldOfNoCharge(world, paid),
    tooManyTasks: Math.max(0, new Set(running.map(({ attemptId }) => attemptId)).size - MAX_TASKS),
    tooManySlots: Math.max(0, slots.taken - MAX_TASKS),
    overBudget: Math.max(0, counter.committed - beyondBudgets - world.budgetLimit()),
    straysOfNobody: strays.filter(({ strayOf = '' }) => !own.some(({ attemptId }) => attemptId === strayOf)),
    slots: { taken: slots.taken, queued: slots.queued, entries: queue },
    counter,
  }).toEqual({
    otherSubmissionsOfAnAttempt: [],
    secondTasks: [],
    proof: false,
    endedAsRefusedThoughOpen: [],
    attemptsWithTwoTasks: [],
    tasksOfAnotherAttempt: [],
    jobsPaidTwice: [],
    attemptsPaidTwice: [],
    bookedTwice: [],
    toldOfSuccessWithoutImages: [],
    toldOfNoChargeThoughBooked: [],
    tooManyTasks: 0,
    tooManySlots: 0,
    overBudget: 0,
    straysOfNobody: [],
    // No slot is lost, none is invented; holds are those of open attempts, of strays, and of refunds that are open.
    slots: { taken: sent.length, queued: queued.length, entries: queued.length },
    counter: { held, spent, committed: held + spent },
  });
}

type Post = World['posts'][number];

const nameOf = ({ jobId, attempt }: { readonly jobId: string; readonly attempt: number }) => `${jobId}#${attempt}`;
const jobOf = (name: string): string => name.replace(/#.*$/, '');

/**
 * One API key, one idempotency key, one body: whatever is posted for an attempt is the same submission. With another API
 * key it is another one, which is sent only where the first was refused for its key.
 */
function otherSubmissions({ posts }: World): string[] {
  const keys = new Map<string, Post>();
  return posts.flatMap((post) => {
    const name = `${post.attemptId} with ${post.keyVersion}`;
    const first = keys.get(name) ?? post;
    keys.set(name, first);
    const isSame = first.idempotencyKey === post.idempotencyKey && first.body === post.body;
    const earlier = posts.slice(0, posts.indexOf(post)).filter(({ attemptId }) => attemptId === post.attemptId);
    const withOtherKey = earlier.filter(({ keyVersion }) => keyVersion !== post.keyVersion);
    const isAllowed = withOtherKey.every(({ answer }) => answer === 'key refused');
    return isSame && isAllowed ? [] : [name];
  });
}

/** Only the repeat of what EvoLink itself turned away, and only where it ignores the key. */
function mayMakeSecondTask({ posts, honoursKeys }: World, post: Post): boolean {
  const earlier = posts.slice(0, posts.indexOf(post)).filter((one) => one.idempotencyKey === post.idempotencyKey);
  // A refusal of a repeat says nothing of the POSTs before it, so it is none of those that are not repeated.
  return !honoursKeys && earlier.every(({ answer }) => !['task', 'lost', 'killed'].includes(answer));
}

/** Jobs that were told that nothing is charged, without the reserve that it is only likely, for what was booked. */
function toldOfNoCharge({ steps }: World, paid: readonly Attempt[]): string[] {
  return steps.answers.flatMap(({ cause }) => {
    const { charged, no_task, task_id, job_id, attempt } = JSON.parse(cause ?? '{}') as FailureCause;
    if (charged !== 'no' || no_task === 'likely') return [];
    // A failed task is told by its id; beside it there may be a second one, where EvoLink ignores the key.
    const isTold = (row: Attempt) =>
      row.jobId === job_id && row.attempt === attempt && [undefined, row.taskId].includes(task_id);
    return paid.filter(isTold).map(nameOf);
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
    await world.invoke(CALM, () => world.settleRefunds());
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
  const { jobId, attempt: number, strayOf } = attempt;
  const isOfJob = world.jobs.some((job) => job.jobId === jobId && job.attempt === number && job.state === 'archiving');
  const byState = isOfJob && strayOf === undefined;
  const salvage = { jobId, attempt: number, ...(strayOf === undefined ? {} : { attemptId }), salvage: true };
  const bySalvage = world.lambda.of('archive').some((payload) => isDeepStrictEqual(payload, salvage));
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
  const { slots, ledger, owners, refunds } = world.view();
  expect(slots.taken).toBe(0);
  expect(refunds).toBe(0);
  // Every credit that EvoLink charged is in the ledger, as far as anybody can know of it.
  const booked = sum(ledger.map(({ creditsUsed }) => creditsUsed));
  const unlinked = world.tasks.filter(({ id, end }) => !owners.has(id) && end === 'completed');
  expect(booked + unlinked.length * 2_000).toBe(world.bill());
  // What nobody can know of: no callback came through, and its attempt is told as unknown, as refused (which proves
  // nothing), or has the other one of two tasks.
  const isExcused = ({ attemptId, isHeardOf }: World['tasks'][number]) => {
    const line = ledger.find((one) => one.attemptId === attemptId);
    const isOpen = line?.state === 'unknown' || line?.noTask === 'likely';
    return !isHeardOf && (isOpen || (!world.honoursKeys && [...owners.values()].includes(attemptId)));
  };
  expect(unlinked.filter((task) => !isExcused(task))).toEqual([]);
}

const gateway: fc.Arbitrary<Gateway> = fc.oneof(
  fc.record({
    honoursKeys: fc.constant(true),
    proof: fc.option(fc.constant('proven' as const), { nil: undefined }),
    budgetFits: fc.integer({ min: 2, max: 6 }),
  }),
  fc.record({ honoursKeys: fc.constant(false), budgetFits: fc.integer({ min: 2, max: 6 }) }),
);

test('no life pays twice, loses a paid image, a slot or a credit', async () => {
  await fc.assert(
    fc.asyncProperty(life, gateway, async (rounds, one) => {
      const world = new World(JOBS, one);
      await live(world, rounds);
      await settle(world);
      checkAtTheEnd(world);
    }),
    { numRuns: Number(process.env.MODEL_RUNS ?? 500) },
  );
}, 300_000);
