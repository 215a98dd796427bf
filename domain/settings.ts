/** What operators change at run time, without a deployment: one item in the attempt table that every claim reads. */
export interface RuntimeSettings {
  /** The emergency stop: present while no new job may be sent. Running jobs finish. */
  readonly paused?: { readonly since: string; readonly reason?: string };
  /** Limits that replace those of the deployment, by budget id, in credit units (10⁻⁴ credit). */
  readonly budgetLimits?: Readonly<Record<string, number>>;
  /** What is known of EvoLink's idempotency keys. Absent: unproven. */
  readonly idempotency?: IdempotencyProof;
}

/**
 * Whether EvoLink keeps its word that a repeat under the same idempotency key makes no second task.
 * - `proven`: an answer carried the replay header, or `evolink-images verify` saw one task for two POSTs.
 * - `refuted`: a second task for one key was seen. Lost replies are not repeated.
 */
export interface IdempotencyProof {
  readonly state: 'proven' | 'refuted';
  /** ISO time. */
  readonly since: string;
  /** What showed it. */
  readonly by: 'replay' | 'second task' | 'verify';
}

export const SETTINGS_KEY = { pk: 'settings', sk: 'settings' } as const;
