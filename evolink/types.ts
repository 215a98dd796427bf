/** EvoLink's answers, read tolerantly: fields that are missing or unknown never make a reply unusable. */
import type { ProviderRequest } from '../domain/job';

export interface SubmitRequest extends ProviderRequest {
  /** Left out where no callback can arrive: the sweep finds the task instead. */
  readonly callback_url?: string;
}

/** A status that we do not know is reported as `unknown`, with the text kept in `rawStatus`: it is not an end. */
export type TaskStatus = 'pending' | 'processing' | 'completed' | 'failed' | 'cancelled' | 'unknown';

export interface SubmittedTask {
  readonly id: string;
  readonly status: TaskStatus;
  readonly model?: string;
  /** Seconds that EvoLink expects the task to take. */
  readonly estimatedSeconds?: number;
  readonly billingRule?: string;
  /** EvoLink's clock, from the `Date` header: epoch milliseconds. */
  readonly serverTime?: number;
  /** `x-request-id` or `x-oneapi-request-id`: what EvoLink's support asks for. */
  readonly requestId?: string;
  /** EvoLink knew the idempotency key: this is the task of an earlier POST, and nothing was charged again. */
  readonly replayed?: boolean;
}

export interface Task {
  readonly id: string;
  readonly status: TaskStatus;
  readonly rawStatus: string;
  readonly progress?: number;
  readonly model?: string;
  readonly billingRule?: string;
  /** Links to the images, each once, `https:` or `http:`; empty unless completed. They live 24 h. */
  readonly results: readonly string[];
  /** Only when failed or cancelled. `code` is a string here even if EvoLink sent an integer. */
  readonly error?: { readonly code: string; readonly message: string };
  /** EvoLink's usage block, untouched. */
  readonly usage?: unknown;
  /** EvoLink's billing block, untouched: what was charged and given back. Older gateways send none. */
  readonly billing?: unknown;
  readonly requestId?: string;
}

export interface TaskListEntry {
  readonly id: string;
  readonly model?: string;
  readonly status: TaskStatus;
  /** Epoch seconds. */
  readonly createdAt?: number;
}

export interface TaskList {
  readonly total: number;
  readonly page: number;
  readonly pageSize: number;
  readonly entries: readonly TaskListEntry[];
  readonly serverTime?: number;
}

/** Decimal strings, exactly as EvoLink printed them, so that no digit is lost. */
export interface Credits {
  readonly account: { readonly remaining: string; readonly used: string };
  readonly key: {
    readonly remaining: string;
    readonly used: string;
    readonly unlimited: boolean;
    /** Absent for a key without a daily limit. It starts afresh at midnight of `timeZone`, an IANA name. */
    readonly daily?: { readonly limit: string; readonly used: string; readonly timeZone?: string };
  };
}
