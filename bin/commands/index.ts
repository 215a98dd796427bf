import { budget } from './budget';
import type { Command } from './command';
import { estimate } from './estimate';
import { ledger } from './ledger';
import { pause } from './pause';
import { redrive } from './redrive';
import { resume } from './resume';

/** Every command, in the order in which the help lists them. A new one is a new line here. */
export const COMMANDS: readonly Command[] = [estimate, ledger, budget, pause, resume, redrive];
