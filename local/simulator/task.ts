/** A task as the simulator keeps it. */
import type { Account, ApiKey } from './accounts';
import type { Tokens } from './billing';
import type { RefundState } from './billing-block';
import type { ValidRequest } from './contract';
import type { Rule } from './faults';
import type { Pixels } from './sizes';
import type { ListedStatus } from './task-index';
import type { CallbackDelivery, FileDownload } from './types';

export type TaskState = 'pending' | 'processing' | 'completed' | 'failed' | 'cancelled';

export interface TaskImage {
  /** 32 hex digits, the secret part of its link. */
  readonly fileId: string;
  /** From 1. */
  readonly number: number;
}

export interface Task {
  readonly id: string;
  readonly sequence: number;
  readonly apiKey: ApiKey;
  readonly request: ValidRequest;
  /** The rule that took the submission. */
  readonly rule?: Rule;
  readonly createdAt: number;
  readonly reservedUnits: number;
  state: TaskState;
  listedAs: ListedStatus;
  processingAt?: number;
  /** When it is expected to end; progress is shown against it. */
  endsAt?: number;
  settledAt?: number;
  usedUnits: number;
  tokens?: Tokens;
  refund?: RefundState;
  refundedAt?: number;
  error?: { readonly code: string | number; readonly message: string };
  /** Pixels of every image; before the end, as far as they are known. */
  readonly delivered: Pixels;
  images: readonly TaskImage[];
  readonly callbacks: CallbackDelivery[];
  readonly downloads: FileDownload[];
}

export function isSettled(task: Task): boolean {
  return task.settledAt !== undefined;
}

/** By name: a key that is added anew keeps the tasks of its account. */
export function belongsTo(task: Task, account: Account): boolean {
  return task.apiKey.account.name === account.name;
}
