/** Whether the endpoint that EvoLink calls answers as ours does. */
import { randomBytes } from 'node:crypto';
import { CALLBACK_ROUTE } from '../../../domain/constants';
import type { HttpReply } from '../command';
import { printable } from '../table';
import type { Check, Finding } from './check';
import type { Deployment } from './deployment';
import { RUNBOOK } from './words';

const TIMEOUT_MS = 10_000;
const SECTION = `${RUNBOOK}#the-callback-endpoint`;

/**
 * Posts the address of an attempt that does not exist. The function looks it up, finds nothing and answers 404 without a
 * body, before it asks for the key or calls EvoLink: so API, function and table work. It counts one rejected callback,
 * a metric without an alarm.
 */
export function callbackCheck({ outputs, io }: Deployment): Check {
  return {
    id: 'callback',
    title: 'callback endpoint',
    rights: [],
    run: async () => {
      const base = outputs.CallbackUrl;
      if (base === undefined) return { state: 'ok', text: 'none: the sweep finds every task', facts: { url: null } };
      const facts = { url: base };
      try {
        const reply = await io.post(strangerAddress(base), TIMEOUT_MS);
        return { ...verdict(reply, base), facts: { ...facts, status: reply.status } };
      } catch (error) {
        return { ...notReached(error as NodeJS.ErrnoException, base), facts };
      }
    },
  };
}

function strangerAddress(base: string): string {
  const made = (bytes: number) => randomBytes(bytes).toString('base64url');
  return base.replace(/\/+$/, '') + CALLBACK_ROUTE.replace('{attemptId}', made(16)).replace('{secret}', made(32));
}

function verdict({ status, body }: HttpReply, base: string): Finding {
  if (status === 404 && body === '') return { state: 'ok', text: `answers: ${base}` };
  if (status === 404) {
    const text = `${base} answers, but not with the pipeline's function`;
    return { state: 'problem', text, advice: [`Its route is missing, or something stands before it: ${SECTION}`] };
  }
  if (status === 429) {
    const advice = `More requests than the endpoint lets through; the sweep finds what callbacks can't tell: ${SECTION}`;
    return { state: 'attention', text: `throttled (429): ${base}`, advice: [advice] };
  }
  const advice = `Look into the log of the callback function, and at what stands before it: ${SECTION}`;
  return { state: 'problem', text: `answers ${status} instead of 404: ${base}`, advice: [advice] };
}

/** By codes of Node's TLS. */
const TLS_FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that this machine does not trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that this machine does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it sends its certificate without those that vouch for it',
};

function notReached(error: NodeJS.ErrnoException, base: string): Finding {
  const { code = '', name, message } = error;
  const tls = Object.hasOwn(TLS_FAULTS, code) ? TLS_FAULTS[code] : undefined;
  if (tls !== undefined) {
    const advice = `EvoLink takes no such certificate either, unless a proxy of yours put it there: ${SECTION}`;
    return { state: 'problem', text: `not reached, ${tls} (${code}): ${base}`, advice: [advice] };
  }
  const reason = name === 'TimeoutError' ? `no answer within ${TIMEOUT_MS / 1_000} s` : code || message;
  const advice = `Seen from this machine; EvoLink comes from the internet. Until it is mended the sweep finds every task: ${SECTION}`;
  return { state: 'problem', text: printable(`not reached (${reason}): ${base}`), advice: [advice] };
}
