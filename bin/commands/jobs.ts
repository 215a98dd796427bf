import { type ExecutionListItem, ExecutionStatus, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import type { Arguments } from './arguments';
import { type Command, CommandError, JSON_OPTION, printJson, UsageError, type UsageProblem } from './command';
import { findJobPipeline, JOB_PIPELINE_OPTIONS, jobPipelineProblems } from './job-pipeline';
import { tableLines } from './table';

const DEFAULT_LIMIT = 20;
/** Those of one call. */
const MAX_LIMIT = 1_000;

export const jobs: Command = {
  name: 'jobs',
  summary: 'Recent jobs, the latest first.',
  details: "Needs states:ListExecutions, an operator's right: with grantUse an app sees only jobs whose ids it knows.",
  options: {
    limit: { value: 'jobs', help: `How many, up to ${MAX_LIMIT}. Default: ${DEFAULT_LIMIT}.` },
    state: { value: 'state', help: 'Only those: running, succeeded, failed, timed_out or aborted.' },
    ...JOB_PIPELINE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: ['evolink-images jobs', 'evolink-images jobs --state failed --limit 100 --json'],
  async run(args, io) {
    const problems = [...args.problems, ...args.unexpected(), ...jobPipelineProblems(args)];
    const maxResults = readLimit(args, problems);
    const statusFilter = readState(args, problems);
    if (problems.length > 0) throw new UsageError(problems);

    const { stateMachineArn, stepFunctions } = await findJobPipeline(args, io);
    const list = new ListExecutionsCommand({ stateMachineArn, maxResults, statusFilter });
    const { executions = [] } = await stepFunctions.send(list).catch(explainRights);
    if (args.flag('json')) return printJson(io, executions.map(jobJson));
    if (executions.length === 0) return io.out('There are no such jobs.\n');
    const columns = [
      { heading: 'job' },
      { heading: 'state' },
      { heading: 'started' },
      { heading: 'seconds', align: 'right' },
    ] as const;
    const [headings = '', ...lines] = tableLines(columns, executions.map(row));
    await io.out(`${[io.paint.bold(headings), ...lines].join('\n')}\n`);
  },
};

function readLimit(args: Arguments, problems: UsageProblem[]): number {
  const text = args.text('limit') ?? String(DEFAULT_LIMIT);
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) {
    problems.push({ where: '--limit', message: `Must be a whole number from 1 to ${MAX_LIMIT}.` });
  }
  return limit;
}

function readState(args: Arguments, problems: UsageProblem[]): ExecutionStatus | undefined {
  const text = args.text('state');
  const state = Object.values(ExecutionStatus).find((known) => known === text?.toUpperCase());
  if (text !== undefined && !state) {
    problems.push({ where: '--state', message: 'Must be running, succeeded, failed, timed_out or aborted.' });
  }
  return state;
}

function explainRights(error: Error): never {
  if (!error.name.startsWith('AccessDenied')) throw error;
  const message =
    "These credentials lack states:ListExecutions, an operator's right. A job of which you know the id: evolink-images status <job>";
  throw new CommandError(message, { cause: error });
}

function jobJson({ name, status, startDate, stopDate }: ExecutionListItem): Record<string, unknown> {
  return {
    job_id: name,
    state: status,
    started_at: startDate?.toISOString(),
    stopped_at: stopDate?.toISOString() ?? null,
  };
}

function row({ name = '', status, startDate, stopDate }: ExecutionListItem): string[] {
  const seconds = startDate && stopDate ? ((stopDate.getTime() - startDate.getTime()) / 1_000).toFixed(1) : '';
  return [name, status ?? '', startDate?.toISOString() ?? '', seconds];
}
