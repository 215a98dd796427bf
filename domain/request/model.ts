import type { JsonObject } from '../json';
import { DEFAULT_MODEL, MODEL_NAMES, modelCapabilities, type ModelCapabilities } from '../models';
import { asked, type RequestDefaults } from './defaults';
import type { Findings } from './problems';

/** An unknown model is read as the default one from here on, so that the other fields are still checked. */
export function readModel(input: JsonObject, defaults: RequestDefaults, findings: Findings): ModelCapabilities {
  const { value = DEFAULT_MODEL, origin } = asked(input, 'model', defaults);
  const known = typeof value === 'string' ? modelCapabilities(value) : undefined;
  if (!known) {
    const code = typeof value === 'string' ? 'unknown_model' : 'invalid_type';
    findings.refuse('model', code, `The model must be one of: ${MODEL_NAMES.join(', ')}.${origin}`, value);
  }
  return known ?? modelCapabilities(DEFAULT_MODEL)!;
}
