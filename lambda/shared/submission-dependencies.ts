import type { BudgetRule } from '../../domain/budgets';
import { ENV } from '../../domain/constants';
import { optionalJson, requireCount } from './config';
import { attemptDependencies } from './dependencies';
import { referenceDependencies } from './references/dependencies';

/** Built once when a function starts: what `submit` and `dispatch` need to let attempts through and send them. */
export const submissionDependencies = () => ({
  ...attemptDependencies(),
  references: referenceDependencies(),
  // Empty where the pipeline has no callback endpoint, so it may not be required like the others.
  // The URL of a function ends with a slash.
  callbackBaseUrl: (process.env[ENV.callbackBaseUrl] ?? '').replace(/\/+$/, ''),
  firstCheckSeconds: requireCount('firstCheckSeconds'),
  maxQueueSeconds: requireCount('maxQueueSeconds'),
  budgets: optionalJson<BudgetRule[]>('budgets') ?? [],
});
