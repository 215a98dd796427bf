/** Sheet 2.2, 9.6: where the links of a completed task stand. */
import { imageSize } from 'image-size';
import type { ResultShape } from '../../../local/simulator';
import { RESULT_SHAPES } from '../../../local/simulator/result-shapes';
import { receive } from './support/receiver';
import { call, complete, start, submit, until } from './support/simulator';

const completed = async (results: ResultShape, n = 3) => {
  const simulator = await start();
  simulator.script({ task: { results } });
  const { body } = await complete(simulator, { size: '1:1', n, prompt: 'x'.repeat(80) });
  return { simulator, body, links: simulator.tasks()[0].images.map(({ url }) => url) };
};

/** Every http(s) string under the two fields, once. */
function linksIn(value: unknown): string[] {
  if (typeof value === 'string') return /^https?:/.test(value) ? [value] : [];
  return typeof value === 'object' && value !== null ? [...new Set(Object.values(value).flatMap(linksIn))] : [];
}

const EXPECTED: Record<ResultShape, (links: string[]) => { results?: unknown; result_data?: unknown }> = {
  both: (links) => ({ results: links, result_data: links.map((url) => ({ url })) }),
  results: (links) => ({ results: links }),
  image_url: (links) => ({ result_data: links.map((image_url, index) => ({ result_id: `r${index}`, image_url })) }),
  url: (links) => ({ result_data: links.map((url) => ({ url })) }),
  object: ([image_url]) => ({ result_data: { result_id: 'r0', image_url } }),
  'both-different': ([a, b, c]) => ({ results: [a, b], result_data: [{ image_url: b }, { image_url: c }] }),
  http: (links) => ({ results: links }),
  duplicates: (links) => ({
    results: [...links, ...links],
    result_data: [...links, ...links].map((image_url) => ({ image_url, url: image_url })),
  }),
  none: () => ({ results: [] }),
  'objects-in-results': (links) => ({ results: links.map((url) => ({ url })) }),
  'strings-in-result-data': (links) => ({ result_data: links }),
};

it.each(RESULT_SHAPES)('%s: every delivered image can be found, and each is billed (sheet 9.6)', async (shape) => {
  const { simulator, body, links } = await completed(shape);
  const { results, result_data } = body;
  expect({ results, result_data }).toEqual({ results: undefined, result_data: undefined, ...EXPECTED[shape](links) });
  expect(linksIn({ results, result_data }).sort()).toEqual([...links].sort());
  for (const link of links) {
    const bytes = Buffer.from(await (await fetch(link)).arrayBuffer());
    expect(imageSize(bytes)).toMatchObject({ width: 1024, height: 1024 });
  }
  const images = { none: 0, object: 1 }[shape as string] ?? 3;
  expect(links).toHaveLength(images);
  // 1756 output and 27 text tokens of each image, each kind rounded up: the bill follows what was delivered.
  const bills: Record<number, string> = { 0: '0', 1: '3.2324', 3: '9.6969' };
  expect(simulator.bill().creditsUsed).toBe(bills[images]);
  expect((await call(simulator, 'GET', '/v1/tasks')).body.data).toMatchObject([
    { has_results: images > 0, result_count: images },
  ]);
});

it('of one image, both-different has the link in both fields', async () => {
  const { body, links } = await completed('both-different', 1);
  expect([body.results, body.result_data]).toEqual([links, [{ image_url: links[0] }]]);
});

it('http: links of a simulator that serves HTTPS keep host and port, so that https: works in their place', async () => {
  const receiver = await receive();
  const simulator = await start({ allowLocalCallbacks: true, publicBaseUrl: 'https://files.example.org:8443/' });
  simulator.script({ task: { results: 'http' } });
  await submit(simulator, { callback_url: receiver.url });
  simulator.clock.advance(1000);
  await until(() => receiver.received.length === 1, 'the callback arrives');
  const [link] = JSON.parse(receiver.received[0].text).results;
  expect(link).toMatch(/^http:\/\/files\.example\.org:8443\/files\//);
  expect(link.replace(/^http:/, 'https:')).toBe(simulator.tasks()[0].images[0].url);
});

it('are the same in the callback (sheet 3.3)', async () => {
  const receiver = await receive();
  const simulator = await start({ allowLocalCallbacks: true });
  simulator.script({ task: { results: 'object', taskIds: 'uuid', billing: 'absent' } });
  const { id } = (await submit(simulator, { callback_url: receiver.url })).body;
  simulator.clock.advance(1000);
  await until(() => receiver.received.length === 1, 'the callback arrives');
  const body = JSON.parse(receiver.received[0].text);
  expect(body).toMatchObject({ id, result_data: { image_url: simulator.tasks()[0].images[0].url } });
  expect(body).not.toHaveProperty('billing');
});
