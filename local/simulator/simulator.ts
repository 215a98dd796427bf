/** Puts the parts together: one simulated EvoLink on one port. */
import { Accounts } from './accounts';
import { ApiError } from './api-error';
import { behaviourIn, BehaviourSwitch } from './behaviour';
import { CallbackSender } from './callbacks';
import { CATALOGUE_ROUTE } from './catalogue';
import { SimulatorClock } from './clock';
import { control, CONTROL_PREFIX } from './control-routes';
import { filePath, Files } from './files';
import { HttpServer, type Call, type Reply } from './http';
import { IdempotencyLedger } from './idempotency';
import { Prices } from './prices';
import { Queries } from './queries';
import { RequestCount } from './request-count';
import { Script } from './script';
import { seedTasks } from './seed-tasks';
import { Submissions } from './submissions';
import type { Task } from './task';
import { Tasks } from './tasks';
import type { EvolinkSimulator, SimulatorControls, SimulatorOptions, SimulatorTiming } from './types';
import { snapshotOf, taskView, type LinkOf } from './views';

/** The API key of a simulator that was given none. */
export const DEFAULT_KEY = 'sk-simulator';

/** The timing of a simulator that was given none. */
export const DEFAULT_TIMING: SimulatorTiming = {
  pendingMs: 150,
  processingMs: 250,
  callbackTimeoutMs: 10_000,
  callbackRetryMs: [1000, 2000, 4000],
};

/**
 * Starts a simulated EvoLink: its contract, its billing, its callbacks and real PNG files, without a real key.
 *
 * @example
 * const simulator = await startEvolinkSimulator();
 * simulator.script({ times: 1, submit: { status: 429, headers: { 'retry-after': '1' } } });
 * // ... point the application at simulator.baseUrl with the key 'sk-simulator' ...
 * expect(simulator.bill().creditsUsed).toBe('0.3682');
 * await simulator.close();
 */
export async function startEvolinkSimulator(options: SimulatorOptions = {}): Promise<EvolinkSimulator> {
  const parts = assemble(options);
  const server = new HttpServer(
    (call) => parts.route(call),
    () => parts.controls.clock.now(),
    options.tls,
  );
  const baseUrl = await server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  parts.publicBaseUrl = options.publicBaseUrl?.replace(/\/+$/, '') ?? baseUrl;
  return {
    ...parts.controls,
    baseUrl,
    close: async () => {
      parts.stop();
      await server.close();
    },
  };
}

function assemble(options: SimulatorOptions) {
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const allowLocalCallbacks = options.allowLocalCallbacks ?? false;
  const clock = new SimulatorClock(options.clock);
  const accounts = new Accounts(options.keys ?? [{ key: DEFAULT_KEY }], () => clock.now());
  const behaviour = new BehaviourSwitch(behaviourIn(options));
  const prices = new Prices();
  const ledger = new IdempotencyLedger(behaviour.current, () => clock.now());
  const script = new Script();
  const requests = new RequestCount();
  // Read late: the port, and with it the address, is known only once the server listens.
  const linkOf: LinkOf = (task, fileId) => `${parts.publicBaseUrl}${filePath(task, fileId)}`;
  const view = (task: Task) => taskView(task, { now: clock.now(), linkOf, billing: behaviour.current().billing });
  const sender = new CallbackSender(clock, view, {
    timing,
    allowLocal: allowLocalCallbacks,
    resolveHost: options.resolveHost,
    ca: options.ca,
  });
  const tasks = new Tasks(clock, accounts, prices, behaviour.current, timing, {
    onProcessing: (task) => sender.sendTooEarly(task),
    onSettled: (task) => sender.send(task),
  });
  const submissions = new Submissions(tasks, accounts, ledger, script, clock, {
    allowLocalCallbacks,
    concurrencyLimit: options.concurrencyLimit ?? Infinity,
    taskView: view,
  });
  const queries = new Queries(tasks, accounts, script, clock, behaviour.current, view, prices);
  const files = new Files(tasks, script, clock, {
    expiredLinkStatus: options.expiredLinkStatus ?? 404,
    strict: options.strict ?? false,
  });
  const controls: SimulatorControls = {
    clock: { now: () => clock.now(), advance: (ms) => clock.advance(ms) },
    tasks: () => tasks.all().map((task) => snapshotOf(task, linkOf)),
    submissions: () => submissions.all(),
    mostOpenTasks: () => tasks.mostOpenTasks(),
    requests: () => requests.all(),
    bill: (key) => accounts.bill(key),
    script: (...rules) => rules.forEach((rule) => script.add(rule)),
    clearScript: () => script.clear(),
    setKeys: (keys) => accounts.set(keys),
    addKey: (key) => accounts.add(key),
    revokeKey: (key) => accounts.revoke(key),
    changeKey: (key, settings) => accounts.change(key, settings),
    setCredits: (credits, key) => accounts.setRemaining(credits, key),
    behave: (change) => behaviour.change(change),
    setRate: (change) => prices.set(change),
    completeRefunds: (taskId) => tasks.completeRefunds(taskId),
    seedTasks: (seed) => seedTasks(tasks, accounts, clock.now(), seed),
    reset: () => {
      clock.clear();
      sender.cancel();
      tasks.clear();
      submissions.clear();
      requests.clear();
      script.clear();
      ledger.clear();
      accounts.reset();
      prices.reset();
      behaviour.reset();
    },
  };
  const route = (call: Call): Reply | Promise<Reply> => {
    const { pathname } = call.url;
    if (options.control === true && pathname.startsWith(CONTROL_PREFIX)) return control(controls, call);
    return requests.of(call.method, pathname, () => serve(call));
  };
  const serve = (call: Call): Reply | Promise<Reply> => {
    const { pathname } = call.url;
    const name = `${call.method === 'HEAD' ? 'GET' : call.method} ${pathname}`;
    if (name === 'POST /v1/images/generations') return submissions.submit(call);
    if (name === 'POST /v1/tasks/batch' && behaviour.current().batch) return queries.batch(call);
    if (name === 'GET /v1/tasks') return queries.list(call);
    if (name === 'GET /v1/credits') return queries.credits(call);
    if (name === 'GET /v1/models') return queries.models(call);
    if (name.startsWith('GET ') && CATALOGUE_ROUTE.test(pathname)) return queries.priceRules(call);
    if (name.startsWith('GET /v1/tasks/')) return queries.task(call);
    if (name.startsWith('GET /files/')) return files.serve(call);
    throw ApiError.of(404);
  };
  const stop = (): void => {
    clock.clear();
    sender.close();
  };
  const parts = { controls, route, stop, publicBaseUrl: '' };
  return parts;
}
