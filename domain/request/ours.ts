/** The fields that EvoLink never sees: `tenant`, `metadata`, `output_prefix`, `max_credits`. */
import { parseCredits, type CreditUnits } from '../credits';
import { field, isObject, type JsonObject } from '../json';
import { cut, describe, hasLoneSurrogate } from '../preview';
import { isReserved, isTenant, TENANT_RULE } from '../tenants';
import { codePoints } from '../tokens';
import type { Findings } from './problems';

export const DEFAULT_TENANT = 'default';

const METADATA_KEY = /^[A-Za-z0-9_.-]{1,64}$/;
const MAX_METADATA = 10;
const MAX_METADATA_VALUE = 256;
/** What S3 calls safe characters, and no segment that a path would resolve away. */
const OUTPUT_PREFIX = /^[A-Za-z0-9!_.*'()/-]{0,200}$/;
const UNSAFE_SEGMENT = /^\/|\/\/|(^|\/)\.\.?(\/|$)/;

export function readTenant(input: JsonObject, findings: Findings): string {
  const tenant = field(input, 'tenant');
  if (tenant === undefined) return DEFAULT_TENANT;
  if (typeof tenant === 'string' && isTenant(tenant)) return tenant;
  findings.refuse('tenant', 'invalid_tenant', `The tenant must be ${TENANT_RULE}.`, tenant);
  return DEFAULT_TENANT;
}

export function readMetadata(input: JsonObject, findings: Findings): Record<string, string> {
  const metadata = field(input, 'metadata');
  if (metadata === undefined) return {};
  if (!isObject(metadata)) {
    findings.refuse('metadata', 'invalid_type', 'The metadata must be an object of strings.', metadata);
    return {};
  }
  const entries = Object.entries(metadata);
  if (entries.length > MAX_METADATA) {
    const message = `There may be at most ${MAX_METADATA} entries.`;
    findings.refuse('metadata', 'too_many_items', message, `${entries.length} entries`);
  }
  return Object.fromEntries(entries.filter((entry) => checkMetadata(entry, findings))) as Record<string, string>;
}

function checkMetadata([key, value]: [string, unknown], findings: Findings): boolean {
  const path = `metadata.${key}`;
  const before = findings.problems.length;
  // `__proto__` would get lost wherever an object is copied by assignment.
  if (!METADATA_KEY.test(key) || key === '__proto__') {
    findings.refuse(path, 'invalid_metadata_key', 'A key must be 1 to 64 of A-Z a-z 0-9 _ . -.', cut(key));
  }
  if (typeof value !== 'string') {
    findings.refuse(path, 'invalid_type', 'A value must be a string.', value);
  } else if (codePoints(value) > MAX_METADATA_VALUE) {
    findings.refuse(path, 'too_long', `A value may have at most ${MAX_METADATA_VALUE} characters.`, value);
  } else if (hasLoneSurrogate(value)) {
    findings.refuse(path, 'invalid_unicode', 'A value must be valid Unicode.', describe(value));
  }
  return findings.problems.length === before;
}

/** @returns an empty string, or a prefix that ends with `/` */
export function readOutputPrefix(input: JsonObject, findings: Findings): string {
  const prefix = field(input, 'output_prefix');
  if (prefix === undefined || prefix === '') return '';
  if (typeof prefix === 'string' && OUTPUT_PREFIX.test(prefix) && !UNSAFE_SEGMENT.test(prefix)) {
    const folder = prefix.endsWith('/') ? prefix : `${prefix}/`;
    if (!isReserved(folder)) return folder;
  }
  const message =
    "The prefix must be at most 200 of A-Z a-z 0-9 ! _ . * ' ( ) / -, must not begin with / or references/, and must not hold //, . or .. as a segment.";
  findings.refuse('output_prefix', 'invalid_output_prefix', message, prefix);
  return '';
}

export interface CostLimit {
  /** Rounded down: a limit is never stretched. */
  readonly units: CreditUnits;
  /** As it was written. */
  readonly text: string;
}

export function readMaxCredits(input: JsonObject, findings: Findings): CostLimit | undefined {
  const written = field(input, 'max_credits');
  if (written === undefined) return undefined;
  const limit = typeof written === 'number' || typeof written === 'string' ? costLimit(written) : undefined;
  if (!limit) {
    const message = 'The limit must be a positive decimal number of credits, such as 3.5 or "3.5".';
    findings.refuse('max_credits', 'invalid_max_credits', message, written);
  }
  return limit;
}

function costLimit(written: number | string): CostLimit | undefined {
  try {
    const isPositive = parseCredits(written, 'up') > 0;
    return isPositive ? { units: parseCredits(written, 'down'), text: String(written).trim() } : undefined;
  } catch {
    return undefined;
  }
}
