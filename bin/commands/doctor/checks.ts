import { keyCheck, openCheck } from './account';
import { alarmsCheck } from './alarms';
import { callbackCheck } from './callback';
import type { Check } from './check';
import { deadLettersCheck } from './dead-letters';
import type { Deployment } from './deployment';
import { idempotencyCheck } from './idempotency';
import { budgetsCheck, stopCheck } from './money';
import { pricesCheck } from './prices';
import { sweepCheck } from './sweep';
import { versionCheck } from './version';

/** In the order in which they are shown. A new one is a new line here. */
const CHECKS: readonly ((deployment: Deployment) => Check)[] = [
  versionCheck,
  keyCheck,
  pricesCheck,
  callbackCheck,
  sweepCheck,
  openCheck,
  deadLettersCheck,
  alarmsCheck,
  budgetsCheck,
  stopCheck,
  idempotencyCheck,
];

export const checksOf = (deployment: Deployment): Check[] => CHECKS.map((make) => make(deployment));
