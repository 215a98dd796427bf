/** The ledger against EvoLink's own figures: silent while they agree, and heard when somebody else spends our key. */
import { METRIC } from '../../../domain/constants';
import {
  connection,
  eventually,
  forgetOpenAttempts,
  forgetReconciliation,
  freshStart,
  metricValues,
  reconcileNow,
  simulator,
  succeed,
  units,
} from '../support/pipeline';

const request = { prompt: 'a bicycle for an accountant', size: '3:1', quality: 'low' };

beforeAll(async () => {
  await forgetOpenAttempts();
  await forgetReconciliation();
});

afterAll(() => forgetReconciliation());

async function driftSeen(since: Date, looks: number): Promise<number[]> {
  return eventually(async () => {
    const counts = await metricValues({ name: METRIC.ledgerDriftCredits, since, statistic: 'SampleCount' });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(looks);
    return (await metricValues({ name: METRIC.ledgerDriftCredits, since, statistic: 'Maximum' })).map(units);
  });
}

test('exactly 0 while nobody else spends, also with jobs between the looks', async () => {
  const since = await freshStart();
  await reconcileNow();
  await succeed(request);
  await succeed({ ...request, n: 2 });
  await reconcileNow();
  await reconcileNow();

  expect(Math.max(...(await driftSeen(since, 3)))).toBe(0);
});

test('what somebody spends behind the back of the pipeline is reported from the second look, to the last unit', async () => {
  const bought = await buyBehindTheBack();
  const first = await freshStart();
  await reconcileNow();
  expect(Math.max(...(await driftSeen(first, 1)))).toBe(0);

  const second = await freshStart();
  await reconcileNow();
  expect(Math.max(...(await driftSeen(second, 1)))).toBe(units(bought));
});

test('what is left is reported for the account and for the key', async () => {
  const since = await freshStart();
  await reconcileNow();
  const { remaining } = await simulator.bill(connection.simulator.apiKey);

  for (const Scope of ['account', 'key']) {
    const query = { name: METRIC.creditsRemaining, dimensions: { Scope }, since, statistic: 'Maximum' };
    await eventually(async () => expect((await metricValues(query)).map(units)).toEqual([units(remaining)]));
  }
});

/** A task that the pipeline knows nothing of; returns what it cost. */
async function buyBehindTheBack(): Promise<string> {
  const before = await simulator.bill();
  const response = await fetch(`${connection.simulator.controlUrl}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${connection.simulator.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-image-2', prompt: 'somebody else', size: '1:1', quality: 'low' }),
    signal: AbortSignal.timeout(10_000),
  });
  expect(response.status).toBe(200);
  return eventually(async () => {
    const { creditsUsed, creditsReserved } = await simulator.bill();
    expect(units(creditsReserved)).toBe(0);
    expect(units(creditsUsed)).toBeGreaterThan(units(before.creditsUsed));
    return String((units(creditsUsed) - units(before.creditsUsed)) / 10_000);
  });
}
