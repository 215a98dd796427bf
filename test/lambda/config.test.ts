import { ENV } from '../../domain/constants';
import { isLocalProvider, requireCount, requireEnv, requireJson } from '../../lambda/shared/config';

const saved = { ...process.env };
afterEach(() => {
  process.env = { ...saved };
});

const given = (key: keyof typeof ENV, value: string) => {
  process.env[ENV[key]] = value;
};

test('what is missing or empty is named', () => {
  expect(() => requireEnv('tableName')).toThrow('TABLE_NAME');
  given('tableName', '');
  expect(() => requireEnv('tableName')).toThrow('TABLE_NAME');
  given('tableName', 'attempts');
  expect(requireEnv('tableName')).toBe('attempts');
});

test.each(['0', '-1', '1.5', 'many', '1e400', ' '])('%j is no count', (value) => {
  given('maxAttempts', value);
  expect(() => requireCount('maxAttempts')).toThrow('MAX_ATTEMPTS');
});

test('a count is a whole number of at least one', () => {
  given('maxAttempts', '3');
  expect(requireCount('maxAttempts')).toBe(3);
});

test('JSON is parsed, and what is none is named without being quoted', () => {
  given('resultHosts', '["evolink.ai"]');
  expect(requireJson('resultHosts')).toEqual(['evolink.ai']);
  given('resultHosts', 'evolink.ai');
  expect(() => requireJson('resultHosts')).toThrow('environment variable RESULT_HOSTS is not JSON');
});

test.each([
  ['https://127.0.0.1:4443', true],
  ['https://[::1]:4443', true],
  ['https://localhost:4443/v1', true],
  ['https://evolink.localhost', true],
  ['https://api.evolink.ai', false],
  ['https://10.0.0.1', false],
  ['https://localhost.evil.example', false],
  ['https://127.0.0.1.evil.example', false],
])('%s is on this machine: %s', (url, local) => {
  given('evolinkBaseUrl', url);
  expect(isLocalProvider()).toBe(local);
});

describe('a function that lacks its configuration', () => {
  const COMPLETE: Partial<Record<keyof typeof ENV, string>> = {
    tableName: 'attempts',
    bucketName: 'archive',
    apiKeySecretId: 'evolink/api-key',
    evolinkBaseUrl: 'https://api.evolink.ai',
    requestDefaults: '{}',
    resultHosts: '[]',
    maxAttempts: '3',
    taskTimeoutSeconds: '3600',
    firstCheckSeconds: '120',
    maxQueueSeconds: '21600',
    archiveFunction: 'archive',
    version: '1.2.3',
  };
  const SENDING: (keyof typeof ENV)[] = [
    'tableName',
    'apiKeySecretId',
    'evolinkBaseUrl',
    'maxAttempts',
    'firstCheckSeconds',
    'taskTimeoutSeconds',
    'maxQueueSeconds',
    'version',
  ];
  const NEEDED: Record<string, (keyof typeof ENV)[]> = {
    validate: ['requestDefaults', 'evolinkBaseUrl'],
    submit: SENDING,
    dispatch: SENDING,
    ended: ['tableName', 'maxAttempts'],
    callback: ['tableName', 'apiKeySecretId', 'evolinkBaseUrl', 'maxAttempts', 'version'],
    sweep: [
      'tableName',
      'apiKeySecretId',
      'evolinkBaseUrl',
      'maxAttempts',
      'firstCheckSeconds',
      'taskTimeoutSeconds',
      'archiveFunction',
      'version',
    ],
    archive: ['tableName', 'bucketName', 'evolinkBaseUrl', 'resultHosts', 'version'],
  };
  const start = (name: string) =>
    jest.isolateModulesAsync(() =>
      import(`../../lambda/${name}/handler`).then(({ handler }) => expect(handler).toEqual(expect.any(Function))),
    );

  test.each(Object.keys(NEEDED))(
    '%s starts with exactly what it needs, and else says what is missing',
    async (name) => {
      const needed = NEEDED[name] ?? [];
      const provide = () => needed.forEach((key) => given(key, COMPLETE[key] ?? ''));
      provide();
      await start(name);
      for (const missing of needed) {
        provide();
        given(missing, '');
        await expect(start(name)).rejects.toThrow(ENV[missing]);
      }
    },
  );
});
