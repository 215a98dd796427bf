import type { Attempt } from './attempt';
import { SENT_STATUSES } from './attempt';

/** An attempt in the queue was never sent; one that was read there must not have been let through meanwhile. */
export function stillAs({ status }: Pick<Attempt, 'status'>) {
  const statuses = status === 'QUEUED' ? [status] : SENT_STATUSES;
  return {
    condition: `#status IN (${statuses.map((_, index) => `:open${index}`).join(', ')})`,
    names: { '#status': 'status' },
    values: Object.fromEntries(statuses.map((one, index) => [`:open${index}`, one])),
  };
}

/** Attributes that must be as they were read, present or absent: what else happened meanwhile decides anew. */
export function unchanged(attempt: Attempt, names: readonly ('taskId' | 'hintedTaskId' | 'unknownSince' | 'lostAt')[]) {
  const present = names.filter((name) => attempt[name] !== undefined);
  return {
    conditions: names.map((name) =>
      attempt[name] === undefined ? `attribute_not_exists(${name})` : `${name} = :${name}`,
    ),
    values: Object.fromEntries(present.map((name) => [`:${name}`, attempt[name]])),
  };
}
