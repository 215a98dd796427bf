import type { BudgetRule } from '../../domain/budgets';
import type { PriceTable } from '../../domain/prices';
import type { ReconcileReport } from '../../domain/reconcile-report';
import { optionalJson } from '../shared/config';
import { accountDependencies } from '../shared/dependencies';
import { reconcile } from './reconcile';

const dependencies = {
  ...accountDependencies(),
  budgets: optionalJson<BudgetRule[]>('budgets') ?? [],
  prices: optionalJson<PriceTable>('priceTable'),
};

/**
 * The schedule, or somebody who wants to know now. Runs that overlap report the same figures twice; the later one's
 * memory stays.
 */
export const handler = (): Promise<ReconcileReport> => reconcile(dependencies);
