import type { TaskSnapshot } from '../../../local/simulator';
import { apiAddress } from './api-address';
import { connection } from './clients';

/** Posts to the callback endpoint as a stranger may. @param body - text is sent as it is, anything else as JSON */
export function forgeCallback(
  attemptId: string,
  secret: string,
  body: object | string,
  timeoutMs = 10_000,
): Promise<Response> {
  return fetch(`${apiAddress(connection.outputs.CallbackUrl ?? '')}/callback/${attemptId}/${secret}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

/** What EvoLink was told, and nobody else knows. */
export function callbackAddress({ request }: TaskSnapshot): { readonly attemptId: string; readonly secret: string } {
  const [, attemptId = '', secret = ''] = /\/callback\/([^/]+)\/([^/]+)$/.exec(String(request.callback_url)) ?? [];
  return { attemptId, secret };
}
