/**
 * What the pipeline assumes of EvoLink without a published promise, and what each answer changes. The one list from
 * which terminal, Markdown and JSON are made.
 */

/** - `not seen`: this run could not show it either way. */
export type State = 'held' | 'not held' | 'not seen';

export interface Assumption {
  readonly title: string;
  /** What it changes in the pipeline, by what was seen. */
  readonly means: Readonly<Record<State, string>>;
}

const NO_REPEAT = 'lost replies are not repeated: such a job waits for its callback, or fails as SubmitOutcomeUnknown';

/** In the order in which they are shown; free ones first. */
export const ASSUMPTIONS = {
  models: {
    title: 'models of the key',
    means: {
      held: 'jobs for these models can be submitted',
      'not held': 'jobs of the default model fail: allow it for the key at EvoLink',
      'not seen': 'a job for a model that the key may not use is refused by EvoLink',
    },
  },
  prices: {
    title: 'public price rules',
    means: {
      held: 'estimates, holds and budgets use the prices that EvoLink publishes',
      'not held': 'estimates and holds are wrong: set the prices of your own (docs/pricing.md)',
      'not seen': 'the packaged prices stay in use',
    },
  },
  'list-form': {
    title: 'task list: form',
    means: {
      held: 'the pipeline reads the list',
      'not held': 'the pipeline throws such a page away, and finds no lost task in it',
      'not seen': 'the pipeline relies on the list for nothing but finding lost tasks',
    },
  },
  'list-page': {
    title: 'task list: page size',
    means: {
      held: 'pages of 50 can be asked for',
      'not held': 'the pipeline asks for 50 and cannot read the answer',
      'not seen': 'the pipeline never asks for more than 50',
    },
  },
  'list-order': {
    title: 'task list: newest first',
    means: {
      held: 'a lost task is looked for on the first pages',
      'not held': 'a lost task may be missed in the list; its callback still names it',
      'not seen': 'a lost task is looked for on the first pages',
    },
  },
  'list-scope': {
    title: 'task list: whole account',
    means: {
      held: 'the list shows tasks of other keys too: give the pipeline an account of its own',
      'not held': 'other keys of the account do not disturb the pipeline',
      'not seen': 'give the pipeline an account of its own',
    },
  },
  'unknown-task': {
    title: 'refusal: unknown task',
    means: {
      held: 'a task that EvoLink has forgotten is told from a fault',
      'not held': 'a forgotten task is asked for until the attempt is given up',
      'not seen': '-',
    },
  },
  'bad-key': {
    title: 'refusal: bad key',
    means: {
      held: 'a rotated key is tried once more, then the job fails as a key problem',
      'not held': 'a bad key is not recognised: jobs stay open instead of failing at once',
      'not seen': '-',
    },
  },
  'bad-request': {
    title: 'refusal: bad request',
    means: {
      held: 'a refused job ends at once and books nothing',
      'not held': 'a job that EvoLink refuses stays open, or is charged after all',
      'not seen': '-',
    },
  },
  batch: {
    title: 'batch query',
    means: {
      held: 'many tasks can be read in one call',
      'not held': 'tasks have to be read one by one',
      'not seen': '-',
    },
  },
  repeat: {
    title: 'repeat, same key and bytes',
    means: {
      held: 'a lost reply is repeated under its key, for 15 minutes at most',
      'not held': NO_REPEAT,
      'not seen': NO_REPEAT,
    },
  },
  'replay-header': {
    title: 'repeat: replay header',
    means: {
      held: 'production proves by itself that keys are honoured, at the first lost reply',
      'not held': 'production cannot prove by itself that keys are honoured; this run can',
      'not seen': '-',
    },
  },
  'other-body': {
    title: 'same key, other body',
    means: {
      held: 'a repeat that is not byte-identical is refused, and pays nothing',
      'not held': 'only byte-identical repeats are safe: the pipeline sends no others',
      'not seen': 'the pipeline repeats byte-identical requests only',
    },
  },
  'repeat-ended': {
    title: 'repeat, task has ended',
    means: {
      held: 'a repeat is safe also after the task has ended',
      'not held': 'a late repeat pays again: lost replies must not be repeated',
      'not seen': 'a repeat is trusted for 15 minutes after the first POST',
    },
  },
  pair: {
    title: 'two POSTs at the same time',
    means: {
      held: 'a repeat is safe while the first POST is still being answered',
      'not held': 'a repeat before the first POST has ended pays twice: lost replies must not be repeated',
      'not seen': 'a repeat waits until the first POST has timed out',
    },
  },
  callback: {
    title: "callback's body",
    means: {
      held: '-',
      'not held': '-',
      'not seen': 'needs a public address of its own; the pipeline takes a callback as a hint and asks for the task',
    },
  },
  result: {
    title: 'result: form',
    means: {
      held: 'every link of a completed task is found',
      'not held': 'a completed task without a link is charged and has no image: see the raw task at EvoLink',
      'not seen': '-',
    },
  },
  'link-scheme': {
    title: 'result: https link',
    means: {
      held: 'images come encrypted',
      'not held': 'an http link is tried over https first, then as it is, with a warning on the job',
      'not seen': '-',
    },
  },
  'link-life': {
    title: 'result: life of the link',
    means: {
      held: 'an image can be fetched again for a day',
      'not held': 'an image that is not archived at once may be lost: alarm on dead letters at once',
      'not seen': 'images are archived at once; a day is assumed for repeats',
    },
  },
  pixels: {
    title: 'result: pixels of the file',
    means: {
      held: 'the token formula counts the pixels that are delivered',
      'not held': 'holds may be too low: the charge follows the pixels that are delivered',
      'not seen': '-',
    },
  },
  usage: {
    title: 'usage: settled charge',
    means: {
      held: "jobs are booked at EvoLink's own figure",
      'not held': 'jobs are booked from token counts, or at the held amount marked assumed',
      'not seen': '-',
    },
  },
  billing: {
    title: 'billing block',
    means: {
      held: 'refunds of failed tasks can be proven, so a job may try again',
      'not held': 'no refund can be proven: a failed job is not tried again by itself',
      'not seen': '-',
    },
  },
  charge: {
    title: 'charge: exact price rule',
    means: {
      held: 'the ledger can be recomputed to the last unit',
      'not held': "the ledger follows EvoLink's figure; estimates differ from it",
      'not seen': '-',
    },
  },
  hold: {
    title: 'charge within the hold',
    means: {
      held: 'budgets cannot be overshot',
      'not held': 'budgets may be overshot: see OverrunCredits',
      'not seen': '-',
    },
  },
  'balance-key': {
    title: 'balance of the key',
    means: {
      held: 'each task was charged once',
      'not held': 'the key was charged otherwise than the tasks say: compare with the dashboard of EvoLink',
      'not seen': 'compare with the dashboard of EvoLink',
    },
  },
  'balance-account': {
    title: 'balance of the account',
    means: {
      held: 'the daily comparison with the account finds every drift',
      'not held': 'the daily comparison with the account shows drift that is none of the pipeline',
      'not seen': 'give the pipeline an account of its own: then the daily comparison is exact',
    },
  },
} as const satisfies Readonly<Record<string, Assumption>>;

export type AssumptionId = keyof typeof ASSUMPTIONS;

export const ASSUMPTION_IDS = Object.keys(ASSUMPTIONS) as AssumptionId[];
