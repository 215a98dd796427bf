/** How budgets are shown. */
import type { BudgetUse } from '../../client/budget-use';
import { percentOf } from '../../client/percent';
import { formatCredits } from '../../domain/credits';
import type { RuntimeSettings } from '../../domain/settings';
import type { Paint } from './command';
import { tableLines } from './table';

export interface BudgetsView {
  readonly uses: readonly BudgetUse[];
  readonly settings: RuntimeSettings;
  /** Whether the deployed budgets are known. */
  readonly known: boolean;
}

const limitOf = ({ rule, override }: BudgetUse): number => override ?? rule.limit;

export function budgetsJson({ uses, settings, known }: BudgetsView): Record<string, unknown> {
  return {
    paused: settings.paused ?? null,
    budgets: known ? uses.map(useJson) : null,
    /** Limits that were set for budgets which are not deployed, or not known: they have no effect. */
    other_limits: Object.fromEntries(otherLimits(uses, settings).map(([id, limit]) => [id, formatCredits(limit)])),
  };
}

function useJson(use: BudgetUse): Record<string, unknown> {
  const { rule, override, counter, resetsAt } = use;
  return {
    id: rule.id,
    limit: formatCredits(limitOf(use)),
    deployed_limit: formatCredits(rule.limit),
    overridden: override !== undefined,
    time_zone: rule.timeZone,
    spent: counter ? formatCredits(counter.spent) : null,
    held: counter ? formatCredits(counter.held) : null,
    resets_at: resetsAt === undefined ? null : new Date(resetsAt).toISOString(),
  };
}

export function budgetsText(view: BudgetsView, paint: Paint): string {
  const { uses, settings, known } = view;
  const others = otherLimits(uses, settings);
  const blocks = [];
  if (settings.paused) blocks.push([paint.red(`Paused since ${settings.paused.since}.`)]);
  if (uses.length > 0) blocks.push(useTable(uses, paint));
  else if (known) blocks.push(['The pipeline has no budgets.']);
  if (others.length > 0) {
    const heading = known ? 'Limits of budgets that are not deployed, without effect:' : 'Limits set at run time:';
    blocks.push([heading, ...others.map(([id, limit]) => `  ${id}  ${formatCredits(limit)} credits`)]);
  }
  if (!known) {
    if (others.length === 0) blocks.push(['No limits were set at run time.']);
    blocks.push(["Deployed budgets are listed in the stack's outputs: use --stack to see them."]);
  }
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function useTable(uses: readonly BudgetUse[], paint: Paint): string[] {
  const right = (heading: string) => ({ heading, align: 'right' as const });
  const columns = [{ heading: 'budget' }, ...['limit', 'deployed', 'spent', 'held', 'used'].map(right)];
  const rows = uses.map((use) => {
    const { rule, override, counter, resetsAt } = use;
    return [
      rule.id,
      formatCredits(limitOf(use)),
      override === undefined ? '' : formatCredits(rule.limit),
      counter ? formatCredits(counter.spent) : '',
      counter ? formatCredits(counter.held) : '',
      counter && limitOf(use) > 0 ? `${percentOf(Math.max(0, counter.committed), limitOf(use))} %` : '',
      resetsAt === undefined ? 'each tenant its own: --tenant' : new Date(resetsAt).toISOString(),
    ];
  });
  const [headings = '', ...lines] = tableLines([...columns, { heading: 'starts afresh' }], rows);
  return [paint.bold(headings), ...lines];
}

function otherLimits(uses: readonly BudgetUse[], settings: RuntimeSettings): [string, number][] {
  const deployed = new Set(uses.map(({ rule }) => rule.id));
  return Object.entries(settings.budgetLimits ?? {}).filter(([id]) => !deployed.has(id));
}
