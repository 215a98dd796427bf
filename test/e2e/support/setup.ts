import { simulator } from './clients';

/** A job takes seconds, and each wait inside a test has a limit of its own with a better message than jest's. */
jest.setTimeout(180_000);

/** All files share one simulator: no rule that one of them scripted may change what another one sees. */
beforeAll(() => simulator.reset());
