/** The stable codes under which a request is refused or warned about, and the list that collects them all. */
import type { PIXEL_RULES } from '../explicit-pixels';
import type { Problem, Warning } from '../job';
import { cut, preview } from '../preview';

/** Apps match on these: a code never changes its meaning. */
export const PROBLEM_CODES = [
  'invalid_input',
  'invalid_type',
  'required',
  'unknown_field',
  'callback_url_not_allowed',
  'invalid_job_id',
  'unknown_model',
  'unsupported_by_model',
  'empty',
  'too_long',
  'invalid_unicode',
  'invalid_size',
  'size_not_multiple_of_16',
  'size_too_few_pixels',
  'size_too_many_pixels',
  'size_edge_too_long',
  'size_aspect_too_long',
  'invalid_resolution',
  'invalid_quality',
  'out_of_range',
  'too_few_items',
  'too_many_items',
  'url_invalid',
  'url_not_https',
  'url_not_public',
  'url_has_credentials',
  'url_unsupported_extension',
  'url_duplicate',
  's3_url_invalid',
  's3_bucket_not_allowed',
  'invalid_tenant',
  'invalid_metadata_key',
  'invalid_output_prefix',
  'invalid_max_credits',
  'cost_limit_exceeded',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Fails to compile when a rule about pixels has a code that is not in the list. */
export type PixelProblemCode = Extract<ProblemCode, (typeof PIXEL_RULES)[number]['code']>;

export const WARNING_CODES = ['resolution_ignored', 'scaled_down', 'fewer_images_possible'] as const;
export type WarningCode = (typeof WARNING_CODES)[number];

/** Where the whole input is meant. */
export const WHOLE_INPUT = '';

const MAX_PATH = 100;

/** Collects everything that is wrong: an app mends a request once, not rule by rule. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly warnings: Warning[] = [];

  /** `got` is what was given: shown shortened, left out when there was nothing. */
  refuse(path: string, code: ProblemCode, message: string, got?: unknown): void {
    this.problems.push({
      path: cut(path, MAX_PATH),
      code,
      message,
      ...(got !== undefined && { got: preview(got) }),
    });
  }

  warn(path: string, code: WarningCode, message: string): void {
    this.warnings.push({ path, code, message });
  }
}
