/** The upper half of the dashboard: what it costs, what it will cost, and how far the money goes. */
import type { IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { CREDIT_SCOPES, DIMENSION } from '../domain/constants';
import { meteredVariants, withModels } from '../domain/models';
import { meteredShares } from './budget';
import { figure, FULL_WIDTH, graph, graphOfTwo, HALF_WIDTH, PER_HOUR } from './dashboard-widgets';
import { renderModels } from './image-model';
import type { PipelineDashboardProps } from './pipeline-dashboard';

/** Rows of widgets. */
export function costRows(props: PipelineDashboardProps): IWidget[][] {
  return [inFigures(props), perHour(props), ...budgetUse(props), accounts(props), estimates(props)];
}

/** For whoever pays: no unit but dollars, credits and days. */
function inFigures({ pipeline }: PipelineDashboardProps): IWidget[] {
  return [
    figure('Today', pipeline.metricCostTodayUsd({ label: 'USD since midnight UTC' })),
    figure('This month', pipeline.metricCostThisMonthUsd({ label: 'USD' })),
    figure('Forecast for the month', pipeline.metricCostForecastMonthUsd({ label: 'USD' })),
    figure('Cost per image', pipeline.metricCostPerImageUsd({ label: 'USD, this month' })),
    figure('Credits left', pipeline.metricCreditsRemaining({ label: 'credits at EvoLink' })),
    figure('Days left at this rate', pipeline.metricCreditsDaysLeft({ label: 'days' })),
  ];
}

function perHour({ pipeline, tenants, models }: PipelineDashboardProps): IWidget[] {
  const byQuality = meteredVariants(withModels(renderModels(models))).map(({ model, quality }) =>
    pipeline.metricCostUsd({
      dimensionsMap: { [DIMENSION.model]: model, [DIMENSION.quality]: quality },
      label: `${model} ${quality}`,
      period: PER_HOUR,
    }),
  );
  const byTenant = tenants.map((tenant) =>
    pipeline.metricCostUsd({ dimensionsMap: { [DIMENSION.tenant]: tenant }, label: tenant, period: PER_HOUR }),
  );
  const width = tenants.length === 0 ? FULL_WIDTH : HALF_WIDTH;
  const quality = graph('Cost per hour by model and quality', 'USD', byQuality, { stacked: true, width });
  return tenants.length === 0
    ? [quality]
    : [quality, graph('Cost per hour by tenant', 'USD', byTenant, { stacked: true })];
}

/** Nothing where nothing is limited, or where every tenant has a limit and none is told apart. */
function budgetUse({ pipeline, budgets, tenants }: PipelineDashboardProps): IWidget[][] {
  const used = budgets.flatMap((budget) =>
    meteredShares(budget, tenants).map((tenant) =>
      tenant === undefined
        ? pipeline.metricBudgetUsePercent(budget.id, { label: budget.id })
        : pipeline.metricBudgetUsePercent(budget.id, {
            dimensionsMap: { [DIMENSION.tenant]: tenant },
            label: `${budget.id} ${tenant}`,
          }),
    ),
  );
  if (used.length === 0) return [];
  const lines = [
    { value: 80, label: 'warning' },
    { value: 100, label: 'limit' },
  ];
  return [[graph('Budgets: spent and held', '% of the limit', used, { width: FULL_WIDTH, lines })]];
}

function accounts({ pipeline }: PipelineDashboardProps): IWidget[] {
  const remaining = CREDIT_SCOPES.map((scope) =>
    pipeline.metricCreditsRemaining({ dimensionsMap: { [DIMENSION.scope]: scope }, label: `left of the ${scope}` }),
  );
  return [
    graph('Credits booked', 'credits', [
      pipeline.metricCreditsToday({ label: 'today' }),
      pipeline.metricCreditsThisMonth({ label: 'this month' }),
      pipeline.metricCreditsForecastMonth({ label: 'forecast for the month' }),
    ]),
    graphOfTwo(
      "EvoLink's account",
      { unit: 'credits', metrics: remaining },
      {
        unit: 'differences',
        metrics: [
          pipeline.metricLedgerDriftCredits({ label: 'drift of the ledger, credits' }),
          pipeline.metricPriceDifferences({ label: 'prices that differ' }),
        ],
      },
    ),
  ];
}

function estimates({ pipeline }: PipelineDashboardProps): IWidget[] {
  const credits = [
    pipeline.metricCreditsUsed({ label: 'charged' }),
    pipeline.metricCreditsHeld({ label: 'held for open attempts' }),
    pipeline.metricOverrunCredits({ label: 'charged above the hold' }),
  ];
  return [
    graphOfTwo(
      'Estimate against actual',
      { unit: 'credits', metrics: credits },
      {
        unit: '%',
        metrics: [pipeline.metricEstimateErrorPercent({ label: 'likely estimate above charge' })],
        signed: true,
      },
    ),
    graph('Tokens', 'tokens', [
      pipeline.metricOutputTokens({ label: 'pictures' }),
      pipeline.metricImageInputTokens({ label: 'references' }),
      pipeline.metricTextTokens({ label: 'prompts' }),
      pipeline.metricCachedTokens({ label: 'of references and prompts, cached' }),
    ]),
  ];
}
