/**
 * Scripted behaviour as data: a rule says which requests it is for and what happens to them. The first rule that
 * matches and still has uses left wins; a request without a rule is served normally.
 */
import type { Tokens } from './billing';
import type { BillingScript } from './billing-block';
import type { ErrorFields } from './api-error';
import type { ResultShape } from './result-shapes';
import type { TaskIdForm } from './task-ids';

/** An answer instead of the normal one. */
export interface ReplyFault {
  /** HTTP status. What is left out besides follows EvoLink's documentation of that status. */
  readonly status?: number;
  /**
   * `error.code`. A code that EvoLink documents is enough by itself: its status and type follow. Any other needs a
   * `status`. EvoLink sends text on most pages, an integer on others.
   */
  readonly code?: string | number;
  readonly message?: string;
  /** Further fields of `error`: `request_id`, `param`, `min`, `max`, `allowed_values`, `action_url` and the like. */
  readonly errorFields?: ErrorFields;
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
  /**
   * Whether the task exists (and is paid) all the same. A repeat of a submission that has its task never makes another.
   * @default - true unless the status is an error
   */
  readonly createTask?: boolean;
}

export interface QueryFault extends ReplyFault {
  /** So many replies per task; later ones are normal. @default - all */
  readonly times?: number;
}

/** A fault of the credits route. */
export interface CreditsFault extends ReplyFault {
  /** The reply says `success: false` and has no amounts, with status 200 unless there is another one. */
  readonly success?: false;
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
  /**
   * The final charge, decimal text, instead of the published formula's. A task that fails or is cancelled is charged
   * nothing without it.
   */
  readonly creditsUsed?: string;
  /** Measured tokens of the whole task, which are then billed; kinds that are left out stay as computed. */
  readonly tokens?: Tokens;
  /** The `billing` block, and what really happens to the money of a task without a result. @default - as it should be */
  readonly billing?: BillingScript;
  /** Simulated milliseconds after the end at which a pending refund is completed. @default - never by itself */
  readonly refundAfterMs?: number;
  /** Where the links stand in a completed task. @default 'both' */
  readonly results?: ResultShape;
  /** Form of this task's id. @default - that of the simulator */
  readonly taskIds?: TaskIdForm;
  /** No `usage` in the finished task. */
  readonly omitUsage?: boolean;
  /**
   * Instead of credits: `tokens`, a token block in OpenAI's style, where cached tokens are part of the others;
   * `rule_tokens`, one with the names of EvoLink's price rules, where they are not; an object, shown as it is. The bill
   * stays right.
   */
  readonly usage?: 'tokens' | 'rule_tokens' | Readonly<Record<string, unknown>>;
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
  /** The body, raw: text is sent as it is (`''` for none at all), anything else as JSON. */
  readonly body?: unknown;
  /** The body says `completed`, with a link to somebody else's image, whatever the task is. */
  readonly lies?: boolean;
}

/** Which requests a rule is for: those that fit every field given. */
export interface RuleMatch {
  readonly promptIncludes?: string;
  readonly model?: string;
  readonly taskId?: string;
  /**
   * The n-th POST with its idempotency key, from 1; a POST without a key is always the first. `{ post: 2 }` is the first
   * repeat. Without it, a rule with a `submit` part is for repeats as well as for first POSTs, and a rule that only says
   * how the task runs is never used up by a repeat that is answered with the task that is there.
   */
  readonly post?: number;
}

/** What goes otherwise than at a friendly EvoLink, and for which requests. */
export interface Rule {
  /** Shown with the submissions and tasks that the rule took. */
  readonly label?: string;
  /** @default - every request */
  readonly match?: RuleMatch;
  /** Uses, in all. @default - unlimited */
  readonly times?: number;
  readonly submit?: SubmitFault;
  readonly task?: TaskScript;
  readonly callback?: CallbackScript;
  readonly query?: QueryFault;
  readonly file?: FileFault;
  /** Faults of routes that are not about one task, for rules without a `match`: `GET /v1/tasks` ... */
  readonly list?: ReplyFault;
  /** ... `POST /v1/tasks/batch` ... */
  readonly batch?: ReplyFault;
  /** ... `GET /v1/credits` ... */
  readonly credits?: CreditsFault;
  /** ... `GET /v1/models` ... */
  readonly models?: ReplyFault;
  /** ... and the public price rules. */
  readonly prices?: ReplyFault;
}
