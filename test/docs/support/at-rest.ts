/** A pipeline in which no job runs: what its schedules use in an hour. */
import { ApiKey } from '../../../lambda/shared/api-key';
import { AttemptTable } from '../../../lambda/shared/attempts/attempt-table';
import { Provider } from '../../../lambda/shared/provider';
import { reconcile } from '../../../lambda/reconcile/reconcile';
import { closeServers, startServer } from '../../evolink/support/servers';
import { FakeSecrets } from '../../support/fake-secrets';
import { TestPipeline } from '../../support/pipeline';
import { API_KEY } from '../../support/submissions';
import { runSweep } from '../../support/sweeps';
import { metered } from './one-job';

export interface RestCount {
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly secretReads: number;
  readonly evolinkRequests: number;
  readonly startedBesides: number;
}

const BALANCE = {
  success: true,
  data: {
    user: { remaining_credits: 1_000, used_credits: 500 },
    token: { remaining_credits: 1_000, used_credits: 500, unlimited_credits: false },
  },
};

/** @param minutes between two runs of each schedule */
export async function countAnHourAtRest(minutes: { sweep: number; reconcile: number }): Promise<RestCount> {
  const pipeline = new TestPipeline();
  pipeline.time = Date.parse('2026-11-15T12:00:00Z');
  const evolink = await startServer([{ body: BALANCE }]);
  try {
    const providerWith = (keys: FakeSecrets) => {
      const apiKey = new ApiKey(keys.client, 'key', pipeline.now);
      return new Provider({ apiKey, baseUrl: evolink.baseUrl, version: '1.2.3' });
    };
    const secrets = new FakeSecrets([API_KEY]);
    const provider = providerWith(secrets);
    // Prices are read once a day, which is no part of an ordinary hour.
    await reconcile({ ...pipeline.dependencies(providerWith(new FakeSecrets([API_KEY]))), budgets: [] });
    const before = evolink.seen.length;
    const { client, units } = metered(pipeline);
    const dependencies = {
      ...pipeline.dependencies(provider),
      client,
      table: new AttemptTable(client, pipeline.memory.tableName, pipeline.now),
    };
    for (let minute = 0; minute < 60; minute++) {
      if (minute % minutes.sweep === 0) await runSweep(pipeline, dependencies);
      if (minute % minutes.reconcile === 0) await reconcile({ ...dependencies, budgets: [] });
      pipeline.time += 60_000;
    }
    return {
      ...units(),
      secretReads: secrets.read.length,
      evolinkRequests: evolink.seen.length - before,
      startedBesides: pipeline.lambda.started.length,
    };
  } finally {
    closeServers();
  }
}
