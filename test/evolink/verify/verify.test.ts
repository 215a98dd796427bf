import { ASSUMPTION_IDS } from '../../../evolink/verify/assumptions';
import { exitCodeOf, FolderInUseError, type Report, ReportFolder, reportJson, verify } from '../../../evolink/verify';
import type { Rule, SimulatorOptions } from '../../../local/simulator';
import { API_KEY, between, cleanUp, filesIn, newFolder, optionsFor, simulated, verified } from './verifying';

afterEach(cleanUp);

const NEVER_SEEN = ['list-order', 'list-scope', 'callback', 'link-life'];

test('an EvoLink that keeps its word: every assumption that can be seen is held, with two tasks', async () => {
  const { report, simulator, rows, files } = await verified();

  for (const id of ASSUMPTION_IDS) {
    const states = NEVER_SEEN.includes(id) ? ['held', 'not seen'] : ['held'];
    expect([id, states.includes(rows[id]?.state ?? '')]).toEqual([id, true]);
  }
  expect(rows.callback).toMatchObject({ state: 'not seen' });
  expect(report).toMatchObject({ idempotency: 'proven', interrupted: false });
  expect(report.stoppedPaying).toBeUndefined();
  expect(simulator.tasks()).toHaveLength(2);
  expect(report.credits).toMatchObject({ limit: '1', charged: simulator.bill().creditsUsed });
  expect(Object.keys(files).filter((name) => name.endsWith('.png'))).toHaveLength(2);
  expect(report.tasks.map(({ id }) => id).sort()).toEqual(
    simulator
      .tasks()
      .map(({ id }) => id)
      .sort(),
  );
  expect(exitCodeOf(report)).toBe(0);
});

test('the images in the folder are those that EvoLink delivered', async () => {
  const { report, simulator, files } = await verified();

  for (const { image } of report.tasks) expect(files[image!.file]).toHaveLength(image!.bytes);
  const delivered = simulator.tasks().flatMap(({ downloads }) => downloads);
  expect(report.tasks.map(({ image }) => image?.sha256).sort()).toEqual(delivered.map(({ sha256 }) => sha256).sort());
  expect(delivered.map(({ sentAuthorization }) => sentAuthorization)).toEqual([false, false]);
});

test('without permission to pay nothing is submitted, and what needs a task is not seen', async () => {
  const { report, simulator, rows } = await verified({}, undefined, { paid: false });

  expect(simulator.submissions()).toEqual([]);
  expect(rows).toMatchObject({
    models: { state: 'held' },
    prices: { state: 'held' },
    'unknown-task': { state: 'held' },
    'bad-key': { state: 'held' },
    repeat: { state: 'not seen', seen: 'costs credits' },
    'balance-key': { state: 'not seen' },
  });
  expect(report.idempotency).toBe('unproven');
});

interface Case {
  readonly options?: SimulatorOptions;
  readonly rules?: readonly Rule[];
  /** Rows that do not hold, with what is seen. */
  readonly notHeld: Readonly<Record<string, RegExp>>;
  readonly idempotency?: string;
  /** Tasks that are made. */
  readonly tasks?: number;
  readonly stopped?: RegExp;
}

/** Of the first and every later task. */
const eachTask = (task: Rule['task']): Rule => ({ task });

const CASES: Readonly<Record<string, Case>> = {
  'idempotency keys are ignored': {
    options: { idempotency: 'ignored' },
    notHeld: { repeat: /TWO tasks/ },
    idempotency: 'refuted',
    tasks: 2,
    stopped: /the repeat made a second task/,
  },
  'a repeat has no replay header': {
    rules: [{ match: { post: 2 }, submit: { headers: { 'idempotency-replayed': 'false' }, createTask: true } }],
    notHeld: { 'replay-header': /missing/ },
    idempotency: 'proven',
  },
  'equal bytes are called another request': {
    rules: [{ match: { post: 2 }, submit: { status: 409, code: 'idempotency_conflict' } }],
    notHeld: { repeat: /409 idempotency_conflict/ },
    tasks: 1,
    stopped: /repeat was answered 409/,
  },
  'another body under the same key is answered with a fault': {
    rules: [{ match: { promptIncludes: 'no shadow' }, submit: { status: 500, code: 'internal_error' } }],
    notHeld: { 'other-body': /500 internal_error/ },
    tasks: 1,
    stopped: /another body under the same key/,
  },
  'the task list is not sorted, and lacks our tasks': {
    rules: [{ list: { body: { total: 2, page: 1, page_size: 50, data: [row('a', 1_000), row('b', 2_000)] } } }],
    notHeld: { 'list-order': /not sorted/ },
    idempotency: 'proven',
  },
  'the list shows times in milliseconds': {
    rules: [{ list: { body: { total: 1, page: 1, page_size: 50, data: [row('a', 1_790_000_000_000)] } } }],
    notHeld: { 'list-form': /another form/, 'list-order': /not on the first page/ },
  },
  'the list has no total': {
    options: { taskList: { total: 'missing' } },
    notHeld: { 'list-form': /200/, 'list-page': /50: 200/ },
  },
  'pages of 50 are cut': {
    options: { taskList: { largestPage: 20 } },
    notHeld: { 'list-form': /200/, 'list-page': /50: 200/ },
  },
  'tasks are listed late': {
    options: { taskList: { lagMs: 60_000 } },
    notHeld: { 'list-order': /2 of our 2 tasks are not on the first page/ },
  },
  'there is no billing block': {
    options: { billing: false },
    notHeld: { billing: /no block/ },
    idempotency: 'proven',
  },
  'there is no usage': {
    rules: [eachTask({ omitUsage: true, billing: 'absent' })],
    notHeld: { usage: /none/, billing: /no block/ },
  },
  'other pixels are delivered': {
    rules: [eachTask({ size: { width: 1024, height: 1024 } })],
    // The larger picture has more tokens: that is charged beyond the hold.
    notHeld: { pixels: /1024×1024 .* expected 1776×592/, hold: /0\.\d+/ },
    tasks: 1,
    stopped: /charged more than the pipeline would hold/,
  },
  'the sum is rounded once': {
    // 62 image and 19 text tokens: 1138.32 + 58.14 = 1196.46, where each kind rounded up gives 1198.
    rules: [eachTask({ creditsUsed: '0.1197' })],
    notHeld: { charge: /fits? rounding the sum once/ },
  },
  'there is a charge that no count of tokens gives': {
    rules: [eachTask({ creditsUsed: '0.1' })],
    notHeld: { charge: /do not fit any count/ },
  },
  'completed without a link': {
    rules: [eachTask({ results: 'none' })],
    notHeld: { result: /0 link/ },
    tasks: 1,
    stopped: /no link/,
  },
  'the file is no picture': {
    rules: [{ file: { status: 200, body: '<html>' } }],
    notHeld: { pixels: /unreadable/ },
  },
  'the file is refused': {
    rules: [{ file: { status: 403 } }],
    notHeld: { pixels: /answers 403/ },
  },
  'the key may not use the default model': {
    rules: [{ models: { body: { data: [{ id: 'gpt-image-1.5' }, { id: 'gpt-image-3' }] } } }],
    notHeld: { models: /1 of 5: gpt-image-1\.5; not offered: gpt-image-2, .*; unknown to the pipeline: gpt-image-3/ },
    tasks: 0,
    stopped: /may not use gpt-image-2/,
  },
  'balances do not change': {
    rules: [{ credits: { body: balance(false) } }],
    notHeld: { 'balance-key': /rose by 0, the tasks were charged 0\.238/, 'balance-account': /fell by 0/ },
    idempotency: 'unproven',
    tasks: 2,
  },
  'a link is unencrypted and lives for an hour': {
    rules: [eachTask({ extra: { results: ['http://files.evolink.invalid/a.png?X-Amz-Expires=3600'] } })],
    notHeld: { 'link-scheme': /^http:/, 'link-life': /1 h by x-amz-expires/, pixels: /broke off/ },
  },
  'the charge has more than four decimals': {
    rules: [eachTask({ usage: { credits_used: 0.11965 } })],
    notHeld: { charge: /more than four decimals/, 'balance-key': /0\.238/, 'balance-account': /0\.238/ },
  },
  'the charge is not that of the tokens that EvoLink counts': {
    rules: [
      eachTask({
        usage: { credits_used: 0.1198, image_output_tokens: 62, text_input_tokens: 25 },
        creditsUsed: '0.1198',
      }),
    ],
    notHeld: { charge: /62 image and 25 text tokens, by the rule 0\.1216/ },
  },
  'there is no batch route': {
    options: { batch: false },
    notHeld: { batch: /404/ },
  },
};

function balance(unlimited_credits: boolean): object {
  const amounts = { remaining_credits: 50, used_credits: 1 };
  return { success: true, data: { user: amounts, token: { ...amounts, unlimited_credits } } };
}

function row(id: string, created_at: number): object {
  return { id, model: 'gpt-image-2', type: 'image', status: 'completed', progress: 100, created_at };
}

describe('what does not hold is said', () => {
  test.each(Object.entries(CASES))('%s', async (_name, { options, rules = [], notHeld, ...more }) => {
    const { report, simulator, rows } = await verified(options, (fake) => fake.script(...rules));
    const found = Object.entries(rows).filter(([, { state }]) => state === 'not held');

    expect(Object.fromEntries(found.map(([id, { seen }]) => [id, seen]))).toEqual(
      Object.fromEntries(Object.entries(notHeld).map(([id, seen]) => [id, expect.stringMatching(seen)])),
    );
    // Never more, whatever EvoLink does.
    expect(simulator.tasks().length).toBeLessThanOrEqual(3);
    expect(Number(simulator.bill().creditsUsed)).toBeLessThanOrEqual(1);
    expect(Number(report.credits.held)).toBeLessThanOrEqual(1);
    if (more.tasks !== undefined) expect(simulator.tasks()).toHaveLength(more.tasks);
    if (more.idempotency !== undefined) expect(report.idempotency).toBe(more.idempotency);
    if (more.stopped !== undefined) expect(report.stoppedPaying).toMatch(more.stopped);
    expect(exitCodeOf(report)).toBe(found.length === 0 ? 0 : 1);
    // Whatever was bought is in the report, and its image in the folder if it has one.
    expect(report.tasks.map(({ id }) => id).sort()).toEqual(
      simulator
        .tasks()
        .map(({ id }) => id)
        .sort(),
    );
  });
});

test('the other of two POSTs at the same time is told to wait: held', async () => {
  const { report, rows, simulator } = await verified({}, (fake) => {
    fake.script({ match: { promptIncludes: 'two blue dots' }, submit: { delayMs: 500 } });
  });

  expect(rows.pair).toMatchObject({ state: 'held', seen: 'one task, and 409 paid_outcome_unknown' });
  expect(report.idempotency).toBe('proven');
  expect(simulator.tasks()).toHaveLength(2);
});

test('two POSTs at the same time that make two tasks refute what the repeat had shown', async () => {
  const simulator = await simulated();
  const report = await verify({
    ...optionsFor(simulator, newFolder()),
    onProgress: (text) => text.includes('at the same time') && simulator.behave({ idempotency: 'ignored' }),
  });

  expect(stateOf(report, 'repeat')).toBe('held');
  expect(stateOf(report, 'pair')).toBe('not held');
  expect(report).toMatchObject({ idempotency: 'refuted', stoppedPaying: expect.stringContaining('two tasks') });
  expect(simulator.tasks()).toHaveLength(3);
  // All three are paid: each is read to its end, and its image is kept.
  expect(report.tasks.filter(({ image, charged }) => image && charged)).toHaveLength(3);
});

test('a key that is forgotten once the task has ended: a late repeat pays again', async () => {
  const simulator = await simulated();
  const report = await verify({
    ...optionsFor(simulator, newFolder()),
    onProgress: (text) => text === 'repeat after the end' && simulator.behave({ idempotencyMemoryMs: 0 }),
  });

  expect(stateOf(report, 'repeat')).toBe('held');
  expect(stateOf(report, 'repeat-ended')).toBe('not held');
  expect(report).toMatchObject({ idempotency: 'refuted', stoppedPaying: expect.stringContaining('second task') });
  expect(simulator.tasks()).toHaveLength(2);
});

describe('refusals that are none', () => {
  test('a bad request makes a task: its image is kept, and nothing more is bought', async () => {
    const simulator = await simulated();
    const baseUrl = await between(simulator, (sent) => ({ ...sent, body: sent.body.replace('"n":0', '"n":1') }));
    const report = await verify({ ...optionsFor(simulator, newFolder()), baseUrl });

    expect(stateOf(report, 'bad-request')).toBe('not held');
    expect(report.stoppedPaying).toBe('a request that should be refused made a task');
    expect(simulator.tasks()).toHaveLength(1);
    expect(report.tasks).toMatchObject([{ status: 'completed', image: { file: expect.any(String) } }]);
  });

  test('a made-up key is taken, and an unknown task is answered without a code', async () => {
    const simulator = await simulated();
    const baseUrl = await between(simulator, (sent) => {
      if (sent.path.startsWith('/v1/tasks/task-unified-') && simulator.tasks().length === 0) return 404;
      return { ...sent, headers: { ...sent.headers, authorization: `Bearer ${API_KEY}` } };
    });
    const report = await verify({ ...optionsFor(simulator, newFolder()), baseUrl });

    expect(stateOf(report, 'bad-key')).toBe('not held');
    expect(stateOf(report, 'unknown-task')).toBe('not held');
  });

  test('another body under the same key is answered with the first task', async () => {
    const simulator = await simulated();
    const baseUrl = await between(simulator, (sent) => ({ ...sent, body: sent.body.replace(', no shadow', '') }));
    const report = await verify({ ...optionsFor(simulator, newFolder()), baseUrl });

    expect(stateOf(report, 'repeat')).toBe('held');
    expect(stateOf(report, 'other-body')).toBe('not held');
    expect(report.stoppedPaying).toMatch(/it was answered with the first task/);
    expect(simulator.tasks()).toHaveLength(1);
  });
});

describe('a reply that is lost on the way', () => {
  const lost = { match: { post: 1, promptIncludes: 'red dot' }, times: 1 };

  test('its repeat names the task: proven as in production, and nothing more is bought', async () => {
    const { report, rows, simulator } = await verified({}, (fake) => {
      fake.script({ ...lost, submit: { dropReply: true, createTask: true } });
    });

    expect(rows.repeat).toMatchObject({ state: 'held', seen: expect.stringContaining('the repeat named its task') });
    expect(report).toMatchObject({ idempotency: 'proven', stoppedPaying: expect.stringContaining('no usable answer') });
    expect(simulator.tasks()).toHaveLength(1);
    expect(report.tasks).toMatchObject([{ status: 'completed', image: { file: expect.any(String) } }]);
  });

  test('keys are ignored: not proven, one repeat, and the task that is known is read', async () => {
    const { report, rows, simulator, files } = await verified({ idempotency: 'ignored' }, (fake) => {
      fake.script({ ...lost, submit: { dropReply: true, createTask: true } });
    });

    expect(rows.repeat.state).toBe('not seen');
    expect(rows['balance-key'].state).not.toBe('held');
    expect(report.idempotency).toBe('unproven');
    expect(simulator.tasks()).toHaveLength(2);
    expect(report.tasks).toHaveLength(1);
    // The other one is paid, too: its id is in the report.
    const [lostTask] = simulator.tasks();
    expect(report.otherTasks).toEqual([lostTask.id]);
    expect(files['report.md']).toContain(`- ${lostTask.id}`);
  });
});

describe('money', () => {
  test('a dearer price rule: the run counts with it, and the charge fits it', async () => {
    const { rows, simulator } = await verified({}, (fake) => {
      fake.setRate({ model: 'gpt-image-2', component: 'image_output', uc: '18400' });
    });

    expect(rows.prices).toMatchObject({
      state: 'not held',
      seen: expect.stringContaining('gpt-image-2 differs in imageOutput'),
    });
    expect(rows.charge.state).toBe('held');
    expect(simulator.tasks()).toHaveLength(2);
  });

  test('prices at which three tasks exceed the limit: nothing is bought', async () => {
    const { report, simulator } = await verified({}, (fake) => {
      fake.setRate({ model: 'gpt-image-2', component: 'image_output', uc: '91800' });
    });

    expect(report.stoppedPaying).toMatch(/3 tasks for up to 0\.\d+ credits each exceed the limit of 1 credit/);
    expect(simulator.submissions()).toEqual([]);
  });

  test('a price rule that cannot be computed: nothing is bought', async () => {
    const { report, simulator } = await verified({}, (fake) => {
      const component = (id: string, uc: string, more: object = {}) => ({
        id,
        rate: { uc },
        billing_unit_size: 1000,
        minimum_charge: { uc: '0' },
        rounding: { point: 'per_component_subtotal', mode: 'ceil' },
        tiers: [],
        ...more,
      });
      const components = [
        component('image_output', '18360', { tiers: [{ from: '0' }] }),
        ...[
          ['image_input', '4896'],
          ['image_cached_input', '1224'],
          ['text_input', '3060'],
          ['text_cached_input', '765'],
        ].map(([id = '', uc = '']) => component(id, uc)),
      ];
      fake.script({ prices: { status: 200, body: { meta: {}, model: { model_id: 'gpt-image-2', components } } } });
    });

    expect(report.stoppedPaying).toMatch(/price rule can't be computed/);
    expect(simulator.submissions()).toEqual([]);
  });

  test('EvoLink holds far more than was estimated: no second task could exceed the limit', async () => {
    const { report, simulator } = await verified({}, (fake) => {
      fake.script({ prices: { status: 503 } });
      fake.setRate({ model: 'gpt-image-2', component: 'image_output', uc: '110000' });
    });

    expect(report.stoppedPaying).toMatch(/would exceed 3 tasks or 1 credit/);
    expect(simulator.tasks()).toHaveLength(1);
    expect(Number(simulator.bill().creditsUsed)).toBeLessThan(1);
    expect(report.tasks).toMatchObject([{ status: 'completed', image: { file: expect.any(String) } }]);
  });

  test('too few credits: the first POST is refused, and nothing else is tried', async () => {
    const { report, rows, simulator } = await verified({}, (fake) => fake.setCredits('0.05'));

    expect(report.stoppedPaying).toBe('the first POST was refused: 402 insufficient_quota');
    expect(rows.repeat).toMatchObject({ state: 'not seen' });
    expect(simulator.tasks()).toEqual([]);
    expect(exitCodeOf(report)).toBe(0);
  });

  test('other tasks of the account run meanwhile: the key alone can be compared', async () => {
    const simulator = await simulated();
    simulator.addKey({ key: 'sk-of-a-colleague', account: 'acct-5f3c' });
    let bought = false;
    const report = await verify({
      ...optionsFor(simulator, newFolder()),
      onProgress: () => {
        if (bought) return;
        bought = true;
        void fetch(`${simulator.baseUrl}/v1/images/generations`, {
          method: 'POST',
          headers: { authorization: 'Bearer sk-of-a-colleague', 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'gpt-image-2', prompt: 'of a colleague', size: '3:1', quality: 'low' }),
        });
      },
    });

    expect(stateOf(report, 'balance-key')).toBe('held');
    expect(stateOf(report, 'balance-account')).toBe('not seen');
    expect(report.idempotency).toBe('proven');
  });

  test('the account is charged more than the tasks say', async () => {
    const simulator = await simulated();
    const report = await verify({
      ...optionsFor(simulator, newFolder()),
      // Between two readings of the balance, as a charge would that no task shows.
      onProgress: (text) => text === 'repeat after the end' && simulator.setCredits('700'),
    });

    expect(stateOf(report, 'balance-account')).toBe('not held');
    expect(exitCodeOf(report)).toBe(1);
  });
});

describe('an interrupted run', () => {
  test('a POST that is on its way is answered and recorded, and nothing follows it', async () => {
    const stop = new AbortController();
    const { report, simulator, files } = await verified({}, undefined, {
      signal: stop.signal,
      onProgress: (text) => text === 'first POST' && stop.abort(),
    });
    const [task] = simulator.tasks();

    expect(simulator.tasks()).toHaveLength(1);
    expect(report).toMatchObject({ interrupted: true, idempotency: 'unproven', tasks: [{ id: task.id }] });
    expect(files['report.json']).toContain(task.id);
    expect(files['report.md']).toContain(task.id);
    expect(exitCodeOf(report)).toBe(130);
  });

  test('the ids are on disk while the run goes on: a killed process loses none', async () => {
    const simulator = await simulated();
    const folder = newFolder();
    const seen: string[][] = [];
    await verify({
      ...optionsFor(simulator, folder),
      onProgress: () => {
        const { submissions } = JSON.parse(filesIn(folder)['report.json']) as Record<
          string,
          { task_id: string | null }[]
        >;
        seen.push(submissions.map(({ task_id }) => task_id ?? 'none'));
      },
    });

    // The idempotency key is on disk before the POST, the id from its answer on.
    const [first] = simulator.tasks();
    expect(seen.find((ids) => ids.length === 2)?.[1]).toBe('none');
    expect(seen.find((ids) => ids.length === 3)).toEqual(['none', first.id, 'none']);
  });
});

describe('secrets', () => {
  const SIGNED = 'https://files.evolink.invalid/u/acct-5f3c/a.png?X-Amz-Expires=86400&X-Amz-Signature=5ecre7';

  test('a key, a balance, a signed link and the words of an error are in no file', async () => {
    const { files, rows, report } = await verified({}, (fake) => {
      fake.script({
        task: { extra: { results: [SIGNED], request_id: API_KEY, [API_KEY]: 1 } },
        list: { status: 500, code: 'internal_error', message: `of ${API_KEY} and acct-5f3c` },
      });
    });
    const everything = JSON.stringify([files, report, reportJson(report)]);

    expect(rows['link-life']).toMatchObject({ state: 'held', seen: expect.stringContaining('24 h by x-amz-expires') });
    expect(rows['link-scheme'].seen).toBe('https://files.evolink.invalid');
    for (const secret of [API_KEY, 'acct-5f3c', '5ecre7', '777.1', '776.8', 'evolink.invalid/u']) {
      expect([secret, everything.includes(secret)]).toEqual([secret, false]);
    }
  });

  test('a key that a reply smuggles into the report is redacted before it is written', async () => {
    const folder = newFolder();
    const { report } = await verified({}, undefined, { paid: false });
    new ReportFolder(folder, API_KEY).write({ ...report, host: API_KEY });
    const files = filesIn(folder);

    for (const name of ['report.json', 'report.md']) {
      expect(files[name]).toContain('[redacted]');
      expect(files[name]).not.toContain(API_KEY);
    }
  });
});

test('a key without a limit whose figure stays says nothing', async () => {
  const { rows } = await verified({}, (fake) => fake.script({ credits: { body: balance(true) } }));

  expect(rows['balance-key']).toMatchObject({ state: 'not seen', seen: expect.stringContaining('without a limit') });
});

test("a fresh key sees earlier tasks of its account: the list is the account's", async () => {
  const { rows } = await verified({}, (fake) => {
    fake.addKey({ key: 'sk-of-a-colleague', account: 'acct-5f3c' });
    fake.seedTasks({ key: 'sk-of-a-colleague', count: 3 });
  });

  expect(rows['list-scope']).toMatchObject({ state: 'held', seen: expect.stringContaining('3 tasks') });
  expect(rows['list-order']).toMatchObject({ state: 'held', seen: expect.stringContaining('newest first') });
});

test('a folder with the report of another run is not written to', async () => {
  const { folder } = await verified({}, undefined, { paid: false });

  expect(() => new ReportFolder(folder, API_KEY)).toThrow(FolderInUseError);
});

test.each([['a key that EvoLink does not know', 'sk-unknown', /refuses the key \(401 unauthorized\)/]])(
  '%s ends the run before anything else',
  async (_name, apiKey, message) => {
    const simulator = await simulated();

    await expect(verify({ ...optionsFor(simulator, newFolder()), apiKey })).rejects.toThrow(message);
    expect(simulator.requests()).toEqual({ 'GET /v1/credits 401': 1 });
  },
);

test('an EvoLink that is not there', async () => {
  const simulator = await simulated();
  await simulator.close();

  await expect(verify(optionsFor(simulator, newFolder()))).rejects.toThrow(/does not answer/);
});

const stateOf = ({ rows }: Report, id: string): string | undefined => rows.find((one) => one.id === id)?.state;
