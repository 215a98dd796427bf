/** One POST to an address of ours, as somebody without any rights makes it. */
import { lookup, type LookupAddress } from 'node:dns';
import { request } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { HttpReply } from './command';

/** What is looked at; a page of somebody else's may be long. */
const MAX_CHARACTERS = 1_000;

/** Names below `localhost` are loopback by RFC 6761, though many resolvers do not know: a local cloud has such names. */
const resolve: LookupFunction = (hostname, options, callback) => {
  if (!/\.localhost\.?$/i.test(hostname)) return lookup(hostname, options, callback);
  const loopback: LookupAddress = { address: '127.0.0.1', family: 4 };
  if (options.all) callback(null, [loopback]);
  else callback(null, loopback.address, loopback.family);
};

/** @throws Error with a `code`, of the network or of TLS, or named `TimeoutError` */
export function post(url: string, timeoutMs: number): Promise<HttpReply> {
  return new Promise((succeed, fail) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const options = { method: 'POST', lookup: resolve, headers: { 'content-length': 0 }, agent: false, signal };
    const call = request(url, options, (reply) => {
      let body = '';
      const answer = () => succeed({ status: reply.statusCode ?? 0, body: body.slice(0, MAX_CHARACTERS) });
      reply.setEncoding('utf8');
      reply.on('data', (text: string) => {
        body += text;
        if (body.length < MAX_CHARACTERS) return;
        answer();
        reply.destroy();
      });
      reply.on('end', answer);
      reply.on('error', fail);
    });
    // The signal's own error says only that it was aborted.
    call.on('error', (error) => fail(signal.aborted ? (signal.reason as Error) : error));
    call.end();
  });
}
