/** Sheet 2.5.1 and 2.5.2: the list of an account's tasks, and several tasks by their ids. */
import type { EvolinkSimulator, SimulatorOptions } from '../../../local/simulator';
import { call, complete, query, start, submit } from './support/simulator';

const list = async (simulator: EvolinkSimulator, search = '', key?: string) =>
  call(simulator, 'GET', `/v1/tasks${search === '' ? '' : `?${search}`}`, undefined, key === undefined ? {} : { key });

const idsOf = (answer: Awaited<ReturnType<typeof list>>): string[] =>
  answer.body.data.map((row: { id: string }) => row.id);

/** So many tasks of different milliseconds, oldest first. */
async function submitSome(simulator: EvolinkSimulator, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let task = 0; task < count; task++) {
    ids.push((await submit(simulator)).body.id);
    simulator.clock.advance(1);
  }
  return ids;
}

describe('GET /v1/tasks', () => {
  it('has whole seconds, no prompt, no links and no idempotency key (sheet 2.5.1)', async () => {
    const simulator = await start();
    await complete(simulator);
    const [row] = (await list(simulator)).body.data;
    expect(Object.keys(row).sort()).toEqual(
      'created_at credits_used duration has_error has_results id model progress result_count status type'.split(' '),
    );
    expect(Number.isInteger(row.created_at)).toBe(true);
    expect(row.created_at).toBe(Math.floor(simulator.tasks()[0].createdAt / 1000));
  });

  it('filters by the four statuses; processing includes tasks that wait (sheet 2.5.1)', async () => {
    const simulator = await start();
    simulator.script(
      ...(['completed', 'failed', 'cancelled'] as const).map((outcome) => ({ times: 1, task: { outcome } })),
      { times: 1, task: { pendingMs: 0, never: true } },
      { task: { pendingMs: 86_400_000 } },
    );
    const ids = await submitSome(simulator, 5);
    simulator.clock.advance(1000);
    const by = async (status: string) => idsOf(await list(simulator, `status=${status}`));
    expect(await by('completed')).toEqual([ids[0]]);
    expect(await by('failed')).toEqual([ids[1]]);
    expect(await by('cancelled')).toEqual([ids[2]]);
    expect(await by('processing')).toEqual([ids[4], ids[3]]);
    expect((await list(simulator)).body.data.map((row: { status: string }) => row.status)).toEqual([
      'pending',
      'processing',
      'cancelled',
      'failed',
      'completed',
    ]);
  });

  it.each([
    'status=pending',
    'status=queued',
    'status=canceled',
    'status=all',
    'status=Completed',
    'type=text',
    'page=0',
  ])('refuses ?%s with 400 (sheet 2.5.1)', async (search) => {
    const simulator = await start();
    const answer = await list(simulator, search);
    expect([answer.status, answer.body.error.code, answer.body.error.param]).toEqual([
      400,
      'invalid_request',
      search.split('=')[0],
    ]);
  });

  it('cuts a larger page to 50 and shows the size that it used, or refuses it (sheet 2.5.1, 9.7)', async () => {
    const simulator = await start();
    simulator.seedTasks({ count: 120 });
    const cut = (await list(simulator, 'page_size=100')).body;
    expect([cut.data.length, cut.page_size, cut.total]).toEqual([50, 50, 120]);
    simulator.behave({ taskList: { oversize: 'refuse' } });
    const refused = await list(simulator, 'page_size=100');
    expect([refused.status, refused.body.error]).toEqual([
      400,
      expect.objectContaining({ param: 'page_size', max: 50 }),
    ]);
    expect((await list(simulator, 'page_size=50')).body.data).toHaveLength(50);
  });

  it('gives every task once over its pages, newest first, also within one millisecond', async () => {
    const simulator = await start();
    const ids: string[] = [];
    for (let task = 0; task < 7; task++) ids.push((await submit(simulator)).body.id);
    const pages = await Promise.all([1, 2, 3, 4].map((page) => list(simulator, `page=${page}&page_size=3`)));
    expect(pages.flatMap(idsOf)).toEqual([...ids].reverse());
    expect(pages.map(({ body }) => [body.total, body.page, body.data.length])).toEqual([
      [7, 1, 3],
      [7, 2, 3],
      [7, 3, 1],
      [7, 4, 0],
    ]);
  });

  it.each<[string, SimulatorOptions['taskList'], object]>([
    ['no total', { total: 'missing' }, { page: 1, page_size: 20 }],
    ['a wrong total', { total: -3 }, { total: -3, page: 1, page_size: 20 }],
    ['no echo of the page', { echo: false }, { total: 2 }],
  ])('can have %s (sheet 9.7)', async (_, taskList, expected) => {
    const simulator = await start({ taskList });
    await submitSome(simulator, 2);
    const { object, data, ...rest } = (await list(simulator)).body;
    expect([object, data.length, rest]).toEqual(['list', 2, expected]);
  });

  it('can show a task only after a while, and only for a while (sheet 9.7)', async () => {
    const simulator = await start({ taskList: { lagMs: 60_000, retentionMs: 120_000 } });
    const { id } = (await submit(simulator)).body;
    const listed = async () => {
      const { total, data } = (await list(simulator)).body;
      return [total, data.length];
    };
    simulator.clock.advance(59_999);
    expect(await listed()).toEqual([0, 0]);
    expect((await query(simulator, id)).status).toBe(200);
    simulator.clock.advance(1);
    expect(await listed()).toEqual([1, 1]);
    simulator.clock.advance(60_000);
    expect(await listed()).toEqual([1, 1]);
    simulator.clock.advance(1);
    expect(await listed()).toEqual([0, 0]);
  });

  it('can be that of the key alone, with pages of 100', async () => {
    const keys = [
      { key: 'sk-simulator', account: 'us' },
      { key: 'sk-b', account: 'us' },
    ];
    const simulator = await start({ keys, taskList: { scope: 'key', largestPage: 100 } });
    const { id } = (await submit(simulator)).body;
    simulator.seedTasks({ count: 150, key: 'sk-b' });
    expect(idsOf(await list(simulator))).toEqual([id]);
    expect((await list(simulator, 'page_size=100', 'sk-b')).body).toMatchObject({ total: 150, page_size: 100 });
    simulator.behave({ taskList: { scope: 'account' } });
    expect((await list(simulator)).body.total).toBe(151);
  });
});

describe('seeded tasks', () => {
  it('are listed by time among the others, and can be queried, without a charge', async () => {
    const simulator = await start();
    const { id } = (await submit(simulator)).body;
    simulator.clock.advance(10_000);
    // Of 20, 10, 0 seconds ago: the first two are older than or as old as the task.
    simulator.seedTasks({ count: 3, everySeconds: 10, model: 'gpt-image-1.5', creditsUsed: '1.5' });
    const rows = (await list(simulator)).body.data;
    expect(rows.map((row: { model: string }) => row.model)).toEqual([
      'gpt-image-1.5',
      'gpt-image-1.5',
      'gpt-image-2',
      'gpt-image-1.5',
    ]);
    expect(rows[2].id).toBe(id);
    expect(rows[0].created_at - rows[3].created_at).toBe(20);
    expect(rows[0]).toMatchObject({ status: 'completed', credits_used: 1.5, has_results: true, result_count: 1 });
    const seeded = (await query(simulator, rows[0].id)).body;
    expect(seeded).toMatchObject({ status: 'completed', model: 'gpt-image-1.5' });
    expect((await fetch(seeded.results[0])).status).toBe(404);
    expect(simulator.tasks().map((task) => task.id)).toEqual([id]);
    expect(simulator.bill().creditsUsed).toBe(simulator.tasks()[0].creditsUsed);
    simulator.reset();
    expect((await list(simulator)).body.total).toBe(0);
  });

  it('by the hundred thousand keep a page as fast as one of a few', async () => {
    const simulator = await start({
      keys: [
        { key: 'sk-simulator', account: 'us' },
        { key: 'sk-foreign', account: 'us' },
      ],
    });
    const { id } = (await submit(simulator)).body;
    simulator.clock.advance(1000);
    const timeOf = async (count: number, search: string) => {
      const started = performance.now();
      for (let round = 0; round < count; round++) await list(simulator, search);
      return (performance.now() - started) / count;
    };
    await timeOf(20, 'page_size=50');
    const few = await timeOf(20, 'page_size=50');
    simulator.seedTasks({ count: 100_000, key: 'sk-foreign', everySeconds: 1 });
    const many = await timeOf(20, 'page_size=50');
    const deep = await timeOf(20, 'page=1900&page_size=50&status=completed&model=gpt-image-2');

    // One pass over all of them takes some 10 ms.
    expect(many).toBeLessThan(5 * few + 5);
    expect(deep).toBeLessThan(5 * few + 5);
    const first = await list(simulator, 'page_size=50');
    expect(first.body.total).toBe(100_001);
    // The seeds end now, so the task of a second ago is among the newest three.
    expect(idsOf(first).indexOf(id)).toBeLessThan(3);
  }, 30_000);

  it.each([
    { count: 0 },
    { count: 1.5 },
    { count: 2_000_000 },
    { count: 1, model: 'gpt-image-9' },
    { count: 1, key: 'sk-x' },
  ])('of %j are refused', async (options) => {
    const simulator = await start();
    expect(() => simulator.seedTasks(options)).toThrow(RangeError);
    expect(() => simulator.seedTasks({ count: 1, colour: 'red' } as never)).toThrow('colour');
  });
});

describe('POST /v1/tasks/batch (sheet 2.5.2)', () => {
  const batch = (simulator: EvolinkSimulator, task_ids: unknown) =>
    call(simulator, 'POST', '/v1/tasks/batch', { task_ids });

  it('answers whole tasks with links, and leaves out what nobody knows', async () => {
    const simulator = await start();
    const { body } = await complete(simulator);
    const answer = await batch(simulator, ['task-unified-0-aaaaaaaa', body.id, 'x']);
    expect(answer.body).toEqual({ code: 200, data: [body] });
  });

  it.each([[[]], [Array(51).fill('a')], [[7]], ['a'], [undefined]])('refuses %j', async (ids) => {
    const simulator = await start();
    const answer = await batch(simulator, ids);
    expect([answer.status, answer.body.error.param]).toEqual([400, 'task_ids']);
  });

  it('can fail, and can be missing', async () => {
    const simulator = await start();
    simulator.script({ times: 1, batch: { status: 500 } }, { times: 1, batch: { body: { code: 200 } } });
    expect((await batch(simulator, ['a'])).status).toBe(500);
    expect((await batch(simulator, ['a'])).body).toEqual({ code: 200 });
    simulator.behave({ batch: false });
    expect((await batch(simulator, ['a'])).status).toBe(404);
  });
});
