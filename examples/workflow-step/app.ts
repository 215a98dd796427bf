/**
 * Images as a step of a workflow of your own: it starts a job (`startExecution.sync`) and goes on when the images are
 * there. The job is named by the run of your workflow: however often the step is started, it is one job, paid once.
 */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  DefinitionBody,
  Fail,
  IntegrationPattern,
  Pass,
  QueryLanguage,
  StateMachine,
  TaskInput,
} from 'aws-cdk-lib/aws-stepfunctions';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { ImagePipeline } from 'evolink-image-pipeline';

const app = new App();
const stack = new Stack(app, 'CampaignImages');

const pipeline = new ImagePipeline(stack, 'Images', {
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key'),
});

const draw = StepFunctionsStartExecution.jsonata(stack, 'Draw the banner', {
  stateMachine: pipeline.stateMachine,
  integrationPattern: IntegrationPattern.RUN_JOB,
  // The job id. One banner for each run of this workflow; with more steps of this kind, give each a suffix.
  name: '{% $states.context.Execution.Name & "-banner" %}',
  input: TaskInput.fromObject({
    prompt: '{% "A wide banner for: " & $states.input.campaign %}',
    size: '3:1',
    quality: 'low',
    tenant: 'marketing',
  }),
  // The output of the job, which names each image's bucket and key.
  outputs: { images: '{% $states.result.Output.images %}', credits: '{% $states.result.Output.credits.used %}' },
});
// Failures that cost nothing and pass by themselves were tried again inside of the job: what arrives here is final.
draw.addCatch(
  Fail.jsonata(stack, 'No banner', {
    error: '{% $states.input.Error %}',
    cause: '{% $states.input.Cause %}',
  }),
);

// CDK lets it start jobs, and stop the job that it waits for when it is stopped itself.
const workflow = new StateMachine(stack, 'Campaign', {
  queryLanguage: QueryLanguage.JSONATA,
  definitionBody: DefinitionBody.fromChainable(draw.next(Pass.jsonata(stack, 'Publish'))),
  timeout: Duration.days(1),
});

new CfnOutput(stack, 'WorkflowArn', { value: workflow.stateMachineArn });
