import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ArchiveError } from './errors';
import { guardedLookup, isHttp, refuseUrl } from './url-guard';
import type { Resolve, UrlRules } from './url-guard';

export interface DownloadOptions extends UrlRules {
  readonly userAgent: string;
  /** @default 100 000 000 */
  readonly maxBytes?: number;
  /** Longest silence on the wire, in milliseconds. @default 15 000 */
  readonly idleMs?: number;
  /** Longest duration for one image, redirects and a second try over http included, in milliseconds. @default 120 000 */
  readonly totalMs?: number;
  /** Certificate authorities in PEM, for a host of one's own. @default - those that Node trusts */
  readonly ca?: string;
  /** How names become addresses. What it gives is checked as always. @default - `dns.lookup` */
  readonly resolve?: Resolve;
}

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
}

const MAX_REDIRECTS = 3;
const EXPIRED = new Set([403, 404, 410]);

/** The time that one image may take. */
export function timeLimit({ totalMs = 120_000 }: Pick<DownloadOptions, 'totalMs'>): AbortSignal {
  return AbortSignal.timeout(totalMs);
}

/**
 * Fetches one result into a file, hashing on the way, with constant memory. Public addresses only, at every redirect;
 * limited in size, silence and duration; no credentials are sent. Safe to repeat: the file is written anew.
 *
 * @param allowHttp the link may be `http:`; nothing that was once https may lead back there
 * @throws ArchiveError
 */
export async function download(
  url: string,
  file: string,
  options: DownloadOptions,
  {
    signal = timeLimit(options),
    allowHttp = false,
  }: { readonly signal?: AbortSignal; readonly allowHttp?: boolean } = {},
): Promise<Downloaded> {
  try {
    const response = await follow(url, options, signal, allowHttp);
    return await save(response, file, options.maxBytes ?? 100_000_000, signal);
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    // The link is left out: whoever has it can fetch the image.
    const reason = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : 'unknown';
    throw new ArchiveError('ResultUnavailable', `the download broke off: ${reason}`, { cause: error });
  }
}

async function follow(
  link: string,
  options: DownloadOptions,
  signal: AbortSignal,
  allowHttp: boolean,
): Promise<IncomingMessage> {
  let target = link;
  let mayBeHttp = allowHttp;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const refusal = refuseUrl(target, options, mayBeHttp);
    if (refusal !== undefined) throw new ArchiveError('ResultBlocked', refusal);
    const url = new URL(target);
    mayBeHttp &&= isHttp(url);
    const response = await request(url, options, signal);
    const status = response.statusCode ?? 0;
    if (status === 200) return response;
    response.destroy();
    if (EXPIRED.has(status)) throw new ArchiveError('ResultExpired', `the link answers ${status}`);
    const location = response.headers.location;
    if (status < 300 || status > 399 || location === undefined) {
      throw new ArchiveError('ResultUnavailable', `the file host answers ${status}`);
    }
    target = new URL(location, target).href;
  }
  throw new ArchiveError('ResultUnavailable', `more than ${MAX_REDIRECTS} redirects`);
}

function request(url: URL, options: DownloadOptions, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const common = {
      signal,
      agent: false,
      lookup: guardedLookup(options, options.resolve),
      timeout: options.idleMs ?? 15_000,
      headers: { 'user-agent': options.userAgent, accept: 'image/*' },
    };
    const sent = isHttp(url) ? httpGet(url, common, resolve) : httpsGet(url, { ...common, ca: options.ca }, resolve);
    sent.on('timeout', () => sent.destroy(new ArchiveError('ResultUnavailable', 'the file host fell silent')));
    sent.on('error', reject);
  });
}

async function save(
  response: IncomingMessage,
  file: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Downloaded> {
  const announced = Number(response.headers['content-length'] ?? NaN);
  if (announced > maxBytes) {
    response.destroy();
    throw new ArchiveError('ResultTooLarge', `${announced} bytes announced, at most ${maxBytes} are accepted`);
  }
  const hash = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      if (bytes > maxBytes) {
        done(new ArchiveError('ResultTooLarge', `more than the ${maxBytes} bytes that are accepted`));
      } else {
        done(null, chunk);
      }
    },
  });
  await pipeline(response, meter, createWriteStream(file), { signal });
  if (Number.isFinite(announced) && announced !== bytes) {
    throw new ArchiveError('ResultUnavailable', `${announced} bytes were announced, ${bytes} came`);
  }
  return { bytes, sha256: hash.digest('hex') };
}
