/** The simulator's own routes, for tests in other processes. `SimulatorControl` is their client. */
import type { KeyOptions } from './accounts';
import { ApiError } from './api-error';
import type { BehaviourChange } from './behaviour';
import type { Call, Reply } from './http';
import type { KeySettings } from './key-state';
import type { RateChange } from './prices';
import { checkRule } from './rule-check';
import type { SeedOptions } from './seed-tasks';
import { parseJson } from './submissions';
import type { SimulatorControls } from './types';

type ControlRoute = (simulator: SimulatorControls, call: Call) => unknown;

export const CONTROL_PREFIX = '/_simulator/';

const ROUTES: Readonly<Record<string, ControlRoute>> = {
  'GET tasks': (simulator) => simulator.tasks(),
  'GET submissions': (simulator) => simulator.submissions(),
  'GET most-open-tasks': (simulator) => ({ mostOpenTasks: simulator.mostOpenTasks() }),
  'GET requests': (simulator) => simulator.requests(),
  'GET bill': (simulator, call) => simulator.bill(call.url.searchParams.get('key') ?? undefined),
  'GET clock': (simulator) => ({ now: simulator.clock.now() }),
  'POST clock': (simulator, call) => {
    simulator.clock.advance((bodyOf(call) as { advanceMs: number }).advanceMs);
    return { now: simulator.clock.now() };
  },
  'POST script': (simulator, call) => {
    // All are checked before the first one is added.
    simulator.script(...[bodyOf(call)].flat().map(checkRule));
    return {};
  },
  'DELETE script': (simulator) => {
    simulator.clearScript();
    return {};
  },
  'POST keys': (simulator, call) => {
    changeKeys(simulator, bodyOf(call) as KeyChange);
    return {};
  },
  'POST behaviour': (simulator, call) => {
    simulator.behave(bodyOf(call) as BehaviourChange);
    return {};
  },
  'POST rates': (simulator, call) => {
    simulator.setRate(bodyOf(call) as RateChange);
    return {};
  },
  'POST refunds': (simulator, call) => ({
    completed: simulator.completeRefunds((bodyOf(call) as { taskId?: string }).taskId),
  }),
  'POST seeds': (simulator, call) => {
    simulator.seedTasks(bodyOf(call) as SeedOptions);
    return {};
  },
  'POST reset': (simulator) => {
    simulator.reset();
    return {};
  },
};

/** One of: replace all keys, add one, revoke one, change one, set what is left on one (on the first without `key`). */
export type KeyChange =
  | { readonly set: readonly KeyOptions[] }
  | { readonly add: KeyOptions }
  | { readonly revoke: string }
  | { readonly change: string; readonly settings: KeySettings }
  | { readonly credits: string; readonly key?: string };

function changeKeys(simulator: SimulatorControls, change: KeyChange): void {
  if ('set' in change) simulator.setKeys(change.set);
  else if ('add' in change) simulator.addKey(change.add);
  else if ('revoke' in change) simulator.revokeKey(change.revoke);
  else if ('change' in change) simulator.changeKey(change.change, change.settings);
  else simulator.setCredits(change.credits, change.key);
}

export function control(simulator: SimulatorControls, call: Call): Reply {
  const route = `${call.method} ${call.url.pathname.slice(CONTROL_PREFIX.length)}`;
  if (!Object.hasOwn(ROUTES, route)) throw ApiError.of(404);
  try {
    return { status: 200, body: ROUTES[route](simulator, call) };
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw ApiError.of('invalid_request', { message: error.message });
  }
}

function bodyOf(call: Call): unknown {
  return parseJson(call.body);
}
