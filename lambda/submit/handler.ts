import type { BudgetRule } from '../../domain/budgets';
import { ENV } from '../../domain/constants';
import { optionalJson, requireCount } from '../shared/config';
import { attemptDependencies } from '../shared/dependencies';
import { referenceDependencies } from '../shared/references/dependencies';
import type { SubmitEvent } from './submit';
import { submit } from './submit';

const dependencies = {
  ...attemptDependencies(),
  references: referenceDependencies(),
  // Empty where the pipeline has no callback endpoint, so it may not be required like the others.
  callbackBaseUrl: process.env[ENV.callbackBaseUrl] ?? '',
  firstCheckSeconds: requireCount('firstCheckSeconds'),
  maxQueueSeconds: requireCount('maxQueueSeconds'),
  budgets: optionalJson<BudgetRule[]>('budgets') ?? [],
};

/** The Generate state: claims the attempt and submits it to EvoLink, once. */
export const handler = (event: SubmitEvent): Promise<void> => submit(event, dependencies);
