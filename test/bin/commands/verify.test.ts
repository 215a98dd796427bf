import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeSettingsStore } from '../../../client/runtime-settings';
import { SETTINGS_KEY } from '../../../domain/settings';
import type { EvolinkSimulator, SimulatorOptions } from '../../../local/simulator';
import { FakeDeployment } from '../../support/fake-deployment';
import { MemoryTable } from '../../support/memory-table';
import { API_KEY, cleanUp, filesIn, newFolder, simulated } from '../../evolink/verify/verifying';
import { awsError, cli, type CliOptions, NOW } from './cli';

afterEach(cleanUp);

const BALANCE = '777.1234';

async function setUp(options: SimulatorOptions = {}, settings?: object) {
  const simulator = await simulated(options);
  const table = new MemoryTable();
  if (settings) table.seed({ ...SETTINGS_KEY, ...settings });
  const deployment = new FakeDeployment(table.tableName, NOW);
  deployment.report = { ...deployment.report!, account: accountOf(BALANCE) };
  const out = join(newFolder(), 'report');
  const run = (line: string, more: CliOptions = {}) =>
    cli([...line.split(' '), '--out', out], { table, deployment, env: envOf(simulator), sleep: quickly, ...more });
  const setting = async () =>
    (await new RuntimeSettingsStore({ client: table.client, tableName: table.tableName }).read()).idempotency;
  return { simulator, table, deployment, out, run, setting };
}

const accountOf = (accountCredits: string) =>
  ({ state: 'read', accountCredits, keyCredits: null, daysLeft: null }) as const;
const envOf = ({ baseUrl }: EvolinkSimulator) => ({ EVOLINK_API_KEY: `${API_KEY}\n`, EVOLINK_BASE_URL: baseUrl });
const quickly = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, Math.min(milliseconds, 25)));

describe('on a deployment', () => {
  test('what is proven is written to its settings; exit code 0', async () => {
    const { simulator, run, out, setting } = await setUp();
    const { exitCode, out: shown, err } = await run('verify --yes');

    expect(err).toContain('what is found about idempotency keys is written to its settings');
    expect(shown).toMatch(/✓ repeat, same key and bytes +one task for two POSTs\n +→ a lost reply is repeated/);
    expect(shown).toContain('✗ 0 not held');
    expect(shown).toContain('Charged: 0.238 credits for 2 tasks.');
    expect(shown).toContain('Written to the settings of EvolinkImagePipeline: idempotency keys are proven.');
    expect(exitCode).toBe(0);
    expect(await setting()).toEqual({ state: 'proven', since: NOW.toISOString(), by: 'verify' });
    expect(Object.keys(filesIn(out))).toHaveLength(4);
    expect(simulator.tasks()).toHaveLength(2);
  });

  test('what is refuted is written, said loudly, and ends with exit code 1', async () => {
    const { run, setting } = await setUp(
      { idempotency: 'ignored' },
      {
        idempotency: { state: 'proven', since: '2026-01-01T00:00:00.000Z', by: 'replay' },
        paused: { since: '2026-01-02T00:00:00.000Z' },
      },
    );
    const { exitCode, out, err } = await run('verify --yes');

    expect(out).toContain('✗ repeat, same key and bytes  TWO tasks for one key and equal bytes: both are charged');
    expect(out).toContain('STOPPED PAYING: the repeat made a second task.');
    expect(out).toContain('it was charged twice');
    expect(err).toMatch(/Error: Not everything held\.\n$/);
    expect(exitCode).toBe(1);
    expect(await setting()).toEqual({ state: 'refuted', since: NOW.toISOString(), by: 'verify' });
  });

  test('a second task that production saw is taken back by what is proven now', async () => {
    const { run, setting } = await setUp(
      {},
      {
        idempotency: { state: 'refuted', since: '2026-01-01T00:00:00.000Z', by: 'second task' },
      },
    );
    await run('verify --yes');

    expect(await setting()).toMatchObject({ state: 'proven', by: 'verify' });
  });

  test('a key of another account: its settings stay as they are, and that is said before anything is bought', async () => {
    const { deployment, run, setting } = await setUp();
    deployment.report = { ...deployment.report!, account: accountOf('12.5') };
    const { exitCode, out, err } = await run('verify --yes');

    expect(err).toContain('its settings stay as they are, since it could not be seen that this key is of its account');
    expect(out).not.toContain('the settings of');
    expect(exitCode).toBe(0);
    expect(await setting()).toBeUndefined();
  });

  test('a balance that falls while jobs run is still that of the account', async () => {
    const { deployment, run, setting } = await setUp();
    const balances = ['778', '776.5'];
    const report = deployment.report!;
    Object.defineProperty(deployment, 'report', {
      get: () => ({ ...report, account: accountOf(balances.shift() ?? '776') }),
    });
    await run('verify --yes');

    expect(await setting()).toMatchObject({ state: 'proven' });
  });

  test('nothing is written after a run that proved nothing', async () => {
    const { run, setting } = await setUp();
    const { out } = await run('verify --free');

    expect(out).toContain('The settings of EvolinkImagePipeline stay as they are: nothing was proven.');
    expect(await setting()).toBeUndefined();
  });

  test('without the right to write: the run counts all the same', async () => {
    const { table, run } = await setUp();
    table.failNext(
      'UpdateCommand',
      awsError('AccessDeniedException', 'not authorized to perform: dynamodb:UpdateItem'),
    );
    const { exitCode, out } = await run('verify --yes');

    expect(out).toMatch(/NOT written to the settings of EvolinkImagePipeline: .*/);
    expect(exitCode).toBe(0);
  });

  test('the key goes to nobody but EvoLink: not to AWS, and not to the terminal', async () => {
    const { table, deployment, run } = await setUp();
    const { out, err } = await run('verify --yes --json');
    const sent = JSON.stringify([table.commands, deployment.commands, out, err]);

    expect(sent).not.toContain(API_KEY);
    expect(sent).not.toContain('GetSecretValue');
    expect(out).not.toContain('777.1');
  });
});

test('--no-deployment asks AWS nothing', async () => {
  const { deployment, table, run } = await setUp();
  const { exitCode, regions } = await run('verify --no-deployment --yes');

  expect(exitCode).toBe(0);
  expect(regions).toEqual([]);
  expect([...deployment.commands, ...table.commands]).toEqual([]);
});

test('--json: the report and nothing else on stdout', async () => {
  const { run, out: folder } = await setUp();
  const { out } = await run('verify --no-deployment --yes --json');
  const shown = JSON.parse(out) as Record<string, unknown>;

  expect(shown).toMatchObject({ idempotency: 'proven', folder, setting: null, credits: { charged: '0.238' } });
  const written = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as object;
  expect(shown).toMatchObject(written);
});

describe('asks before it buys', () => {
  const asked = async (answer: string | undefined) => {
    const { simulator, run } = await setUp();
    const questions: string[] = [];
    const ask = async (question: string) => (questions.push(question), answer);
    const { exitCode, err, out } = await run('verify --no-deployment', { terminal: { live: () => undefined, ask } });
    return { simulator, exitCode, err, out, questions };
  };

  test.each(['n', '', undefined])('%j buys nothing', async (answer) => {
    const { simulator, exitCode, err, questions } = await asked(answer);

    expect(questions).toEqual(['Buy them? [y/N] ']);
    expect(err).toMatch(/2 tasks, about 0\.\d+ credits/);
    expect(err).toMatch(/at most 3 tasks, 0\.\d+ credits/);
    expect(err).toContain('Nothing was sent to EvoLink that costs anything.');
    expect(exitCode).toBe(0);
    expect(simulator.requests()).toEqual({});
  });

  test('y buys', async () => {
    const { simulator, exitCode } = await asked('y');

    expect(exitCode).toBe(0);
    expect(simulator.tasks()).toHaveLength(2);
  });

  test('what is offered is at least what is charged in the worst case', async () => {
    const { err } = await asked('n');
    const most = Number(/at most 3 tasks, ([\d.]+) credits/.exec(err)?.[1]);

    expect(most).toBeGreaterThan(0.3);
    expect(most).toBeLessThan(1);
  });
});

describe('wrong use', () => {
  test.each([
    ['verify', {}, /verify +Costs credits, and nobody is there to be asked/],
    ['verify --yes', { EVOLINK_API_KEY: '' }, /EVOLINK_API_KEY +Set it to a key/],
    ['verify --yes', { EVOLINK_API_KEY: 'sk two' }, /EVOLINK_API_KEY +Must be the key alone/],
    ['verify --yes', { EVOLINK_BASE_URL: 'http://evolink.example' }, /EVOLINK_BASE_URL +Must be an https URL/],
    ['verify --yes', { EVOLINK_BASE_URL: 'https://me:pass@evolink.example' }, /EVOLINK_BASE_URL +Must be/],
    ['verify --free --yes', {}, /--yes +Is not for --free/],
    ['verify --free --no-deployment --stack Images', {}, /--stack +Is not for --no-deployment/],
    ['verify --free now', {}, /now +Unexpected argument/],
  ])('%s %j', async (line, env, message) => {
    const result = await cli(line, { env: { EVOLINK_API_KEY: API_KEY, ...env } });

    expect(result.exitCode).toBe(2);
    expect(result.err).toMatch(message);
    expect(result.err).not.toMatch(/sk two|pass@/);
    expect(result.stacks).toEqual([]);
  });

  test('all problems at once', async () => {
    const { err } = await cli('verify --colour', { env: { EVOLINK_BASE_URL: 'nowhere' } });

    expect(err).toMatch(/4 problems/);
  });
});

test('a key that EvoLink refuses: exit code 1, nothing bought', async () => {
  const { simulator, run } = await setUp();
  simulator.revokeKey(API_KEY);
  const { exitCode, err } = await run('verify --no-deployment --yes');

  expect(exitCode).toBe(1);
  expect(err).toMatch(/Error: EvoLink refuses the key \(401 unauthorized\)\. Nothing was bought\.\n$/);
});

test('a folder that holds a report is left alone, before anything is bought', async () => {
  const { simulator, run } = await setUp();
  await run('verify --no-deployment --free');
  const { exitCode, err } = await run('verify --no-deployment --yes');

  expect(exitCode).toBe(1);
  expect(err).toMatch(/holds the report of another run, which may name paid tasks\. Give another --out/);
  expect(simulator.submissions()).toEqual([]);
});

test('Ctrl-C: the POST that is on its way is recorded, exit code 130', async () => {
  const { simulator, run, out } = await setUp();
  let interrupt: () => void = () => undefined;
  const terminal = {
    live: (line: string) => line === 'first POST' && interrupt(),
    ask: async () => 'y',
  };
  const result = await run('verify --no-deployment', { terminal, onListening: (stop) => (interrupt = stop) });
  const [task] = simulator.tasks();

  expect(result.exitCode).toBe(130);
  expect(result.err).toContain('Stopping. A POST that is on its way is still answered and recorded');
  expect(simulator.tasks()).toHaveLength(1);
  expect(filesIn(out)['report.md']).toContain(task.id);
});
