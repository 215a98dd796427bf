/** What happens to each job of a soak, all of it drawn from one seed. */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { planFaults, type PlannedJob } from '../../../local/simulator/random-faults';

export interface SoakJob extends PlannedJob {
  readonly name: string;
  readonly tenant: string;
  /** Somebody stops it so long after its start. @default - nobody does */
  readonly stopAfterMs?: number;
}

const TENANTS = ['ant', 'bee', 'cat'];

/** Of so many jobs one is stopped, wherever it is by then: in the queue, at EvoLink, in the archive, or at its end. */
const STOPPED_OF = 8;
const LATEST_STOP_MS = 20_000;

/** Refused so, a job backs off for half a minute and more: those begin, so that the others run meanwhile. */
const backsOffLong = ({ kinds }: PlannedJob): boolean => kinds.includes('submit 429');

/** In the order in which they are to be started. */
export function planSoak(seed: number, jobs: number, run: string): SoakJob[] {
  // Not the generator of the faults with the same seed: stops would go with the same faults in every run.
  const rng = xoroshiro128plus(~seed);
  const below = (limit: number) => uniformInt(rng, 0, limit - 1);
  return planFaults(seed, jobs)
    .map((job, index) => ({
      ...job,
      name: `soak-${run}-${index}`,
      tenant: TENANTS[below(TENANTS.length)] ?? '',
      stopAfterMs: below(STOPPED_OF) === 0 ? below(LATEST_STOP_MS) : undefined,
    }))
    .sort((one, other) => Number(backsOffLong(other)) - Number(backsOffLong(one)));
}
