// SPDX-License-Identifier: Apache-2.0
import { isIPv4, isIPv6 } from 'node:net';

/** A TCP endpoint of a node; the embedded consortium uses 127.0.0.1 alone. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** The multiaddress of a TCP endpoint, with the peer id appended where one is given. */
export function tcpMultiaddr(endpoint: Endpoint, peerId?: string): string {
  const protocol = isIPv4(endpoint.host) ? 'ip4' : isIPv6(endpoint.host) ? 'ip6' : 'dns4';
  const address = `/${protocol}/${endpoint.host}/tcp/${String(endpoint.port)}`;
  return peerId === undefined ? address : `${address}/p2p/${peerId}`;
}

/** The multiaddress of a Unix socket with an absolute path. */
export function unixMultiaddr(socketPath: string): string {
  return `/unix/${socketPath.replace(/^\//, '')}`;
}
