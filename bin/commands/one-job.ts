/** What commands have in common that take the id of one job. */
import type { JobStatus } from '../../client/jobs/status';
import type { Arguments } from './arguments';
import { type Command, type Io, JSON_OPTION, printJson, UsageError } from './command';
import { explainingJobErrors } from './job-errors';
import {
  findJobPipeline,
  jobIdProblems,
  type JobPipeline,
  JOB_PIPELINE_OPTIONS,
  jobPipelineProblems,
} from './job-pipeline';
import { statusJson, statusText } from './job-view';

export interface OneJob {
  readonly client: JobPipeline['client'];
  readonly jobId: string;
  readonly args: Arguments;
  readonly io: Io;
}

type Words = Pick<Command, 'name' | 'summary' | 'details' | 'examples'> & Partial<Pick<Command, 'options'>>;

export function oneJobCommand(words: Words, action: (job: OneJob) => Promise<void>): Command {
  return {
    ...words,
    forms: ['<job>'],
    options: { ...words.options, ...JOB_PIPELINE_OPTIONS, ...JSON_OPTION },
    run: async (args: Arguments, io: Io) => {
      const [jobId] = args.positionals;
      const problems = [
        ...args.problems,
        ...args.unexpected(1),
        ...jobIdProblems('<job>', jobId),
        ...jobPipelineProblems(args),
      ];
      if (jobId === undefined) problems.push({ where: '<job>', message: 'Is required: the id of a job.' });
      if (problems.length > 0 || jobId === undefined) throw new UsageError(problems);
      await explainingJobErrors(args, io, async () => {
        const { client } = await findJobPipeline(args, io);
        await action({ client, jobId, args, io });
      });
    },
  };
}

export function showStatus({ args, io }: OneJob, status: JobStatus): Promise<void> {
  return args.flag('json') ? printJson(io, statusJson(status)) : io.out(statusText(status, io.paint));
}
