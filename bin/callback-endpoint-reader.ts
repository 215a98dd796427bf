import { CallbackEndpoint } from '../lib';
import { httpsUrl, type Reader, refuse } from './readers';

const KINDS: Readonly<Record<string, () => CallbackEndpoint>> = {
  'http-api': () => CallbackEndpoint.httpApi(),
  'function-url': () => CallbackEndpoint.functionUrl(),
  none: () => CallbackEndpoint.none(),
};

/** A kind of endpoint by its name, or the address of one that exists. */
export const callbackEndpoint: Reader<CallbackEndpoint> = (raw) => {
  const known = typeof raw === 'string' && Object.hasOwn(KINDS, raw) ? KINDS[raw] : undefined;
  if (known) return known();
  if (typeof raw === 'string' && raw.startsWith('https:')) return CallbackEndpoint.existing(httpsUrl(raw));
  return refuse(`one of ${Object.keys(KINDS).join(', ')}, or the https URL of a gateway of yours`, raw);
};
