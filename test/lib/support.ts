import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type Environment, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { DEFAULT_PRICES } from '../../domain/prices';
import { ImagePipeline, type ImagePipelineProps, ModelPrices, type PriceTable } from '../../lib';

/** The context of our own cdk.json: its feature flags decide what CDK renders. */
export const CDK_CONTEXT: Record<string, unknown> = JSON.parse(
  readFileSync(join(__dirname, '../../cdk.json'), 'utf8'),
).context;

/** The published prices under a name of their own: what differs is the table, not the amounts. */
export const PRICES: PriceTable = {
  version: 'contract-7',
  date: DEFAULT_PRICES.date,
  source: DEFAULT_PRICES.source,
  models: {
    'gpt-image-2': ModelPrices.perToken({
      imageOutput: 18_360,
      imageInput: 4_896,
      imageCachedInput: 1_224,
      textInput: 3_060,
      textCachedInput: 765,
    }),
    'gpt-image-2-beta': ModelPrices.perCall({ oneK: 10_200_000, twoK: 17_340_000, fourK: 26_520_000 }),
  },
};

export interface Synthesised {
  readonly app: App;
  readonly stack: Stack;
  readonly pipeline: ImagePipeline;
  readonly template: Template;
  readonly json: CloudFormation;
}

export interface CloudFormation {
  readonly Resources: Record<string, Resource>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- resolved template
  readonly DeletionPolicy?: string;
}

export type Props = (stack: Stack) => Partial<ImagePipelineProps>;

/** A stack with one pipeline, not yet synthesised. Only what a test is about differs from the minimal properties. */
export function build(props: Props = () => ({}), env?: Environment): Omit<Synthesised, 'template' | 'json'> {
  const { app, stack } = emptyStack(env);
  const pipeline = new ImagePipeline(stack, 'Images', { apiKey: apiKey(stack), ...props(stack) });
  return { app, stack, pipeline };
}

export function synth(props?: Props, env?: Environment): Synthesised {
  const built = build(props, env);
  return { ...built, ...synthesised(built.stack) };
}

export function synthesised(stack: Stack): { template: Template; json: CloudFormation } {
  const template = Template.fromStack(stack);
  return { template, json: template.toJSON() as CloudFormation };
}

export function emptyStack(env?: Environment): { app: App; stack: Stack } {
  const app = new App({ context: CDK_CONTEXT });
  return { app, stack: new Stack(app, 'Stack', { env }) };
}

export function apiKey(stack: Stack) {
  return Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key');
}

export function resourcesOf(json: CloudFormation, type: string): Resource[] {
  return Object.values(json.Resources).filter((resource) => resource.Type === type);
}

/** The one resource of a type whose logical id contains a text. */
export function resource(json: CloudFormation, type: string, idPart = ''): Resource {
  const found = Object.entries(json.Resources).filter(([id, { Type }]) => Type === type && id.includes(idPart));
  if (found.length !== 1) throw new Error(`${found.length} resources of ${type} with ${idPart} in their id`);
  return found[0][1];
}

/** The Lambda function that our construct calls by this name. */
export function lambdaFunction(json: CloudFormation, name: string): Resource {
  return resource(json, 'AWS::Lambda::Function', `Functions${name}Function`);
}

/** The environment of a function, as the function sees it where the values are literals. */
export function environment(json: CloudFormation, name: string): Record<string, unknown> {
  return lambdaFunction(json, name).Properties.Environment.Variables;
}

export interface Retrier {
  readonly ErrorEquals: string[];
  readonly MaxAttempts: number;
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: string;
}

export interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Default?: string;
  readonly Retry?: Retrier[];
  readonly Catch?: { ErrorEquals: string[]; Next: string; Output: string }[];
  readonly Choices?: { Condition: string; Next: string; Assign?: Record<string, unknown>; Output?: unknown }[];
  readonly Arguments?: { FunctionName: unknown; Payload: Record<string, string> };
  readonly Output?: string;
  readonly Assign?: Record<string, unknown>;
  readonly Seconds?: string;
  readonly TimeoutSeconds?: number;
  readonly Resource?: string;
  readonly Error?: string;
  readonly Cause?: string;
}

export interface Definition {
  readonly StartAt: string;
  readonly States: Record<string, State>;
  readonly QueryLanguage: string;
  readonly TimeoutSeconds: number;
}

/** The definition of the only state machine, with a name in place of each value that CloudFormation fills in. */
export function definition(json: CloudFormation): Definition {
  const text = resource(json, 'AWS::StepFunctions::StateMachine').Properties.DefinitionString;
  return JSON.parse(flatten(text)) as Definition;
}

/** An intrinsic as text: joined, with `<LogicalId.Attribute>` for references. */
export function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument] = []] = Object.entries(value as Record<string, unknown>);
  if (intrinsic === 'Fn::Join') return (argument as [string, unknown[]])[1].map(flatten).join('');
  if (intrinsic === 'Ref') return argument === 'AWS::Partition' ? 'aws' : `<${argument as string}>`;
  if (intrinsic === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`;
  throw new Error(`unexpected intrinsic ${JSON.stringify(value)}`);
}
