import fc from 'fast-check';
import { FAULT_KINDS } from '../../../local/simulator/fault-kinds';
import { checkRule } from '../../../local/simulator/rule-check';
import { planFaults } from '../../../local/simulator/random-faults';
import { complete, start, submit } from './support/simulator';

const NAMES = Object.keys(FAULT_KINDS);

test('the same seed gives the same plan, and another seed another one', () => {
  expect(planFaults(42, 500)).toEqual(planFaults(42, 500));
  const kindsOf = (seed: number) => planFaults(seed, 50).map(({ kinds }) => kinds);
  expect(kindsOf(42)).not.toEqual(kindsOf(43));
});

test('a longer plan begins as the shorter one', () => {
  expect(planFaults(7, 200).slice(0, 30)).toEqual(planFaults(7, 30));
});

test('whatever the seed: every kind occurs, some jobs have two, and every rule can be scripted', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const plan = planFaults(seed, 3 * NAMES.length);
      const counts = new Map(NAMES.map((name) => [name, plan.filter(({ kinds }) => kinds[0] === name).length]));
      expect(new Set(counts.values())).toEqual(new Set([3]));
      expect(plan.some(({ kinds }) => kinds.length === 2)).toBe(true);
      for (const { rules } of plan) rules.forEach(checkRule);
    }),
  );
});

test('no marker is part of another one, so that no job meets the faults of another', () => {
  const markers = planFaults(1, 200).map(({ marker }) => marker);
  for (const marker of markers) expect(markers.filter((other) => other.includes(marker))).toEqual([marker]);
});

test('two faults of a job are of different parts, and never hide the task from everybody', () => {
  const pairs = [1, 2, 3, 4, 5].flatMap((seed) => planFaults(seed, 300)).filter(({ kinds }) => kinds.length === 2);
  expect(pairs.length).toBeGreaterThan(200);
  for (const { kinds, ends } of pairs) {
    const parts = kinds.flatMap((name) => Object.keys(FAULT_KINDS[name].rule));
    expect(new Set(parts).size).toBe(parts.length);
    expect(kinds).not.toContain('callback never');
    expect(ends).toBe('succeeds');
  }
});

test('a fault of the first POST is met once, and what else was planned is met by the repeat', async () => {
  const isRefusal = (name: string) => /^submit (429 with Retry-After|50\d of EvoLink's)$/.test(name);
  const job = [...Array(100).keys()]
    .flatMap((seed) => planFaults(seed, 200))
    .find(({ kinds }) => kinds.some(isRefusal) && kinds.includes('task of another size'));
  const simulator = await start();
  simulator.script(...(job?.rules ?? []));
  const prompt = `a bicycle ${job?.marker}`;

  const headers = { 'idempotency-key': 'one-submission-of-a-job' };
  expect((await submit(simulator, { prompt }, { headers })).status).toBeGreaterThanOrEqual(429);
  expect((await submit(simulator, { prompt }, { headers })).status).toBe(200);
  simulator.clock.advance(60_000);
  await complete(simulator);

  expect(simulator.tasks().map(({ images }) => images[0]?.width)).toEqual([1_100, 1_024]);
});
