import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CALLBACK_PATH_CHARACTERS, ENV } from '../../domain/constants';
import { CallbackEndpoint } from '../../lib';
import { build, environment, resourcesOf, synth, synthesised } from './support';

const CERTIFICATE_ARN = 'arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';
const withEndpoint = (callbackEndpoint: CallbackEndpoint) => synth(() => ({ callbackEndpoint }));
const refused = (url: string) => () => withEndpoint(CallbackEndpoint.existing(url));

describe('httpApi', () => {
  test('is the default', () => {
    expect(withEndpoint(CallbackEndpoint.httpApi()).json).toEqual(synth().json);
  });

  test('limits requests', () => {
    const { json } = withEndpoint(CallbackEndpoint.httpApi({ rateLimit: 7, burstLimit: 9 }));

    expect(resourcesOf(json, 'AWS::ApiGatewayV2::Stage')[0]?.Properties.DefaultRouteSettings).toEqual({
      ThrottlingRateLimit: 7,
      ThrottlingBurstLimit: 9,
    });
  });

  test('has a domain name of its own, and no other way in', () => {
    const { json, pipeline } = synth((stack) => ({
      callbackEndpoint: CallbackEndpoint.httpApi({
        domainName: 'images.example.com',
        certificate: Certificate.fromCertificateArn(stack, 'Certificate', CERTIFICATE_ARN),
      }),
    }));

    expect(resourcesOf(json, 'AWS::ApiGatewayV2::Api')[0]?.Properties.DisableExecuteApiEndpoint).toBe(true);
    expect(resourcesOf(json, 'AWS::ApiGatewayV2::DomainName')[0]?.Properties).toMatchObject({
      DomainName: 'images.example.com',
      DomainNameConfigurations: [{ CertificateArn: CERTIFICATE_ARN }],
    });
    expect(resourcesOf(json, 'AWS::ApiGatewayV2::ApiMapping')).toHaveLength(1);
    expect(pipeline.callbackDomain?.regionalDomainName).toBeDefined();
    const [{ Ref: domain }] = [environment(json, 'Submit')[ENV.callbackBaseUrl]].flatMap(joined) as [{ Ref: string }];
    expect(json.Resources[domain]?.Type).toBe('AWS::ApiGatewayV2::DomainName');
  });

  test.each([
    [{ domainName: 'images.example.com' }, /domainName and certificate .* belong together, got domainName alone/],
    [{ rateLimit: 0 }, /rateLimit must be a whole number from 1 to 10000, got 0/],
    [{ burstLimit: 1.5 }, /burstLimit must be a whole number from 1 to 5000, got 1.5/],
  ])('%j is refused', (options, message) => {
    expect(() => withEndpoint(CallbackEndpoint.httpApi(options))).toThrow(message);
  });
});

/** The parts of a join that are no text. */
function joined(value: unknown): unknown[] {
  const [, parts] = (value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
  return parts.filter((part) => typeof part !== 'string');
}

describe('functionUrl', () => {
  const { json, pipeline } = withEndpoint(CallbackEndpoint.functionUrl());

  test('is open to everybody, for callbacks only, and there is no API', () => {
    const [url] = resourcesOf(json, 'AWS::Lambda::Url');
    expect(url?.Properties).toMatchObject({ AuthType: 'NONE' });
    expect(url?.Properties.TargetFunctionArn).toEqual({
      'Fn::GetAtt': [expect.stringMatching(/^ImagesFunctionsCallback/), 'Arn'],
    });
    expect(resourcesOf(json, 'AWS::ApiGatewayV2::Api')).toEqual([]);
  });

  test('is what EvoLink is told', () => {
    const address = { 'Fn::GetAtt': [expect.stringContaining('FunctionUrl'), 'FunctionUrl'] };
    for (const name of ['Submit', 'Dispatch']) expect(environment(json, name)[ENV.callbackBaseUrl]).toEqual(address);
    expect(pipeline.callbackApi).toBeUndefined();
  });
});

describe('existing', () => {
  test('is what EvoLink is told, and nothing is made', () => {
    const { json, pipeline } = withEndpoint(CallbackEndpoint.existing('https://hooks.example.com/images'));

    expect(environment(json, 'Submit')[ENV.callbackBaseUrl]).toBe('https://hooks.example.com/images');
    expect(resourcesOf(json, 'AWS::ApiGatewayV2::Api')).toEqual([]);
    expect(pipeline.callbackUrl).toBe('https://hooks.example.com/images');
  });

  test('may be a gateway of the same stack, which calls the function', () => {
    let api: HttpApi | undefined;
    const { stack, pipeline } = build((own) => {
      api = new HttpApi(own, 'Gateway');
      return { callbackEndpoint: CallbackEndpoint.existing(api.apiEndpoint) };
    });
    api?.addRoutes({
      path: '/callback/{attemptId}/{secret}',
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('Callback', pipeline.functions.callback),
    });

    const { json } = synthesised(stack);
    expect(environment(json, 'Submit')[ENV.callbackBaseUrl]).toEqual({
      'Fn::GetAtt': [expect.stringMatching(/^Gateway/), 'ApiEndpoint'],
    });
  });

  test.each([
    ['http://hooks.example.com', /must be an https URL/],
    ['hooks.example.com', /must be an https URL/],
    ['https://hooks.example.com?key=1', /without query/],
    ['https://user:word@hooks.example.com', /without query, fragment and credentials/],
    ['https://localhost', /EvoLink can reach, got localhost/],
    ['https://10.0.0.7/hooks', /EvoLink can reach, got 10\.0\.0\.7/],
    ['https://gateway.internal', /EvoLink can reach, got gateway\.internal/],
  ])('%s is refused', (url, message) => {
    expect(refused(url)).toThrow(message);
  });

  test('as long as EvoLink takes it, and no longer', () => {
    const start = 'https://hooks.example.com/';
    const longest = start + 'x'.repeat(2_048 - CALLBACK_PATH_CHARACTERS - start.length);

    expect(refused(longest)).not.toThrow();
    expect(refused(`${longest}x`)).toThrow(/at most 2048 characters .* got 2049/);
  });
});

test('none: no address, and no way in', () => {
  const { json, pipeline } = withEndpoint(CallbackEndpoint.none());

  for (const name of ['Submit', 'Dispatch']) expect(environment(json, name)).not.toHaveProperty(ENV.callbackBaseUrl);
  expect(resourcesOf(json, 'AWS::ApiGatewayV2::Api')).toEqual([]);
  expect(resourcesOf(json, 'AWS::Lambda::Url')).toEqual([]);
  const callback = resourcesOf(json, 'AWS::Lambda::Permission').filter(({ Properties: { FunctionName } }) =>
    JSON.stringify(FunctionName).includes('Callback'),
  );
  expect(callback).toEqual([]);
  expect(pipeline.callbackUrl).toBeUndefined();
});
