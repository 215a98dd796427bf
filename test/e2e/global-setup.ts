/** One local pipeline for all end-to-end tests: deploying it takes longer than most of them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type LocalPipeline, startLocalPipeline } from '../../local/pipeline';
import { CONNECTION_VARIABLE, connectionOf, REFERENCE_BUCKET } from './support/connection';

/** Tenants and budgets that the tests of money use; the limits are changed at run time, as operators do. */
const SETTINGS = {
  tenants: 'capped,shop',
  budgets: 'daily=100000; daily(capped)=1000; monthly(each)=50000',
  maxCreditsPerJob: '100',
  referenceBuckets: REFERENCE_BUCKET,
  reconcileIntervalMinutes: '60',
  alarmSpendPerHourUsd: '50',
  alarmCreditsRemaining: '100',
};

declare global {
  // Kept for global-teardown.ts, which runs in this process too.
  var localPipeline: LocalPipeline | undefined;
}

export default async function setUpPipeline(): Promise<void> {
  // `npm test` is gone, by whatever way: so is the reason to go on.
  process.once('disconnect', () => process.exit(1));
  process.channel?.unref();

  const since = performance.now();
  const pipeline = await startLocalPipeline({ settings: SETTINGS });
  globalThis.localPipeline = pipeline;
  process.stderr.write(`\nlocal pipeline is up after ${((performance.now() - since) / 1000).toFixed(1)} s\n`);

  // Secrets of a cloud that lives for minutes on loopback; still nobody else's business.
  const file = path.join(pipeline.runDir, 'connection.json');
  fs.writeFileSync(file, JSON.stringify(connectionOf(pipeline)), { mode: 0o600 });
  process.env[CONNECTION_VARIABLE] = file;
}
