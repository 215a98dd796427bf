import { simulator } from './clients';
import { forgetIdempotency } from './money';
import { endPause } from './slots';

/** A job takes seconds, and each wait inside a test has a limit of its own with a better message than jest's. */
jest.setTimeout(180_000);

/**
 * All files share one simulator and one pipeline: no rule that one of them scripted may change what another one sees, and
 * none waits for a pause that another one was told to make.
 */
beforeAll(async () => {
  await simulator.reset();
  await endPause();
  await forgetIdempotency();
});
