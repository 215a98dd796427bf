/** Finds the deployed pipeline that a command works on. */
import { DescribeStacksCommand, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import type { PipelineTable } from '../../client/pipeline-table';
import type { BudgetRule } from '../../domain/budgets';
import type { Arguments } from './arguments';
import type { Aws } from './aws';
import { CommandError, type Io, type OptionDefinitions, type UsageProblem } from './command';

/** The name that the deployable app gives its stack, unless the environment names another. */
export const DEFAULT_STACK = defaultStack(process.env);

/** Empty is how many a shell and CI system says "unset". */
export function defaultStack({ EVOLINK_IMAGES_STACK = '' }: NodeJS.ProcessEnv): string {
  return EVOLINK_IMAGES_STACK === '' ? 'EvolinkImagePipeline' : EVOLINK_IMAGES_STACK;
}

export const PIPELINE_OPTIONS = {
  stack: {
    value: 'name',
    help: `CloudFormation stack of the pipeline. Default: $EVOLINK_IMAGES_STACK, here ${DEFAULT_STACK}.`,
  },
  table: { value: 'name', help: "The pipeline's table, instead of a stack." },
  region: { value: 'region', help: 'AWS region. Default: that of the environment or profile.' },
} as const satisfies OptionDefinitions;

/** Of commands that need the stack itself. */
export const STACK_OPTIONS = {
  stack: PIPELINE_OPTIONS.stack,
  region: PIPELINE_OPTIONS.region,
} as const satisfies OptionDefinitions;

export interface DeployedPipeline {
  readonly table: PipelineTable;
  /** Outputs of the stack; empty where only the table is known. */
  readonly outputs: Readonly<Record<string, string>>;
}

export function pipelineProblems(args: Arguments): UsageProblem[] {
  if (args.text('stack') === undefined || args.text('table') === undefined) return [];
  return [{ where: '--table', message: 'Give either --stack or --table.' }];
}

/** @throws CommandError when there is no such stack, or it is no pipeline's */
export async function findPipeline(args: Arguments, io: Io): Promise<DeployedPipeline> {
  const aws = await io.aws(args.text('region'));
  const tableName = args.text('table');
  if (tableName !== undefined) return { table: { client: aws.documents, tableName }, outputs: {} };

  const stack = args.text('stack') ?? DEFAULT_STACK;
  const outputs = await stackOutputs(aws, stack, PIPELINE_OPTIONS);
  if (outputs.TableName === undefined) {
    throw new CommandError(
      `The stack ${stack} has no output TableName. In a stack of your own call pipeline.putOutputs(), or give --table.`,
    );
  }
  return { table: { client: aws.documents, tableName: outputs.TableName }, outputs };
}

/**
 * @param aws where to look
 * @param stack its name
 * @param ways the options by which the command finds a pipeline, for the error
 * @throws CommandError when there is no such stack
 */
export async function stackOutputs(aws: Aws, stack: string, ways: OptionDefinitions): Promise<Record<string, string>> {
  const described = await aws.cloudFormation
    .send(new DescribeStacksCommand({ StackName: stack }))
    .catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      const region = await aws.region();
      const options = ONE_OF.format(Object.keys(ways).map((name) => `--${name}`));
      throw new CommandError(`There is no stack ${stack} in ${region}. Give ${options}.`, { cause: error });
    });
  const outputs = described.Stacks?.[0]?.Outputs ?? [];
  return Object.fromEntries(outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}

/**
 * Budgets as the stack's output `Budgets` lists them.
 *
 * @returns undefined where there is no such output
 */
export function deployedBudgets({ outputs }: Pick<DeployedPipeline, 'outputs'>): BudgetRule[] | undefined {
  if (outputs.Budgets === undefined) return undefined;
  try {
    return JSON.parse(outputs.Budgets) as BudgetRule[];
  } catch (error) {
    throw new CommandError("The stack's output Budgets is no JSON. Is it a pipeline of this version?", {
      cause: error,
    });
  }
}

const ONE_OF = new Intl.ListFormat('en-GB', { type: 'disjunction' });

/** Physical ids of the stack's resources of one type. */
export async function stackResources({ cloudFormation }: Aws, StackName: string, type: string): Promise<string[]> {
  const ids: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await cloudFormation.send(new ListStackResourcesCommand({ StackName, NextToken }));
    for (const { ResourceType, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
      if (ResourceType === type && PhysicalResourceId) ids.push(PhysicalResourceId);
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return ids;
}

/** CloudFormation has no name of its own for this error. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist');
}
