/**
 * What a row of a model has to be, as a platform team writes it: the same for the construct, its setting and
 * `estimate --models`. All problems are found at once.
 */
import { isValidSize, MAX_EDGE } from './explicit-pixels';
import { isObject, type JsonObject } from './json';
import { findModel, MAX_IMAGES, MAX_PROMPT_BYTES, MAX_REFERENCES, MODELS, namesOf, type ModelLimits } from './models';
import { cut, describe } from './preview';
import { AUTO_SIZE, formatPixels, isRatio, parseSize, RESOLUTIONS } from './sizes';
import type { QualityTokens } from './tokens';

/** Far more than anybody adds, few enough for the environment of a function. */
export const MAX_MODELS = 10;

/** Above any tile base that is known (96), small enough for every product to be exact. */
const MAX_TILES = 1_024;
const MAX_TOKENS = 1_000_000;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const QUALITY = /^[a-z][a-z0-9_-]{0,31}$/;

const PROPERTIES = [
  'name',
  'like',
  'sizes',
  'explicitPixels',
  'ratioPixels',
  'resolutions',
  'qualities',
  'defaultQuality',
  'maxPromptCodePoints',
  'maxImages',
  'maxReferences',
  'referenceTokens',
  'textOutputTokens',
] as const;
type Property = (typeof PROPERTIES)[number];

/** What a row that is like no other has where it says nothing. */
const NARROWEST: Partial<ModelLimits> = {
  explicitPixels: false,
  resolutions: ['1K'],
  qualities: {},
  maxImages: 1,
  maxReferences: 0,
};

export interface ReadModels {
  /** Whole rows; only of use while there is no problem. */
  readonly models: readonly ModelLimits[];
  /** Each begins with where it is: `[0].sizes must …`. */
  readonly problems: readonly string[];
}

/** @param value a list of rows, from code or from JSON */
export function readModels(value: unknown): ReadModels {
  if (!Array.isArray(value)) return { models: [], problems: [` must be a list of models, got ${describe(value)}`] };
  if (value.length > MAX_MODELS) {
    return { models: [], problems: [` must have at most ${MAX_MODELS} models, got ${value.length}`] };
  }
  const rows = value.map((row: unknown, index) => readRow(row, `[${index}]`));
  const problems = rows.flatMap((row) => row.problems);
  const names = rows.map(({ model }) => model?.name);
  names.forEach((name, index) => {
    const first = names.indexOf(name);
    if (name !== undefined && first < index)
      problems.push(`[${index}].name must differ from [${first}].name, got ${name}`);
  });
  return { models: rows.flatMap(({ model }) => model ?? []), problems };
}

interface ReadRow {
  readonly model?: ModelLimits;
  readonly problems: string[];
}

function readRow(row: unknown, at: string): ReadRow {
  if (!isObject(row)) return { problems: [`${at} must be an object, got ${describe(row)}`] };
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
  const problems = unknownProperties(given, at);
  const base = baseOf(given, at, problems);
  for (const property of PROPERTIES) {
    const value = given[property];
    const problem = value === undefined ? undefined : RULES[property](value);
    if (problem !== undefined) problems.push(`${at}.${property} must be ${problem}, got ${got(value)}`);
  }
  if (problems.length > 0) return { problems };
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'like'));
  const model = withDefaultQuality({ ...base, ...own } as unknown as ModelLimits, given);
  const missing = (['name', 'sizes', 'maxPromptCodePoints'] as const).filter(
    (property) => model[property] === undefined,
  );
  if (missing.length > 0) return { problems: missing.map((property) => `${at}.${property} is missing`) };
  return { model, problems: combinedProblems(model, at) };
}

function unknownProperties(given: JsonObject, at: string): string[] {
  const unknown = Object.keys(given).filter((name) => !(PROPERTIES as readonly string[]).includes(name));
  return unknown.map((name) => `${at}.${cut(name, 60)} is no property of a model; these are: ${PROPERTIES.join(', ')}`);
}

/** An override of a packaged model starts from its row; another starts from the one that it is like. */
function baseOf({ name, like }: JsonObject, at: string, problems: string[]): Partial<ModelLimits> {
  if (like === undefined) return (typeof name === 'string' ? findModel(name) : undefined) ?? NARROWEST;
  const base = typeof like === 'string' ? findModel(like) : undefined;
  if (base) return base;
  problems.push(`${at}.like must be one of ${namesOf(MODELS).join(', ')}, got ${got(like)}`);
  return NARROWEST;
}

/** Qualities of one's own have a default of their own: the first, unless the row names another. */
function withDefaultQuality(model: ModelLimits, given: JsonObject): ModelLimits {
  if (given.qualities === undefined || given.defaultQuality !== undefined) return model;
  const { defaultQuality: inherited, ...rest } = model;
  const names = Object.keys(model.qualities);
  const defaultQuality = inherited !== undefined && names.includes(inherited) ? inherited : names[0];
  return defaultQuality === undefined ? rest : { ...rest, defaultQuality };
}

/** What no property shows by itself. */
function combinedProblems(model: ModelLimits, at: string): string[] {
  const { sizes, explicitPixels, ratioPixels = {}, qualities, defaultQuality } = model;
  const problems: string[] = [];
  const names = Object.keys(qualities);
  if (names.length > 0 && (defaultQuality === undefined || !names.includes(defaultQuality))) {
    problems.push(`${at}.defaultQuality must be one of ${names.join(', ')}, got ${got(defaultQuality)}`);
  }
  if (names.length === 0 && defaultQuality !== undefined) {
    problems.push(`${at}.defaultQuality must be left out where there are no qualities, got ${got(defaultQuality)}`);
  }
  for (const [quality, counted] of Object.entries(qualities)) {
    if (typeof counted === 'number') continue;
    if (explicitPixels) {
      problems.push(`${at}.qualities.${quality} must be a tile base where explicitPixels is true, got a table`);
      continue;
    }
    const without = sizes.filter((size) => size !== AUTO_SIZE && !hasTokens(counted, ratioPixels[size] ?? size));
    if (without.length > 0) {
      problems.push(
        `${at}.qualities.${quality} must have the output tokens of every size; it lacks ${without.join(', ')} (ratios need ratioPixels)`,
      );
    }
  }
  return problems;
}

function hasTokens(table: Readonly<Record<string, number>>, size: string): boolean {
  const parsed = parseSize(size);
  return parsed?.kind === 'pixels' && Object.hasOwn(table, formatPixels(parsed));
}

/** What the value must be; undefined when it is. */
type Rule = (value: unknown) => string | undefined;

const must =
  (isAllowed: (value: unknown) => boolean, expected: string): Rule =>
  (value) =>
    isAllowed(value) ? undefined : expected;
const wholeNumber = (min: number, max: number): Rule => must(isWhole(min, max), `a whole number from ${min} to ${max}`);
const isWhole = (min: number, max: number) => (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
const isList = (value: unknown, isItem: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isItem) && new Set(value).size === value.length;

const RULES: Readonly<Record<Property, Rule>> = {
  name: must(isText(NAME), '1 to 64 characters of A-Z a-z 0-9 . _ -, a letter or digit first'),
  // Checked where it is followed.
  like: () => undefined,
  sizes: must(
    (value) => isList(value, isSize),
    `different sizes, the default one first: auto, ratios that EvoLink knows, pixels such as 1024x1024 with edges up to ${MAX_EDGE}`,
  ),
  explicitPixels: must((value) => typeof value === 'boolean', 'true or false'),
  ratioPixels: must(
    (value) => isMap(value, (ratio, pixels) => isRatio(ratio) && isPixels(pixels)),
    'pixels by ratio, such as {"3:2": "1536x1024"}',
  ),
  resolutions: must(
    (value) => isList(value, (tier) => (RESOLUTIONS as readonly unknown[]).includes(tier)),
    `different ones of ${RESOLUTIONS.join(', ')}, the default one first`,
  ),
  qualities: must(
    (value) => isMap(value, (quality, counted) => QUALITY.test(quality) && isCounted(counted)),
    `qualities by name (1 to 32 of a-z 0-9 _ -, a letter first), each with a tile base of 1 to ${MAX_TILES} or a table of output tokens by pixels`,
  ),
  defaultQuality: must(isText(QUALITY), 'one of the qualities'),
  maxPromptCodePoints: wholeNumber(1, MAX_PROMPT_BYTES),
  maxImages: wholeNumber(1, MAX_IMAGES),
  maxReferences: wholeNumber(0, MAX_REFERENCES),
  referenceTokens: wholeNumber(1, MAX_TOKENS),
  textOutputTokens: must(
    (value) =>
      isObject(value) &&
      isWhole(0, MAX_TOKENS)(value.upper) &&
      isWhole(0, MAX_TOKENS)(value.likely) &&
      Number(value.likely) <= Number(value.upper),
    `{likely, upper} of whole numbers from 0 to ${MAX_TOKENS}, likely not above upper`,
  ),
};

function isText(pattern: RegExp) {
  return (value: unknown): boolean => typeof value === 'string' && pattern.test(value);
}

/** As it is sent: lower-case x. */
function isPixels(value: unknown): value is string {
  const parsed = typeof value === 'string' ? parseSize(value) : undefined;
  return parsed?.kind === 'pixels' && formatPixels(parsed) === value && fitsModel(parsed.width, parsed.height);
}

/** A fixed size need not keep the rules for explicit pixels, only have edges of which tokens can be counted. */
function fitsModel(width: number, height: number): boolean {
  return isValidSize(width, height) || [width, height].every((edge) => edge >= 1 && edge <= MAX_EDGE);
}

function isSize(value: unknown): boolean {
  return value === AUTO_SIZE || (typeof value === 'string' && isRatio(value)) || isPixels(value);
}

function isCounted(value: unknown): value is QualityTokens {
  if (isWhole(1, MAX_TILES)(value)) return true;
  return isMap(value, (pixels, tokens) => isPixels(pixels) && isWhole(1, MAX_TOKENS)(tokens));
}

function isMap(value: unknown, isEntry: (key: string, value: unknown) => boolean): boolean {
  return isObject(value) && Object.entries(value).every(([key, entry]) => isEntry(key, entry));
}

function got(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? describe(value) : cut(text, 100);
}
