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
  /** By address and by port, the oldest first. */
  const open = new Map<string, Map<number, Socket>>();
  let count = 0;
  const leave = (address: string, port: number): void => {
    const ofAddress = open.get(address);
    if (ofAddress?.delete(port) !== true) return;
    count -= 1;
    if (ofAddress.size === 0) open.delete(address);
  };
  const endOldest = (ofAddress: ReadonlyMap<number, Socket>): void => {
    const [oldest] = ofAddress.values();
    oldest?.destroy();
  };
  server.prependListener('connection', (socket: Socket) => {
    const { remoteAddress = '', remotePort = 0 } = socket;
    const ofAddress = open.get(remoteAddress) ?? new Map<number, Socket>();
    open.set(remoteAddress, ofAddress.set(remotePort, socket));
    count += 1;
    socket.once('close', () => {
      if (ofAddress.get(remotePort) === socket) leave(remoteAddress, remotePort);
    });
    if (ofAddress.size > HANDSHAKES_OF_AN_ADDRESS) endOldest(ofAddress);
    else if (count > HANDSHAKES) endOldest([...open.values()].reduce((a, b) => (b.size > a.size ? b : a)));
  });
  server.on('secureConnection', ({ remoteAddress = '', remotePort = 0 }) => {
    leave(remoteAddress, remotePort);
  });
}
