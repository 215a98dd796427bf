import { takeAccount } from '../../../local/live/account';
import { WrongUse } from '../../../local/wrong-use';

test('the key is taken out of the environment', () => {
  const env = { EVOLINK_API_KEY: 'sk-secret\n', PATH: '/bin' };

  expect(takeAccount(env)).toEqual({ apiKey: 'sk-secret', baseUrl: 'https://api.evolink.ai' });
  expect(env).toEqual({ PATH: '/bin' });
});

test('EvoLink may be elsewhere', () => {
  const env = { EVOLINK_API_KEY: 'sk-secret', EVOLINK_BASE_URL: 'https://proxy.example.com/evolink/' };

  expect(takeAccount(env).baseUrl).toBe('https://proxy.example.com/evolink');
});

test.each([
  ['no key', {}, /EVOLINK_API_KEY=… npm start/],
  ['an empty key', { EVOLINK_API_KEY: ' ' }, /EVOLINK_API_KEY=… npm start/],
  ['a key of two words', { EVOLINK_API_KEY: 'sk secret' }, /the key alone/],
  ['http', { EVOLINK_API_KEY: 'k', EVOLINK_BASE_URL: 'http://127.0.0.1:1' }, /https/],
  ['a password', { EVOLINK_API_KEY: 'k', EVOLINK_BASE_URL: 'https://me:pass@example.com' }, /https/],
  ['no URL', { EVOLINK_API_KEY: 'k', EVOLINK_BASE_URL: 'example.com' }, /https/],
])('%s is wrong use, and nothing of it is shown', (_what, env, message) => {
  const taken = () => takeAccount({ ...env });

  expect(taken).toThrow(WrongUse);
  expect(taken).toThrow(message);
  expect(taken).not.toThrow(/sk|secret|pass@/);
});
