/** What EvoLink may do in more than one way, because nobody outside knows which; a test chooses, also at run time. */
import { TASK_ID_FORMS, type TaskIdForm } from './task-ids';

/** How `GET /v1/tasks` behaves. */
export interface TaskListBehaviour {
  /** Whose tasks it shows. EvoLink's own client says: the whole account's. @default 'account' */
  readonly scope: 'account' | 'key';
  /** Rows of a page at most; EvoLink's own client never asks for more than 50. @default 50 */
  readonly largestPage: number;
  /** What happens to a larger `page_size`: it is cut, and the reply shows the size that was used; or 400. @default 'cut' */
  readonly oversize: 'cut' | 'refuse';
  /** A number is shown as it is. @default 'exact' */
  readonly total: 'exact' | 'missing' | number;
  /** Whether the reply has `page` and `page_size`. @default true */
  readonly echo: boolean;
  /** Simulated milliseconds before a task is listed. @default 0 */
  readonly lagMs: number;
  /** Simulated milliseconds after which a task is no longer listed; `null` for never. @default null */
  readonly retentionMs: number | null;
}

/** Everything that a test can switch. */
export interface Behaviour {
  /** Whether the gateway honours `Idempotency-Key`, or makes a task of every POST. @default 'honoured' */
  readonly idempotency: 'honoured' | 'ignored';
  /**
   * Simulated milliseconds that a key is remembered, from its first POST. EvoLink's own client never relies on more than
   * 15 minutes, so the simulator does not give more unless it is asked to.
   * @default 900000
   */
  readonly idempotencyMemoryMs: number;
  /** A POST that was refused uses its key up: a repeat gets the same refusal again. @default false */
  readonly refusalUsesKey: boolean;
  /** Tasks carry a `billing` block; older gateways send none. @default true */
  readonly billing: boolean;
  /** @default 'unified' */
  readonly taskIds: TaskIdForm;
  /** A query refuses an id without `task-unified-`, as EvoLink's page of the route says. @default false */
  readonly requireIdPrefix: boolean;
  /** `POST /v1/tasks/batch` exists; otherwise it answers 404. @default true */
  readonly batch: boolean;
  /** Whether the tokens of n images are billed as one sum, or each image by itself. EvoLink does not say. @default 'one-sum' */
  readonly imageBilling: 'one-sum' | 'per-image';
  readonly taskList: TaskListBehaviour;
}

/** Some of it; the rest stays as it is. */
export type BehaviourChange = Partial<Omit<Behaviour, 'taskList'>> & { readonly taskList?: Partial<TaskListBehaviour> };

export const DEFAULT_BEHAVIOUR: Behaviour = {
  idempotency: 'honoured',
  idempotencyMemoryMs: 15 * 60 * 1000,
  refusalUsesKey: false,
  billing: true,
  taskIds: 'unified',
  requireIdPrefix: false,
  batch: true,
  imageBilling: 'one-sum',
  taskList: {
    scope: 'account',
    largestPage: 50,
    oversize: 'cut',
    total: 'exact',
    echo: true,
    lagMs: 0,
    retentionMs: null,
  },
};

type Check = (value: unknown) => boolean;

const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const flag = oneOf(true, false);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;

const CHECKS: Readonly<Record<keyof Omit<Behaviour, 'taskList'>, Check>> = {
  idempotency: oneOf('honoured', 'ignored'),
  idempotencyMemoryMs: count,
  refusalUsesKey: flag,
  billing: flag,
  taskIds: oneOf(...TASK_ID_FORMS),
  requireIdPrefix: flag,
  batch: flag,
  imageBilling: oneOf('one-sum', 'per-image'),
};

const LIST_CHECKS: Readonly<Record<keyof TaskListBehaviour, Check>> = {
  scope: oneOf('account', 'key'),
  largestPage: (value) => count(value) && value !== 0,
  oversize: oneOf('cut', 'refuse'),
  total: (value) => value === 'exact' || value === 'missing' || typeof value === 'number',
  echo: flag,
  lagMs: count,
  retentionMs: (value) => value === null || count(value),
};

export class BehaviourSwitch {
  private readonly initial: Behaviour;
  private present: Behaviour;

  constructor(initial: BehaviourChange) {
    this.initial = changed(DEFAULT_BEHAVIOUR, initial);
    this.present = this.initial;
  }

  readonly current = (): Behaviour => this.present;

  /** Throws TypeError for a name or a value that is not known, and then changes nothing. */
  change(change: BehaviourChange): void {
    this.present = changed(this.present, change);
  }

  /** Back to what the simulator was started with. */
  reset(): void {
    this.present = this.initial;
  }
}

function changed(from: Behaviour, change: BehaviourChange): Behaviour {
  const { taskList = {}, ...rest } = change;
  const problems = [...problemsOf(rest, CHECKS), ...problemsOf(taskList, LIST_CHECKS, 'taskList.')];
  if (problems.length > 0) throw new TypeError(`The simulator cannot behave like that: ${problems.join('; ')}.`);
  return { ...from, ...defined(rest), taskList: { ...from.taskList, ...defined(taskList) } };
}

function problemsOf(values: object, checks: Readonly<Record<string, Check>>, prefix = ''): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (!Object.hasOwn(checks, name)) return [`there is no '${prefix}${name}'`];
    return checks[name](value) ? [] : [`'${prefix}${name}' cannot be ${JSON.stringify(value)}`];
  });
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>;
}

/** The part of the simulator's options that is behaviour. */
export function behaviourIn(options: BehaviourChange): BehaviourChange {
  const names = [...Object.keys(CHECKS), 'taskList'] as (keyof BehaviourChange)[];
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}
