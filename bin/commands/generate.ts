import { newJobId } from '../../client/jobs/job-id';
import type { ImageRequest } from '../../client/jobs/request';
import type { ImagePipelineClient } from '../../client/image-pipeline-client';
import { MODELS, namesOf } from '../../domain/models';
import type { Arguments } from './arguments';
import { type Command, JSON_OPTION, UsageError, type UsageProblem } from './command';
import { followJob } from './follow-job';
import { imageFolder, OUT_OPTION, saveImages, showSaved } from './image-files';
import { explainingJobErrors } from './job-errors';
import { findJobPipeline, jobIdProblems, JOB_PIPELINE_OPTIONS, jobPipelineProblems } from './job-pipeline';

/** Options that are fields of a request, as they are. */
const FIELDS = {
  size: { value: 'size', help: 'auto, a ratio such as 16:9, or pixels such as 1536x1024.' },
  resolution: { value: 'tier', help: '1K, 2K or 4K; with a ratio only.' },
  quality: { value: 'quality', help: 'One of the model: low, medium, high …' },
  n: { value: 'images', help: 'How many images, 1 to 10.' },
  model: { value: 'model', help: `${namesOf(MODELS).join(', ')}, or one of the pipeline's own.` },
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
    'The same --job with the same request is the same job: repeated, it pays nothing and saves its images again,',
    'as `save` does.',
    'Ctrl-C asks whether to cancel the job; where there is no terminal to ask on, it cancels.',
    "Needs the pipeline's grantUse, and cloudformation:DescribeStacks unless --state-machine is given.",
  ].join('\n'),
  options: {
    ...Object.fromEntries(Object.entries(FIELDS).map(([field, definition]) => [optionOf(field), definition])),
    image: { value: 'picture', many: true, help: 'A reference: a file, which is uploaded, or an https or s3 URL.' },
    ...OUT_OPTION,
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
    const problems = [
      ...args.problems,
      ...args.unexpected(1),
      ...jobIdProblems('--job', args.text('job')),
      ...jobPipelineProblems(args),
    ];
    const request = toRequest(args, problems);
    if (problems.length > 0) throw new UsageError(problems);

    await explainingJobErrors(args, io, async () => {
      const { client } = await findJobPipeline(args, io);
      const jobId = args.text('job') ?? newJobId(io.now());
      const folder = await imageFolder(args);
      const references = await Promise.all(args.all('image').map((image) => toUrl(image, client)));
      await io.err(`Job ${jobId}\n`);
      const wish = { ...request, ...(references.length > 0 && { image_urls: references }) };
      const output = await followJob((signal) => client.generate(wish, { jobId, signal }), { client, jobId, io });
      await showSaved(output, await saveImages(output, client, folder), args, io);
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
