import { callbackAddress } from '../../lambda/callback/address';
import { CALLBACK_PATH_CHARACTERS, CALLBACK_ROUTE } from '../../domain/constants';
import { newCallbackAddress } from '../../lambda/shared/callback-secret';
import { ATTEMPT_ID, CALLBACK_SECRET } from '../support/pipeline';

const path = CALLBACK_ROUTE.replace('{attemptId}', ATTEMPT_ID).replace('{secret}', CALLBACK_SECRET);
const address = { attemptId: ATTEMPT_ID, secret: CALLBACK_SECRET };

test.each([
  ['an HTTP API or a function URL', { rawPath: path }],
  ['an HTTP API with a base path', { rawPath: `/images${path}` }],
  ['a REST API', { path: `/prod${path}` }],
  ['a load balancer', { path }],
])('found in the event of %s', (_, event) => {
  expect(callbackAddress(event)).toEqual(address);
});

test.each([
  ['nothing', ''],
  ['another route', `/health`],
  ['no secret', `/callback/${ATTEMPT_ID}/`],
  ['something behind it', `${path}/more`],
  ['a slash behind it', `${path}/`],
  ['only part of the name', `/my${path.slice(1)}`],
  ['encoded slashes', path.replaceAll('/', '%2F')],
  ['an empty id', `/callback//${CALLBACK_SECRET}`],
  ['a line behind it', `${path}\n/`],
  ['the path as a query', `/?path=${path}&more=/`],
  ['very long parts', `/callback/${'a'.repeat(1_000_000)}/${'b'.repeat(1_000_000)}/`],
  ['very many parts', '/callback'.repeat(200_000) + '/'],
])('%s: none', (_, rawPath) => {
  expect(callbackAddress({ rawPath })).toBeUndefined();
});

test('the last address counts where there are several', () => {
  expect(callbackAddress({ rawPath: `/callback/one/two${path}` })).toEqual(address);
});

test('nothing is decoded: an encoded slash stays inside', () => {
  expect(callbackAddress({ rawPath: '/callback/a%2Fb/c%20d' })).toEqual({ attemptId: 'a%2Fb', secret: 'c%20d' });
});

test('the length that the construct reckons with is that of a real path', () => {
  const base = 'https://hooks.example.org';
  const { url = '' } = newCallbackAddress(base, ATTEMPT_ID);
  expect(url.slice(base.length)).toHaveLength(CALLBACK_PATH_CHARACTERS);
});
