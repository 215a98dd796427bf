import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Budget, CallbackEndpoint, ImagePipeline } from '../../lib';
import { PIPELINE_OUTPUTS } from '../support/outputs';
import { build, synthesised } from './support';

test('puts out, in the stack itself, what the command line finds a pipeline by, and no secret', () => {
  const { stack, pipeline } = build(() => ({ budgets: [Budget.daily(100)] }));
  pipeline.putOutputs();
  const outputs = synthesised(stack).template.findOutputs('*');

  expect(Object.keys(outputs).sort()).toEqual(PIPELINE_OUTPUTS);
  expect(outputs.ApiKeySecretName?.Value).toBe('evolink/api-key');
  expect(JSON.parse(outputs.Budgets?.Value as string)).toEqual([expect.objectContaining({ id: 'all-day' })]);
});

test('no address of callbacks where there is none', () => {
  const { stack, pipeline } = build(() => ({ callbackEndpoint: CallbackEndpoint.none() }));
  pipeline.putOutputs();

  expect(synthesised(stack).template.findOutputs('*')).not.toHaveProperty('CallbackUrl');
});

test('of two in a stack one can have them', () => {
  const { stack, pipeline } = build();
  pipeline.putOutputs();
  const second = new ImagePipeline(stack, 'Second', {
    apiKey: Secret.fromSecretNameV2(stack, 'Other', 'evolink/api-key'),
  });

  expect(() => second.putOutputs()).toThrow(/StateMachineArn/);
});
