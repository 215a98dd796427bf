import { complete, start, submit } from './support/simulator';

it('keeps a right bill and little memory over 1500 tasks', async () => {
  const simulator = await start({ keys: [{ key: 'sk-simulator', credits: '100000' }] });
  const before = process.memoryUsage();

  for (let round = 0; round < 30; round++) {
    await Promise.all(Array.from({ length: 50 }, () => submit(simulator, { size: '1:1', prompt: 'x'.repeat(80) })));
  }
  simulator.clock.advance(1000);

  expect(simulator.bill().creditsUsed).toBe('4848.6');
  expect(simulator.tasks().every(({ status }) => status === 'completed')).toBe(true);
  const after = process.memoryUsage();
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(100_000_000);
}, 60_000);

it('draws ten images of 4K one after the other, without keeping them', async () => {
  const simulator = await start();
  const { body } = await complete(simulator, { size: '16:9', resolution: '4K', n: 10 });
  const sizes = await Promise.all(
    body.results.map(async (url: string) => (await (await fetch(url)).arrayBuffer()).byteLength),
  );
  expect(sizes).toHaveLength(10);
  expect(Math.max(...(sizes as number[]))).toBeLessThan(1_000_000);
});
