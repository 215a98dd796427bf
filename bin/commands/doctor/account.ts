/** What the reconcile function knows: whether EvoLink takes the key, what is left, and what is open. */
import type { AccountReport, OpenWorkReport, ReconcileReport } from '../../../domain/reconcile-report';
import { parseCredits } from '../../../domain/credits';
import { grouped, printable } from '../table';
import type { Check, Finding } from './check';
import { type Deployment, ReconcileFailedError } from './deployment';
import { duration, RUNBOOK } from './words';

/** What asking the reconcile function needs. */
export const RECONCILE_RIGHTS = ['lambda:InvokeFunction'];

export function keyCheck(deployment: Deployment): Check {
  const run = () => withReport(deployment, ({ account }) => keyFinding(account, deployment));
  return { id: 'key', title: 'EvoLink key', rights: RECONCILE_RIGHTS, run };
}

export function openCheck(deployment: Deployment): Check {
  const run = () => withReport(deployment, ({ open }) => openFinding(open, deployment));
  return { id: 'open', title: 'open attempts', rights: RECONCILE_RIGHTS, run };
}

/** What a check reads of the report; one that an older version made lacks what is new. */
export async function withReport(
  deployment: Deployment,
  read: (report: Partial<ReconcileReport> & Omit<ReconcileReport, 'prices'>) => Finding | Promise<Finding>,
): Promise<Finding> {
  try {
    const report = await deployment.report();
    if (report) return await read(report);
  } catch (error) {
    if (!(error instanceof ReconcileFailedError)) throw error;
    const text = printable(`the reconcile function failed: ${error.message}`);
    return { state: 'problem', text, advice: [`Look into its log: ${RUNBOOK}#gauges-missing`] };
  }
  return { state: 'unknown', text: 'the deployed reconcile function does not tell', advice: ['Deploy this version.'] };
}

function keyFinding(account: AccountReport, { outputs }: Deployment): Finding {
  if (account.state !== 'read') {
    const secret = outputs.ApiKeySecretName ?? 'of the key';
    const { text, advice } = {
      refused: {
        text: 'EvoLink does not accept it: every job fails',
        advice: `Store a valid key in the secret ${secret}: ${RUNBOOK}#evolink-refuses-the-key`,
      },
      'no-key': {
        text: account.error,
        advice: `Store the key in the secret ${secret}: ${RUNBOOK}#evolink-refuses-the-key`,
      },
      unreadable: {
        text: `EvoLink does not say: ${account.error}`,
        advice: 'Try again; if it lasts, see whether EvoLink has trouble, and the log of the reconcile function.',
      },
    }[account.state];
    return {
      state: 'problem',
      text: printable(text),
      advice: [advice],
      facts: { account: account.state, error: account.error },
    };
  }
  const { accountCredits, keyCredits, keyDaily, daysLeft } = account;
  const facts = {
    account: account.state,
    account_credits: accountCredits,
    key_credits: keyCredits,
    key_daily: keyDaily ?? null,
    days_left: daysLeft,
  };
  const left = [
    `${accountCredits} credits on the account`,
    keyCredits === null ? 'no limit of its own' : `${keyCredits} on the key`,
    ...(keyDaily ? [`${keyDaily.used} of ${keyDaily.limit} used today`] : []),
  ].join(', ');
  if ([accountCredits, keyCredits].some((credits) => credits !== null && parseCredits(credits) === 0)) {
    const advice = `Top up at EvoLink, or raise the key's limit: ${RUNBOOK}#evolink-has-too-few-credits`;
    return { state: 'problem', text: `valid, but nothing is left: ${left}`, advice: [advice], facts };
  }
  if (keyDaily && parseCredits(keyDaily.used) >= parseCredits(keyDaily.limit, 'down')) {
    const until = keyDaily.resetsAt === null ? '' : ` until ${keyDaily.resetsAt}`;
    const advice = `Jobs fail${until}, unless the limit is raised: ${RUNBOOK}#the-key-has-reached-its-limit`;
    return { state: 'problem', text: `valid, but its daily limit is reached: ${left}`, advice: [advice], facts };
  }
  const days = daysLeft === null ? '' : `; for ${grouped(Math.floor(daysLeft))} days at the present rate`;
  return { state: 'ok', text: `valid; ${left}${days}`, facts };
}

async function openFinding(open: OpenWorkReport, deployment: Deployment): Promise<Finding> {
  const { attempts, oldestSeconds, queued, slotsTaken, quietUntil } = open;
  const limit = (await deployment.ageAlarm())?.Threshold;
  const facts = {
    attempts,
    oldest_seconds: oldestSeconds,
    limit_seconds: limit ?? null,
    queued,
    slots_taken: slotsTaken,
    quiet_until: quietUntil === null ? null : new Date(quietUntil).toISOString(),
  };
  const age = attempts - queued > 0 ? `, the oldest for ${duration(oldestSeconds)}` : '';
  const text = `${grouped(attempts)}${age}; ${grouped(queued)} in the queue, ${grouped(slotsTaken)} slots in use`;
  if (limit !== undefined && oldestSeconds > limit) {
    const advice = `None should be older than ${duration(limit)}: ${RUNBOOK}#oldest-open-attempt`;
    return { state: 'problem', text, advice: [advice], facts };
  }
  if (facts.quiet_until !== null) {
    const advice = `EvoLink had too many requests (429): nothing is sent until ${facts.quiet_until}. ${RUNBOOK}#the-queue`;
    return { state: 'attention', text, advice: [advice], facts };
  }
  return { state: 'ok', text, facts };
}
