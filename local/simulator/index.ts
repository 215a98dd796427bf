/**
 * A simulated EvoLink to test against: contract, billing, callbacks, faults, real image files.
 * `import { startEvolinkSimulator } from 'evolink-image-pipeline/simulator'`.
 *
 * @module simulator
 */
export type { Bill, KeyOptions } from './accounts';
export { SimulatorControl } from './control';
export type { CallbackScript, FileFault, QueryFault, ReplyFault, Rule, SubmitFault, TaskScript } from './faults';
export { DEFAULT_KEY, DEFAULT_TIMING, startEvolinkSimulator } from './simulator';
export type {
  CallbackDelivery,
  EvolinkSimulator,
  FileDownload,
  SimulatorOptions,
  SimulatorTiming,
  Submission,
  TaskSnapshot,
} from './types';
