/**
 * Random faults, drawn from a seed: the same seed gives the same faults in the same order, so that a run that found
 * something can be run again. Pure: it makes rules, and whoever runs the jobs hands them to the simulator.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { FAULT_KINDS, type FaultEnd, type FaultKind, type FaultKindName } from './fault-kinds';
import type { Rule } from './faults';

/** What happens to one job. */
export interface PlannedJob {
  /** To be part of the job's prompt: it is how the rules know the job. No marker is part of another one. */
  readonly marker: string;
  /** One or two; empty for a job that nothing happens to. */
  readonly kinds: readonly FaultKindName[];
  /** To be scripted before the job is started, in this order. */
  readonly rules: readonly Rule[];
  /** What the fault needs in the request, for example `n: 4`. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly ends: FaultEnd;
  /** EvoLink does not say what it charged, so the ledger has the estimate. */
  readonly assumed: boolean;
}

/** Of ten jobs so many get a second fault, of another part of their life. */
const SECOND_OF_TEN = 4;

/**
 * Plans the faults of so many jobs. Kinds are dealt like cards, from a deck that is shuffled anew when it is used up: a
 * plan as long as the deck has every kind, and a longer one has them about equally often.
 */
export function planFaults(seed: number, jobs: number): PlannedJob[] {
  const rng = xoroshiro128plus(seed);
  const below = (limit: number) => uniformInt(rng, 0, limit - 1);
  const names = Object.keys(FAULT_KINDS) as FaultKindName[];
  let deck: FaultKindName[] = [];
  return Array.from({ length: jobs }, (_, index) => {
    if (deck.length === 0) deck = shuffled(names, below);
    const first = deck.pop()!;
    const others = names.filter((name) => goTogether(FAULT_KINDS[first], FAULT_KINDS[name]));
    const second = below(10) < SECOND_OF_TEN && others.length > 0 ? others[below(others.length)] : undefined;
    return plannedJob(`fault-${seed}-${index}.`, second === undefined ? [first] : [first, second]);
  });
}

function plannedJob(marker: string, names: readonly FaultKindName[]): PlannedJob {
  const kinds = names.map((name): FaultKind => FAULT_KINDS[name]);
  const label = names.join(' + ');
  const match = { promptIncludes: marker };
  const rest = kinds.filter(({ endsAttempt, firstPost }) => !endsAttempt && !firstPost).map(({ rule }) => rule);
  const always = Object.assign({}, ...rest) as Rule;
  // A first POST may make the task, so what happens to that stands beside it.
  const firstPosts = kinds
    .filter(({ firstPost }) => firstPost)
    .map(({ rule }) => ({ ...always, ...rule, match: { ...match, post: 1 } }));
  // A fault that costs the attempt takes one submission; the next attempt meets what is left.
  const attempts = kinds.filter(({ endsAttempt }) => endsAttempt).map(({ rule }) => ({ ...rule, times: 1 }));
  const rules: Rule[] = [...firstPosts, ...attempts, ...(rest.length > 0 ? [always] : [])];
  return {
    marker,
    kinds: names,
    rules: rules.map((rule) => ({ label, match, ...rule })),
    request: Object.assign({}, ...kinds.map(({ request }) => request)) as Record<string, unknown>,
    assumed: kinds.some(({ assumed }) => assumed),
    ends: kinds.find(({ ends }) => ends !== 'succeeds')?.ends ?? 'succeeds',
  };
}

/** Two faults of one part would hide each other, and after a failed end there is nothing left to go wrong. */
function goTogether(first: FaultKind, second: FaultKind): boolean {
  const parts = (kind: FaultKind) => Object.keys(kind.rule);
  if (first.alone === true || second.alone === true) return false;
  const own = parts(first);
  const others = parts(second);
  return others.length > 0 && own.every((part) => !others.includes(part));
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], below: (limit: number) => number): T[] {
  const deck = [...items];
  for (let index = deck.length - 1; index > 0; index--) {
    const other = below(index + 1);
    [deck[index], deck[other]] = [deck[other], deck[index]];
  }
  return deck;
}
