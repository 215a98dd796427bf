import { field, type JsonObject } from '../json';
import type { ModelCapabilities } from '../models';
import { describe, hasLoneSurrogate } from '../preview';
import { codePoints, utf8Bytes } from '../tokens';
import type { Findings } from './problems';

/** Later revisions of EvoLink's page name this limit; the page that we follow does not. */
const MANY_BYTES = 60_000;

/** Prompts are never shown in a problem: causes end up in logs. */
export function readPrompt(input: JsonObject, model: ModelCapabilities, findings: Findings): string {
  const prompt = field(input, 'prompt');
  if (prompt === undefined) {
    findings.refuse('prompt', 'required', 'A prompt is required.');
    return '';
  }
  if (typeof prompt !== 'string') {
    findings.refuse('prompt', 'invalid_type', 'The prompt must be a string.', describe(prompt));
    return '';
  }
  if (prompt.trim() === '') {
    findings.refuse('prompt', 'empty', 'The prompt must not be empty or only white space.', describe(prompt));
  }
  if (hasLoneSurrogate(prompt)) {
    const message = 'The prompt holds half of a character (a lone surrogate), which cannot be sent as UTF-8.';
    findings.refuse('prompt', 'invalid_unicode', message, describe(prompt));
  }
  const length = codePoints(prompt);
  if (length > model.maxPromptCodePoints) {
    const message = `The prompt may have at most ${model.maxPromptCodePoints} Unicode code points with ${model.name}.`;
    findings.refuse('prompt', 'too_long', message, `${length} code points`);
  }
  const bytes = utf8Bytes(prompt);
  if (bytes > MANY_BYTES) {
    const message = `The prompt has ${bytes} bytes of UTF-8. EvoLink advises at most ${MANY_BYTES} and may refuse it.`;
    findings.warn('prompt', 'prompt_over_60000_bytes', message);
  }
  return prompt;
}
