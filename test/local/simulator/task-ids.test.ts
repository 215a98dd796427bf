/** Sheet 2.1, 9.5: ids of every form, in the reply, the callback, the list, the batch and the query. */
import { TASK_ID_FORMS, type TaskIdForm } from '../../../local/simulator/task-ids';
import { receive } from './support/receiver';
import { call, query, start, submit, until } from './support/simulator';

const FORMS: Record<TaskIdForm, RegExp> = {
  unified: /^task-unified-\d+-[0-9a-z]{8}$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  direct: /^task-direct-\d+$/,
  short: /^[0-9a-zA-Z]$/,
  long: /^task-unified-[0-9a-z]{115}$/,
  punctuated: /^img\.v2:\d+:\w+-x$/,
};

it.each(TASK_ID_FORMS)('%s ids go through the reply, the callback, the list, the batch and the query', async (form) => {
  const receiver = await receive();
  const simulator = await start({ taskIds: form, allowLocalCallbacks: true });
  const { id } = (await submit(simulator, { callback_url: receiver.url })).body;
  const other = (await submit(simulator)).body.id;
  expect(id).toMatch(FORMS[form]);
  expect(id).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
  expect(other).not.toBe(id);
  simulator.clock.advance(1000);
  await until(() => receiver.received.length === 1, 'the callback arrives');

  expect(JSON.parse(receiver.received[0].text).id).toBe(id);
  expect((await query(simulator, id)).body.id).toBe(id);
  expect((await query(simulator, encodeURIComponent(id))).body.id).toBe(id);
  const rows = (await call(simulator, 'GET', '/v1/tasks')).body.data;
  expect(rows.map((row: { id: string }) => row.id)).toEqual([other, id]);
  const batch = await call(simulator, 'POST', '/v1/tasks/batch', { task_ids: [id] });
  expect(batch.body.data).toMatchObject([{ id }]);
});

it('short ids grow by a character when all of one are taken', async () => {
  const simulator = await start({ taskIds: 'short' });
  const ids: string[] = [];
  for (let task = 0; task < 64; task++) ids.push((await submit(simulator)).body.id);
  expect(new Set(ids).size).toBe(64);
  expect([ids[61], ids[62], ids[63]]).toEqual(['Z', '00', '01']);
});

it('can be those of one task', async () => {
  const simulator = await start();
  simulator.script({ times: 1, task: { taskIds: 'direct' } });
  expect((await submit(simulator)).body.id).toBe('task-direct-0');
  expect((await submit(simulator)).body.id).toMatch(FORMS.unified);
});

it("a query can insist on the prefix, as EvoLink's page of the route says (sheet 4.2)", async () => {
  const simulator = await start({ taskIds: 'uuid' });
  const { id } = (await submit(simulator)).body;
  expect((await query(simulator, id)).status).toBe(200);
  simulator.behave({ requireIdPrefix: true });
  const answer = await query(simulator, id);
  expect([answer.status, answer.body.error]).toEqual([
    400,
    expect.objectContaining({ code: 'invalid_task_id', param: 'task_id', type: 'invalid_request_error' }),
  ]);
});
