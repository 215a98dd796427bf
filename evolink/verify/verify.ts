/**
 * One run against the real EvoLink: every assumption of the pipeline that no page of EvoLink promises. Free checks come
 * first; nothing is bought after a surprise; at most three tasks and one credit.
 */
import { ASSUMPTION_IDS } from './assumptions';
import { balanceChecks, isUnusedKey, readBalance } from './balance';
import { checkKey, freeChecks } from './free-checks';
import { listChecks, othersMeanwhile } from './list-checks';
import { paidChecks, readRest } from './paid-checks';
import { OverLimitError } from './purse';
import type { Report } from './report';
import { Interrupted, Session, type VerifyOptions } from './session';

/**
 * @returns what was found, also of a run that was interrupted
 * @throws AccountError where the key is no good, or EvoLink does not answer: nothing was bought
 */
export async function verify(options: VerifyOptions): Promise<Report> {
  const session = new Session(options);
  session.write();
  try {
    await run(session);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    session.interrupt();
  }
  fillIn(session);
  return session.end();
}

async function run(session: Session): Promise<void> {
  await checkKey(session);
  const before = await readBalance(session);
  await stoppingAtLimit(session, () => freeChecks(session));
  if (session.mayPay) await stoppingAtLimit(session, () => paidChecks(session));
  await readRest(session);
  await listChecks(session, isUnusedKey(before));
  await balanceChecks(session, before);
  if (session.hasLostAnswer) session.otherTasks = await othersMeanwhile(session);
}

async function stoppingAtLimit(session: Session, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    if (!(error instanceof OverLimitError)) throw error;
    session.stopPaying(error.message);
  }
}

const NOT_WITHOUT_CALLBACK = 'this run has no public address that EvoLink could call';

/** Every assumption has its line, also one that the run did not come to. */
function fillIn(session: Session): void {
  session.found('callback', 'not seen', NOT_WITHOUT_CALLBACK);
  const { stopped, options } = session;
  const reason =
    stopped !== undefined ? `not tried: ${stopped}` : options.paid ? 'the run did not come to it' : 'costs credits';
  for (const id of ASSUMPTION_IDS) {
    if (session.stateOf(id) === undefined) session.found(id, 'not seen', reason);
  }
}
