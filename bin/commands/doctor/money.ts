/** What keeps jobs from being sent though everything works: used-up budgets, and the emergency stop. */
import { type BudgetUse, readBudgetUse } from '../../../client/budget-use';
import { percentOf } from '../../../client/percent';
import { RuntimeSettingsStore } from '../../../client/runtime-settings';
import { formatCredits } from '../../../domain/credits';
import { deployedBudgets } from '../pipeline';
import { printable } from '../table';
import type { Check } from './check';
import type { Deployment } from './deployment';
import { RUNBOOK } from './words';

const RIGHTS = ['dynamodb:GetItem'];

/** Of the limit: from here on somebody should know. As the alarms have it. */
const NEARLY_USED_UP = 80;

export function budgetsCheck(deployment: Deployment): Check {
  return {
    id: 'budgets',
    title: 'budgets',
    rights: RIGHTS,
    run: async () => {
      deployment.output('Budgets');
      const rules = deployedBudgets(deployment) ?? [];
      if (rules.length === 0)
        return { state: 'ok', text: 'none: nothing limits what may be spent', facts: { uses: [] } };
      const settings = await new RuntimeSettingsStore(deployment.table).read();
      const now = deployment.io.now().getTime();
      const uses = (await readBudgetUse(deployment.table, rules, settings, now)).map(shareOf);
      const text = uses.map(({ id, percent }) => `${id} ${percent === null ? 'by tenant' : `${percent} %`}`).join(', ');
      const full = uses.filter(({ percent }) => Number(percent) >= 100);
      const nearly = uses.filter(({ percent }) => Number(percent) >= NEARLY_USED_UP);
      const stack = `--stack ${deployment.stack}`;
      const facts = { uses };
      if (full.length > 0) {
        const advice = full.map(
          ({ id, limit, resets_at }) =>
            `${id} refuses jobs until ${resets_at}, unless its limit of ${limit} is raised: evolink-images budget set ${id} <credits> ${stack}`,
        );
        return { state: 'problem', text, advice, facts };
      }
      if (nearly.length === 0) return { state: 'ok', text, facts };
      return { state: 'attention', text, advice: [`${RUNBOOK}#budget-at-80-percent`], facts };
    },
  };
}

function shareOf({ rule, override, counter, resetsAt }: BudgetUse) {
  const limit = override ?? rule.limit;
  const percent = counter && (limit === 0 ? '100.0' : percentOf(Math.max(0, counter.committed), limit));
  return {
    id: rule.id,
    limit: formatCredits(limit),
    overridden: override !== undefined,
    committed: counter ? formatCredits(counter.committed) : null,
    percent: percent ?? null,
    resets_at: resetsAt === undefined ? null : new Date(resetsAt).toISOString(),
  };
}

export function stopCheck(deployment: Deployment): Check {
  return {
    id: 'emergency-stop',
    title: 'emergency stop',
    rights: RIGHTS,
    run: async () => {
      const { paused } = await new RuntimeSettingsStore(deployment.table).read();
      const facts = { paused: paused ?? null };
      if (!paused) return { state: 'ok', text: 'off', facts };
      const because = paused.reason === undefined ? '' : ` (${printable(paused.reason)})`;
      const advice = `New jobs fail as PipelinePaused. To go on: evolink-images resume --stack ${deployment.stack}`;
      return { state: 'problem', text: `on since ${paused.since}${because}`, advice: [advice], facts };
    },
  };
}
