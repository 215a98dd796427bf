import { cheaperNeighbour } from '../../client/cheaper-neighbour';
import {
  compareQualities,
  type EstimateOptions,
  type EstimateRequest,
  estimateRequest,
  InvalidEstimateError,
  type RequestEstimate,
} from '../../client/estimate';
import { readModels } from '../../client/read-models';
import { readPrices } from '../../client/read-prices';
import { DEFAULT_MODEL, MODELS, namesOf, withModels, type ModelLimits } from '../../domain/models';
import type { Arguments } from './arguments';
import { type Command, JSON_OPTION, printJson, UsageError, type UsageProblem } from './command';
import { estimateJson } from './estimate-json';
import { estimateText } from './estimate-text';
import { readTextFile } from './text-file';

/** Far above every limit of a prompt or price table; a file that is larger was named by mistake and need not be read. */
const MAX_FILE_BYTES = 1_000_000;

/** Which option stands for which field of a request. */
const OPTION_OF_FIELD: Readonly<Record<string, string>> = { references: '--refs', image_urls: '--refs' };

export const estimate: Command = {
  name: 'estimate',
  summary: 'What a request will cost: all qualities of its model side by side. Asks nobody.',
  details: [
    "Defaults are EvoLink's own. The upper figure is what a job holds against budgets; likely is for show.",
    'Prices are those that EvoLink publishes, unless --prices names others. Without a prompt its text is not counted.',
  ].join('\n'),
  options: {
    size: { value: 'size', help: 'auto, a ratio such as 16:9, or pixels such as 1536x1024. Default: auto.' },
    resolution: { value: 'tier', help: '1K, 2K or 4K; with a ratio only. Default: 1K.' },
    quality: { value: 'quality', help: "One of the model: low, medium, high … Default: the model's own." },
    n: { value: 'images', help: 'How many images, 1 to 10. Default: 1.' },
    refs: { value: 'references', help: 'How many reference images, 0 to 16. Default: 0.' },
    model: { value: 'model', help: `${namesOf(MODELS).join(', ')}, or one of --models. Default: ${DEFAULT_MODEL}.` },
    prompt: { value: 'text', help: 'The prompt.' },
    'prompt-file': { value: 'file', help: 'A file (UTF-8) with the prompt; all of it counts.' },
    prices: {
      value: 'file',
      help: "A price table (JSON) as the pipeline's setting `prices` takes it (docs/costs.md).",
    },
    models: {
      value: 'file',
      help: "Models (JSON) as the pipeline's setting `models` takes them (docs/pricing.md).",
    },
    ...JSON_OPTION,
  },
  examples: [
    'evolink-images estimate --size 16:9 --resolution 4K --quality high --n 4 --refs 2',
    'evolink-images estimate --size 1920x1088 --prompt "a red bicycle on a pier"',
    'evolink-images estimate --size 1:1 --prompt-file prompt.txt --json',
  ],
  async run(args, io) {
    const problems = [...args.problems, ...args.unexpected()];
    const prompt = await readPrompt(args, problems);
    const models = await readOption(args, 'models', 'a list of models', readModels, problems);
    const options = { models, prices: await readPrice(args, models, problems) };
    const request = toRequest(args, prompt);
    const result = tryEstimate(request, options, problems);
    if (problems.length > 0 || !result) throw new UsageError(problems);

    const qualities = compareQualities(request, options);
    const neighbour = cheaperNeighbour(request, options);
    const view = { estimate: result, qualities, neighbour, hasPrompt: prompt !== undefined };
    return args.flag('json') ? printJson(io, estimateJson(view)) : io.out(estimateText(view, io.paint));
  },
};

/** Not checked: what is no number stays text, for the validation to refuse together with everything else. */
function toRequest(args: Arguments, prompt: string | undefined): EstimateRequest {
  return {
    model: args.text('model'),
    size: args.text('size'),
    resolution: args.text('resolution'),
    quality: args.text('quality'),
    n: wholeNumber(args.text('n')),
    references: wholeNumber(args.text('refs')),
    prompt,
  } as EstimateRequest;
}

function wholeNumber(text: string | undefined): number | string | undefined {
  return text !== undefined && /^-?\d{1,9}$/.test(text) ? Number(text) : text;
}

function tryEstimate(
  request: EstimateRequest,
  options: EstimateOptions,
  problems: UsageProblem[],
): RequestEstimate | undefined {
  try {
    return estimateRequest(request, options);
  } catch (error) {
    if (!(error instanceof InvalidEstimateError)) throw error;
    const found = error.problems.map(({ path, message }) => ({ where: OPTION_OF_FIELD[path] ?? `--${path}`, message }));
    problems.push(...found);
    return undefined;
  }
}

async function readPrompt(args: Arguments, problems: UsageProblem[]): Promise<string | undefined> {
  const text = args.text('prompt');
  const file = args.text('prompt-file');
  if (file === undefined) return text;
  const refuse = (message: string): undefined => void problems.push({ where: '--prompt-file', message });
  if (text !== undefined) return refuse('Give either --prompt or --prompt-file.');
  const read = await readTextFile(file, 'a prompt', MAX_FILE_BYTES);
  return 'problem' in read ? refuse(read.problem) : read.text;
}

function readPrice(args: Arguments, models: readonly ModelLimits[] | undefined, problems: UsageProblem[]) {
  return readOption(args, 'prices', 'a price table', (text) => readPrices(text, withModels(models)), problems);
}

/** The file that an option names. Each line of what is wrong with it is a problem of its own. */
async function readOption<T>(
  args: Arguments,
  option: string,
  what: string,
  read: (text: string) => T,
  problems: UsageProblem[],
): Promise<T | undefined> {
  const file = args.text(option);
  if (file === undefined) return undefined;
  const refuse = (message: string): undefined => void problems.push({ where: `--${option}`, message });
  const text = await readTextFile(file, what, MAX_FILE_BYTES);
  if ('problem' in text) return refuse(text.problem);
  try {
    return read(text.text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    for (const line of error.message.split('\n')) refuse(line);
    return undefined;
  }
}
