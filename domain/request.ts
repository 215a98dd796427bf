/**
 * Validation of a job's input. Everything that EvoLink would refuse is refused here first, all of it at once, before
 * anything is spent. Pure: the same input always gives the same answer.
 */
import { formatCredits } from './credits';
import { estimate } from './estimate';
import { JOB_ID_PATTERN, type Job, type Problem, type ProviderRequest } from './job';
import { isObject, type JsonObject } from './json';
import { fieldsSent, withModels, type ModelLimits, type OptionalProviderField } from './models';
import { cut, describe } from './preview';
import type { PriceTable } from './prices';
import type { RequestDefaults } from './request/defaults';
import { checkFields } from './request/fields';
import { readImageUrls } from './request/image-urls';
import { readModel } from './request/model';
import { readMaxCredits, readMetadata, readOutputPrefix, readTenant, type CostLimit } from './request/ours';
import { Findings, WHOLE_INPUT } from './request/problems';
import { readPrompt } from './request/prompt';
import { readCount, readQuality } from './request/quality-and-count';
import { readSize } from './request/size';

export type { RequestDefaults } from './request/defaults';
export { PROBLEM_CODES, WARNING_CODES, type ProblemCode, type WarningCode } from './request/problems';
export { REQUEST_FIELDS, type RequestField } from './request/fields';

export interface ValidationContext {
  /** The execution's name. */
  readonly jobId: string;
  readonly defaults: RequestDefaults;
  /** Reference images on this machine: for the local cloud only. */
  readonly allowLoopback: boolean;
  /** Buckets whose objects may be references. @default - not known, so none is refused */
  readonly referenceBuckets?: readonly string[];
  /** @default - EvoLink's published prices */
  readonly prices?: PriceTable;
  /** Models besides those of the package; one of the same name replaces a packaged one. @default - none */
  readonly models?: readonly ModelLimits[];
  /** The pipeline's own cap on one job, in credit units (10⁻⁴ credit). @default - none */
  readonly maxCreditsPerJob?: number;
}

export interface ValidRequest {
  readonly kind: 'valid';
  readonly job: Job;
}

export interface InvalidRequest {
  readonly kind: 'invalid';
  readonly failure: 'InvalidRequest' | 'CostLimitExceeded';
  /** Never empty. */
  readonly problems: readonly Problem[];
  /** One line for a person; the problems are for programs. */
  readonly message: string;
  /** With `CostLimitExceeded` only. */
  readonly facts?: CostLimitFacts;
}

export interface CostLimitFacts {
  readonly estimated_credits: string;
  readonly max_credits: string;
  /** Whose limit it is: a request's own is the app's to raise, the pipeline's (`maxCreditsPerJob`) an operator's. */
  readonly limit_of: 'request' | 'pipeline';
}

export type ValidationResult = ValidRequest | InvalidRequest;

const JOB_ID_PATH = '$.execution.name';
const MAX_MESSAGE = 500;

/**
 * @param input the execution's input, of any shape: no JSON value makes this throw
 * @throws RangeError when `context.prices` has no usable row for a known model: a mistake of ours, not of the request
 */
export function validateRequest(input: unknown, context: ValidationContext): ValidationResult {
  const findings = new Findings();
  if (!JOB_ID_PATTERN.test(context.jobId)) {
    const message = 'The name of the execution is the job id: 1 to 80 of A-Z a-z 0-9 _ -.';
    findings.refuse(JOB_ID_PATH, 'invalid_job_id', message, context.jobId);
  }
  if (!isObject(input)) {
    findings.refuse(WHOLE_INPUT, 'invalid_input', 'The input must be a JSON object.', describe(input));
    return invalid(findings);
  }
  checkFields(input, findings);
  const own = readMaxCredits(input, findings);
  const job = readJob(input, context, findings);
  if (findings.problems.length > 0) return invalid(findings);
  const limit = strictest(own, context.maxCreditsPerJob);
  return limit && job.estimate.creditsUpper > limit.units ? tooCostly(job, limit, findings) : { kind: 'valid', job };
}

/** Reads every field. Where one has a problem, a harmless value stands in for it, so that the rest is still checked. */
function readJob(input: JsonObject, context: ValidationContext, findings: Findings): Job {
  const { jobId, defaults, prices } = context;
  const models = withModels(context.models);
  const model = readModel(input, defaults, models, findings);
  const prompt = readPrompt(input, model, findings);
  const { size, resolution, pixels } = readSize(input, defaults, model, findings);
  const quality = readQuality(input, defaults, model, models, findings);
  const n = readCount(input, defaults, model, findings);
  const imageUrls = readImageUrls(input, model, context, findings);

  const references = imageUrls.length;
  const image = { size, ...(resolution && { resolution }), ...(quality && { quality }), n };
  return {
    jobId,
    tenant: readTenant(input, findings),
    metadata: readMetadata(input, findings),
    outputPrefix: readOutputPrefix(input, findings),
    request: toSend(model, prompt, { ...image, ...(references > 0 && { image_urls: imageUrls }) }),
    requested: { model: model.name, ...image, references, ...pixels },
    estimate: estimate({ model: model.name, ...image, ...pixels, references, prompt }, prices, models),
    warnings: findings.warnings,
  };
}

/** Only what the model knows. Defaults are written out, so that the bill never hangs on EvoLink's own. */
function toSend(
  model: ModelLimits,
  prompt: string,
  fields: Partial<Record<OptionalProviderField, unknown>>,
): ProviderRequest {
  const known = fieldsSent(model)
    .filter((name) => fields[name] !== undefined)
    .map((name) => [name, fields[name]]);
  return { model: model.name, prompt, ...(Object.fromEntries(known) as Partial<ProviderRequest>) };
}

function invalid({ problems }: Findings): InvalidRequest {
  const [first] = problems;
  const others = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const path = first?.path ? `${first.path}: ` : '';
  return {
    kind: 'invalid',
    failure: 'InvalidRequest',
    problems,
    message: cut(path + first?.message, MAX_MESSAGE) + others,
  };
}

interface EffectiveLimit extends CostLimit {
  readonly of: CostLimitFacts['limit_of'];
}

/** The request's own limit or the pipeline's, whichever is lower: the pipeline's where a higher own one would not help. */
function strictest(own: CostLimit | undefined, cap: number | undefined): EffectiveLimit | undefined {
  if (own && (cap === undefined || own.units < cap)) return { ...own, of: 'request' };
  return cap === undefined ? undefined : { units: cap, text: formatCredits(cap), of: 'pipeline' };
}

function tooCostly({ estimate: { creditsUpper } }: Job, limit: EffectiveLimit, findings: Findings): InvalidRequest {
  const estimated = formatCredits(creditsUpper);
  const facts = { estimated_credits: estimated, max_credits: limit.text, limit_of: limit.of };
  const isOwn = limit.of === 'request';
  const whose = isOwn ? 'its limit' : "the pipeline's limit for one job (`maxCreditsPerJob`)";
  const message = `The job may cost ${estimated} credits, which is more than ${whose} of ${limit.text}.`;
  if (isOwn) findings.refuse('max_credits', 'cost_limit_exceeded', message, limit.text);
  else findings.refuse(WHOLE_INPUT, 'cost_limit_exceeded', message);
  return { kind: 'invalid', failure: 'CostLimitExceeded', problems: findings.problems, message, facts };
}
