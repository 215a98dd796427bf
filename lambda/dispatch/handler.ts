import type { Context } from 'aws-lambda';
import type { BudgetRule } from '../../domain/budgets';
import { ENV } from '../../domain/constants';
import { optionalJson, requireCount } from '../shared/config';
import { attemptDependencies } from '../shared/dependencies';
import { referenceDependencies } from '../shared/references/dependencies';
import { dispatch } from './dispatch';

const dependencies = {
  ...attemptDependencies(),
  references: referenceDependencies(),
  callbackBaseUrl: process.env[ENV.callbackBaseUrl] ?? '',
  firstCheckSeconds: requireCount('firstCheckSeconds'),
  maxQueueSeconds: requireCount('maxQueueSeconds'),
  budgets: optionalJson<BudgetRule[]>('budgets') ?? [],
};

/** What one attempt may take from here: as much as `submit` has for it. */
const RESERVE_MS = 85_000;

/** Invoked asynchronously, with nothing: what there is to send is in the table. */
export const handler = async (
  _event: unknown,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<{ sent: number; end: string }> =>
  dispatch({ ...dependencies, deadline: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
