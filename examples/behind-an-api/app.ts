/**
 * Images behind an API of your own, for callers that know nothing of AWS but how to sign a request. `PUT` starts a job
 * under an id of the caller's choice, so that a request which is sent again is the same job; `GET` shows how it stands,
 * with links to its images. `handler.ts` is all there is to it.
 */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { CorsHttpMethod, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Budget, ImagePipeline } from 'evolink-image-pipeline';
import { join } from 'node:path';

const app = new App();
const stack = new Stack(app, 'ImagesApi');

const pipeline = new ImagePipeline(stack, 'Images', {
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key'),
  defaults: { quality: 'low' },
  // Whoever may call the API may spend: at most this much a day, whatever goes wrong.
  budgets: [Budget.daily(500)],
});

const handler = new NodejsFunction(stack, 'Handler', {
  entry: join(__dirname, 'handler.ts'),
  runtime: Runtime.NODEJS_24_X,
  timeout: Duration.seconds(10),
  memorySize: 512,
  environment: { STATE_MACHINE_ARN: pipeline.stateMachine.stateMachineArn },
});
pipeline.grantUse(handler);

const api = new HttpApi(stack, 'Api', {
  defaultAuthorizer: new HttpIamAuthorizer(),
  corsPreflight: { allowOrigins: ['https://app.example.com'], allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.PUT] },
});
api.addRoutes({
  path: '/images/{jobId}',
  methods: [HttpMethod.GET, HttpMethod.PUT],
  integration: new HttpLambdaIntegration('Images', handler),
});

new CfnOutput(stack, 'ApiUrl', { value: api.apiEndpoint });
