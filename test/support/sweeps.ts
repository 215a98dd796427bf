import type { SweepDependencies } from '../../lambda/sweep/sweep';
import { sweep } from '../../lambda/sweep/sweep';
import type { TestPipeline } from './pipeline';

export const FIRST_CHECK_SECONDS = 120;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** One run of the sweep, which may take 40 s. */
export function runSweep(pipeline: TestPipeline, dependencies: Partial<SweepDependencies> = {}) {
  return sweep({
    ...pipeline.dependencies(),
    archive: pipeline.lambda.function('archive'),
    firstCheckSeconds: FIRST_CHECK_SECONDS,
    taskTimeoutSeconds: 3_600,
    deadline: pipeline.time + 40_000,
    ...dependencies,
  });
}
