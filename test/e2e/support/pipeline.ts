/** Everything that an end-to-end test needs, in one import. */
export { getJson, getObject } from './archive';
export { ageSubmission, attemptRow, attemptsOf, forgetOpenAttempts } from './attempts';
export { callbackAddress, forgeCallback } from './callbacks';
export { admin, app, connection, simulator } from './clients';
export { eventually } from './eventually';
export { invoke, makeDue, physicalId, sweepNow } from './functions';
export {
  type EndedJob,
  endOf,
  enteredStates,
  exampleRequest,
  runJob,
  startJob,
  type StartedJob,
  stopJob,
  succeed,
  waitForEnd,
} from './jobs';
export { freshStart, type MetricQuery, metricSum, metricValues } from './metrics';
export {
  atScale,
  budgetCounter,
  forgetIdempotency,
  forgetReconciliation,
  inFlight,
  ledgerOf,
  reconcileNow,
  settings,
  units,
} from './money';
export { startOwnPipeline } from './own-pipeline';
export { endPause, slots } from './slots';
