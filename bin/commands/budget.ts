import { readBudgetUse } from '../../client/budget-use';
import { RuntimeSettingsStore } from '../../client/runtime-settings';
import type { BudgetRule } from '../../domain/budgets';
import { formatCredits, parseCredits } from '../../domain/credits';
import { TENANT_PATTERN } from '../../domain/tenants';
import type { Arguments } from './arguments';
import { budgetsJson, budgetsText } from './budget-views';
import { type Command, type Io, JSON_OPTION, printJson, UsageError, type UsageProblem } from './command';
import { deployedBudgets, type DeployedPipeline, findPipeline, PIPELINE_OPTIONS, pipelineProblems } from './pipeline';

const BUDGET_ID = /^(?:all|each|tenant-(?<tenant>.+))-(?:day|month)$/s;

function isBudgetId(id: string): boolean {
  const found = BUDGET_ID.exec(id);
  return found !== null && TENANT_PATTERN.test(found.groups?.tenant ?? 'any');
}

export const budget: Command = {
  name: 'budget',
  summary: 'Lists budgets and their use; changes a limit at run time, without a deployment.',
  forms: ['', 'set <id> <credits>', 'reset <id>'],
  details: [
    'A limit that was set replaces the deployed one for every claim from then on, until it is reset. 0 lets nothing',
    'through. Jobs that run already are not stopped. With --table the deployed budgets are not known.',
  ].join('\n'),
  options: {
    tenant: {
      value: 'tenant',
      help: 'Show the use of budgets that every tenant has for itself (each-day, each-month).',
    },
    ...PIPELINE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    'evolink-images budget',
    'evolink-images budget set all-day 75.5',
    'evolink-images budget reset all-day',
    'evolink-images budget --tenant team-a --json',
  ],
  async run(args, io) {
    const [action = 'list'] = args.positionals;
    const form = FORMS.get(action);
    const problems = [...args.problems, ...pipelineProblems(args), ...tenantProblems(args)];
    if (form) problems.push(...positionalProblems(args, form.takes));
    else problems.push({ where: action, message: 'Use budget, budget set <id> <credits> or budget reset <id>.' });
    if (problems.length > 0 || !form) throw new UsageError(problems);

    const pipeline = await findPipeline(args, io);
    await form.run({ args, io, pipeline, settings: new RuntimeSettingsStore(pipeline.table) });
  },
};

interface Context {
  readonly args: Arguments;
  readonly io: Io;
  readonly pipeline: DeployedPipeline;
  readonly settings: RuntimeSettingsStore;
}

interface Form {
  readonly takes: readonly ('id' | 'credits')[];
  readonly run: (context: Context) => Promise<void>;
}

const FORMS: ReadonlyMap<string, Form> = new Map([
  ['list', { takes: [], run: list }],
  ['set', { takes: ['id', 'credits'], run: set }],
  ['reset', { takes: ['id'], run: reset }],
]);

async function list({ args, io, pipeline, settings }: Context): Promise<void> {
  const rules = deployedBudgets(pipeline) ?? [];
  const current = await settings.read();
  const uses = await readBudgetUse(pipeline.table, rules, current, io.now().getTime(), args.text('tenant'));
  const view = { uses, settings: current, known: deployedBudgets(pipeline) !== undefined };
  return args.flag('json') ? printJson(io, budgetsJson(view)) : io.out(budgetsText(view, io.paint));
}

async function set({ args, io, pipeline, settings }: Context): Promise<void> {
  const [, id = '', credits = ''] = args.positionals;
  const rule = deployedRule(pipeline, id);
  // Rounded down: a limit is never stretched.
  const limit = parseCredits(credits, 'down');
  const { changed, previous } = await settings.setBudgetLimit(id, limit);
  const deployed = rule && formatCredits(rule.limit);
  if (args.flag('json')) {
    return printJson(io, {
      id,
      changed,
      limit: formatCredits(limit),
      previous: previous === undefined ? null : formatCredits(previous),
      deployed: deployed ?? null,
    });
  }
  const before = previous === undefined ? `the deployed ${deployed ?? 'limit'}` : formatCredits(previous);
  await io.out(
    changed
      ? `Budget ${id}: ${formatCredits(limit)} credits from now on, instead of ${before}.\n` +
          `To go back to the deployed limit: evolink-images budget reset ${id}\n`
      : `Budget ${id} had this limit already: ${formatCredits(limit)} credits. Nothing was changed.\n`,
  );
}

async function reset({ args, io, pipeline, settings }: Context): Promise<void> {
  const [, id = ''] = args.positionals;
  // Also one that is not deployed any more: then there is something to tidy up.
  const rule = deployedBudgets(pipeline)?.find((known) => known.id === id);
  const { changed, previous } = await settings.resetBudgetLimit(id);
  const deployed = rule && formatCredits(rule.limit);
  if (args.flag('json')) {
    const was = previous === undefined ? null : formatCredits(previous);
    return printJson(io, { id, changed, previous: was, deployed: deployed ?? null });
  }
  const now = `the deployed limit${deployed === undefined ? '' : ` of ${deployed} credits`} applies`;
  await io.out(
    changed
      ? `Budget ${id}: ${now} again, instead of ${formatCredits(previous ?? 0)}.\n`
      : `Budget ${id} had no limit of its own: ${now}. Nothing was changed.\n`,
  );
}

/** No job can have such a tenant: its use would be shown as nothing. */
function tenantProblems(args: Arguments): UsageProblem[] {
  const tenant = args.text('tenant');
  if (tenant === undefined || TENANT_PATTERN.test(tenant)) return [];
  return [{ where: '--tenant', message: 'Must have 1 to 64 characters of A-Z a-z 0-9 _ -.' }];
}

function positionalProblems(args: Arguments, takes: Form['takes']): UsageProblem[] {
  const [, ...given] = args.positionals;
  const problems = takes.slice(given.length).map((name) => ({ where: `<${name}>`, message: 'Is required.' }));
  const [id, credits] = given.slice(0, takes.length);
  if (id !== undefined && !isBudgetId(id)) {
    const message = 'A budget is called all-day, each-month, tenant-<tenant>-day or the like.';
    problems.push({ where: id, message });
  }
  if (credits !== undefined && !isCredits(credits)) {
    problems.push({ where: credits, message: 'Must be a decimal number of credits, such as 75.5.' });
  }
  return [...problems, ...args.unexpected(takes.length + 1)];
}

function isCredits(text: string): boolean {
  try {
    return parseCredits(text, 'down') >= 0;
  } catch {
    return false;
  }
}

/** @throws UsageError for a budget that the pipeline does not have: a limit of it would have no effect */
function deployedRule(pipeline: DeployedPipeline, id: string): BudgetRule | undefined {
  const rules = deployedBudgets(pipeline);
  const rule = rules?.find((known) => known.id === id);
  if (rules && !rule) {
    const ids = rules.length > 0 ? `It has ${rules.map((known) => known.id).join(', ')}.` : 'It has none.';
    throw new UsageError([{ where: id, message: `The pipeline has no such budget. ${ids}` }]);
  }
  return rule;
}
