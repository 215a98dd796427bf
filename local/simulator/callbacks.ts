/**
 * EvoLink's callback: one POST when a task has ended and its bill is settled, given up after 10 s, tried again after
 * 1, 2 and 4 s until any 2xx. Unsigned; no redirect is followed.
 */
import { lookup as dnsLookup } from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { isInternalAddress, isLoopbackName } from './addresses';
import type { SimulatorClock } from './clock';
import type { Task } from './task';
import type { CallbackDelivery, SimulatorTiming } from './types';

export interface CallbackOptions {
  readonly timing: Pick<SimulatorTiming, 'callbackTimeoutMs' | 'callbackRetryMs'>;
  readonly allowLocal: boolean;
  readonly resolveHost?: (hostname: string) => string | undefined;
  readonly ca?: string | readonly string[];
}

const LIE = { status: 'completed', results: ['https://example.com/not-ours.png'] };

type Outcome = Pick<CallbackDelivery, 'status' | 'error'>;

/** What is delivered, again and again if need be. */
interface Delivery {
  readonly task: Task;
  readonly url: URL;
  readonly payload: string;
  /** Deliveries of an older round have been called off. */
  readonly round: number;
}

export class CallbackSender {
  private readonly secureAgent: https.Agent;
  private readonly plainAgent = new http.Agent({ keepAlive: false });
  private readonly underWay = new Set<http.ClientRequest>();
  private round = 0;

  constructor(
    private readonly clock: SimulatorClock,
    private readonly bodyOf: (task: Task) => unknown,
    private readonly options: CallbackOptions,
  ) {
    // A list of our own would replace Node's roots and NODE_EXTRA_CA_CERTS, so there is none unless it is asked for.
    const ca = options.ca === undefined ? undefined : [...rootCertificates, ...[options.ca].flat()];
    this.secureAgent = new https.Agent({ keepAlive: false, ca });
  }

  /** Resolves when the first delivery is over, however it ended; the others go on by themselves. */
  async send(task: Task): Promise<void> {
    const { callbackUrl } = task.request;
    const { deliver = 'normal', delayMs = 0 } = task.rule?.callback ?? {};
    if (callbackUrl === undefined || deliver === 'never') return;
    const round = this.round;
    if (delayMs > 0) await this.clock.wait(delayMs);
    const delivery = this.deliveryOf(task, callbackUrl, round);
    const parallel = typeof deliver === 'number' ? deliver : 1;
    const accepted = await Promise.all(Array.from({ length: parallel }, () => this.attempt(delivery, 1)));
    for (const done of accepted) void this.goOn(delivery, done, deliver === 'twice');
  }

  /** For the rules that ask for it: a callback while there is still work to be done. */
  sendTooEarly(task: Task): void {
    const { callbackUrl } = task.request;
    if (callbackUrl === undefined || task.rule?.callback?.deliver !== 'while-processing') return;
    void this.attempt(this.deliveryOf(task, callbackUrl, this.round), 1);
  }

  /** Calls off everything that is under way or due. */
  cancel(): void {
    this.round++;
    for (const request of this.underWay) request.destroy();
  }

  close(): void {
    this.cancel();
    this.secureAgent.destroy();
    this.plainAgent.destroy();
  }

  private deliveryOf(task: Task, callbackUrl: string, round: number): Delivery {
    const { body, lies = false } = task.rule?.callback ?? {};
    const content = body ?? (lies ? { ...(this.bodyOf(task) as object), ...LIE } : this.bodyOf(task));
    const payload = typeof content === 'string' ? content : JSON.stringify(content);
    return { task, url: new URL(callbackUrl), payload, round };
  }

  private async goOn(delivery: Delivery, done: boolean, again: boolean): Promise<void> {
    for (const [index, waitMs] of this.options.timing.callbackRetryMs.entries()) {
      if (done || delivery.round !== this.round) break;
      await this.clock.wait(waitMs);
      done = await this.attempt(delivery, index + 2);
    }
    if (again) await this.goOn(delivery, await this.attempt(delivery, 1), false);
  }

  /** Whether the receiver accepted it. */
  private async attempt(delivery: Delivery, attempt: number): Promise<boolean> {
    if (delivery.round !== this.round) return false;
    const at = this.clock.now();
    const started = performance.now();
    const outcome = await this.post(delivery.url, delivery.payload);
    delivery.task.callbacks.push({ at, attempt, ...outcome, durationMs: Math.round(performance.now() - started) });
    return outcome.status !== undefined && outcome.status >= 200 && outcome.status < 300;
  }

  private post(url: URL, payload: string): Promise<Outcome> {
    return new Promise((resolve) => {
      const secure = url.protocol === 'https:';
      const request = (secure ? https : http).request(url, {
        method: 'POST',
        agent: secure ? this.secureAgent : this.plainAgent,
        lookup: this.lookup,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(payload),
          'user-agent': 'EvoLink-Simulator',
        },
      });
      this.underWay.add(request);
      // Real time: what is measured is a real receiver, however far the simulated clock jumps meanwhile.
      const timer = setTimeout(() => request.destroy(namedError('TIMED_OUT')), this.options.timing.callbackTimeoutMs);
      request.on('response', (response) => {
        resolve({ status: response.statusCode });
        response.on('error', () => undefined);
        response.resume();
      });
      request.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? error.name }));
      request.on('close', () => {
        clearTimeout(timer);
        this.underWay.delete(request);
        resolve({ error: 'CLOSED' });
      });
      request.end(payload);
    });
  }

  /** Resolves the names that no resolver knows, and holds back from private addresses behind public names. */
  private readonly lookup: LookupFunction = (hostname, options, callback) => {
    const known = this.options.resolveHost?.(hostname) ?? (isLoopbackName(hostname) ? '127.0.0.1' : undefined);
    const answer = (error: NodeJS.ErrnoException | null, addresses: { address: string; family: number }[]): void => {
      const internal = !this.options.allowLocal && addresses.some(({ address }) => isInternalAddress(address));
      const problem = error ?? (internal ? namedError('INTERNAL_ADDRESS') : null);
      if (problem !== null) return callback(problem, '', 0);
      if (options.all) return callback(null, addresses);
      callback(null, addresses[0].address, addresses[0].family);
    };
    if (known === undefined) dnsLookup(hostname, { ...options, all: true }, answer);
    else process.nextTick(answer, null, [{ address: known, family: known.includes(':') ? 6 : 4 }]);
  };
}

function namedError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
