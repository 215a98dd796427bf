import type { Context } from 'aws-lambda';
import { requireCount } from '../shared/config';
import { attemptDependencies, invocation } from '../shared/dependencies';
import { sweep } from './sweep';

const dependencies = {
  ...attemptDependencies(),
  archive: invocation('archiveFunction'),
  firstCheckSeconds: requireCount('firstCheckSeconds'),
  taskTimeoutSeconds: requireCount('taskTimeoutSeconds'),
};

/** Enough for the attempts in hand before Lambda stops the function: a POST of 30 s, or a query of 15, and what is recorded. */
const RESERVE_MS = 50_000;

/** The schedule. Runs that overlap are harmless: each check is taken by one of them. */
export const handler = (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) =>
  sweep({ ...dependencies, deadline: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
