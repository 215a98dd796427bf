import { field, type JsonObject } from '../json';
import { MAX_PROMPT_BYTES, type ModelLimits } from '../models';
import { describe, hasLoneSurrogate } from '../preview';
import { codePoints, utf8Bytes } from '../tokens';
import type { Findings } from './problems';

/** Prompts are never shown in a problem: causes end up in logs. */
export function readPrompt(input: JsonObject, model: ModelLimits, findings: Findings): string {
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
  if (bytes > MAX_PROMPT_BYTES) {
    const message = `The prompt may have at most ${MAX_PROMPT_BYTES} bytes of UTF-8; it has ${bytes}.`;
    findings.refuse('prompt', 'too_long', message, `${bytes} bytes`);
  }
  return prompt;
}
