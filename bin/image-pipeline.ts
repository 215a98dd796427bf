#!/usr/bin/env node
/** The deployable app: one stack with one pipeline, set up by the context keys that `cdk.json` lists. */
import { App } from 'aws-cdk-lib';
import { ImagePipelineStack } from './image-pipeline-stack';
import { readSettings, SettingsError } from './settings';

try {
  const app = new App();
  new ImagePipelineStack(app, readSettings(app.node.getAllContext() as Record<string, unknown>), {
    env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
  });
  // Without a call of synth(): CDK synthesises when the process ends.
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
