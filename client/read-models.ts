/** Models as text, in the form and by the rules of the construct's setting `models` (docs/pricing.md). */
import { readModels as readRows } from '../domain/model-rules';
import type { ModelLimits } from '../domain/models';
import { parseJson } from './read-prices';

/** @throws RangeError that says everything that is wrong with them */
export function readModels(text: string): readonly ModelLimits[] {
  const { models, problems } = readRows(parseJson(text));
  if (problems.length > 0) throw new RangeError(problems.map((problem) => `models${problem}`).join('\n'));
  return models;
}
