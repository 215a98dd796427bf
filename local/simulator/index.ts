/**
 * A simulated EvoLink to test against: contract, billing, callbacks, faults, real image files.
 * `import { startEvolinkSimulator } from 'evolink-image-pipeline/simulator'`.
 *
 * @module simulator
 */
export type { Bill, KeyOptions } from './accounts';
export type { ErrorFields } from './api-error';
export type { Behaviour, BehaviourChange, TaskListBehaviour } from './behaviour';
export type { TokenKind, Tokens } from './billing';
export type { BillingScript, BillingWord, RefundState } from './billing-block';
export { SimulatorControl } from './control';
export { ADMISSION_CODES, QUERY_ERRORS, SUBMIT_ERRORS, TASK_FAILURE_CODES, type ErrorRow } from './error-catalogue';
export type {
  CallbackScript,
  CreditsFault,
  FileFault,
  QueryFault,
  ReplyFault,
  Rule,
  RuleMatch,
  SubmitFault,
  TaskScript,
} from './faults';
export type { KeySettings, KeyState } from './key-state';
export type { RateChange } from './prices';
export type { ResultShape } from './result-shapes';
export type { SeedOptions } from './seed-tasks';
export { DEFAULT_KEY, DEFAULT_TIMING, startEvolinkSimulator } from './simulator';
export type { TaskIdForm } from './task-ids';
export type {
  CallbackDelivery,
  EvolinkSimulator,
  FileDownload,
  SimulatorControls,
  SimulatorOptions,
  SimulatorTiming,
  Submission,
  TaskSnapshot,
} from './types';
