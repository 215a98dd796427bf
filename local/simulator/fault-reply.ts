/** Turns a scripted fault into a reply; what the fault leaves out stays as in the normal one. */
import { ApiError } from './api-error';
import type { ReplyFault } from './faults';
import { replyOf, type Reply } from './http';

export function faultReply(fault: ReplyFault, normal: Reply): Reply {
  const refused = fault.status !== undefined && fault.status >= 300;
  const base = refused ? replyOf(ApiError.scripted(fault.status, fault.code, fault.message)) : normal;
  return {
    status: fault.status ?? base.status,
    body: fault.body ?? base.body,
    headers: { ...base.headers, ...fault.headers },
    delayMs: fault.delayMs,
    drop: fault.dropReply,
  };
}
