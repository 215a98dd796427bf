import { type Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isPossibleSize, POSSIBLE_SIZES } from '../domain/explicit-pixels';
import { allQualities, MAX_IMAGES, namesOf, withModels } from '../domain/models';
import { isTenant, TENANT_RULE } from '../domain/tenants';
import { type ImageModel, renderModels } from './image-model';
import { type RequestDefaults, Resolution } from './request-defaults';

/** Bounds of a duration, both included. */
export interface DurationRange {
  /** The shortest. */
  readonly min: Duration;
  /** The longest; absent for no limit. */
  readonly max?: Duration;
  /** The duration is a multiple of this. */
  readonly step: Duration;
}

/** Durations end up in arithmetic and in whole-number settings, so a token can't stand for one. */
export function validateDuration(
  scope: IConstruct,
  name: string,
  value: Duration | undefined,
  range: DurationRange,
): void {
  if (value === undefined) return;
  if (value.isUnresolved()) fail(scope, `${name} must be known at synthesis, got a token`);
  const milliseconds = value.toMilliseconds();
  const tooLong = range.max !== undefined && milliseconds > range.max.toMilliseconds();
  if (milliseconds < range.min.toMilliseconds() || tooLong) {
    const limits = range.max
      ? `between ${range.min.toHumanString()} and ${range.max.toHumanString()}`
      : `at least ${range.min.toHumanString()}`;
    fail(scope, `${name} must be ${limits}, got ${value.toHumanString()}`);
  }
  if (milliseconds % range.step.toMilliseconds() !== 0) {
    fail(scope, `${name} must be a multiple of ${range.step.toHumanString()}, got ${value.toHumanString()}`);
  }
}

/** A whole number between bounds that are both allowed. */
export function validateInteger(
  scope: IConstruct,
  name: string,
  value: number | undefined,
  min: number,
  max: number,
): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!Number.isInteger(value) || value < min || value > max) {
    fail(scope, `${name} must be a whole number from ${min} to ${max}, got ${value}`);
  }
}

/** A finite number above 0, and not above a limit that is allowed. */
export function validatePositive(scope: IConstruct, name: string, value: number | undefined, max?: number): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!Number.isFinite(value) || value <= 0 || (max !== undefined && value > max)) {
    fail(scope, `${name} must be above 0${max === undefined ? '' : ` and at most ${max}`}, got ${value}`);
  }
}

/** The API key is sent to this address: never in the clear. */
export function validateHttpsUrl(scope: IConstruct, name: string, value: string | undefined): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const bare = url && !/[?#]/.test(value) && url.username === '' && url.password === '';
  if (url?.protocol !== 'https:' || !bare) {
    fail(scope, `${name} must be an https URL without query, fragment and credentials, got ${redacted(value)}`);
  }
}

/** An empty list would refuse every image, after it was paid for. */
export function validateHosts(scope: IConstruct, name: string, values: string[] | undefined): void {
  if (values === undefined || Token.isUnresolved(values)) return;
  if (values.length === 0) fail(scope, `${name} must name at least one host, or be left out; got an empty list`);
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  const host = new RegExp(`^(?=.{1,253}$)${label}(\\.${label})*$`);
  for (const value of values) {
    if (Token.isUnresolved(value) || host.test(value)) continue;
    fail(scope, `${name} must hold host names in lower case, without scheme, port and path; got ${value}`);
  }
}

/** CloudWatch keeps namespaces that start with AWS/ for itself. */
export function validateNamespace(scope: IConstruct, name: string, value: string | undefined): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!/^[A-Za-z0-9._\-/#]{1,255}$/.test(value) || value.startsWith('AWS/')) {
    fail(scope, `${name} must have 1 to 255 characters of A-Z a-z 0-9 . _ - / # and not start with AWS/, got ${value}`);
  }
}

/** Each tenant becomes dimensions, alarms and widgets, so it has to be known; each costs metric series. */
export function validateTenants(scope: IConstruct, name: string, values: string[] | undefined): void {
  if (values === undefined) return;
  if (Token.isUnresolved(values)) fail(scope, `${name} must be known at synthesis, got a token`);
  if (values.length > 20) fail(scope, `${name} must name at most 20 tenants, got ${values.length}`);
  for (const value of values) {
    if (Token.isUnresolved(value) || !isTenant(value)) {
      fail(scope, `${name} must each be ${TENANT_RULE}, got ${value}`);
    }
  }
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) fail(scope, `${name} must differ from each other, got ${twice} more than once`);
}

/** Sections are appended to it. */
export function validateRunbookUrl(scope: IConstruct, name: string, value: string | undefined): void {
  validateText(
    scope,
    name,
    value,
    (text) => /^[^\s#()]{1,300}$/.test(text),
    'an address or a path without spaces, fragment and brackets',
  );
}

/** The rule of CloudWatch. */
export function validateDashboardName(scope: IConstruct, name: string, value: string | undefined): void {
  validateText(
    scope,
    name,
    value,
    (text) => /^[A-Za-z0-9_-]{1,255}$/.test(text),
    '1 to 255 characters of A-Z a-z 0-9 _ -',
  );
}

/** What every request that relies on it would be refused for is refused here, before anything is deployed. */
export function validateDefaults(scope: IConstruct, defaults: RequestDefaults = {}, own?: ImageModel[]): void {
  const models = withModels(renderModels(own));
  const { model, size, resolution, quality, n } = defaults;
  validateInteger(scope, 'defaults.n', n, 1, MAX_IMAGES);
  validateChoice(scope, 'defaults.model', model, namesOf(models));
  validateText(scope, 'defaults.size', size, isPossibleSize, POSSIBLE_SIZES);
  validateChoice(scope, 'defaults.resolution', resolution, Object.values(Resolution));
  validateChoice(scope, 'defaults.quality', quality, allQualities(models));
}

function validateChoice(scope: IConstruct, name: string, value: string | undefined, choices: string[]): void {
  validateText(scope, name, value, (text) => choices.includes(text), `one of ${choices.join(', ')}`);
}

/** The lifecycle of somebody else's bucket is not ours to set: a retention that has no effect would surprise. */
export function validateRetention(scope: IConstruct, hasBucket: boolean, retention: Duration | undefined): void {
  if (hasBucket && retention !== undefined) {
    fail(
      scope,
      `imageRetention can't be combined with archiveBucket, got ${retention.toHumanString()}: set it on that bucket`,
    );
  }
}

function validateText(
  scope: IConstruct,
  name: string,
  value: string | undefined,
  isAllowed: (value: string) => boolean,
  expected: string,
): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!isAllowed(value)) fail(scope, `${name} must be ${expected}, got ${value}`);
}

/** An address that was mistyped may hold a password. */
function redacted(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//***@').replace(/\?.*/, '?***');
}

/** @throws Error that says where, what and why */
export function fail(scope: IConstruct, message: string): never {
  throw new Error(`${scope.node.path}: ${message}`);
}
