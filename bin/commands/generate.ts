import { access, constants, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkJobId, newJobId } from '../../client/jobs/job-id';
import type { ImageRequest } from '../../client/jobs/request';
import type { ImagePipelineClient } from '../../client/image-pipeline-client';
import type { JobOutput } from '../../domain/job';
import type { Arguments } from './arguments';
import { type Command, CommandError, type Io, JSON_OPTION, printJson, UsageError, type UsageProblem } from './command';
import { followJob } from './follow-job';
import { explainingJobErrors } from './job-errors';
import { findJobPipeline, JOB_PIPELINE_OPTIONS, jobPipelineProblems } from './job-pipeline';
import { outputLines } from './job-view';

/** Options that are fields of a request, as they are. */
const FIELDS = {
  size: { value: 'size', help: 'auto, a ratio such as 16:9, or pixels such as 1536x1024.' },
  resolution: { value: 'tier', help: '1K, 2K or 4K; with a ratio only.' },
  quality: { value: 'quality', help: 'low, medium or high.' },
  n: { value: 'images', help: 'How many images, 1 to 10.' },
  model: { value: 'model', help: 'gpt-image-2 or gpt-image-2-beta.' },
  tenant: { value: 'tenant', help: 'Who pays.' },
  max_credits: { value: 'credits', help: 'Fail instead of spending more than this.' },
} as const;

const optionOf = (field: string): string => field.replaceAll('_', '-');

export const generate: Command = {
  name: 'generate',
  summary: 'Buys the images of a prompt, and saves them.',
  forms: ['<prompt>'],
  details: [
    "What is left out is the pipeline's default, and what is wrong with a request is the pipeline's to say.",
    'The same --job with the same request is the same job: repeated, it pays nothing and saves its images again.',
    'Ctrl-C asks whether to cancel the job; where there is no terminal to ask on, it cancels.',
    "Needs the pipeline's grantUse, and cloudformation:DescribeStacks unless --state-machine is given.",
  ].join('\n'),
  options: {
    ...Object.fromEntries(Object.entries(FIELDS).map(([field, definition]) => [optionOf(field), definition])),
    image: { value: 'picture', many: true, help: 'A reference: a file, which is uploaded, or an https or s3 URL.' },
    out: { value: 'folder', help: 'Images are saved in <folder>/<job>/. Default: the current folder.' },
    job: { value: 'id', help: 'Job id: 1 to 80 of A-Z a-z 0-9 _ -. Default: a new one.' },
    bucket: { value: 'name', help: 'Where files are uploaded, beside --state-machine: the output BucketName.' },
    ...JOB_PIPELINE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    'evolink-images generate "a red bicycle" --size 16:9 --out ./pictures',
    'evolink-images generate "the same bicycle, in blue" --image ./photo.png --quality low --job blue-bicycle',
    'evolink-images generate "a red bicycle" --size 1:1 --n 4 --max-credits 2 --json',
  ],
  async run(args, io) {
    const problems = [...args.problems, ...args.unexpected(1), ...jobPipelineProblems(args)];
    const request = toRequest(args, problems);
    if (problems.length > 0) throw new UsageError(problems);

    await explainingJobErrors(args, io, async () => {
      const { client } = await findJobPipeline(args, io);
      const jobId = args.text('job') ?? newJobId(io.now());
      checkJobId(jobId);
      // What can't be saved should not be bought.
      const folder = await createFolder(args.text('out') ?? '.');
      const references = await Promise.all(args.all('image').map((image) => toUrl(image, client)));
      await io.err(`Job ${jobId}\n`);
      const wish = { ...request, ...(references.length > 0 && { image_urls: references }) };
      const output = await followJob((signal) => client.generate(wish, { jobId, signal }), { client, jobId, io });
      const files = await save(output, client, folder);
      await report(output, files, args, io);
    });
  },
};

/** Not checked, as the client doesn't: what is no number stays text, for the pipeline to refuse. */
function toRequest(args: Arguments, problems: UsageProblem[]): ImageRequest {
  const [prompt] = args.positionals;
  if (prompt === undefined) problems.push({ where: '<prompt>', message: 'Is required.' });
  const fields = Object.keys(FIELDS).flatMap((field) => {
    const value = args.text(optionOf(field));
    return value === undefined ? [] : [[field, field === 'n' && /^\d{1,9}$/.test(value) ? Number(value) : value]];
  });
  return { prompt: prompt ?? '', ...(Object.fromEntries(fields) as Partial<ImageRequest>) };
}

function toUrl(image: string, client: ImagePipelineClient): Promise<string> {
  return /^(https?|s3):\/\//i.test(image) ? Promise.resolve(image) : client.uploadReference(image);
}

async function createFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return folder;
  } catch (cause) {
    const { message } = cause as Error;
    throw new CommandError(`Images can't be saved in ${folder} (${message}). Nothing was started.`, { cause });
  }
}

/** One after the other: order matters to nobody, and memory and file handles stay few. */
async function save(output: JobOutput, client: ImagePipelineClient, folder: string): Promise<string[]> {
  const files: string[] = [];
  try {
    for (const image of output.images) {
      const file = join(folder, output.job_id, basename(image.key));
      await client.save(image, file);
      files.push(file);
    }
  } catch (cause) {
    const { message } = cause as Error;
    const again = `the same command with --job ${output.job_id} saves its images, and pays nothing`;
    throw new CommandError(`Job ${output.job_id} succeeded, but: ${message} Once that is mended, ${again}.`, { cause });
  }
  return files;
}

function report(output: JobOutput, files: readonly string[], args: Arguments, io: Io): Promise<void> {
  if (args.flag('json')) return printJson(io, { ...output, files });
  return io.out(`${outputLines(output, io.paint, files).join('\n')}\n`);
}
