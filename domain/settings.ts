/** What operators change at run time, without a deployment: one item in the attempt table that every claim reads. */
export interface RuntimeSettings {
  /** The emergency stop: present while no new job may be sent. Running jobs finish. */
  readonly paused?: { readonly since: string; readonly reason?: string };
  /** Limits that replace those of the deployment, by budget id, in credit units (10⁻⁴ credit). */
  readonly budgetLimits?: Readonly<Record<string, number>>;
}

export const SETTINGS_KEY = { pk: 'settings', sk: 'settings' } as const;
