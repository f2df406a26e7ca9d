// SPDX-License-Identifier: Apache-2.0
import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** How many connections that have shown no certificate yet may be open at a time, from one address and from all. */
export const HANDSHAKES_OF_AN_ADDRESS = 256;
const HANDSHAKES = 1_024;

/**
 * Bounds the connections whose TLS handshake is not finished, since anyone can open one: where there are too many, the
 * oldest of the address that has the most ends, and never the newcomer. An honest handshake is done before its turn.
 */
export function boundHandshakes(server: Server): void {
  const open = new Handshakes();
  server.prependListener('connection', (socket: Socket) => {
    const { remoteAddress: address, remotePort: port } = socket;
    if (address === undefined || port === undefined) {
      // The other end has reset it already.
      socket.destroy();
      return;
    }
    const excess = open.add({ address, port }, socket);
    socket.once('close', () => {
      open.remove({ address, port }, socket);
    });
    excess?.destroy();
  });
  server.on('secureConnection', ({ remoteAddress: address, remotePort: port }) => {
    if (address !== undefined && port !== undefined) open.remove({ address, port });
  });
}

/** The other end of a connection; no two open connections have the same. */
type End = Readonly<{ address: string; port: number }>;

/** Connections by the address and the port of their other end; of an address the oldest first. */
class Handshakes {
  readonly #byAddress = new Map<string, Map<number, Socket>>();
  #count = 0;

  /**
   * Adds a connection and answers the one that must end for it, if any. A connection with the same other end as an earlier
   * one replaces that: the earlier one is over.
   */
  add({ address, port }: End, socket: Socket): Socket | undefined {
    this.remove({ address, port });
    const ofAddress = this.#byAddress.get(address) ?? new Map<number, Socket>();
    this.#byAddress.set(address, ofAddress.set(port, socket));
    this.#count += 1;
    if (ofAddress.size > HANDSHAKES_OF_AN_ADDRESS) return oldestOf(ofAddress);
    if (this.#count <= HANDSHAKES) return undefined;
    return oldestOf([...this.#byAddress.values()].reduce((a, b) => (b.size > a.size ? b : a)));
  }

  /** Removes the connection of an end, or that one alone which is given. */
  remove({ address, port }: End, socket?: Socket): void {
    const ofAddress = this.#byAddress.get(address);
    const found = ofAddress?.get(port);
    if (ofAddress === undefined || found === undefined || found !== (socket ?? found)) return;
    ofAddress.delete(port);
    this.#count -= 1;
    if (ofAddress.size === 0) this.#byAddress.delete(address);
  }
}

function oldestOf(connections: ReadonlyMap<number, Socket>): Socket | undefined {
  const [oldest] = connections.values();
  return oldest;
}
