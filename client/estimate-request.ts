/** From what was asked to what is estimated: a job's input, of which less needs to be known. */
import { ImagePipelineError } from './jobs/errors/pipeline-error';
import type { Job, Problem } from '../domain/job';
import { isObject, type JsonObject } from '../domain/json';
import { DEFAULT_MODEL, findModel, withModels, type ModelLimits } from '../domain/models';
import { preview } from '../domain/preview';
import type { PriceTable } from '../domain/prices';
import { validateRequest, type RequestDefaults, type ValidationResult } from '../domain/request';

/**
 * A job's input. All of it may be given as it is, also the fields that do not change the price; nothing of it is
 * required.
 */
export interface EstimateRequest {
  /** @default - no text is counted, as in EvoLink's published range of prices */
  readonly prompt?: string;
  /** @default gpt-image-2 */
  readonly model?: string;
  /** `auto`, a ratio such as `16:9`, or pixels such as `1536x1024`. @default auto */
  readonly size?: string;
  /** `1K`, `2K` or `4K`; with a ratio only. @default 1K */
  readonly resolution?: string;
  /** One of the model's, such as `low`, `medium` or `high`. @default - the model's own */
  readonly quality?: string;
  /** Images asked for, 1 to 10 as far as the model makes several. @default 1 */
  readonly n?: number;
  /** References, up to 16. @default - none */
  readonly image_urls?: readonly string[];
  /** How many references there will be, 0 to 16, where their URLs are not known yet. Not beside `image_urls`. */
  readonly references?: number;
  /** Checked, but no reason to refuse an estimate: it may well be above the limit. */
  readonly max_credits?: number | string;
  readonly tenant?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly output_prefix?: string;
}

/** What the pipeline was deployed with. */
export interface EstimateOptions {
  /** @default - EvoLink's published prices */
  readonly prices?: PriceTable;
  /** Models besides those of the package; one of the same name replaces a packaged one. @default - none */
  readonly models?: readonly ModelLimits[];
  /** What the pipeline uses for fields that are left out. @default - EvoLink's own defaults */
  readonly defaults?: RequestDefaults;
}

/** The request can't be estimated, since it would be refused. `problems` lists every reason. */
export class InvalidEstimateError extends ImagePipelineError {
  override readonly name = 'InvalidEstimateError';

  /** @param problems never empty */
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('\n'));
  }
}

/** Stands for the text that is not known yet; its tokens are not counted. */
const ANY_PROMPT = '-';
/** Estimates have no job; the rules for its id need one. */
const ANY_JOB_ID = 'estimate';

export interface EstimatedJob extends Pick<Job, 'requested' | 'warnings'> {
  /** Empty when none was given. */
  readonly prompt: string;
}

/**
 * Validates with the rules that the pipeline itself applies, so that what is estimated can also be started.
 *
 * @throws InvalidEstimateError with every problem there is
 */
export function readEstimateRequest(
  request: EstimateRequest,
  { prices, models, defaults = {} }: EstimateOptions,
): EstimatedJob {
  const problems: Problem[] = [];
  const result = validateWithoutLimit(asJobInput(request, problems, models), (input) =>
    validateRequest(input, { jobId: ANY_JOB_ID, defaults, allowLoopback: false, prices, models }),
  );
  if (result.kind === 'invalid') problems.push(...result.problems);
  if (problems.length > 0 || result.kind === 'invalid') throw new InvalidEstimateError(problems);
  const { requested, warnings } = result.job;
  return { requested, warnings, prompt: request.prompt ?? '' };
}

/** Without what an estimate need not know: the prompt, and the addresses of the references. */
function asJobInput(request: unknown, problems: Problem[], models?: readonly ModelLimits[]): unknown {
  if (!isObject(request)) return request;
  const { references, ...rest } = request;
  const input: JsonObject = { ...rest, prompt: rest.prompt === undefined ? ANY_PROMPT : rest.prompt };
  if (references === undefined) return input;
  const count = referenceCount(references, request, problems, withModels(models));
  if (count === 0) return input;
  const image_urls = Array.from({ length: count }, (_, index) => `https://references.example.com/${index + 1}.png`);
  return { ...input, image_urls };
}

function referenceCount(
  references: unknown,
  request: JsonObject,
  problems: Problem[],
  models: readonly ModelLimits[],
): number {
  const model = findModel(String(request.model), models) ?? findModel(DEFAULT_MODEL, models)!;
  const refuse = (code: string, message: string): number => {
    problems.push({ path: 'references', code, message, got: preview(references) });
    return 0;
  };
  if (request.image_urls !== undefined) {
    return refuse('out_of_range', 'Give either the references themselves (image_urls) or their number.');
  }
  const limits = `0 to ${model.maxReferences}`;
  if (typeof references !== 'number' || !Number.isInteger(references)) {
    return refuse('invalid_type', `The number of references must be a whole number, ${limits}.`);
  }
  if (references < 0 || references > model.maxReferences) {
    return refuse('out_of_range', `The number of references must be ${limits}.`);
  }
  return references;
}

/** A job above its own limit is refused; what it would cost is just what one wants to know then. */
function validateWithoutLimit(input: unknown, validate: (input: unknown) => ValidationResult): ValidationResult {
  const result = validate(input);
  if (result.kind === 'valid' || result.failure !== 'CostLimitExceeded' || !isObject(input)) return result;
  return validate(Object.fromEntries(Object.entries(input).filter(([name]) => name !== 'max_credits')));
}
