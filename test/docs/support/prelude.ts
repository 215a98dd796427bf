/**
 * What a reader of the docs has beside the page: an app with a stack, and the values that only they can know. A snippet
 * that needs more must say where it comes from.
 */
export const PRELUDE = `
import { Annotations } from 'aws-cdk-lib';
import { type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Budget, CallbackEndpoint, ImagePipeline } from 'evolink-image-pipeline';
import { ImagePipelineClient } from 'evolink-image-pipeline/client';
declare const stack: import('aws-cdk-lib').Stack;
declare const vpc: IVpc;
declare const apiKey: import('aws-cdk-lib/aws-secretsmanager').ISecret;
declare const zone: import('aws-cdk-lib/aws-route53').IHostedZone;
declare const certificateArn: string;
declare const appRole: import('aws-cdk-lib/aws-iam').IRole;
declare const pipeline: ImagePipeline;
declare const client: ImagePipelineClient;
declare const stateMachineArn: string;
declare const bucketName: string;
declare const prompt: string;
`;
