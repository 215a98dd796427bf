import type { LookupAddress } from 'node:dns';
import { guardedLookup, httpsFormOf, refuseUrl } from '../../../lambda/archive/url-guard';

const IN_A_CLOUD = { resultHosts: [], allowLoopback: false };

describe('the text of a link', () => {
  test.each([
    'https://files.evolink.ai/account/images/file_0.png',
    'https://8.8.8.8/x.png',
    'https://[2606:4700:4700::1111]/x.png',
    'https://files.evolink.ai:8443/x.png?signature=1',
  ])('%s may be followed', (url) => {
    expect(refuseUrl(url, IN_A_CLOUD)).toBeUndefined();
  });

  test.each([
    'no link',
    '',
    'http://files.evolink.ai/x.png',
    'ftp://files.evolink.ai/x.png',
    'data:image/png;base64,AA==',
    'https://user@files.evolink.ai/x.png',
    'https://:pass@files.evolink.ai/x.png',
    'https://127.0.0.1/x.png',
    'https://127.1/x.png',
    'https://0x7f000001/x.png',
    'https://2130706433/x.png',
    'https://0177.0.0.1/x.png',
    'https://0x7f.0.0.1/x.png',
    'https://127.0.0.1./x.png',
    'https://①②⑦.0.0.1/x.png',
    'https://169.254.169.254/latest/meta-data',
    'https://169.254.43518/latest/meta-data',
    'https://0xa9fea9fe/latest/meta-data',
    'https://10.1.2.3/x.png',
    'https://172.16.0.1/x.png',
    'https://192.168.1.1/x.png',
    'https://100.64.0.1/x.png',
    'https://0.0.0.0/x.png',
    'https://[::1]/x.png',
    'https://[::]/x.png',
    'https://[::ffff:10.0.0.1]/x.png',
    'https://[::ffff:a9fe:a9fe]/x.png',
    'https://[::127.0.0.1]/x.png',
    'https://[2002:7f00:1::]/x.png',
    'https://[2001:0:7f00:1::]/x.png',
    'https://[fe80::1]/x.png',
    'https://[fd00:ec2::254]/x.png',
    'https://[64:ff9b::a00:1]/x.png',
    'https://[64:ff9b:1::a00:1]/x.png',
  ])('%s may not', (url) => {
    expect(refuseUrl(url, IN_A_CLOUD)).toEqual(expect.any(String));
  });

  test('loopback may be followed on a local cloud, and other private addresses still not', () => {
    const rules = { resultHosts: [], allowLoopback: true };
    expect(refuseUrl('https://127.0.0.1:8443/x.png', rules)).toBeUndefined();
    expect(refuseUrl('https://[::1]/x.png', rules)).toBeUndefined();
    expect(refuseUrl('https://10.0.0.1/x.png', rules)).toEqual(expect.any(String));
    expect(refuseUrl('http://127.0.0.1/x.png', rules)).toEqual(expect.any(String));
  });

  test.each([
    ['https://evolink.ai/x', true],
    ['https://files.EVOLINK.ai/x', true],
    ['https://a.b.evolink.ai/x', true],
    ['https://evilevolink.ai/x', false],
    ['https://evolink.ai.attacker.example/x', false],
    ['https://attacker.example/evolink.ai', false],
    ['https://cdn.example.org/x', true],
  ])('allowed hosts are the named ones and those below them: %s %s', (url, allowed) => {
    const rules = { resultHosts: ['Evolink.ai', 'cdn.example.org'], allowLoopback: false };
    expect(refuseUrl(url, rules) === undefined).toBe(allowed);
  });
});

describe('an http link that EvoLink gave', () => {
  test.each([
    ['http://files.evolink.ai/x.png?a=1', 'https://files.evolink.ai/x.png?a=1'],
    ['http://files.evolink.ai:80/x.png', 'https://files.evolink.ai/x.png'],
    ['http://files.evolink.ai:8080/x.png', 'https://files.evolink.ai:8080/x.png'],
    ['https://files.evolink.ai/x.png', undefined],
    ['ftp://files.evolink.ai/x.png', undefined],
    ['no link', undefined],
  ])('%s is %s over https', (link, overHttps) => {
    expect(httpsFormOf(link)).toBe(overHttps);
  });

  test('may be followed as it stands, to public addresses', () => {
    expect(refuseUrl('http://files.evolink.ai/x.png', IN_A_CLOUD, true)).toBeUndefined();
    expect(refuseUrl('http://8.8.8.8:8080/x.png', IN_A_CLOUD, true)).toBeUndefined();
  });

  test.each([
    'http://127.0.0.1/x.png',
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:10.0.0.1]/x.png',
    'http://user:pass@files.evolink.ai/x.png',
    'ftp://files.evolink.ai/x.png',
  ])('%s passes the guards of every link', (url) => {
    expect(refuseUrl(url, IN_A_CLOUD, true)).toEqual(expect.any(String));
  });

  test('is held to the allowed hosts', () => {
    const rules = { resultHosts: ['evolink.ai'], allowLoopback: false };
    expect(refuseUrl('http://files.evolink.ai/x', rules, true)).toBeUndefined();
    expect(refuseUrl('http://files.example.org/x', rules, true)).toEqual(expect.any(String));
  });
});

describe('the addresses of a name', () => {
  interface Answer {
    error: (Error & { name: string }) | null;
    address: string | LookupAddress[];
    family?: number;
  }

  function lookup(
    addresses: LookupAddress[],
    { all = false, allowLoopback = false, error = null as Error | null } = {},
  ) {
    const asked: string[] = [];
    const guarded = guardedLookup({ allowLoopback }, (hostname, options, callback) => {
      asked.push(hostname);
      expect(options.all).toBe(true);
      callback(error, addresses);
    });
    return new Promise<Answer & { asked: string[] }>((resolve) =>
      guarded('name.example.org', { all }, (failure, address, family) =>
        resolve({ error: failure, address, family, asked }),
      ),
    );
  }

  const PUBLIC = { address: '93.184.216.34', family: 4 };
  const PRIVATE = { address: '10.0.0.1', family: 4 };

  test('are handed on exactly as they were checked, after one resolution', async () => {
    await expect(lookup([PUBLIC], { all: true })).resolves.toMatchObject({
      ...{ error: null, address: [PUBLIC], asked: ['name.example.org'] },
    });
    await expect(lookup([PUBLIC])).resolves.toMatchObject({ error: null, address: PUBLIC.address, family: 4 });
  });

  test.each([
    ['a private address', [PRIVATE]],
    ['a private address among public ones', [PUBLIC, PRIVATE]],
    ['loopback', [{ address: '127.0.0.1', family: 4 }]],
    ['a mapped private address', [{ address: '::ffff:10.0.0.1', family: 6 }]],
    ['no address at all', []],
  ])('%s is refused in both forms', async (_, addresses) => {
    for (const all of [true, false]) {
      const { error } = await lookup(addresses, { all });
      expect(error).toMatchObject({ name: 'ResultBlocked' });
    }
  });

  test('loopback passes on a local cloud', async () => {
    const { error } = await lookup([{ address: '127.0.0.1', family: 4 }], { allowLoopback: true });
    expect(error).toBeNull();
  });

  test('an error of the resolver is handed on', async () => {
    const error = new Error('ENOTFOUND');
    await expect(lookup([], { error })).resolves.toMatchObject({ error });
  });
});
