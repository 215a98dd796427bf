/**
 * Whether a key belongs to the account that a deployment pays from. The deployment's own key stays in its secret: its
 * reconcile function tells the balance, and a key of the same account reads the same one.
 */
import { parseCredits } from '../../../domain/credits';
import { EvolinkClient, EvolinkError } from '../../../evolink';
import { packageVersion } from '../../../lib/package-json';
import type { Deployment } from '../doctor/deployment';

/**
 * The balance is read before and after: jobs that run meanwhile make it fall. False also where the function can't be
 * asked, or the account is empty, which is no sign of anything.
 */
export async function isKeyOfDeployment(
  deployment: Deployment,
  account: { readonly apiKey: string; readonly baseUrl: string },
): Promise<boolean> {
  const before = await deployedBalance(deployment);
  const own = before === undefined ? undefined : await ownBalance(account);
  if (before === undefined || own === undefined || own === 0) return false;
  if (own === before) return true;
  const after = await deployedBalance(deployment);
  return after !== undefined && Math.min(before, after) <= own && own <= Math.max(before, after);
}

async function deployedBalance(deployment: Deployment): Promise<number | undefined> {
  try {
    const report = await deployment.freshReport();
    return report?.account.state === 'read' ? units(report.account.accountCredits) : undefined;
  } catch {
    return undefined;
  }
}

async function ownBalance(account: { readonly apiKey: string; readonly baseUrl: string }): Promise<number | undefined> {
  try {
    const { account: balance } = await new EvolinkClient({ ...account, version: packageVersion() }).getCredits();
    return units(balance.remaining);
  } catch (error) {
    if (error instanceof EvolinkError) return undefined;
    throw error;
  }
}

/** As the function tells it: a balance below zero counts as empty, digits behind the fourth decimal are cut. */
function units(credits: string): number | undefined {
  if (credits.startsWith('-')) return 0;
  try {
    return parseCredits(credits, 'down');
  } catch {
    return undefined;
  }
}
