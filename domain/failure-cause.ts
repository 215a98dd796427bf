/** The JSON that an app reads as the `cause` of a failed execution. */
import { STEP_FUNCTIONS_LIMITS } from './constants';
import { failureDefinition, type Charged, type FailureName } from './failures';
import type { Problem } from './job';
import { cut, preview } from './preview';

/** What EvoLink answered, as far as it did. */
export interface ProviderFacts {
  /** HTTP status. */
  readonly status?: number;
  readonly code?: string;
  /** Cut to 1000 characters. */
  readonly message?: string;
  /** What EvoLink's support asks for. */
  readonly request_id?: string;
}

/** What is known about a failure. Further facts may be added by any snake_case name; they are shown shortened. */
export interface FailureCauseFacts {
  /** @default - the meaning of the failure's name */
  readonly message?: string;
  /** @default - what the failure's name implies */
  readonly charged?: Charged;
  /** Left out when no further attempt is to be made. */
  readonly retry_after_seconds?: number;
  readonly job_id?: string;
  readonly attempt?: number;
  readonly task_id?: string;
  readonly problems?: readonly Problem[];
  readonly provider?: ProviderFacts;
  /** Of a refusal: whether it is proven that EvoLink made no task. `likely`: it said no, which proves nothing. */
  readonly no_task?: 'proven' | 'likely';
  /** Of a failed task: whether EvoLink's billing block proves the refund. */
  readonly refund?: 'proven' | 'open';
  readonly [fact: string]: unknown;
}

/** A cause, parsed. Fields that do not apply are not there. */
export interface FailureCause extends FailureCauseFacts {
  readonly error: FailureName;
  readonly message: string;
  readonly charged: Charged;
  /** How many problems did not fit. */
  readonly problems_omitted?: number;
}

const MAX_TEXT = 1_000;
const MAX_FACT = 200;
/** Room for facts of our own; the problems come after them. */
const MAX_HEAD = 16_000;
const MAX_PROBLEMS = 30_000;
/** `,"problems":[],"problems_omitted":123456`, with room to spare. */
const PROBLEMS_FRAME = 64;

/**
 * @returns JSON of at most 32,768 characters, whatever the facts are: Step Functions refuses a longer cause
 */
export function failureCause(name: FailureName, facts: FailureCauseFacts): string {
  const { message, charged, retry_after_seconds, job_id, attempt, task_id, provider, problems, ...others } = facts;
  const definition = failureDefinition(name);
  const head: Record<string, unknown> = {
    error: name,
    message: cut(message ?? definition.meaning, MAX_TEXT),
    charged: charged ?? definition.charged,
    retry_after_seconds,
    job_id: shortened(job_id),
    attempt,
    task_id: shortened(task_id),
    provider: provider && {
      status: provider.status,
      code: shortened(provider.code),
      message: shortened(provider.message, MAX_TEXT),
      request_id: shortened(provider.request_id),
    },
  };
  addFacts(head, others);
  return JSON.stringify(problems ? { ...head, ...fitting(problems, JSON.stringify(head).length) } : head);
}

/** A fact never replaces a field of the contract, and never pushes the problems out. */
function addFacts(head: Record<string, unknown>, facts: Readonly<Record<string, unknown>>): void {
  let length = JSON.stringify(head).length;
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined || Object.hasOwn(head, name)) continue;
    const shown = preview(value, MAX_FACT);
    length += JSON.stringify({ [name]: shown }).length;
    if (length > MAX_HEAD) return;
    head[name] = shown;
  }
}

/** The first problems, as many as fit. */
function fitting(
  problems: readonly Problem[],
  headLength: number,
): Pick<FailureCause, 'problems' | 'problems_omitted'> {
  let room = Math.min(MAX_PROBLEMS, STEP_FUNCTIONS_LIMITS.causeCharacters - headLength - PROBLEMS_FRAME);
  const shown: Problem[] = [];
  for (const problem of problems) {
    const short = shortProblem(problem);
    room -= JSON.stringify(short).length + 1;
    if (room < 0) break;
    shown.push(short);
  }
  const omitted = problems.length - shown.length;
  return { problems: shown, ...(omitted > 0 && { problems_omitted: omitted }) };
}

function shortProblem({ path, code, message, got }: Problem): Problem {
  return {
    path: cut(path, MAX_FACT),
    code: cut(code, MAX_FACT),
    message: cut(message, MAX_TEXT),
    ...(got !== undefined && { got: preview(got) }),
  };
}

function shortened(text: string | undefined, limit = MAX_FACT): string | undefined {
  return text === undefined ? undefined : cut(text, limit);
}
