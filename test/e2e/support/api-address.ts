import { connection } from './clients';

/** A name below localhost does not resolve everywhere; an HTTP API answers below a path of the local cloud, too. */
export function apiAddress(url: string): string {
  const [apiId, kind] = new URL(url).hostname.split('.');
  if (kind !== 'execute-api') return url.replace(/\/$/, '');
  return `${String(connection.admin.endpoint)}/_aws/execute-api/${apiId}/$default`;
}
