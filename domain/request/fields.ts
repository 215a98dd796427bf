/** Which fields a request may have. Others are refused by name: a misspelt field must not be ignored and then paid. */
import type { JsonObject } from '../json';
import { cut, describe } from '../preview';
import type { Findings } from './problems';

/** EvoLink's own names first, then ours. */
export const REQUEST_FIELDS = [
  'prompt',
  'model',
  'size',
  'resolution',
  'quality',
  'n',
  'image_urls',
  'tenant',
  'max_credits',
  'metadata',
  'output_prefix',
] as const;
export type RequestField = (typeof REQUEST_FIELDS)[number];

const CALLBACK_FIELD = 'callback_url';

/** Longer names are not compared: nobody misspells `prompt` in 40 letters. */
const MAX_COMPARED = 20;

/** Values are described and not shown: an unknown field may be a misspelt `prompt`. */
export function checkFields(input: JsonObject, findings: Findings): void {
  for (const [name, value] of Object.entries(input)) {
    if (isKnown(name)) continue;
    if (name === CALLBACK_FIELD) {
      const message = 'The pipeline sets its own callback_url. Leave it out and wait for the execution to end.';
      findings.refuse(name, 'callback_url_not_allowed', message, describe(value));
    } else {
      findings.refuse(name, 'unknown_field', unknownFieldMessage(name), describe(value));
    }
  }
}

function unknownFieldMessage(name: string): string {
  const near = nearField(name);
  const hint = near ? `Did you mean "${near}"?` : `Known fields: ${REQUEST_FIELDS.join(', ')}.`;
  return `There is no field "${cut(name, 60)}". ${hint}`;
}

function isKnown(name: string): name is RequestField {
  return (REQUEST_FIELDS as readonly string[]).includes(name);
}

function nearField(name: string): RequestField | undefined {
  if (name.length > MAX_COMPARED) return undefined;
  const snakeCase = name.replace(/(?<=[a-z])(?=[A-Z])|[-\s]/g, '_').toLowerCase();
  const ranked = REQUEST_FIELDS.map((known) => ({ known, distance: editDistance(snakeCase, known) }));
  const [nearest] = ranked.sort((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= Math.min(2, Math.floor(nearest.known.length / 3)) ? nearest.known : undefined;
}

/** Levenshtein: letters to insert, remove or replace. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}
