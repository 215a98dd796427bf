import { Duration, Lazy } from 'aws-cdk-lib';
import { LambdaIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate, type ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CALLBACK_PATH_CHARACTERS, ENV } from '../../domain/constants';
import { CallbackEndpoint, CallbackHttpApi } from '../../lib';
import { nextGapMs } from '../../lambda/sweep/gaps';
import { build, environment, lambdaFunction, resourcesOf, synth, synthesised } from './support';

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
    [{ certificate: {} as ICertificate }, /domainName and certificate .* belong together, got certificate alone/],
    [{ rateLimit: 0 }, /rateLimit must be a whole number from 1 to 10000, got 0/],
    [{ burstLimit: 1.5 }, /burstLimit must be a whole number from 1 to 5000, got 1.5/],
  ])('%j is refused', (options, message) => {
    expect(() => withEndpoint(CallbackEndpoint.httpApi(options))).toThrow(message);
  });
});

test('the API by itself refuses a domain name without a certificate, too: it would be closed to everybody', () => {
  const { stack, pipeline } = build(() => ({ callbackEndpoint: CallbackEndpoint.none() }));
  const props = { handler: pipeline.functions.callback, pipelineName: 'mine', logRetention: RetentionDays.ONE_DAY };

  expect(() => new CallbackHttpApi(stack, 'Own', { ...props, domainName: 'images.example.com' })).toThrow(/alone/);
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
    // Since October 2025 AWS asks for both.
    const open = resourcesOf(json, 'AWS::Lambda::Permission').filter(({ Properties }) => Properties.Principal === '*');
    expect(
      open.map(({ Properties: { Action, FunctionUrlAuthType, InvokedViaFunctionUrl } }) => [
        Action,
        FunctionUrlAuthType ?? InvokedViaFunctionUrl,
      ]),
    ).toEqual([
      ['lambda:InvokeFunctionUrl', 'NONE'],
      ['lambda:InvokeFunction', true],
    ]);
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

  test('may be the stage of a REST API of the same stack, which waits for the function', () => {
    let api: RestApi | undefined;
    const { stack, pipeline } = build((own) => {
      api = new RestApi(own, 'Gateway');
      return { callbackEndpoint: CallbackEndpoint.existing(api.url) };
    });
    const route = api?.root.addResource('callback').addResource('{attemptId}').addResource('{secret}');
    route?.addMethod('POST', new LambdaIntegration(pipeline.functions.callback));

    // CDK refuses circles when it synthesises.
    const { json } = synthesised(stack);
    const stage = { Ref: expect.stringMatching(/^GatewayDeploymentStage/) };
    for (const name of ['Submit', 'Dispatch']) {
      expect(joined(environment(json, name)[ENV.callbackBaseUrl])).toContainEqual(stage);
    }
    const name = lambdaFunction(json, 'Dispatch').Properties.FunctionName as unknown;
    expect(environment(json, 'Callback')[ENV.dispatchFunction]).toEqual(name);
  });

  const token = Lazy.string({ produce: () => 'gateway' });
  test.each([
    ['https://<token>.example.com/images', `https://${token}.example.com/images`],
    ['https://hooks.example.com/<token>', `https://hooks.example.com/${token}`],
    ['https://hooks.example.com:<token>/images', `https://hooks.example.com:${token}/images`],
    ['<token>', token],
  ])('%s may be an address: nothing that is known speaks against it', (_, url) => {
    expect(environment(withEndpoint(CallbackEndpoint.existing(url)).json, 'Submit')).toHaveProperty([
      ENV.callbackBaseUrl,
    ]);
  });

  test.each([
    ['http://<token>.example.com', `http://${token}.example.com`, /must be an https URL, got http:\/\/ before a token/],
    [
      'https://<token>.example.com?key=1',
      `https://${token}.example.com?key=1`,
      /without query, fragment and credentials, got \? beside a token/,
    ],
    ['<token>#images', `${token}#images`, /without query, fragment and credentials, got # beside a token/],
    [
      'https://user:<token>@hooks.example.com',
      `https://user:${token}@hooks.example.com`,
      /without query, fragment and credentials, got @ beside a token/,
    ],
    ['https://10.0.0.7/<token>', `https://10.0.0.7/${token}`, /EvoLink can reach, got 10\.0\.0\.7/],
    ['https://hooks.example.com:99999/<token>', `https://hooks.example.com:99999/${token}`, /must be an https URL/],
    [
      'https://<token>.example.com/x…',
      `https://${token}.example.com/${'x'.repeat(2_048)}`,
      /at most 2048 characters .* got \d+/,
    ],
  ])('%s is refused, whatever the token stands for', (_, url, message) => {
    expect(refused(url)).toThrow(message);
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

describe('the first check of a task', () => {
  const firstCheck = (callbackEndpoint: CallbackEndpoint, firstCheckAfter?: Duration) => {
    const { json } = synth(() => ({ callbackEndpoint, firstCheckAfter }));
    return new Set(['Submit', 'Dispatch', 'Sweep'].map((name) => environment(json, name)[ENV.firstCheckSeconds]));
  };

  test('waits for the callback where there is one', () => {
    expect(firstCheck(CallbackEndpoint.functionUrl())).toEqual(new Set(['120']));
    expect(firstCheck(CallbackEndpoint.existing('https://hooks.example.com'))).toEqual(new Set(['120']));
  });

  test('waits for nothing where nobody calls, unless it is told to', () => {
    expect(firstCheck(CallbackEndpoint.none())).toEqual(new Set(['3']));
    expect(firstCheck(CallbackEndpoint.none(), Duration.seconds(30))).toEqual(new Set(['30']));
  });
});

test('without callbacks the sweep asks for a task each minute for eight minutes, as its comment says', () => {
  const { [ENV.firstCheckSeconds]: first } = environment(withEndpoint(CallbackEndpoint.none()).json, 'Sweep');
  const gaps = Array.from({ length: 10 }, (_, checks) => nextGapMs(checks, Number(first)) / 1_000);

  expect(gaps.findIndex((gap) => gap > 60)).toBe(8);
});
