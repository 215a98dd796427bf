import { createHash } from 'node:crypto';
import { crc32, inflateSync } from 'node:zlib';
import { imageSize } from 'image-size';
import { complete, start } from './support/simulator';

const DAY_MS = 24 * 3600 * 1000;

async function download(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

/** Walks the whole file, checks every chunk, inflates the pixels: a sound header alone would prove little. */
function pixelBytes(png: Buffer): Buffer {
  const chunks = new Map<string, Buffer>();
  let offset = 8;
  while (offset < png.length) {
    const end = offset + 8 + png.readUInt32BE(offset);
    expect(png.readUInt32BE(end)).toBe(crc32(png.subarray(offset + 4, end)));
    chunks.set(png.toString('latin1', offset + 4, offset + 8), png.subarray(offset + 8, end));
    offset = end + 4;
  }
  expect([...chunks.keys()]).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND']);
  return inflateSync(chunks.get('IDAT')!);
}

describe('a delivered image', () => {
  it.each([
    [{ size: '16:9' }, 1360, 768],
    [{ size: '1:3' }, 592, 1776],
    [{ size: '21:9', resolution: '2K' }, 3136, 1344],
    [{ size: '9:16', resolution: '4K' }, 2160, 3840],
    [{ size: '1408x480' }, 1408, 480],
    [{ size: 'auto' }, 1024, 1024],
    [{ size: '1:1', model: 'gpt-image-2-beta' }, 1024, 1024],
  ])('for %p is a sound PNG of %i x %i', async (request, width, height) => {
    const simulator = await start();
    const { body } = await complete(simulator, request);

    const file = await download(body.results[0]);

    expect([file.status, file.type]).toEqual([200, 'image/png']);
    expect(imageSize(file.bytes)).toMatchObject({ width, height, type: 'png' });
    expect(pixelBytes(file.bytes)).toHaveLength((width + 1) * height);
  });

  it('is the same at every download, and another one for each of n images and each prompt', async () => {
    const simulator = await start();
    const links: string[] = [
      ...(await complete(simulator, { size: '1:1', n: 3 })).body.results,
      ...(await complete(simulator, { size: '1:1', prompt: 'a blue bicycle' })).body.results,
    ];
    const hashes = async () =>
      Promise.all(
        links.map(async (url) =>
          createHash('sha256')
            .update((await download(url)).bytes)
            .digest('hex'),
        ),
      );
    const first = await hashes();
    expect(new Set(first).size).toBe(4);
    expect(await hashes()).toEqual(first);
  });
});

describe('a link', () => {
  it.each([undefined, 403, 404, 410] as const)('ends after 24 hours with %p', async (expiredLinkStatus) => {
    const simulator = await start({ expiredLinkStatus, timing: { pendingMs: 0, processingMs: 60_000 } });
    const { body } = await complete(simulator);
    simulator.clock.advance(DAY_MS - 1);
    expect((await download(body.results[0])).status).toBe(200);
    simulator.clock.advance(1);
    expect((await download(body.results[0])).status).toBe(expiredLinkStatus ?? 404);
  });

  it('that was never given out answers 404', async () => {
    const simulator = await start();
    const { body } = await complete(simulator);
    const other = body.results[0].replace(/file_.{8}/, 'file_00000000');
    expect((await download(other)).status).toBe(404);
    expect((await download(body.results[0].replace('/images/', '/other/'))).status).toBe(404);
  });

  it('starts with the public base URL, where there is one', async () => {
    const simulator = await start({ publicBaseUrl: 'https://files.example.org/' });
    const { body } = await complete(simulator);
    expect(body.results[0]).toMatch(/^https:\/\/files\.example\.org\/files\//);
  });

  it('answers 403 to the default User-Agent of Python in strict mode only', async () => {
    const agent = { 'user-agent': 'Python-urllib/3.12' };
    for (const [strict, status] of [
      [true, 403],
      [false, 200],
    ] as const) {
      const simulator = await start({ strict });
      const { body } = await complete(simulator);
      expect((await download(body.results[0], agent)).status).toBe(status);
      expect((await download(body.results[0])).status).toBe(200);
    }
  });

  it('records its downloads, also whether a key was sent to the file host', async () => {
    const simulator = await start();
    const { body } = await complete(simulator);
    await download(body.results[0]);
    await download(body.results[0], { authorization: 'Bearer sk-simulator' });
    expect(simulator.tasks()[0].downloads).toMatchObject([
      { image: 1, status: 200, sentAuthorization: false },
      { image: 1, status: 200, sentAuthorization: true },
    ]);
  });

  it('records the hash of what was served, where all of it was', async () => {
    const simulator = await start();
    simulator.script({ file: { truncate: 100, times: 1 } });
    const { body } = await complete(simulator);
    await download(body.results[0]).catch(() => undefined);
    const whole = await download(body.results[0]);
    const sha256 = createHash('sha256').update(whole.bytes).digest('hex');
    expect(simulator.tasks()[0].downloads.map((one) => one.sha256)).toEqual([undefined, sha256]);
  });
});
