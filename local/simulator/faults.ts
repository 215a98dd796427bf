/**
 * Scripted behaviour as data: a rule says which requests it is for and what happens to them. The first rule that
 * matches and still has uses left wins; a request without a rule is served normally.
 */
import { creditUnits } from './billing';

/** An answer instead of the normal one. */
export interface ReplyFault {
  /** HTTP status. What is left out besides follows EvoLink's documentation of that status. */
  readonly status?: number;
  /** `error.code`, beside a `status`: EvoLink sends text on most pages, an integer on others. */
  readonly code?: string | number;
  readonly message?: string;
  /** For example `{ 'retry-after': '2' }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, raw: text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  /** Real milliseconds before the reply. */
  readonly delayMs?: number;
  /** The connection is destroyed instead of a reply. */
  readonly dropReply?: boolean;
}

export interface SubmitFault extends ReplyFault {
  /** Whether the task exists (and is paid) all the same. @default - true unless `status` is an error */
  readonly createTask?: boolean;
}

export interface QueryFault extends ReplyFault {
  /** So many replies per task; later ones are normal. @default - all */
  readonly times?: number;
}

export interface FileFault extends QueryFault {
  /** Instead of `image/png`; the bytes stay. */
  readonly contentType?: string;
  /** Only so many bytes arrive although the headers promise all; then the connection breaks. */
  readonly truncate?: number;
  /** No `Content-Length`. */
  readonly chunked?: boolean;
  /** The body comes in ten pieces over so many real milliseconds. */
  readonly dripMs?: number;
}

/** How a task runs and ends. */
export interface TaskScript {
  /** @default 'completed' */
  readonly outcome?: 'completed' | 'failed' | 'cancelled';
  /** `error.code` of a failed task. `request_cancelled` is the other form of a cancelled one. @default 'service_error' */
  readonly errorCode?: string | number;
  readonly errorMessage?: string;
  /** Shown instead of `processing`; with `never`, for good. For a status that nobody knows. */
  readonly status?: string;
  /** Never ends; its credits stay held. */
  readonly never?: boolean;
  /** Simulated milliseconds; 0 pending = the reply to the submission already says `processing`. */
  readonly pendingMs?: number;
  readonly processingMs?: number;
  /** Delivered images, for fewer than were asked for. Only these are billed. */
  readonly images?: number;
  /** Delivered pixels, for a size that differs from what was asked for or is in no table. They are billed. */
  readonly size?: { readonly width: number; readonly height: number };
  /** The final charge, decimal text, instead of the published formula's. */
  readonly creditsUsed?: string;
  /** No `usage` in the finished task. */
  readonly omitUsage?: boolean;
  /** `tokens`: an OpenAI-style token block instead of credits. An object is shown as it is. The bill stays right. */
  readonly usage?: 'tokens' | Readonly<Record<string, unknown>>;
  /** Unknown extra fields in every view of the task. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** How the callback of a task is delivered. */
export interface CallbackScript {
  /**
   * `before-reply`: the task ends and its callback is delivered before the submission is answered. `twice`: once more
   * after the first was accepted. A number: so many at the same time. `while-processing`: one more when the work begins,
   * long before there is anything to tell.
   * @default 'normal'
   */
  readonly deliver?: 'normal' | 'never' | 'twice' | 'before-reply' | 'while-processing' | number;
  /** Simulated milliseconds between the settlement and the first delivery. */
  readonly delayMs?: number;
  /** The body, raw: text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  /** The body says `completed`, with a link to somebody else's image, whatever the task is. */
  readonly lies?: boolean;
}

/** What goes otherwise than at a friendly EvoLink, and for which requests. */
export interface Rule {
  /** Shown with the submissions and tasks that the rule took. */
  readonly label?: string;
  /** @default - every request */
  readonly match?: { readonly promptIncludes?: string; readonly model?: string; readonly taskId?: string };
  /** Uses, in all. @default - unlimited */
  readonly times?: number;
  readonly submit?: SubmitFault;
  readonly task?: TaskScript;
  readonly callback?: CallbackScript;
  readonly query?: QueryFault;
  readonly file?: FileFault;
  /** Faults of `GET /v1/tasks` and `GET /v1/credits`, for rules without a `match`. */
  readonly list?: ReplyFault;
  readonly credits?: ReplyFault;
}

/** What a rule is matched against. */
export interface Subject {
  readonly prompt?: string;
  readonly model?: string;
  readonly taskId?: string;
}

type ReplyPart = 'query' | 'file' | 'list' | 'credits';

/** A rule with one of these takes submissions; one without looks at every single reply instead. */
const SUBMISSION_PARTS = ['submit', 'task', 'callback'] as const;

const RULE_FIELDS: Readonly<Record<string, readonly string[]>> = (() => {
  const reply = ['status', 'code', 'message', 'headers', 'body', 'delayMs', 'dropReply'];
  const run = ['outcome', 'errorCode', 'errorMessage', 'status', 'never', 'pendingMs', 'processingMs', 'images'];
  const money = ['size', 'creditsUsed', 'omitUsage', 'usage', 'extra'];
  return {
    match: ['promptIncludes', 'model', 'taskId'],
    submit: [...reply, 'createTask'],
    task: [...run, ...money],
    callback: ['deliver', 'delayMs', 'body', 'lies'],
    query: [...reply, 'times'],
    file: [...reply, 'times', 'contentType', 'truncate', 'chunked', 'dripMs'],
    list: reply,
    credits: reply,
  };
})();

/** Refuses misspelt fields: a rule that silently does nothing makes a test pass for the wrong reason. */
export function checkRule(value: unknown): Rule {
  const rule = asObject('rule', value);
  for (const [name, part] of Object.entries(rule)) {
    if (name === 'label' || name === 'times') continue;
    const known = Object.hasOwn(RULE_FIELDS, name) ? RULE_FIELDS[name] : undefined;
    if (known === undefined) throw new TypeError(`A rule has no '${name}'.`);
    const fields = asObject(name, part);
    const unknown = Object.keys(fields).filter((field) => !known.includes(field));
    if (unknown.length > 0) {
      throw new TypeError(`'${name}' has no '${unknown.join("', '")}'; it has ${known.join(', ')}.`);
    }
    if ((fields.code !== undefined || fields.message !== undefined) && fields.status === undefined) {
      throw new TypeError(`'${name}' has a code or a message, but no status to send it with.`);
    }
  }
  const checked = rule as Rule;
  // Read when the task ends, on a timer, where nobody could catch the error.
  if (checked.task?.creditsUsed !== undefined) creditUnits(checked.task.creditsUsed);
  return checked;
}

function asObject(name: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TypeError(`'${name}' must be an object.`);
}

interface Scripted {
  readonly rule: Rule;
  uses: number;
}

export class Script {
  private rules: Scripted[] = [];
  /** Faulted replies so far, per task: rule part by rule part. */
  private readonly replies = new Map<string, Map<ReplyFault, number>>();

  add(rule: Rule): void {
    this.rules.push({ rule: checkRule(rule), uses: 0 });
  }

  clear(): void {
    this.rules = [];
    this.replies.clear();
  }

  /** The rule for a submission; taking it is a use. */
  forSubmission(subject: Subject): Rule | undefined {
    return this.take(
      subject,
      (rule) => SUBMISSION_PARTS.some((part) => rule[part] !== undefined) || !hasReplyPart(rule),
    );
  }

  /** The fault of one reply about a task, or of a route: of the rule that took the task first, then of the others. */
  forReply<P extends ReplyPart>(part: P, subject: Subject, taken?: Rule): Rule[P] | undefined {
    const subjectId = subject.taskId ?? '';
    const counts = this.replies.get(subjectId) ?? new Map<ReplyFault, number>();
    const hasRoom = (rule: Rule) => {
      const fault = rule[part];
      const times = fault !== undefined && 'times' in fault ? fault.times : undefined;
      return fault !== undefined && (counts.get(fault) ?? 0) < (times ?? Infinity);
    };
    const rule =
      taken !== undefined && hasRoom(taken)
        ? taken
        : this.take(subject, (next) => SUBMISSION_PARTS.every((name) => next[name] === undefined) && hasRoom(next));
    const fault = rule?.[part];
    if (fault !== undefined) this.replies.set(subjectId, counts.set(fault, (counts.get(fault) ?? 0) + 1));
    return fault;
  }

  private take(subject: Subject, suits: (rule: Rule) => boolean): Rule | undefined {
    const found = this.rules.find(
      (next) => next.uses < (next.rule.times ?? Infinity) && matches(next.rule, subject) && suits(next.rule),
    );
    if (found !== undefined) found.uses++;
    return found?.rule;
  }
}

function hasReplyPart(rule: Rule): boolean {
  return rule.query !== undefined || rule.file !== undefined || rule.list !== undefined || rule.credits !== undefined;
}

function matches({ match = {} }: Rule, subject: Subject): boolean {
  if (match.promptIncludes !== undefined && !subject.prompt?.includes(match.promptIncludes)) return false;
  if (match.model !== undefined && match.model !== subject.model) return false;
  return match.taskId === undefined || match.taskId === subject.taskId;
}
