/** The models that a key may use: `{"data":[{"id"}]}`. */
import { objectOr, text } from './json';

/** `undefined` where the reply has no list. */
export function readModels(body: unknown): string[] | undefined {
  const { data } = objectOr(body);
  if (!Array.isArray(data)) return undefined;
  return data.flatMap((entry) => text(objectOr(entry).id) ?? []);
}
