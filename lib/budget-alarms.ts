import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { DIMENSION } from '../domain/constants';
import { type AlarmRule, gaugePeriod } from './alarm-rule';
import { meteredShares } from './budget';
import type { PipelineAlarmsProps } from './pipeline-alarms';

const LEVELS = [
  {
    percent: 80,
    sentence: 'is used to 80 %',
    why: 'The threshold is 80 %: early enough to raise the limit or to slow down before jobs are refused.',
    section: 'budget-at-80-percent',
  },
  {
    percent: 100,
    sentence: 'is used up',
    why: 'The threshold is 100 %: from here on jobs are refused until the period ends.',
    section: 'budget-at-100-percent',
  },
];

/** Two for each budget, and for each configured tenant where every tenant has its own; one for jobs that were refused. */
export function budgetAlarms(props: PipelineAlarmsProps): AlarmRule[] {
  const { pipeline, budgets, tenants } = props;
  const common = { comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD };
  const shares = budgets.flatMap((budget) =>
    meteredShares(budget, tenants).map((tenant) => ({ id: budget.id, tenant })),
  );
  const used = shares.flatMap(({ id, tenant }) =>
    LEVELS.map(({ percent, sentence, why, section }) => ({
      ...common,
      id: ['Budget', id, tenant, percent].filter((part) => part !== undefined).join('-'),
      metric: pipeline.metricBudgetUsePercent(id, {
        period: gaugePeriod(props),
        ...(tenant === undefined ? {} : { dimensionsMap: { [DIMENSION.tenant]: tenant } }),
      }),
      threshold: percent,
      // What was used stays used while nobody reports.
      missing: TreatMissingData.IGNORE,
      sentence: `The budget ${id}${tenant === undefined ? '' : ` of tenant ${tenant}`} ${sentence}.`,
      why,
      section,
    })),
  );
  return budgets.length === 0 ? [] : [...used, jobsRefused(props)];
}

/** A budget may refuse jobs below 100 %: what is left is smaller than what they would hold. */
function jobsRefused({ pipeline }: PipelineAlarmsProps): AlarmRule {
  return {
    id: 'BudgetExceeded',
    metric: pipeline.metricJobsFailed({ dimensionsMap: { [DIMENSION.errorName]: 'BudgetExceeded' } }),
    comparison: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    threshold: 1,
    missing: TreatMissingData.NOT_BREACHING,
    sentence: 'A budget refused a job.',
    why: 'One is enough: a budget refuses whatever does not fit, also while its use is below 100 %.',
    section: 'budget-refuses-jobs',
  };
}
