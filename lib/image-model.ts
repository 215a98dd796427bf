import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { readModels } from '../domain/model-rules';
import type { ModelLimits } from '../domain/models';

/** Tokens of text that a model writes beside each image. */
export interface TextOutputTokens {
  /** The usual figure: for show. */
  readonly likely: number;
  /** What is held. */
  readonly upper: number;
}

/**
 * The limits of one model at EvoLink, as its API page has them: a model that the package does not know, or a packaged one
 * whose limits have changed. Its prices belong in `prices`.
 */
export interface ImageModel {
  /**
   * EvoLink's name of the model: 1 to 64 characters of `A-Z a-z 0-9 . _ -`. The name of a packaged model replaces its
   * limits.
   */
  readonly name: string;

  /**
   * Name of a packaged model: what this one leaves out is as there.
   *
   * @default - the packaged model of the same name; for another, what the other properties say
   */
  readonly like?: string;

  /**
   * What `size` may be: `auto`, EvoLink's ratios such as `16:9`, and pixels such as `1024x1024`. The first is the default.
   *
   * @default - those of `like`, without which they are required
   */
  readonly sizes?: string[];

  /**
   * Whether `size` may besides be any pixels: both edges multiples of 16 up to 3840, 655360 to 8294400 pixels in all, the
   * long edge at most three times the short one.
   *
   * @default - as with `like`, else false
   */
  readonly explicitPixels?: boolean;

  /**
   * Pixels of its ratios, such as `1536x1024` by `3:2`.
   *
   * @default - EvoLink's table of ratios and tiers
   */
  readonly ratioPixels?: { readonly [ratio: string]: string };

  /**
   * Tiers of a ratio, `1K` to `4K`; the first is the default. With one tier alone `resolution` is not sent.
   *
   * @default - those of `like`, else `1K` alone
   */
  readonly resolutions?: string[];

  /**
   * Its qualities, cheapest first, and how each counts the output tokens of an image: by the tile base of EvoLink's
   * formula (16, 48 and 96 with `gpt-image-2`), or by a table with the tokens of each of its pixel sizes.
   *
   * @default - those of `like`, else none: `quality` is not sent, and the model must be billed by calls
   */
  readonly qualities?: { readonly [quality: string]: number | { readonly [pixels: string]: number } };

  /**
   * Quality of a request that gives none.
   *
   * @default - that of `like` where the model has it, else the first
   */
  readonly defaultQuality?: string;

  /**
   * Unicode code points of the prompt, 1 to 60000. Beyond 60000 bytes EvoLink takes no prompt, whatever the model.
   *
   * @default - those of `like`, without which they are required
   */
  readonly maxPromptCodePoints?: number;

  /**
   * Images of one request, 1 to 10. With 1 `n` is not sent.
   *
   * @default - as with `like`, else 1
   */
  readonly maxImages?: number;

  /**
   * Reference images, 0 to 16.
   *
   * @default - as with `like`, else 0
   */
  readonly maxReferences?: number;

  /**
   * The most tokens that one reference image costs.
   *
   * @default 1536
   */
  readonly referenceTokens?: number;

  /**
   * Tokens of text that the model writes beside each image.
   *
   * @default - as with `like`, else none
   */
  readonly textOutputTokens?: TextOutputTokens;
}

/** @throws Error with everything that keeps the models from being used */
export function validateModels(scope: IConstruct, models: ImageModel[] | undefined): void {
  if (models === undefined) return;
  const problems = Token.isUnresolved(models)
    ? [' must be known at synthesis, got a token']
    : readModels(models).problems;
  if (problems.length > 0)
    throw new Error(problems.map((problem) => `${scope.node.path}: models${problem}`).join('\n'));
}

/** Whole rows, as the functions read them. */
export function renderModels(models: ImageModel[] | undefined): readonly ModelLimits[] {
  return models === undefined ? [] : readModels(models).models;
}
