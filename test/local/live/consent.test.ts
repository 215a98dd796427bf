import { estimateRequest } from '../../../client/estimate';
import { isYes, offer } from '../../../local/live/consent';

const cheapest = estimateRequest({ prompt: 'a dot', size: '3:1', resolution: '1K', quality: 'low' });
const credits = { account: { remaining: '12.5', used: '1' }, key: { remaining: '3', used: '1', unlimited: false } };

test('says where, from what, what, and for how much', () => {
  expect(offer('https://api.evolink.ai', credits, cheapest).split('\n')).toEqual([
    '  EvoLink   https://api.evolink.ai: what it makes is charged',
    '  account   12.5 credits left, 3 on this key',
    '  request   gpt-image-2, 3:1 at 1K (1776×592 pixels), low, 1 image',
    `  estimate  about ${cheapest.credits.likely} credits (${cheapest.usd.likely} USD), at most ${cheapest.credits.upper} credits (${cheapest.usd.upper} USD)`,
  ]);
});

test('a key that may not read the account', () => {
  expect(offer('https://api.evolink.ai', undefined, cheapest)).toContain('this key may not read it');
});

test('does not call a cap what is none', () => {
  const text = offer('https://api.evolink.ai', credits, estimateRequest({ prompt: 'a dot', size: 'auto' }));

  expect(text).toContain('no cap');
  expect(text).not.toContain('at most');
});

test.each(['y', 'Y', ' yes ', 'YES'])('%j is yes', (answer) => expect(isYes(answer)).toBe(true));
test.each(['', 'n', 'no', 'yy', 'maybe', 'yes please'])('%j is no', (answer) => expect(isYes(answer)).toBe(false));
