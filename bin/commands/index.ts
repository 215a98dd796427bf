import { budget } from './budget';
import { cancel } from './cancel';
import type { Command } from './command';
import { doctor } from './doctor';
import { estimate } from './estimate';
import { generate } from './generate';
import { jobs } from './jobs';
import { ledger } from './ledger';
import { pause } from './pause';
import { redrive } from './redrive';
import { resume } from './resume';
import { save } from './save';
import { status } from './status';
import { verify } from './verify';

/** Every command, in the order in which the help lists them. A new one is a new line here. */
export const COMMANDS: readonly Command[] = [
  generate,
  save,
  status,
  jobs,
  cancel,
  estimate,
  ledger,
  budget,
  pause,
  resume,
  redrive,
  doctor,
  verify,
];
