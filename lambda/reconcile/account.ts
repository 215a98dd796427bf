/** What EvoLink says of the account and the key. */
import { isTimeZone, periodAt } from '../../domain/budgets';
import { CREDIT_SCOPES, DIMENSION, METRIC } from '../../domain/constants';
import { formatCredits } from '../../domain/credits';
import type { AccountReport } from '../../domain/reconcile-report';
import type { Credits } from '../../evolink';
import { type EvolinkError, EvolinkUnauthorizedError } from '../../evolink';
import { ApiKeyUnavailableError } from '../shared/api-key';
import { describeError, logger } from '../shared/logger';
import { emit } from '../shared/metrics';
import { isQueryError, type Provider } from '../shared/provider';
import { units } from './amounts';
import { credits, daysLeft } from './gauges';

type Unread = Exclude<AccountReport, { state: 'read' }>;

/** Where EvoLink cannot be read its figures are missing; why is for whoever asks, since no alarm tells. */
export async function readBalance(provider: Provider): Promise<Credits | Unread> {
  try {
    return await provider.query((client) => client.getCredits());
  } catch (error) {
    if (!isQueryError(error)) throw error;
    logger.warn('EvoLink does not say how many credits are left', describeError(error));
    return { state: unreadState(error), error: `${error.name}: ${error.message}` };
  }
}

function unreadState(error: EvolinkError | ApiKeyUnavailableError): Unread['state'] {
  if (error instanceof ApiKeyUnavailableError) return 'no-key';
  return error instanceof EvolinkUnauthorizedError ? 'refused' : 'unreadable';
}

/** In credit units. */
interface Remaining {
  readonly account: number;
  readonly key: number;
}

export function remaining(balance: Credits): Remaining {
  const account = units(balance.account.remaining);
  return { account, key: balance.key.unlimited ? account : units(balance.key.remaining) };
}

export function emitRemaining({ account, key }: Remaining, recent: number): void {
  const [accountScope, keyScope] = CREDIT_SCOPES;
  emit({ [METRIC.creditsRemaining]: credits(account) }, { [DIMENSION.scope]: accountScope });
  emit({ [METRIC.creditsRemaining]: credits(key) }, { [DIMENSION.scope]: keyScope });
  emit({ [METRIC.creditsDaysLeft]: daysLeft(Math.min(account, key), recent) }, {});
}

export function accountReport(
  balance: Credits,
  { account, key }: Remaining,
  recent: number,
  now: number,
): AccountReport {
  return {
    state: 'read',
    accountCredits: formatCredits(account),
    keyCredits: balance.key.unlimited ? null : formatCredits(key),
    keyDaily: dailyLimit(balance.key.daily, now),
    daysLeft: recent === 0 ? null : daysLeft(Math.min(account, key), recent),
  };
}

/** It starts afresh at midnight of its time zone. */
function dailyLimit(daily: Credits['key']['daily'], now: number) {
  if (daily === undefined) return null;
  const { limit, used, timeZone } = daily;
  const isKnown = timeZone !== undefined && isTimeZone(timeZone);
  const resetsAt = isKnown ? new Date(periodAt('day', timeZone, now).resetsAt).toISOString() : null;
  return { limit, used, resetsAt };
}
