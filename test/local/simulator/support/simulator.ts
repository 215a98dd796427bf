/** Starts simulators that end with the test, and talks to them as a client would. */
import {
  DEFAULT_KEY,
  startEvolinkSimulator,
  type EvolinkSimulator,
  type SimulatorOptions,
} from '../../../../local/simulator';

export const PROMPT = 'a red bicycle on a pier';

const closers: (() => Promise<void>)[] = [];

export function endWithTest(close: () => Promise<void>): void {
  closers.push(close);
}

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** Time stands still unless the test moves it. */
export async function start(options: SimulatorOptions = {}): Promise<EvolinkSimulator> {
  const simulator = await startEvolinkSimulator({ clock: 'manual', ...options });
  endWithTest(() => simulator.close());
  return simulator;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The replies of a foreign API: each test looks at what it is about.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface CallOptions {
  readonly key?: string | null;
  readonly headers?: Record<string, string>;
}

export async function call(
  simulator: EvolinkSimulator,
  method: string,
  path: string,
  body?: unknown,
  { key = DEFAULT_KEY, headers = {} }: CallOptions = {},
): Promise<Answer> {
  const response = await fetch(simulator.baseUrl + path, {
    method,
    headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: asJson(text) };
}

export function submit(simulator: EvolinkSimulator, request: object = {}, options?: CallOptions): Promise<Answer> {
  const body = { model: 'gpt-image-2', prompt: PROMPT, ...request };
  return call(simulator, 'POST', '/v1/images/generations', body, options);
}

export function query(simulator: EvolinkSimulator, id: string, options?: CallOptions): Promise<Answer> {
  return call(simulator, 'GET', `/v1/tasks/${id}`, undefined, options);
}

/** Submits and moves the time beyond the end of the task; returns the finished task as a query shows it. */
export async function complete(simulator: EvolinkSimulator, request: object = {}): Promise<Answer> {
  const { body } = await submit(simulator, request);
  simulator.clock.advance(60_000);
  return query(simulator, body.id);
}

/** Waits for a condition instead of sleeping for some time. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
