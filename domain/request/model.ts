import type { JsonObject } from '../json';
import { DEFAULT_MODEL, findModel, namesOf, type ModelLimits } from '../models';
import { asked, type RequestDefaults } from './defaults';
import type { Findings } from './problems';

/** An unknown model is read as the default one from here on, so that the other fields are still checked. */
export function readModel(
  input: JsonObject,
  defaults: RequestDefaults,
  models: readonly ModelLimits[],
  findings: Findings,
): ModelLimits {
  const { value = DEFAULT_MODEL, origin } = asked(input, 'model', defaults);
  const known = typeof value === 'string' ? findModel(value, models) : undefined;
  if (!known) {
    const code = typeof value === 'string' ? 'unknown_model' : 'invalid_type';
    findings.refuse('model', code, `The model must be one of: ${namesOf(models).join(', ')}.${origin}`, value);
  }
  return known ?? findModel(DEFAULT_MODEL, models)!;
}
