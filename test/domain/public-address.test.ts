import { hostProblem, isLoopbackHost, isPublicAddress } from '../../domain/public-address';

describe('isPublicAddress', () => {
  test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])(
    '%s is public',
    (ip) => {
      expect(isPublicAddress(ip)).toBe(true);
    },
  );

  test.each([
    ['unspecified', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['loopback', '127.0.0.1'],
    ['private 10/8', '10.1.2.3'],
    ['private 172.16/12', '172.31.255.255'],
    ['private 192.168/16', '192.168.0.1'],
    ['link-local, instance metadata', '169.254.169.254'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['reserved', '240.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.7'],
    ['documentation', '203.0.113.9'],
    ['benchmarking', '198.18.0.1'],
    ['IPv6 unspecified', '::'],
    ['IPv6 loopback', '::1'],
    ['unique local', 'fd00::1'],
    ['AWS metadata over IPv6', 'fd00:ec2::254'],
    ['IPv6 link-local', 'fe80::1'],
    ['site-local', 'fec0::1'],
    ['IPv6 multicast', 'ff02::1'],
    ['IPv6 documentation', '2001:db8::1'],
    ['IPv6 documentation', '3fff::1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['local NAT64', '64:ff9b:1::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:7f00:1::'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped private', '::ffff:a00:1'],
    ['translated', '::ffff:0:127.0.0.1'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['IPv4-compatible in hexadecimal', '::7f00:1'],
    ['never given out', '4000::1'],
    ['discard', '100::1'],
    ['a zone', 'fe80::1%eth0'],
    ['a zone on a public address', '2606:4700:4700::1111%1'],
    ['hexadecimal', '0x8.8.8.8'],
    ['octal', '010.8.8.8'],
    ['short form', '8.8'],
    ['a number', '134744072'],
    ['a name', 'example.com'],
    ['nothing', ''],
  ])('%s is not: %s', (_, ip) => {
    expect(isPublicAddress(ip)).toBe(false);
  });
});

describe('hostProblem', () => {
  test.each(['example.com', 'cdn.example.org.', 'xn--bcher-kva.example', '8.8.8.8', '[2606:4700:4700::1111]'])(
    'nothing against %s',
    (host) => {
      expect(hostProblem(host)).toBeUndefined();
    },
  );

  test.each([
    'localhost',
    'LOCALHOST',
    'localhost.',
    'api.localhost',
    'printer.local',
    'metadata.google.internal',
    'nas.home.arpa',
    'intranet',
    '127.0.0.1',
    '10.0.0.1',
    '[::1]',
    '[fd00::1]',
    '2130706433',
    '',
  ])('something against %j', (host) => {
    expect(hostProblem(host)).toEqual(expect.any(String));
  });
});

describe('isLoopbackHost', () => {
  test.each(['localhost', 'a.localhost', 'localhost.', '127.0.0.1', '127.9.9.9', '[::1]', '::1', '::ffff:127.0.0.1'])(
    '%s',
    (host) => {
      expect(isLoopbackHost(host)).toBe(true);
    },
  );

  test.each(['example.com', 'notlocalhost', 'localhost.example.com', '10.0.0.1', '0.0.0.0', '8.8.8.8', '::', ''])(
    'not %j',
    (host) => {
      expect(isLoopbackHost(host)).toBe(false);
    },
  );
});
