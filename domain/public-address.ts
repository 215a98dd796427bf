/**
 * Whether an address or a host name can be on the public internet. Used for URLs that others fetch for us (reference
 * images) and that we fetch ourselves (results), so that neither ever points into somebody's private network.
 */
import ipaddr from 'ipaddr.js';

/** 2000::/3, the only IPv6 block from which public addresses are given out. */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');
const GLOBAL_UNICAST_BITS = 3;

const LOOPBACK_NAMES = ['localhost'];
/** Names that only resolve inside a machine or a private network. */
const PRIVATE_SUFFIXES = ['localhost', 'localdomain', 'local', 'internal', 'intranet', 'lan', 'home.arpa'];

/**
 * True only for a literal address from the public unicast space: not private, loopback, link-local, carrier-grade NAT,
 * multicast, documentation, reserved, nor a form that wraps an IPv4 address (6to4, Teredo, NAT64). An IPv4-mapped IPv6
 * address counts as the IPv4 address in it.
 *
 * @param ip an address without brackets; anything that is no plain address (a name, `0x7f.1`, a zone) is not public
 */
export function isPublicAddress(ip: string): boolean {
  const address = parseAddress(ip);
  if (address?.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST, GLOBAL_UNICAST_BITS);
}

/** 127.0.0.0/8, ::1, `localhost` and names below it. */
export function isLoopbackHost(hostname: string): boolean {
  const host = normalise(hostname);
  const address = parseAddress(host);
  if (address !== undefined) return address.range() === 'loopback';
  return LOOPBACK_NAMES.some((name) => host === name || host.endsWith(`.${name}`));
}

/**
 * Why a host of a URL cannot be public: a sentence, or undefined when nothing speaks against it. A name that passes
 * may still resolve to a private address: who connects checks {@link isPublicAddress} on what it resolved.
 *
 * @param hostname as `URL.hostname` gives it (lower case, IPv6 in brackets)
 */
export function hostProblem(hostname: string): string | undefined {
  const host = normalise(hostname);
  if (host === '') return 'The host is missing.';
  if (host.includes(':') || ipaddr.IPv4.isValid(host)) {
    return isPublicAddress(host) ? undefined : 'The address is not on the public internet.';
  }
  if (PRIVATE_SUFFIXES.some((suffix) => host === suffix || host.endsWith(`.${suffix}`))) {
    return 'The host name is reserved for private networks.';
  }
  return host.includes('.') ? undefined : 'The host name has no domain, so it is not on the public internet.';
}

function normalise(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.+$/, '');
}

function parseAddress(ip: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(ip)) return ipaddr.IPv4.parse(ip);
  if (!ip.includes(':') || ip.includes('%') || !ipaddr.IPv6.isValid(ip)) return undefined;
  const address = ipaddr.IPv6.parse(ip);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}
