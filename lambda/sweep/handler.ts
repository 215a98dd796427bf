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

/** Enough for the attempts in hand to be finished before Lambda stops the function. */
const RESERVE_MS = 15_000;

/** The schedule. Runs that overlap are harmless: each check is taken by one of them. */
export const handler = (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) =>
  sweep({ ...dependencies, deadline: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
