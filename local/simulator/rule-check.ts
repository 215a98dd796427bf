/** Refuses rules that could not work: one that silently does nothing makes a test pass for the wrong reason. */
import { TOKEN_KINDS } from './billing';
import { BILLING_WORDS } from './billing-block';
import { creditUnits } from './credits';
import type { Rule } from './faults';
import { statusOf } from './fault-reply';
import { RESULT_SHAPES } from './result-shapes';
import { TASK_ID_FORMS } from './task-ids';

const REPLY = ['status', 'code', 'message', 'errorFields', 'headers', 'body', 'delayMs', 'dropReply'];
const RUN = ['outcome', 'errorCode', 'errorMessage', 'status', 'never', 'pendingMs', 'processingMs', 'images', 'size'];
const MONEY = ['creditsUsed', 'tokens', 'billing', 'refundAfterMs', 'omitUsage', 'usage'];

const RULE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  match: ['promptIncludes', 'model', 'taskId', 'post'],
  submit: [...REPLY, 'createTask'],
  task: [...RUN, ...MONEY, 'results', 'taskIds', 'extra'],
  callback: ['deliver', 'delayMs', 'body', 'lies'],
  query: [...REPLY, 'times'],
  file: [...REPLY, 'times', 'contentType', 'truncate', 'chunked', 'dripMs'],
  list: REPLY,
  batch: REPLY,
  credits: [...REPLY, 'success'],
  models: REPLY,
  prices: REPLY,
};

/** Texts of a task script that have a meaning; other types of value are checked by the compiler of whoever writes them. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  outcome: ['completed', 'failed', 'cancelled'],
  billing: BILLING_WORDS,
  usage: ['tokens', 'rule_tokens'],
  results: RESULT_SHAPES,
  taskIds: TASK_ID_FORMS,
};

/** Throws TypeError or RangeError that says what is wrong. */
export function checkRule(value: unknown): Rule {
  const rule = asObject('rule', value);
  for (const [name, part] of Object.entries(rule)) {
    if (name === 'label' || name === 'times') continue;
    const known = Object.hasOwn(RULE_FIELDS, name) ? RULE_FIELDS[name] : undefined;
    if (known === undefined) throw new TypeError(`A rule has no '${name}'.`);
    const fields = asObject(name, part);
    checkNames(name, fields, known);
    if (name === 'task') checkTask(fields);
    else if (name === 'match') checkPost(fields.post);
    else if (name !== 'callback') checkReply(name, fields);
  }
  return rule;
}

function checkNames(part: string, fields: object, known: readonly string[]): void {
  const unknown = Object.keys(fields).filter((field) => !known.includes(field));
  if (unknown.length > 0)
    throw new TypeError(`'${part}' has no '${unknown.join("', '")}'; it has ${known.join(', ')}.`);
}

function checkReply(part: string, fields: Readonly<Record<string, unknown>>): void {
  const { code, message, errorFields, status } = fields;
  if (code === undefined && message === undefined && errorFields === undefined) return;
  // A success: false has status 200, and a message all the same.
  if (fields.success === false && code === undefined && errorFields === undefined) return;
  const asked = { status: status as number | undefined, code: code as string | number | undefined };
  if (statusOf(asked, part === 'submit' ? 'submit' : 'query') !== undefined) return;
  const what =
    code === undefined ? 'a message or error fields' : `the code '${JSON.stringify(code)}', which is not documented`;
  throw new TypeError(`'${part}' has ${what}, but no status to send it with.`);
}

/** What is read when the task ends, on a timer, where nobody could catch the error. */
function checkTask(fields: Readonly<Record<string, unknown>>): void {
  for (const [name, words] of Object.entries(WORDS)) {
    const value = fields[name];
    if (typeof value === 'string' && !words.includes(value)) {
      throw new TypeError(`'task.${name}' is one of ${words.join(', ')}, not '${value}'.`);
    }
  }
  if (fields.creditsUsed !== undefined) creditUnits(fields.creditsUsed as string);
  if (fields.tokens === undefined) return;
  const tokens = asObject('task.tokens', fields.tokens);
  checkNames('task.tokens', tokens, TOKEN_KINDS);
  if (!Object.values(tokens).every((count) => Number.isSafeInteger(count) && (count as number) >= 0)) {
    throw new RangeError("'task.tokens' holds whole numbers from 0.");
  }
}

function checkPost(post: unknown): void {
  if (post === undefined || (Number.isSafeInteger(post) && (post as number) >= 1)) return;
  throw new RangeError(`'match.post' is a whole number from 1, not ${JSON.stringify(post)}.`);
}

function asObject(name: string, value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TypeError(`'${name}' must be an object.`);
}
