/** How EvoLink, or something in front of it, may take a POST: whether it makes a task, and what our function hears of it. */
import {
  EvolinkConnectionError,
  type EvolinkError,
  EvolinkInvalidRequestError,
  EvolinkRateLimitedError,
  EvolinkTimeoutError,
  EvolinkUnauthorizedError,
  EvolinkUnavailableError,
} from '../../../evolink';

export interface Fate {
  readonly makesTask: boolean;
  /** What our function hears: `killed` is nothing any more, `lost` no reply in time. */
  readonly answer: 'task' | 'lost' | 'busy' | 'refused' | 'no connection' | 'key refused' | 'killed';
  readonly error?: () => EvolinkError;
}

const lost = () => new EvolinkTimeoutError('no reply', { outcome: 'unknown' });
const unavailable = () => new EvolinkUnavailableError('503', { status: 503, outcome: 'unknown' });
const noChannel = () =>
  new EvolinkUnavailableError('400', { status: 400, code: 'no_available_channel', outcome: 'refused' });
const invalid = () => new EvolinkInvalidRequestError('400', { status: 400, outcome: 'refused' });

export const FATES = {
  accepted: { makesTask: true, answer: 'task' },
  'lost after acceptance': { makesTask: true, answer: 'lost', error: lost },
  'lost on the way': { makesTask: false, answer: 'lost', error: lost },
  'killed after acceptance': { makesTask: true, answer: 'killed' },
  'unavailable after acceptance': { makesTask: true, answer: 'busy', error: unavailable },
  unavailable: { makesTask: false, answer: 'busy', error: unavailable },
  'rate limited': {
    makesTask: false,
    answer: 'busy',
    error: () => new EvolinkRateLimitedError('429', { status: 429, outcome: 'unknown' }),
  },
  'rate limited for a moment, after acceptance': {
    makesTask: true,
    answer: 'busy',
    error: () => new EvolinkRateLimitedError('429', { status: 429, outcome: 'unknown', retryAfterSeconds: 5 }),
  },
  'no channel': { makesTask: false, answer: 'busy', error: noChannel },
  'no channel after acceptance': { makesTask: true, answer: 'busy', error: noChannel },
  refused: { makesTask: false, answer: 'refused', error: invalid },
  // In its own form, and wrong: the task comes to light by its callback alone.
  'refused after acceptance': { makesTask: true, answer: 'refused', error: invalid },
  'no connection': {
    makesTask: false,
    answer: 'no connection',
    error: () => new EvolinkConnectionError('refused', { outcome: 'no_task' }),
  },
  'key refused': {
    makesTask: false,
    answer: 'key refused',
    error: () => new EvolinkUnauthorizedError('401', { status: 401, outcome: 'refused' }),
  },
} as const satisfies Record<string, Fate>;

export type PostFate = keyof typeof FATES;
