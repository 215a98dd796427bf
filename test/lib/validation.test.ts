import { Duration, Lazy, Token } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ENV } from '../../domain/constants';
import { Budget } from '../../lib';
import { environment, type Props, synth } from './support';

const refused: [rule: string, props: Props, message: RegExp][] = [
  ['no apiKey', () => ({ apiKey: undefined }), /apiKey must be a secret, .*, got nothing/],
  ['the key itself', () => ({ apiKey: 'sk-secret' as never }), /apiKey must be a secret, [^]*, got a string$/],
  ['an unknown quality', () => ({ defaults: { quality: 'ultra' } }), /defaults\.quality .*low, medium, high.*ultra/],
  [
    'an unknown resolution',
    () => ({ defaults: { resolution: '8K' as never } }),
    /defaults\.resolution .*1K, 2K, 4K.*8K/,
  ],
  [
    'a short callbackTimeout',
    () => ({ callbackTimeout: Duration.minutes(4) }),
    /callbackTimeout .* 5 minutes and .*, got 4 minutes/,
  ],
  ['a long callbackTimeout', () => ({ callbackTimeout: Duration.hours(25) }), /callbackTimeout .*, got 1 day 1 hour/],
  [
    'a callbackTimeout of a token',
    () => ({ callbackTimeout: Duration.seconds(Token.asNumber(Lazy.number({ produce: () => 600 }))) }),
    /callbackTimeout .* got a token/,
  ],
  ['an early firstCheckAfter', () => ({ firstCheckAfter: Duration.seconds(2) }), /firstCheckAfter .*, got 2 seconds/],
  [
    'a late firstCheckAfter',
    () => ({ firstCheckAfter: Duration.minutes(61) }),
    /firstCheckAfter .*, got 1 hour 1 minute/,
  ],
  [
    'a fractional firstCheckAfter',
    () => ({ firstCheckAfter: Duration.millis(3_500) }),
    /firstCheckAfter must be a multiple of 1 second/,
  ],
  [
    'a firstCheckAfter after callbackTimeout',
    () => ({ firstCheckAfter: Duration.seconds(301), callbackTimeout: Duration.minutes(5) }),
    /firstCheckAfter must be at most callbackTimeout, which is 5 minutes, got 5 minutes 1 second$/,
  ],
  ['a tenant with a slash', () => ({ tenants: ['shop', 'a/b'] }), /tenants must each be 1 to 64 of .*, got a\/b$/],
  [
    'the tenant that no job can have',
    () => ({ tenants: ['references'] }),
    /tenants must each be .* not "references", got references$/,
  ],
  [
    'a budget of that tenant',
    () => ({ budgets: [Budget.daily(5, { tenant: 'references' })] }),
    /^Budget\.daily: tenant must be 1 to 64 of .* not "references", got references$/,
  ],
  ['a short sweepInterval', () => ({ sweepInterval: Duration.seconds(59) }), /sweepInterval .*, got 59 seconds/],
  ['a long sweepInterval', () => ({ sweepInterval: Duration.minutes(61) }), /sweepInterval .*, got 1 hour 1 minute/],
  [
    'an odd sweepInterval',
    () => ({ sweepInterval: Duration.seconds(90) }),
    /sweepInterval must be a multiple of 1 minute/,
  ],
  ['no attempts', () => ({ maxAttempts: 0 }), /maxAttempts must be a whole number from 1 to 10, got 0/],
  ['many attempts', () => ({ maxAttempts: 11 }), /maxAttempts .*, got 11/],
  ['half an attempt', () => ({ maxAttempts: 1.5 }), /maxAttempts .*, got 1.5/],
  ['http', () => ({ evolinkBaseUrl: 'http://api.evolink.ai' }), /evolinkBaseUrl .* https .*, got http:/],
  ['a URL with a query', () => ({ evolinkBaseUrl: 'https://api.evolink.ai/?a=b' }), /evolinkBaseUrl/],
  ['a URL with an empty query', () => ({ evolinkBaseUrl: 'https://api.evolink.ai/?' }), /evolinkBaseUrl/],
  ['a URL with a fragment', () => ({ evolinkBaseUrl: 'https://api.evolink.ai/#a' }), /evolinkBaseUrl/],
  ['no URL', () => ({ evolinkBaseUrl: 'api.evolink.ai' }), /evolinkBaseUrl/],
  ['an empty list of hosts', () => ({ resultHosts: [] }), /resultHosts .* at least one host/],
  [
    'a URL among hosts',
    () => ({ resultHosts: ['ok.example.com', 'https://a.example.com'] }),
    /resultHosts .* got https:/,
  ],
  ['a host in capitals', () => ({ resultHosts: ['Files.example.com'] }), /resultHosts .* got Files/],
  ['an empty namespace', () => ({ metricsNamespace: '' }), /metricsNamespace/],
  ['a namespace of AWS', () => ({ metricsNamespace: 'AWS/Lambda' }), /metricsNamespace .* got AWS\/Lambda/],
  ['no default pictures', () => ({ defaults: { n: 0 } }), /defaults.n .*, got 0/],
  ['an odd default size', () => ({ defaults: { size: 'large' } }), /defaults.size .*, got large/],
  ['a default ratio that EvoLink does not know', () => ({ defaults: { size: '7:5' } }), /defaults.size .*, got 7:5/],
  ['default pixels that break a rule', () => ({ defaults: { size: '1920x1080' } }), /defaults.size .*, got 1920x1080/],
  [
    'a default model that does not exist',
    () => ({ defaults: { model: 'gpt-imgae-2' } }),
    /defaults.model .*gpt-image-2/,
  ],
  ['an odd default model', () => ({ defaults: { model: 'GPT image' } }), /defaults.model .*, got GPT image/],
  [
    'part of a day of images',
    () => ({ imageRetention: Duration.hours(36) }),
    /imageRetention must be a multiple of 1 day/,
  ],
  ['no day of images', () => ({ imageRetention: Duration.days(0) }), /imageRetention must be at least 1 day/],
  [
    'a retention for the bucket of somebody else',
    (stack) => ({
      archiveBucket: Bucket.fromBucketName(stack, 'Mine', 'my-images'),
      imageRetention: Duration.days(30),
    }),
    /imageRetention can't be combined with archiveBucket, got 30 days/,
  ],
];

test.each(refused)('refuses %s', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
});

test('says which construct it is, so that one of many can be found', () => {
  expect(() => synth(() => ({ maxAttempts: 0 }))).toThrow(/^Stack\/Images: /);
});

test('does not repeat a password that stood in a URL', () => {
  const props: Props = () => ({ evolinkBaseUrl: 'https://me:hunter2@api.evolink.ai?key=hunter2' });

  expect(() => synth(props)).toThrow(/evolinkBaseUrl/);
  expect(() => synth(props)).not.toThrow(/hunter2/);
});

test.each<[string, Props]>([
  [
    'the shortest times',
    () => ({
      callbackTimeout: Duration.minutes(5),
      firstCheckAfter: Duration.seconds(3),
      sweepInterval: Duration.minutes(1),
    }),
  ],
  [
    'the longest times',
    () => ({
      callbackTimeout: Duration.hours(24),
      firstCheckAfter: Duration.hours(1),
      sweepInterval: Duration.hours(1),
    }),
  ],
  [
    'a first check when time is up',
    () => ({ firstCheckAfter: Duration.minutes(5), callbackTimeout: Duration.minutes(5) }),
  ],
  [
    'tenants whose names begin with the reserved one',
    () => ({ tenants: ['references2'], budgets: [Budget.monthly(5, { tenant: 'references-a' })] }),
  ],
  ['a loopback address with a port', () => ({ evolinkBaseUrl: 'https://127.0.0.1:8443' })],
  ['pixels with a capital X', () => ({ defaults: { size: '1536X1024' } })],
])('accepts %s', (_, props) => {
  expect(() => synth(props)).not.toThrow();
});

test('lets tokens through where they can stand', () => {
  const token = Lazy.number({ produce: () => 4 });
  const { json } = synth(() => ({
    maxAttempts: token,
    evolinkBaseUrl: Lazy.string({ produce: () => 'https://later.example.com' }),
    metricsNamespace: Lazy.string({ produce: () => 'Later' }),
    defaults: { n: token },
  }));

  expect(environment(json, 'Submit')).toMatchObject({
    [ENV.maxAttempts]: '4',
    [ENV.evolinkBaseUrl]: 'https://later.example.com',
  });
  expect(environment(json, 'Validate')[ENV.requestDefaults]).toBe('{"n":4}');
});
