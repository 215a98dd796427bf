/** Fetches one result as the pipeline does: without the key, with a User-Agent of its own, from public hosts only. */
import { createHash } from 'node:crypto';
import { imageSize } from 'image-size';
import { hostProblem, isLoopbackHost } from '../../domain/public-address';
import { imageKindOf } from '../../domain/images/signature';

const MOST_BYTES = 50_000_000;
const TIMEOUT_MS = 60_000;
const MOST_REDIRECTS = 3;

export interface FetchedImage {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** Of the file: `png`; `bin` for what is no image that is known. */
  readonly extension: string;
  /** Absent where they can't be read. */
  readonly pixels?: { readonly width: number; readonly height: number };
  readonly headers: Headers;
}

/** The message holds no link: whoever has it can fetch the image. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

/**
 * @param link - as EvoLink gave it
 * @param version - of the package, for the User-Agent
 * @param allowLoopback - where EvoLink itself is on this machine
 * @throws PictureError
 */
export async function fetchPicture(link: string, version: string, allowLoopback: boolean): Promise<FetchedImage> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await follow(link, { version, allowLoopback, signal });
    const bytes = await readBody(response);
    const kind = imageKindOf(bytes);
    return {
      bytes,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      extension: kind?.extension ?? 'bin',
      pixels: kind && pixelsOf(bytes),
      headers: response.headers,
    };
  } catch (error) {
    if (error instanceof PictureError) throw error;
    const { code, name } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    throw new PictureError(`the download broke off: ${code ?? name}`, { cause: error });
  }
}

interface Fetching {
  readonly version: string;
  readonly allowLoopback: boolean;
  readonly signal: AbortSignal;
}

async function follow(link: string, { version, allowLoopback, signal }: Fetching): Promise<Response> {
  let target = link;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    refuse(target, allowLoopback);
    const headers = { 'user-agent': `evolink-image-pipeline/${version}`, accept: 'image/*' };
    const response = await fetch(target, { headers, redirect: 'manual', signal });
    if (response.status === 200) return response;
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) {
      throw new PictureError(`the link answers ${response.status}`);
    }
    target = new URL(location, target).href;
  }
  throw new PictureError(`more than ${MOST_REDIRECTS} redirects`);
}

function refuse(target: string, allowLoopback: boolean): void {
  const url = URL.canParse(target) ? new URL(target) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new PictureError('the link is no http(s) URL');
  if (url.username + url.password !== '') throw new PictureError('the link carries credentials');
  const isLocal = allowLoopback && isLoopbackHost(url.hostname);
  if (!isLocal && hostProblem(url.hostname) !== undefined) throw new PictureError('the host is not public');
}

async function readBody({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new PictureError(`the file has more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function pixelsOf(bytes: Uint8Array): FetchedImage['pixels'] {
  try {
    const { width, height } = imageSize(bytes);
    return { width, height };
  } catch {
    return undefined;
  }
}
