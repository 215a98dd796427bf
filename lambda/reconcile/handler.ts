import type { BudgetRule } from '../../domain/budgets';
import { optionalJson } from '../shared/config';
import { accountDependencies } from '../shared/dependencies';
import { reconcile } from './reconcile';

const dependencies = { ...accountDependencies(), budgets: optionalJson<BudgetRule[]>('budgets') ?? [] };

/** The schedule. Runs that overlap report the same figures twice; the later one's memory stays. */
export const handler = (): Promise<void> => reconcile(dependencies);
