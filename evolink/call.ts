/**
 * One call: request, reply, meaning, and one log event. Every method of the client is a call.
 */
import * as errors from './errors';
import type { EvolinkError, EvolinkErrorFacts } from './errors';
import { parseJson } from './json';
import { redactor, type Redact } from './redact';
import { errorOfReply, requestIdOf } from './reply-errors';
import { exchange, TransportError, type HttpReply, type TransportFault } from './transport';

/** One line per call. Holds no body, no header, no id of a task. */
export interface EvolinkCallEvent {
  readonly event: 'evolink_call';
  readonly method: 'GET' | 'POST';
  readonly route: string;
  /** HTTP status; absent where there was no reply. */
  readonly status?: number;
  readonly requestId?: string;
  /** Duration of the call in milliseconds. */
  readonly ms: number;
  /** Name of the error that the call ended with. */
  readonly error?: string;
}

export interface EvolinkClientOptions {
  /** `https:` (or `http:` on this machine), without query, credentials or fragment. A path is kept as a prefix. */
  readonly baseUrl: string;
  /** Printable ASCII without spaces. */
  readonly apiKey: string;
  /** Of the pipeline, for the User-Agent. */
  readonly version: string;
  /** Time for a query, from the connection to the last byte of its reply, in milliseconds. @default 15000 */
  readonly queryTimeoutMs?: number;
  /** Gets one event per call, when it has ended. What it throws is ignored. @default - nothing is logged */
  readonly log?: (event: EvolinkCallEvent) => void;
  /**
   * Gets each reply as it came, before it is read, for `verify`: it may hold links and words of EvoLink. What it throws
   * is ignored. @default - nobody looks
   */
  readonly observe?: (reply: HttpReply) => void;
}

export interface Call<T> {
  readonly method: 'GET' | 'POST';
  /** The call may make a paid task. Any other changes nothing, and may be made again. @default false */
  readonly submission?: boolean;
  /** The path as it may be logged; `path` where the real one differs. */
  readonly route: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  /** Largest reply body that is read. @default - 1 MiB */
  readonly maxReplyBytes?: number;
  /** The key is not sent. @default false */
  readonly anonymous?: boolean;
  readonly redact: Redact;
  /** `undefined` for a reply that can't be used. */
  readonly read: (body: unknown, reply: HttpReply) => T | undefined;
}

/** Largest reply body that is read. Real ones have a few kilobytes. */
const MAX_REPLY_BYTES = 1_048_576;

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

const TRANSPORT_ERRORS = {
  connect: { Case: errors.EvolinkConnectionError, outcome: 'no_task', what: 'no connection was made' },
  timeout: { Case: errors.EvolinkTimeoutError, outcome: 'unknown', what: 'no complete reply in time' },
  lost: { Case: errors.EvolinkConnectionLostError, outcome: 'unknown', what: 'the connection broke before the reply' },
  too_large: {
    Case: errors.EvolinkReplyTooLargeError,
    outcome: 'unknown',
    what: 'a reply that is too large',
  },
} as const satisfies Record<TransportFault, object>;

export class Caller {
  /** Without a slash at its end. */
  private readonly base: string;
  /** For calls that carry no secret but the key. */
  readonly redactKey: Redact;

  /** @throws TypeError for options that no call could work with */
  constructor(private readonly options: EvolinkClientOptions) {
    this.base = parseBaseUrl(options.baseUrl);
    // A line break at the end of a stored key is the usual slip. The key itself stays out of the message.
    if (!/^[!-~]+$/.test(options.apiKey)) throw new TypeError('apiKey must be printable ASCII without spaces');
    this.redactKey = redactor({ apiKey: options.apiKey });
  }

  /** @throws {@link EvolinkError} */
  async call<T>(call: Call<T>): Promise<T> {
    const started = performance.now();
    let reply: HttpReply | undefined;
    let failure: EvolinkError | undefined;
    try {
      reply = await this.exchange(call);
      this.observe(reply);
      return understand(call, reply);
    } catch (error) {
      if (error instanceof errors.EvolinkError) failure = error;
      throw error;
    } finally {
      this.log({
        event: 'evolink_call',
        method: call.method,
        route: call.route,
        status: reply?.status,
        requestId: reply && requestIdOf(reply, call.redact),
        ms: Math.round(performance.now() - started),
        error: failure?.name,
      });
    }
  }

  private async exchange<T>(call: Call<T>): Promise<HttpReply> {
    try {
      return await exchange({
        method: call.method,
        url: new URL(this.base + (call.path ?? call.route)),
        headers: {
          ...call.headers,
          ...(call.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(call.body)) }),
          ...(call.anonymous ? {} : { Authorization: `Bearer ${this.options.apiKey}` }),
          Accept: 'application/json',
          'Accept-Encoding': 'identity',
          'User-Agent': `evolink-image-pipeline/${this.options.version}`,
        },
        body: call.body,
        timeoutMs: call.timeoutMs,
        maxReplyBytes: call.maxReplyBytes ?? MAX_REPLY_BYTES,
      });
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      const { Case, outcome, what } = TRANSPORT_ERRORS[error.fault];
      throw new Case(`${titleOf(call)}: ${what}`, { outcome: onSubmission(call, outcome), cause: error.cause });
    }
  }

  private observe(reply: HttpReply): void {
    try {
      this.options.observe?.(reply);
    } catch {
      return;
    }
  }

  /** A logger that fails must not lose the id of a paid task. */
  private log(event: EvolinkCallEvent): void {
    try {
      this.options.log?.(event);
    } catch {
      return;
    }
  }
}

function understand<T>(call: Call<T>, reply: HttpReply): T {
  const title = titleOf(call);
  if (reply.status < 200 || reply.status > 299) {
    throw errorOfReply(reply, { title, submission: call.submission === true, redact: call.redact });
  }
  const result = call.read(parseJson(reply.body), reply);
  if (result !== undefined) return result;
  throw new errors.EvolinkUnreadableReplyError(`${title}: EvoLink answered ${reply.status} without a usable body`, {
    status: reply.status,
    requestId: requestIdOf(reply, call.redact),
    outcome: onSubmission(call, 'unknown'),
  });
}

function onSubmission<T>(call: Call<T>, outcome: errors.SubmitOutcome): EvolinkErrorFacts['outcome'] {
  return call.submission === true ? outcome : undefined;
}

function titleOf<T>(call: Call<T>): string {
  return `${call.method} ${call.route}`;
}

/** Over plain HTTP the key would be readable on the way, so only a server on this machine may have it. */
function parseBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usable =
    url !== undefined &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))) &&
    url.username + url.password + url.search + url.hash === '';
  if (!usable) throw new TypeError('baseUrl must be an https URL without credentials, query or fragment');
  return (url.origin + url.pathname).replace(/\/+$/, '');
}
