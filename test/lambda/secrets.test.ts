/** The API key, the callback secret, and who gets to use the key. */
import { EvolinkUnauthorizedError, type EvolinkClient } from '../../evolink';
import { ApiKey, ApiKeyUnavailableError } from '../../lambda/shared/api-key';
import { hashCallbackSecret, isCallbackSecret, newCallbackAddress } from '../../lambda/shared/callback-secret';
import { Provider } from '../../lambda/shared/provider';
import { FakeSecrets } from '../support/fake-secrets';
import { captureOutput } from '../support/output';
import { ATTEMPT_ID } from '../support/pipeline';

const output = captureOutput();

describe('the API key', () => {
  let time = 0;
  function anApiKey(...values: (string | undefined | Error)[]) {
    time = 1_000;
    const secrets = new FakeSecrets(values);
    return { secrets, apiKey: new ApiKey(secrets.client, 'evolink/api-key', () => time) };
  }

  test('is read once, under the name of its secret, without the line break that people leave behind', async () => {
    const { secrets, apiKey } = anApiKey('sk-1\n');
    expect([await apiKey.get(), await apiKey.get()]).toEqual(['sk-1', 'sk-1']);
    expect(secrets.read).toEqual(['evolink/api-key']);
  });

  test('is read again after 15 minutes, and at once when asked to', async () => {
    const { secrets, apiKey } = anApiKey('sk-1', 'sk-2', 'sk-3');
    await apiKey.get();
    time += 15 * 60_000 - 1;
    await expect(apiKey.get()).resolves.toBe('sk-1');
    time += 1;
    await expect(apiKey.get()).resolves.toBe('sk-2');
    await expect(apiKey.refresh()).resolves.toBe('sk-3');
    await expect(apiKey.get()).resolves.toBe('sk-3');
    expect(secrets.read).toHaveLength(3);
  });

  test('a failed read is not remembered', async () => {
    const { apiKey } = anApiKey(new Error('throttled'), 'sk-1');
    await expect(apiKey.get()).rejects.toBeInstanceOf(ApiKeyUnavailableError);
    await expect(apiKey.get()).resolves.toBe('sk-1');
  });

  test.each([
    [''],
    [undefined],
    [' \n'],
    ['sk-1 sk-2'],
    ['sk-1\nsk-2'],
    ['sk-é'],
    ['x'.repeat(513)],
    ['{"EVOLINK_API_KEY":"sk-1"}'],
    ['["sk-1"]'],
    ['"sk-1"'],
    ["'sk-1'"],
  ])('%j is no key, and is not quoted', async (value) => {
    const { apiKey } = anApiKey(value);
    const failure = await apiKey.get().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiKeyUnavailableError);
    expect((failure as Error).message).toMatch(/ must hold EvoLink's API key alone, .*, not as JSON or in quotes\.$/);
    if (value?.trim()) expect((failure as Error).message).not.toContain(value.trim());
  });

  test('why it could not be read is said by name alone', async () => {
    const denied = Object.assign(new Error('User: arn:aws:sts::1:x is not authorized'), {
      name: 'AccessDeniedException',
    });
    const { apiKey } = anApiKey(denied);
    const failure: unknown = await apiKey.get().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ApiKeyUnavailableError', cause: denied });
    expect((failure as Error).message).toContain('AccessDeniedException');
    expect((failure as Error).message).not.toContain('arn:');
  });

  test.each(['evolink/api-key', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:evolink/api-key'])(
    'the secret %s is told by its name',
    async (secretId) => {
      for (const value of ['', new Error('throttled')]) {
        const failure = new ApiKey(new FakeSecrets([value]).client, secretId).get();
        await expect(failure).rejects.toThrow(/^The secret evolink\/api-key\b/);
      }
    },
  );
});

describe('the provider', () => {
  const aProvider = (...values: string[]) =>
    new Provider({
      apiKey: new ApiKey(new FakeSecrets(values).client, 's'),
      baseUrl: 'https://api.evolink.ai',
      version: '1',
    });
  const refused = () => new EvolinkUnauthorizedError('401', { status: 401, outcome: 'refused' });

  test('repeats a call once, with a key that is new', async () => {
    const use = jest
      .fn<Promise<string>, [EvolinkClient]>()
      .mockRejectedValueOnce(refused())
      .mockResolvedValueOnce('done');
    await expect(aProvider('sk-1', 'sk-2').query(use)).resolves.toBe('done');
    expect(use).toHaveBeenCalledTimes(2);
    expect(output.text()).not.toMatch(/sk-[12]/);
  });

  test('tells which version of the secret its calls are made with, also after a rotation', async () => {
    const provider = aProvider('sk-1', 'sk-2');
    expect([await provider.keyVersion(), await provider.keyVersion()]).toEqual(['version-1', 'version-1']);
    const use = jest
      .fn<Promise<string>, [EvolinkClient]>()
      .mockRejectedValueOnce(refused())
      .mockResolvedValueOnce('done');
    await provider.query(use);
    await expect(provider.keyVersion()).resolves.toBe('version-2');
  });

  test('knows no version where the secret cannot be read, and leaves it to the call to say why', async () => {
    const apiKey = new ApiKey(new FakeSecrets([new Error('away')]).client, 's');
    const provider = new Provider({ apiKey, baseUrl: 'https://x', version: '1' });
    await expect(provider.keyVersion()).resolves.toBeUndefined();
    await expect(provider.query(async () => 'done')).rejects.toBeInstanceOf(ApiKeyUnavailableError);
  });

  test('never repeats with the same key, nor after another error', async () => {
    const use = jest.fn<Promise<string>, [EvolinkClient]>().mockRejectedValue(refused());
    await expect(aProvider('sk-1').query(use)).rejects.toBeInstanceOf(EvolinkUnauthorizedError);
    const other = jest.fn<Promise<string>, [EvolinkClient]>().mockRejectedValue(new Error('lost'));
    await expect(aProvider('sk-1', 'sk-2').query(other)).rejects.toThrow('lost');
    expect([use.mock.calls.length, other.mock.calls.length]).toEqual([1, 1]);
  });
});

describe('the callback address', () => {
  const BASE = 'https://hooks.example.org';
  const newAddress = () => {
    const { url = '', secretHash } = newCallbackAddress(BASE, ATTEMPT_ID);
    return { url, secret: url.split('/').at(-1) ?? '', secretHash };
  };

  test('names the attempt, and has a secret of 256 bits that fits a path and is never the same', () => {
    const made = Array.from({ length: 100 }, newAddress);
    for (const { url, secret, secretHash } of made) {
      expect(url).toBe(`${BASE}/callback/${ATTEMPT_ID}/${secret}`);
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
      expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(secretHash).not.toContain(secret);
    }
    expect(new Set(made.map(({ secret }) => secret)).size).toBe(100);
  });

  test('is none where no callback can arrive; the hash differs all the same, since the idempotency key is made of it', () => {
    const made = Array.from({ length: 100 }, () => newCallbackAddress('', ATTEMPT_ID));
    for (const address of made) expect(address).not.toHaveProperty('url');
    expect(new Set(made.map(({ secretHash }) => secretHash)).size).toBe(100);
  });

  test('its secret is known by its hash alone', () => {
    const { secret, secretHash } = newAddress();
    expect(isCallbackSecret(secret, secretHash)).toBe(true);
    const others = [
      '',
      secretHash,
      secret.slice(1),
      `${secret}A`,
      `${secret} `,
      secret.toLowerCase(),
      newAddress().secret,
    ];
    for (const other of others) expect(isCallbackSecret(other, secretHash)).toBe(false);
  });

  test.each(['', 'x', hashCallbackSecret('s').slice(0, 20)])(
    'a stored hash of another length (%j) matches nothing',
    (stored) => {
      expect(isCallbackSecret('s', stored)).toBe(false);
      expect(isCallbackSecret('', stored)).toBe(false);
    },
  );
});
