/** What test files need to reach the pipeline that `global-setup.ts` started. */
import * as fs from 'node:fs';
import type { PipelineOutputs } from '../../../local/cloud/deployment';
import type { LocalPipeline } from '../../../local/pipeline';

export const CONNECTION_VARIABLE = 'EVOLINK_E2E_CONNECTION';

/** The one bucket that the pipeline of the end-to-end tests may read references from. */
export const REFERENCE_BUCKET = 'evolink-e2e-references';

export interface Connection {
  readonly admin: LocalPipeline['admin'];
  readonly appRoleArn: string;
  readonly stackName: string;
  readonly outputs: PipelineOutputs;
  readonly simulator: { readonly controlUrl: string; readonly apiKey: string };
  readonly logGroups: readonly string[];
}

export const connectionOf = ({ simulator, ...pipeline }: LocalPipeline): Connection => ({
  admin: pipeline.admin,
  appRoleArn: pipeline.appRoleArn,
  stackName: pipeline.stackName,
  outputs: pipeline.outputs,
  simulator: { controlUrl: simulator.controlUrl, apiKey: simulator.apiKey },
  logGroups: pipeline.logGroups,
});

export function readConnection(): Connection {
  const file = process.env[CONNECTION_VARIABLE];
  if (!file) throw new Error('No local pipeline: run end-to-end tests with `npm test -- test/e2e`.');
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Connection;
}
