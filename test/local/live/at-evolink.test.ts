import { whatIsThere } from '../../../local/live/at-evolink';

const URL = 'https://api.evolink.ai';
const taskId = 'task-unified-1-abc';

test.each([
  ['no attempt', undefined],
  ['waiting in the queue', { status: 'QUEUED' }],
  ['refused before there was a task', { status: 'FAILED' }],
  ['refused, not yet booked', { status: 'SUBMITTING', unsent: { name: 'RateLimited', cause: '{}' } }],
] as const)('%s: nothing is there', (_what, attempt) => {
  expect(whatIsThere(attempt, URL)).toMatch(/^Nothing .* nothing is charged\.$/);
});

test.each(['SUBMITTING', 'SUBMIT_UNKNOWN'] as const)('%s: there may be a task', (status) => {
  const text = whatIsThere({ status }, URL);

  expect(text).toContain('not known');
  expect(text).toMatch(/\$EVOLINK_API_KEY" https:\/\/api\.evolink\.ai\/v1\/tasks$/);
});

test.each([
  ['SUBMITTED', /goes on .* charged when it succeeds/],
  ['COMPLETED', /has succeeded .* is charged/],
  ['FAILED', /has failed .* refunds/],
  ['CANCELLED', /has failed .* refunds/],
] as const)('%s with a task: says which, what it costs, and how to see it', (status, fate) => {
  const text = whatIsThere({ status, taskId }, URL);

  expect(text).toMatch(fate);
  expect(text.endsWith(`$EVOLINK_API_KEY" https://api.evolink.ai/v1/tasks/${taskId}`)).toBe(true);
});
