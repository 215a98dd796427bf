/** Finds the pipeline for commands that work on jobs: by its stack, or, without the right to read stacks, by its ARN. */
import type { SFNClient } from '@aws-sdk/client-sfn';
import { ImagePipelineClient } from '../../client/image-pipeline-client';
import { ImagePipelineError } from '../../client/jobs/errors';
import { objectionTo, readStateMachineArn } from '../../client/jobs/state-machine';
import { JOB_ID_PATTERN } from '../../domain/job';
import type { Arguments } from './arguments';
import { CommandError, type Io, type OptionDefinitions, type UsageProblem } from './command';
import { DEFAULT_STACK, PIPELINE_OPTIONS, stackOutputs } from './pipeline';

export const JOB_PIPELINE_OPTIONS = {
  stack: PIPELINE_OPTIONS.stack,
  'state-machine': { value: 'arn', help: "The stack's output StateMachineArn, instead of a stack." },
  region: PIPELINE_OPTIONS.region,
} as const satisfies OptionDefinitions;

export interface JobPipeline {
  readonly client: ImagePipelineClient;
  readonly stateMachineArn: string;
  readonly stepFunctions: SFNClient;
}

export function jobPipelineProblems(args: Arguments): UsageProblem[] {
  const arn = args.text('state-machine');
  if (arn === undefined) return [];
  const refuse = (message: string) => ({ where: '--state-machine', message });
  const problems = ['stack', 'region']
    .filter((option) => args.text(option) !== undefined)
    .map((option) => refuse(`Contradicts --${option}.`));
  try {
    readStateMachineArn(arn);
  } catch (error) {
    if (!(error instanceof ImagePipelineError)) throw error;
    problems.push(refuse(`It ${objectionTo(arn)}.`));
  }
  return problems;
}

/** @param where the argument or option that it was given as */
export function jobIdProblems(where: string, jobId: string | undefined): UsageProblem[] {
  if (jobId === undefined || JOB_ID_PATTERN.test(jobId)) return [];
  return [{ where, message: 'Must be 1 to 80 of A-Z a-z 0-9 _ -.' }];
}

/** @throws CommandError when there is no such stack, or it is no pipeline's */
export async function findJobPipeline(args: Arguments, io: Io): Promise<JobPipeline> {
  const arn = args.text('state-machine');
  const region = arn === undefined ? args.text('region') : readStateMachineArn(arn).region;
  const aws = await io.aws(region);
  const stack = args.text('stack') ?? DEFAULT_STACK;
  const outputs = arn === undefined ? await stackOutputs(aws, stack, JOB_PIPELINE_OPTIONS) : { StateMachineArn: arn };
  const { StateMachineArn: stateMachineArn, BucketName: stackBucket }: Record<string, string | undefined> = outputs;
  if (stateMachineArn === undefined) {
    const message = `The stack ${stack} has no output StateMachineArn. In a stack of your own call pipeline.putOutputs(), or give --state-machine.`;
    throw new CommandError(message);
  }
  const [stepFunctions, s3] = await Promise.all([aws.stepFunctions(), aws.s3()]);
  const bucketName = args.text('bucket') ?? stackBucket;
  const client = new ImagePipelineClient({ stateMachineArn, bucketName, stepFunctions, s3 });
  return { client, stateMachineArn, stepFunctions };
}
