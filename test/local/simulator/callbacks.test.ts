import { DEFAULT_TIMING, type EvolinkSimulator, type SimulatorOptions } from '../../../local/simulator';
import { localCertificate } from './support/certificate';
import { receive } from './support/receiver';
import { query, start, submit, until } from './support/simulator';

const local = (options: SimulatorOptions = {}) => start({ allowLocalCallbacks: true, ...options });

const callbacksOf = (simulator: EvolinkSimulator) => simulator.tasks()[0].callbacks;

/** Each wait between deliveries passes only when the test says so. */
async function submitAndSettle(simulator: EvolinkSimulator, callback_url: string): Promise<string> {
  const { id } = (await submit(simulator, { callback_url })).body;
  simulator.clock.advance(DEFAULT_TIMING.pendingMs + DEFAULT_TIMING.processingMs);
  return id;
}

describe('a callback', () => {
  it('brings the task as a query shows it, after its bill is settled', async () => {
    const receiver = await receive();
    const simulator = await local();
    const { id } = (await submit(simulator, { callback_url: receiver.url })).body;
    expect(receiver.received).toEqual([]);

    simulator.clock.advance(1000);
    await until(() => callbacksOf(simulator).length === 1, 'the callback is delivered');

    expect(JSON.parse(receiver.received[0].text)).toEqual((await query(simulator, id)).body);
    expect(JSON.parse(receiver.received[0].text).usage.credits_used).toBeGreaterThan(0);
    expect(receiver.received[0].headers['content-type']).toBe('application/json');
    expect(receiver.received[0].headers.authorization).toBeUndefined();
    expect(callbacksOf(simulator)).toMatchObject([{ attempt: 1, status: 204 }]);
  });

  it('comes for a failed and for a cancelled task as well', async () => {
    const receiver = await receive();
    const simulator = await local();
    simulator.script({ times: 1, task: { outcome: 'failed' } }, { task: { outcome: 'cancelled' } });
    await submit(simulator, { callback_url: receiver.url });
    await submit(simulator, { callback_url: receiver.url });
    simulator.clock.advance(1000);
    await until(() => receiver.received.length === 2, 'both callbacks are delivered');
    const statuses = receiver.received.map(({ text }) => JSON.parse(text).status);
    expect(statuses.sort()).toEqual(['cancelled', 'failed']);
  });

  it('is tried again after 1, 2 and 4 seconds, and then never', async () => {
    const receiver = await receive([500, 404, 301, 503, 204], { headers: { location: '/elsewhere' } });
    const simulator = await local();
    await submitAndSettle(simulator, receiver.url);

    for (const [index, waitMs] of [1000, 2000, 4000].entries()) {
      await until(() => callbacksOf(simulator).length === index + 1, `delivery ${index + 1} is over`);
      simulator.clock.advance(waitMs - 1);
      await query(simulator, 'task-unified-1');
      expect(callbacksOf(simulator)).toHaveLength(index + 1);
      simulator.clock.advance(1);
    }
    await until(() => callbacksOf(simulator).length === 4, 'the last delivery is over');
    simulator.clock.advance(60_000);
    await query(simulator, 'task-unified-1');

    expect(callbacksOf(simulator).map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 500],
      [2, 404],
      [3, 301],
      [4, 503],
    ]);
    // The redirect was not followed.
    expect(receiver.received.map(({ path }) => path)).toEqual(Array(4).fill('/callback'));
    const times = callbacksOf(simulator).map(({ at }) => at);
    expect(times.map((at) => at - times[0])).toEqual([0, 1000, 3000, 7000]);
  });

  it('is over with the first 2xx', async () => {
    const receiver = await receive([500, 202]);
    const simulator = await local();
    await submitAndSettle(simulator, receiver.url);
    await until(() => callbacksOf(simulator).length === 1, 'the first delivery is over');
    simulator.clock.advance(1000);
    await until(() => callbacksOf(simulator).length === 2, 'the second delivery is over');
    simulator.clock.advance(60_000);
    await query(simulator, 'task-unified-1');
    expect(callbacksOf(simulator).map(({ status }) => status)).toEqual([500, 202]);
  });

  it('is given up when the receiver does not answer in time', async () => {
    const receiver = await receive(['hang', 204]);
    const simulator = await local({ timing: { callbackTimeoutMs: 30, callbackRetryMs: [5] } });
    await submitAndSettle(simulator, receiver.url);
    await until(() => callbacksOf(simulator).length === 1, 'the first delivery is over');
    expect(callbacksOf(simulator)).toMatchObject([{ attempt: 1, error: 'TIMED_OUT' }]);
    simulator.clock.advance(5);
    await until(() => callbacksOf(simulator).length === 2, 'the second delivery is over');
    expect(callbacksOf(simulator)[1]).toMatchObject({ attempt: 2, status: 204 });
  });

  it('reports a receiver that is not there', async () => {
    const simulator = await local();
    await submitAndSettle(simulator, 'http://127.0.0.1:1/callback');
    await until(() => callbacksOf(simulator).length === 1, 'the delivery is over');
    expect(callbacksOf(simulator)).toMatchObject([{ attempt: 1, error: 'ECONNREFUSED' }]);
  });
});

describe('hosts', () => {
  it('below localhost are this machine, whatever the resolver says', async () => {
    const receiver = await receive();
    const simulator = await local();
    await submitAndSettle(simulator, `http://abc123.execute-api.localhost:${receiver.port}/callback/x`);
    await until(() => receiver.received.length === 1, 'the callback arrives');
    expect(receiver.received[0]).toMatchObject({ path: '/callback/x' });
    expect(receiver.received[0].headers.host).toBe(`abc123.execute-api.localhost:${receiver.port}`);
  });

  it('with a public name and a private address are refused at delivery', async () => {
    const tls = await localCertificate();
    const receiver = await receive([], { tls });
    const simulator = await start({ resolveHost: () => '127.0.0.1', ca: tls.cert });
    await submitAndSettle(simulator, `https://hooks.example.org:${receiver.port}/callback`);
    await until(() => callbacksOf(simulator).length === 1, 'the delivery is over');
    expect(callbacksOf(simulator)).toMatchObject([{ error: 'INTERNAL_ADDRESS' }]);
    expect(receiver.received).toEqual([]);
  });

  it('must have a certificate that is trusted', async () => {
    const tls = await localCertificate();
    const receiver = await receive([], { tls });
    const url = receiver.url.replace('127.0.0.1', 'localhost');
    const trusting = await local({ ca: tls.cert });
    const wary = await local();

    await submitAndSettle(trusting, url);
    await submitAndSettle(wary, url);

    await until(() => callbacksOf(trusting).length === 1 && callbacksOf(wary).length === 1, 'both deliveries are over');
    expect(callbacksOf(trusting)).toMatchObject([{ status: 204 }]);
    expect(callbacksOf(wary)[0].status).toBeUndefined();
    expect(callbacksOf(wary)[0].error).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/);
  });
});

it('reset calls off the deliveries that are still due', async () => {
  const receiver = await receive([500]);
  const simulator = await local();
  await submitAndSettle(simulator, receiver.url);
  await until(() => callbacksOf(simulator).length === 1, 'the first delivery is over');
  simulator.reset();
  simulator.clock.advance(60_000);
  await query(simulator, 'task-unified-1');
  expect(receiver.received).toHaveLength(1);
});
