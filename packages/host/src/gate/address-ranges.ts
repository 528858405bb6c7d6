/** An address, a CIDR range or an `a-b` range. */
export type AddressRange = string;

/**
 * IPv4 ranges that are not public. Source: IANA IPv4 special-purpose address registry (RFC 6890),
 * without the globally reachable ones.
 */
export const SPECIAL_IPV4: readonly AddressRange[] = [
  '0.0.0.0/8', // this network; connects to loopback on Linux
  '10.0.0.0/8', // private
  '100.64.0.0/10', // carrier-grade NAT; Alibaba's metadata is 100.100.100.200
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local; most clouds' metadata is 169.254.169.254
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments; Oracle's metadata is 192.0.0.192
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // 6to4 relay, deprecated
  '192.168.0.0/16', // private
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved; broadcast
  '168.63.129.16', // Azure's wire server: a public range, but the platform's own
];

/**
 * IPv6 ranges that are not public: everything outside 2000::/3, and what is special inside it.
 * IPv4-mapped addresses are judged by the address they embed. Source: IANA IPv6 global unicast and
 * special-purpose address registries.
 */
export const SPECIAL_IPV6: readonly AddressRange[] = [
  // unspecified, loopback, IPv4-compatible, SIIT, NAT64, discard
  '::-1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  '2001::/23', // protocol assignments: Teredo, benchmarking, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '3fff::/20', // documentation
  // SRv6, unique local (fd00:ec2::254, fd20:ce::254), link-local, site-local, multicast
  '4000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
];
