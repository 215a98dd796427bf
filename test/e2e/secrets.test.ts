/**
 * Runs after all other end-to-end tests (order.mjs) and looks through everything that they left behind. The API key,
 * callback secrets and task tokens are nowhere but in the table's own fields and in Step Functions' own record.
 */
import { randomBytes } from 'node:crypto';
import { hashCallbackSecret } from '../../lambda/shared/callback-secret';
import { PLACES, realSecrets } from './support/everything';
import { type Leak, LeakScanner, SECRET_PATTERN, type Secrets } from './support/leaks';
import { callbackAddress, connection, simulator, succeed } from './support/pipeline';

let secrets: Secrets;
let known: { readonly taskToken: string; readonly callbackSecret: string };

beforeAll(async () => {
  // A job of our own, so that the scan has something to look for also when it is run alone.
  const { task_id } = await succeed({ prompt: 'a bicycle in a safe', size: '3:1', quality: 'low' });
  secrets = await realSecrets();
  const task = (await simulator.tasks()).find(({ id }) => id === task_id);
  if (task === undefined) throw new Error('no task');
  known = { taskToken: secrets.values.at(-1) ?? '', callbackSecret: callbackAddress(task).secret };
}, 120_000);

test('the real secrets are known: key, tokens, and the callback secret of a real task by its hash', () => {
  expect(secrets.values).toContain(connection.simulator.apiKey);
  expect(secrets.values.length).toBeGreaterThan(1);
  for (const value of secrets.values) expect(value).toMatch(SECRET_PATTERN);
  expect(secrets.hashes).toContain(hashCallbackSecret(known.callbackSecret));
});

test.each<[string, () => string, Leak['kind']]>([
  ['the API key', () => `{"authorization":"Bearer ${connection.simulator.apiKey}"}`, 'value'],
  ['a task token', () => `token=${known.taskToken};`, 'value'],
  [
    'a callback secret in a path',
    () => `POST /callback/${'A'.repeat(22)}/${known.callbackSecret} 404`,
    'callback secret',
  ],
  [
    'a callback secret amid others',
    () => `x${known.callbackSecret}${randomBytes(9).toString('hex')}`,
    'callback secret',
  ],
])('%s would be found', (_, text, kind) => {
  const places = [
    { where: 'clean', text: `${'x'.repeat(100)} sk-another` },
    { where: 'planted', text: text() },
  ];
  const scanner = new LeakScanner(secrets);
  expect(places.flatMap((place) => scanner.scan(place))).toEqual([{ where: 'planted', kind }]);
});

test.each(Object.keys(PLACES))(
  'no secret in %s',
  async (name) => {
    const scanner = new LeakScanner(secrets);
    let looked = 0;
    const leaks: Leak[] = [];
    for await (const place of PLACES[name]?.() ?? []) {
      looked += place.text.length;
      leaks.push(...scanner.scan(place));
    }
    expect(leaks).toEqual([]);
    // An empty place is one that the scan could not see.
    expect(looked).toBeGreaterThan(100);
  },
  300_000,
);
