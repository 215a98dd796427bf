/** Everything that an end-to-end test needs, in one import. */
export { getJson, getObject } from './archive';
export { attemptsOf } from './attempts';
export { callbackAddress, forgeCallback } from './callbacks';
export { admin, app, connection, simulator } from './clients';
export { eventually } from './eventually';
export {
  type EndedJob,
  enteredStates,
  exampleRequest,
  runJob,
  startJob,
  type StartedJob,
  succeed,
  waitForEnd,
} from './jobs';
export { freshStart, type MetricQuery, metricSum, metricValues } from './metrics';
export {
  atScale,
  budgetCounter,
  forgetReconciliation,
  inFlight,
  ledgerOf,
  reconcileNow,
  settings,
  units,
} from './money';
