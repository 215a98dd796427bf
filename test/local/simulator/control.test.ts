import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { SimulatorControl } from '../../../local/simulator';
import { localCertificate } from './support/certificate';
import { call, complete, endWithTest, start, submit } from './support/simulator';

const ROOT = path.resolve(__dirname, '../../..');

describe('control from another process', () => {
  const remote = async () => {
    const simulator = await start({ control: true });
    return { simulator, control: new SimulatorControl(`${simulator.baseUrl}/`) };
  };

  it('scripts faults and takes them back', async () => {
    const { simulator, control } = await remote();
    await control.script({ submit: { status: 503 } }, { label: 'never reached' });
    expect((await submit(simulator)).status).toBe(503);
    await control.clearScript();
    expect((await submit(simulator)).status).toBe(200);
  });

  it('refuses a misspelt rule and adds none of those sent with it', async () => {
    const { simulator, control } = await remote();
    const misspelt = { submitt: {} } as object;
    await expect(control.script({ submit: { status: 503 } }, misspelt)).rejects.toThrow('submitt');
    expect((await submit(simulator)).status).toBe(200);
  });

  it('shows tasks, submissions and bills', async () => {
    const { simulator, control } = await remote();
    await complete(simulator, { size: '1:1', prompt: 'x'.repeat(80) });
    expect(await control.tasks()).toEqual(JSON.parse(JSON.stringify(simulator.tasks())));
    expect(await control.submissions()).toMatchObject([{ status: 200 }]);
    expect(await control.bill()).toEqual(simulator.bill());
    expect((await control.bill('sk-simulator')).creditsUsed).toBe('3.2324');
    await expect(control.bill('sk-other')).rejects.toThrow('400');
  });

  it('moves the clock', async () => {
    const { control } = await remote();
    const before = await control.now();
    expect(await control.advance(5000)).toBe(before + 5000);
    await expect(control.advance(-1)).rejects.toThrow('400');
  });

  it('changes keys and credits', async () => {
    const { simulator, control } = await remote();
    await control.addKey({ key: 'sk-b', credits: '0' });
    expect((await submit(simulator, {}, { key: 'sk-b' })).status).toBe(402);
    await control.setCredits('100', 'sk-b');
    expect((await submit(simulator, {}, { key: 'sk-b' })).status).toBe(200);
    await control.revokeKey('sk-b');
    expect((await submit(simulator, {}, { key: 'sk-b' })).status).toBe(401);
    await control.setKeys([{ key: 'sk-c' }]);
    expect((await submit(simulator)).status).toBe(401);
    await control.reset();
    expect((await submit(simulator)).status).toBe(200);
  });

  it('switches behaviour, changes a key and a rate, seeds tasks and completes refunds', async () => {
    const { simulator, control } = await remote();
    await control.behave({ taskIds: 'direct', taskList: { lagMs: 0 } });
    await expect(control.behave({ taskIds: 'roman' } as object)).rejects.toThrow('taskIds');
    await control.changeKey('sk-simulator', { limit: '100' });
    await expect(control.changeKey('sk-other', {})).rejects.toThrow('400');
    await control.setRate({ model: 'gpt-image-2', component: 'text_input', uc: '0' });
    await control.script({ task: { outcome: 'failed', billing: 'refund_pending' } });
    const { body } = await complete(simulator);
    expect(body).toMatchObject({ id: 'task-direct-0', billing: { refund_status: 'pending' } });
    expect(await control.completeRefunds('task-direct-7')).toBe(0);
    expect(await control.completeRefunds()).toBe(1);
    await control.seedTasks({ count: 3 });
    expect((await call(simulator, 'GET', '/v1/tasks')).body.total).toBe(4);
    const { token } = (await call(simulator, 'GET', '/v1/credits')).body.data;
    expect(token).toMatchObject({ unlimited_credits: false, remaining_credits: 100 });
  });

  it('is off unless it was asked for', async () => {
    const simulator = await start();
    await expect(new SimulatorControl(simulator.baseUrl).tasks()).rejects.toThrow('404');
  });

  it('works over HTTPS with a certificate of our own', async () => {
    const tls = await localCertificate();
    const folder = await mkdtemp(path.join(tmpdir(), 'simulator-'));
    endWithTest(() => rm(folder, { recursive: true }));
    await writeFile(path.join(folder, 'ca.pem'), tls.cert);
    const simulator = await start({ control: true, tls });
    expect(simulator.baseUrl).toMatch(/^https:/);
    const program = `
      const { SimulatorControl } = require('./local/simulator/control');
      const control = new SimulatorControl(process.argv[1]);
      control.setCredits('12.5').then(() => control.bill()).then((bill) => console.log(bill.remaining));`;

    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--eval', program, simulator.baseUrl],
      { cwd: ROOT, timeout: 30_000, env: { ...process.env, NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem') } },
    );

    expect(stdout.trim()).toBe('12.5');
    expect(simulator.bill().remaining).toBe('12.5');
  }, 40_000);
});
