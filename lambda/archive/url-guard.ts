import { lookup as dnsLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isLoopbackHost, isPublicAddress } from '../../domain/public-address';
import { ArchiveError } from './errors';

export interface UrlRules {
  /** Hosts that results may come from, subdomains included; empty allows any public host. */
  readonly resultHosts: readonly string[];
  /** Local clouds only: set where EvoLink's base URL is itself a loopback address. */
  readonly allowLoopback: boolean;
}

/** `dns.lookup`, as far as it is used here: all addresses of a name. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Says why a link may not be followed, by its text alone; the address behind a name is checked at the connection.
 *
 * @param allowHttp it may be `http:` too: for a link that EvoLink itself gave (docs/decisions/0013)
 */
export function refuseUrl(text: string, rules: UrlRules, allowHttp = false): string | undefined {
  if (!URL.canParse(text)) return 'the link is no URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(allowHttp && isHttp(url))) {
    return `the link must use https, got ${url.protocol.slice(0, -1)}`;
  }
  if (url.username !== '' || url.password !== '') return 'the link carries credentials';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // Node connects to a literal address without a lookup, so the hook below would never see it.
  if (isIP(host) !== 0 && !isAllowedAddress(host, rules)) return 'the link points to an address that is not public';
  if (rules.resultHosts.length > 0 && !rules.resultHosts.some((allowed) => isHostOf(host, allowed))) {
    return `the host ${host} is not among the allowed result hosts`;
  }
  return undefined;
}

export function isHttp({ protocol }: Pick<URL, 'protocol'>): boolean {
  return protocol === 'http:';
}

/** The same link over https: another port than 80 stays. Undefined unless it is an `http:` link. */
export function httpsFormOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!isHttp(url)) return undefined;
  url.protocol = 'https:';
  return url.href;
}

/**
 * Resolves a name once and hands exactly the checked addresses to the connection: what is looked at is what is used, so
 * a name that changes its address in between (DNS rebinding) gains nothing.
 */
export function guardedLookup(rules: Pick<UrlRules, 'allowLoopback'>, resolve: Resolve = dnsLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const refused = addresses.length === 0 || addresses.some(({ address }) => !isAllowedAddress(address, rules));
      if (refused) {
        const reason = new ArchiveError(
          'ResultBlocked',
          `the host ${hostname} resolves to an address that is not public`,
        );
        return callback(reason, '', 0);
      }
      if (options.all) return callback(null, addresses);
      const [first] = addresses;
      return callback(null, first?.address ?? '', first?.family ?? 0);
    });
  };
}

function isAllowedAddress(address: string, { allowLoopback }: Pick<UrlRules, 'allowLoopback'>): boolean {
  return isPublicAddress(address) || (allowLoopback && isLoopbackHost(address));
}

function isHostOf(host: string, allowed: string): boolean {
  const wanted = allowed.toLowerCase();
  return host === wanted || host.endsWith(`.${wanted}`);
}
