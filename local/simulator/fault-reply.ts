/** Turns a scripted fault into a reply; what the fault leaves out stays as in the normal one. */
import { ApiError } from './api-error';
import { rowOfCode } from './error-catalogue';
import type { ReplyFault } from './faults';
import { replyOf, type Reply } from './http';

export type FaultRoute = 'submit' | 'query';

/** Of the reply that the fault makes: its own, or that of its code. */
export function statusOf({ status, code }: ReplyFault, route: FaultRoute): number | undefined {
  return status ?? (code === undefined ? undefined : rowOfCode(code, route)?.status);
}

export function faultReply(fault: ReplyFault, normal: Reply, route: FaultRoute = 'query'): Reply {
  const status = statusOf(fault, route);
  const refused = status !== undefined && status >= 300;
  const { code, message } = fault;
  const base = refused ? replyOf(ApiError.scripted({ status, code, message }, fault.errorFields, route)) : normal;
  return {
    status: status ?? base.status,
    body: fault.body ?? base.body,
    headers: { ...base.headers, ...fault.headers },
    delayMs: fault.delayMs,
    drop: fault.dropReply,
    sent: normal.sent,
  };
}
