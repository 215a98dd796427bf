import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checksOf } from '../../../bin/commands/doctor/checks';
import { Deployment } from '../../../bin/commands/doctor/deployment';
import type { ModelPricesReport } from '../../../domain/reconcile-report';
import { SETTINGS_KEY } from '../../../domain/settings';
import { aRule } from '../../support/budgets';
import { ALARMS, FakeDeployment } from '../../support/fake-deployment';
import { MemoryTable } from '../../support/memory-table';
import { awsError, cli, type CliOptions, NOW } from './cli';

const PROVEN = { idempotency: { state: 'proven', since: '2026-11-20T08:00:00.000Z', by: 'verify' } };

/** @param settings of the table */
function setUp(settings: object = PROVEN) {
  const table = new MemoryTable();
  table.seed({ ...SETTINGS_KEY, ...settings });
  const deployment = new FakeDeployment(table.tableName, NOW);
  const run = (line = 'doctor', options: CliOptions = {}) => cli(line, { table, deployment, ...options });
  const json = async () => JSON.parse((await run('doctor --json')).out) as Shown;
  const check = async (id: string) => {
    const { healthy, checks } = await json();
    return { healthy, ...checks.find((shown) => shown.id === id) };
  };
  return { table, deployment, run, json, check };
}

interface Shown {
  readonly healthy: boolean;
  readonly checks: readonly {
    readonly id: string;
    readonly state: string;
    readonly facts: Readonly<Record<string, unknown>>;
  }[];
}

const IDS = [
  'version',
  'key',
  'prices',
  'callback',
  'sweep',
  'open',
  'dead-letters',
  'alarms',
  'budgets',
  'emergency-stop',
  'idempotency',
];

test('a stack that does not say what its budgets are is not taken for one without', async () => {
  const { deployment, run, check } = setUp();
  delete deployment.outputs.Budgets;

  expect(await check('budgets')).toMatchObject({ healthy: false, state: 'unknown' });
  const { out } = await run();
  expect(out).toMatch(
    /\? budgets +could not be checked: the stack has no output Budgets: call pipeline\.putOutputs\(\)/,
  );
});

describe('healthy', () => {
  test('one screen, a line each, exit code 0', async () => {
    const { deployment, run } = setUp();
    const { exitCode, out, err } = await run();

    expect(err).toBe('');
    expect(exitCode).toBe(0);
    expect(out).toBe(`EvolinkImagePipeline in eu-central-1

✓ version            ${deployment.outputs.Version}
✓ EvoLink key        valid; 1000 credits on the account, 250.5 on the key; for 12 days at the present rate
✓ prices             EvoLink's public ones, 1 models; read 2 h ago
✓ callback endpoint  answers: https://callbacks.example
✓ sweep              reported 40 s ago
✓ open attempts      3, the oldest for 41 s; 1 in the queue, 2 slots in use
✓ dead letters       none
✓ alarms             2, none in ALARM
✓ budgets            none: nothing limits what may be spent
✓ emergency stop     off
✓ idempotency keys   proven since 2026-11-20T08:00:00.000Z, by verify

Healthy.
`);
    expect(out.split('\n').length).toBeLessThan(24);
  });

  test('as JSON: every check with its facts, and nothing else on stdout', async () => {
    const { json } = setUp();
    const shown = await json();

    expect(shown).toMatchObject({ stack: 'EvolinkImagePipeline', healthy: true });
    expect(shown.checks.map(({ id, state }) => [id, state])).toEqual(IDS.map((id) => [id, 'ok']));
    expect(shown.checks[1]).toMatchObject({
      facts: { account: 'read', account_credits: '1000', key_credits: '250.5', days_left: 12.7 },
    });
    expect(shown.checks[2]).toMatchObject({ facts: { models: [{ model: 'gpt-image-2', state: 'equal' }] } });
    expect(shown.checks[3]).toMatchObject({ facts: { url: 'https://callbacks.example', status: 404 } });
    expect(shown.checks[4]).toMatchObject({ facts: { last_reported_at: '2026-11-23T09:59:20.000Z' } });
    expect(shown.checks[5]).toMatchObject({ facts: { attempts: 3, oldest_seconds: 41, limit_seconds: 5_400 } });
  });

  test('asks for the report, and for the alarms, once', async () => {
    const { deployment, run } = setUp();
    await run();

    const count = (name: string) => deployment.commands.filter((command) => command.name === name).length;
    expect([count('InvokeCommand'), count('DescribeAlarmsCommand'), deployment.posts.length]).toEqual([1, 1, 1]);
  });

  test('with colour the marks have some; without, they are the same letters', async () => {
    const { deployment, run } = setUp();
    deployment.deadLetterCount.waiting = 2;
    const plain = (await run()).out;
    const coloured = (await run('doctor', { colour: true })).out;

    expect(plain).not.toContain('\u001b');
    expect(coloured).toContain('\u001b[32m✓\u001b[39m version');
    expect(coloured).toContain('\u001b[31m✗\u001b[39m dead letters');
    // eslint-disable-next-line no-control-regex
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain);
  });
});

describe('prices', () => {
  const model = (state: ModelPricesReport['state'], more: Partial<ModelPricesReport> = {}): ModelPricesReport => ({
    ...{ model: 'gpt-image-2', state, own: false, differences: [] },
    ...more,
  });
  const dearer = { what: 'imageOutput', ours: '18360', theirs: '20000.5' };
  const cases: [ModelPricesReport, object][] = [
    [
      model('different', { differences: [dearer], effectiveAt: '2027-01-01T00:00:00Z' }),
      {
        state: 'problem',
        text: expect.stringContaining("not EvoLink's public ones: gpt-image-2; read 2 h ago"),
        advice: [
          'gpt-image-2, imageOutput: 0.001836 credits here, 20000.5 × 10⁻⁷ credits at EvoLink, in force since 2027-01-01T00:00:00Z',
          'What to do: docs/runbook.md#prices-differ',
        ],
      },
    ],
    [
      model('different', { differences: [dearer], own: true }),
      { state: 'attention', text: expect.stringContaining('has a price of your own that is not the public one') },
    ],
    [
      model('unreadable', { error: 'EvolinkServerError: 500' }),
      { state: 'attention', advice: ['gpt-image-2: EvolinkServerError: 500'] },
    ],
    [model('unpublished'), { state: 'attention', text: expect.stringContaining('has no public price') }],
  ];

  test.each(cases)('%j', async (reported, expected) => {
    const { deployment, check } = setUp();
    deployment.report = { ...deployment.report!, prices: { ...deployment.report!.prices, models: [reported] } };

    expect(await check('prices')).toMatchObject(expected);
  });

  test('a reconcile function of an older version does not tell', async () => {
    const { deployment, check } = setUp();
    deployment.report = { ...deployment.report!, prices: undefined as never };

    expect(await check('prices')).toMatchObject({ state: 'unknown', advice: ['Deploy this version.'] });
  });
});

describe('the key', () => {
  test.each([
    [
      'refused',
      'EvolinkUnauthorizedError: 401',
      /does not accept it/,
      /secret evolink\/api-key: .*#evolink-refuses-the-key/,
    ],
    ['no-key', 'ApiKeyUnavailableError: it is empty', /it is empty/, /Store the key in the secret evolink\/api-key/],
    ['unreadable', 'EvolinkServerError: 500', /does not say: EvolinkServerError/, /Try again/],
  ] as const)('%s is a problem, with what to do', async (state, error, text, advice) => {
    const { deployment, run, check } = setUp();
    deployment.report = { ...deployment.report!, account: { state, error } };

    expect(await check('key')).toMatchObject({
      healthy: false,
      state: 'problem',
      facts: { error },
      text: expect.stringMatching(text),
    });
    const { exitCode, out, err } = await run();
    expect(exitCode).toBe(1);
    expect(err).toBe('Error: Not healthy: 1 problem.\n');
    expect(out).toMatch(advice);
    expect(out).not.toContain('Healthy');
  });

  test.each([
    ['0', '5', 'problem'],
    ['5', '0', 'problem'],
    ['5', null, 'ok'],
  ])('with %s credits on the account and %s on the key', async (accountCredits, keyCredits, state) => {
    const { deployment, check } = setUp();
    const account = { state: 'read', accountCredits, keyCredits, daysLeft: null } as const;
    deployment.report = { ...deployment.report!, account };

    expect(await check('key')).toMatchObject({ state, facts: { account_credits: accountCredits } });
  });

  test.each([
    ['49.9999', 'ok', /49\.9999 of 50 used today/],
    ['50', 'problem', /daily limit is reached/],
    ['51', 'problem', /daily limit is reached/],
  ])('with %s of a daily limit of 50 used', async (used, state, text) => {
    const { deployment, check } = setUp();
    const keyDaily = { limit: '50', used, resetsAt: '2026-11-24T16:00:00.000Z' };
    const account = { state: 'read', accountCredits: '5', keyCredits: null, keyDaily, daysLeft: null } as const;
    deployment.report = { ...deployment.report!, account };

    const finding = await check('key');

    expect(finding).toMatchObject({ state, text: expect.stringMatching(text), facts: { key_daily: keyDaily } });
    if (state === 'problem') expect(JSON.stringify(finding)).toContain('Jobs fail until 2026-11-24T16:00:00.000Z');
  });

  test('a function that throws, and a version that does not tell: said, without its message', async () => {
    const { deployment, run, check } = setUp();
    deployment.bug = 'TypeError';
    const { out } = await run();

    expect(out).toMatch(/✗ EvoLink key +the reconcile function failed: TypeError/);
    expect(out).toMatch(/✗ open attempts/);
    expect(out).not.toContain('not for the terminal');
    deployment.bug = undefined;
    deployment.report = null;
    expect(await check('key')).toMatchObject({ state: 'unknown', healthy: false, advice: ['Deploy this version.'] });
  });
});

describe('the callback endpoint', () => {
  test('is called as a stranger would: an attempt that can be looked up, and its secret, never the same', async () => {
    const { deployment, run } = setUp();
    await run();
    await run();

    for (const url of deployment.posts) {
      expect(url).toMatch(/^https:\/\/callbacks\.example\/callback\/[\w-]{22}\/[\w-]{43}$/);
    }
    expect(new Set(deployment.posts).size).toBe(2);
  });

  test.each([
    [{ status: 404, body: '{"message":"Not Found"}' }, 'problem', /not with the pipeline's function/],
    [{ status: 200, body: '' }, 'problem', /answers 200 instead of 404/],
    [{ status: 500, body: 'x' }, 'problem', /answers 500/],
    [{ status: 429, body: '' }, 'attention', /throttled/],
  ])('%j is no healthy answer', async (reply, state, text) => {
    const { deployment, check } = setUp();
    deployment.answer = async () => reply;

    expect(await check('callback')).toMatchObject({
      state,
      facts: { status: reply.status },
      text: expect.stringMatching(text),
    });
  });

  test.each([
    [{ code: 'CERT_HAS_EXPIRED' }, /its certificate has expired \(CERT_HAS_EXPIRED\)/],
    [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, /its certificate is for another name/],
    [{ code: 'ENOTFOUND' }, /not reached \(ENOTFOUND\)/],
    [{ name: 'TimeoutError' }, /not reached \(no answer within 10 s\)/],
  ])('%j: not reached', async (facts, text) => {
    const { deployment, check } = setUp();
    deployment.answer = () => Promise.reject(Object.assign(new Error('of the network'), facts));

    expect(await check('callback')).toMatchObject({ state: 'problem', text: expect.stringMatching(text) });
  });

  test('a pipeline without one is healthy', async () => {
    const { deployment, check } = setUp();
    delete deployment.outputs.CallbackUrl;

    expect(await check('callback')).toMatchObject({
      healthy: true,
      text: 'none: the sweep finds every task',
      facts: { url: null },
    });
    expect(deployment.posts).toEqual([]);
  });
});

describe('the sweep', () => {
  test.each([
    [[{ value: 1, age: 419 }], 300, 'ok'],
    [[{ value: 1, age: 421 }], 300, 'problem'],
    [[{ value: 1, age: 3_000 }], 7_200, 'ok'],
    [
      [
        { value: 1, age: 900 },
        { value: 2, age: 30 },
      ],
      300,
      'ok',
    ],
    [[], 300, 'problem'],
  ])('that reported %j, with an alarm of %d s: %s', async (points, Period, state) => {
    const { deployment, check } = setUp();
    deployment.metrics.set('OldestOpenAttemptSeconds', points);
    deployment.alarms = ALARMS.map((alarm) => ({ ...alarm, Period }));

    expect(await check('sweep')).toMatchObject({ state, healthy: state === 'ok' });
  });
});

describe('open attempts', () => {
  test('older than the alarm allows', async () => {
    const { deployment, run, check } = setUp();
    const open = { attempts: 1, oldestSeconds: 5_401, queued: 0, slotsTaken: 1, quietUntil: null };
    deployment.report = { ...deployment.report!, open };

    expect(await check('open')).toMatchObject({ state: 'problem' });
    expect((await run()).out).toMatch(/None should be older than 90 min: .*#oldest-open-attempt/);
    deployment.report = { ...deployment.report, open: { ...open, oldestSeconds: 5_400 } };
    expect(await check('open')).toMatchObject({ state: 'ok' });
  });

  test('while EvoLink wants to be left alone: worth a look, and healthy', async () => {
    const { deployment, run } = setUp();
    const open = { ...deployment.report!.open, quietUntil: NOW.getTime() + 60_000 };
    deployment.report = { ...deployment.report!, open };
    const { exitCode, out } = await run();

    expect(exitCode).toBe(0);
    expect(out).toMatch(/! open attempts .*\n.*nothing is sent until 2026-11-23T10:01:00.000Z/);
  });

  test('none: no age is told', async () => {
    const { deployment, check } = setUp();
    const open = { attempts: 0, oldestSeconds: 0, queued: 0, slotsTaken: 0, quietUntil: null };
    deployment.report = { ...deployment.report!, open };

    expect(await check('open')).toMatchObject({ text: '0; 0 in the queue, 0 slots in use' });
  });
});

test('dead letters, also those that somebody looks at right now', async () => {
  const { deployment, run, check } = setUp();
  deployment.deadLetterCount = { waiting: 1_500, hidden: 2 };

  expect(await check('dead-letters')).toMatchObject({ state: 'problem', facts: { count: 1_502 } });
  expect((await run()).out).toMatch(
    /✗ dead letters +about 1,502\n +→ .*evolink-images redrive --stack EvolinkImagePipeline/,
  );
});

describe('alarms', () => {
  test('in ALARM: each with its sentence and its section of the runbook', async () => {
    const { deployment, run, check } = setUp();
    deployment.alarms = ALARMS.map((alarm) => ({ ...alarm, StateValue: 'ALARM' as const }));

    expect(await check('alarms')).toMatchObject({
      state: 'problem',
      facts: { in_alarm: [{ name: 'Images-OldestOpenAttempt-1' }, { name: 'Images-DeadLetters-2' }] },
    });
    const { out } = await run();
    expect(out).toContain('2 of 2 in ALARM');
    expect(out).toContain('→ An attempt has been open for more than 90 minutes. docs/runbook.md#oldest\n');
    expect(out).toContain('→ Work of 2.5 kinds failed. https://wiki.example/runbook#dead-letters\n');
  });

  test('without data: worth a look', async () => {
    const { deployment, check } = setUp();
    deployment.alarms = ALARMS.map((alarm) => ({ ...alarm, StateValue: 'INSUFFICIENT_DATA' as const }));

    expect(await check('alarms')).toMatchObject({ state: 'attention', healthy: true });
  });

  test('that tell nobody: said', async () => {
    const { deployment, check } = setUp();
    deployment.alarms = ALARMS.map((alarm) => ({ ...alarm, AlarmActions: [] }));

    expect(await check('alarms')).toMatchObject({
      state: 'ok',
      facts: { actions: false },
      text: expect.stringContaining('tell nobody (property alarms.topic, or setting alarmEmail)'),
    });
  });

  test('more than CloudWatch takes names at once', async () => {
    const { deployment, check } = setUp();
    deployment.alarms = Array.from({ length: 130 }, (_, index) => ({ ...ALARMS[1], AlarmName: `alarm-${index}` }));

    expect(await check('alarms')).toMatchObject({ facts: { count: 130 } });
    const sizes = deployment.commands
      .filter(({ name }) => name === 'DescribeAlarmsCommand')
      .map(({ input }) => (input.AlarmNames as string[]).length);
    expect(sizes).toEqual([100, 30]);
  });
});

describe('budgets', () => {
  const rules = [aRule('all', 'day', 100_000), aRule('each', 'month', 50_000)];
  const use = (committed: number) => ({
    pk: 'budget#all-day#*',
    sk: '2026-11-23',
    committed,
    spent: committed,
    held: 0,
  });

  test.each([
    [79_999, 'ok', 'all-day 79.9 %, each-month by tenant'],
    [80_000, 'attention', 'all-day 80.0 %, each-month by tenant'],
    [100_000, 'problem', 'all-day 100.0 %, each-month by tenant'],
  ])('used by %d of 100,000 units: %s', async (committed, state, text) => {
    const { table, deployment, check } = setUp();
    deployment.outputs.Budgets = JSON.stringify(rules);
    table.seed(use(committed));

    expect(await check('budgets')).toMatchObject({ state, text, healthy: state !== 'problem' });
  });

  test('by the limit in force; with what to do', async () => {
    const { table, deployment, run } = setUp();
    deployment.outputs.Budgets = JSON.stringify(rules);
    table.seed(use(1));
    table.seed({ pk: 'settings', sk: 'settings', budgetLimits: { 'all-day': 0 } });
    const { exitCode, out } = await run('doctor --stack ImagesOfTeamA');

    expect(exitCode).toBe(1);
    expect(out).toMatch(
      /✗ budgets .*\n +→ all-day refuses jobs until 2026-11-24T00:00:00.000Z, .* limit of 0 .*: evolink-images budget set all-day <credits> --stack ImagesOfTeamA/,
    );
  });
});

test('the emergency stop, with its reason, which cannot steer the terminal', async () => {
  const { table, run } = setUp();
  table.seed({
    pk: 'settings',
    sk: 'settings',
    paused: { since: '2026-11-23T09:00:00.000Z', reason: 'loop\u001b[2J' },
  });
  const { exitCode, out } = await run();

  expect(exitCode).toBe(1);
  expect(out).toContain('✗ emergency stop     on since 2026-11-23T09:00:00.000Z (loop\u{fffd}[2J)');
  expect(out).toContain('To go on: evolink-images resume --stack EvolinkImagePipeline');
});

test('another version: worth a look', async () => {
  const { deployment, run } = setUp();
  deployment.outputs.Version = '99.0.0';
  const { exitCode, out } = await run();

  expect(exitCode).toBe(0);
  expect(out).toMatch(/! version +99\.0\.0 is deployed, this command line is \d/);
});

describe('idempotency keys', () => {
  test('unproven: healthy, with the command that proves it', async () => {
    const { run, check } = setUp({});

    expect(await check('idempotency')).toMatchObject({
      healthy: true,
      state: 'attention',
      facts: { idempotency: 'unproven', since: null, by: null },
      advice: [expect.stringContaining('EVOLINK_API_KEY=… evolink-images verify --stack EvolinkImagePipeline')],
    });
    expect((await run()).exitCode).toBe(0);
  });

  test.each([
    ['second task', 'by a second task for one key'],
    ['verify', 'by verify'],
  ])('refuted by %s: what it means for jobs, and what to do', async (by, text) => {
    const { check } = setUp({ idempotency: { state: 'refuted', since: '2026-11-20T08:00:00.000Z', by } });

    expect(await check('idempotency')).toMatchObject({
      state: 'attention',
      text: `refuted since 2026-11-20T08:00:00.000Z, ${text}`,
      advice: [
        expect.stringContaining('Lost replies are not repeated'),
        expect.stringContaining('evolink-images verify'),
      ],
      facts: { idempotency: 'refuted', by },
    });
  });

  test('proven by production itself', async () => {
    const { check } = setUp({ idempotency: { state: 'proven', since: '2026-11-20T08:00:00.000Z', by: 'replay' } });

    expect(await check('idempotency')).toMatchObject({
      state: 'ok',
      text: expect.stringContaining('a replayed answer'),
    });
  });
});

describe('a check that cannot be made', () => {
  const denied = (action: string) =>
    awsError(
      'AccessDeniedException',
      `User: arn:aws:iam::1:user/x is not authorized to perform: ${action} on resource: y`,
    );

  test.each([
    ['InvokeCommand', 'lambda:InvokeFunction', ['key', 'prices', 'open']],
    ['GetMetricDataCommand', 'cloudwatch:GetMetricData', ['sweep']],
    ['GetQueueAttributesCommand', 'sqs:GetQueueAttributes', ['dead-letters']],
    ['ListStackResourcesCommand', 'cloudformation:ListStackResources', ['alarms']],
    ['DescribeAlarmsCommand', 'cloudwatch:DescribeAlarms', ['alarms']],
  ])('%s without the right: a line that names %s, and every other check', async (command, right, ids) => {
    const { deployment, run, json } = setUp();
    // Not always written as in a policy.
    deployment.faults.set(command, denied(right.toLowerCase()));
    const { checks } = await json();

    for (const { id, state, facts } of checks) {
      expect([id, state, facts.missing_right]).toEqual(
        ids.includes(id) ? [id, 'unknown', right] : [id, 'ok', undefined],
      );
    }
    const { exitCode, out, err } = await run();
    expect(exitCode).toBe(1);
    expect(out).toMatch(
      new RegExp(`^\\? .* could not be checked: these credentials lack ${right}\\n.*docs/doctor.md`, 'm'),
    );
    expect(err).toMatch(/^Error: Not healthy: \d checks? that could not be made\.\n$/);
  });

  test('the table: budgets, emergency stop and idempotency keys', async () => {
    const table = new MemoryTable({
      before: () => {
        throw denied('dynamodb:GetItem');
      },
    });
    const deployment = new FakeDeployment(table.tableName, NOW);
    deployment.outputs.Budgets = JSON.stringify([aRule('all', 'day', 1)]);
    const { out } = await cli('doctor', { table, deployment });

    expect(out.match(/^\? .*lack dynamodb:GetItem$/gm)).toHaveLength(3);
  });

  test('an error that is not known: told as it is', async () => {
    const { deployment, check } = setUp();
    deployment.faults.set('InvokeCommand', awsError('ResourceNotFoundException', 'Function not found: Reconcile'));

    expect(await check('key')).toMatchObject({
      state: 'unknown',
      text: 'could not be checked: ResourceNotFoundException: Function not found: Reconcile',
    });
  });

  test('one that is never answered does not keep the others', async () => {
    const { deployment, json } = setUp();
    deployment.silent.add('GetQueueAttributesCommand');
    const { checks } = await json();

    expect(checks.find(({ id }) => id === 'dead-letters')).toMatchObject({
      state: 'unknown',
      text: 'no answer within 30 s',
    });
  });

  test('an output that is missing', async () => {
    const { deployment, check } = setUp();
    delete deployment.outputs.DeadLetterQueueUrl;

    expect(await check('dead-letters')).toMatchObject({
      text: expect.stringContaining('no output DeadLetterQueueUrl'),
    });
  });
});

test('the policy in docs/doctor.md is what the checks, the stack and the smoke test need, and no more', () => {
  const docs = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'doctor.md'), 'utf8');
  const [, policy = ''] = /```json\n([^`]+)```/.exec(docs) ?? [];
  const { Statement } = JSON.parse(policy) as { Statement: { Action: string[] }[] };
  const checks = checksOf(new Deployment('stack', {}, {} as never, {} as never));

  const needed = new Set([
    'cloudformation:DescribeStacks',
    'dynamodb:Query',
    ...checks.flatMap(({ rights }) => rights),
  ]);
  expect(Statement.flatMap(({ Action }) => Action)).toEqual([...needed].sort());
});

test('no stack of that name, or none of a pipeline: exit code 1', async () => {
  const { run } = setUp();
  const missing = awsError('ValidationError', 'Stack with id Other does not exist');

  expect((await run('doctor --stack Other', { failure: missing })).err).toMatch(/no stack Other in eu-central-1/);
  expect((await run('doctor', { outputs: {} })).err).toMatch(/no output TableName/);
});
