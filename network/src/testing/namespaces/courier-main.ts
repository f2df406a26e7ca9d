// SPDX-License-Identifier: Apache-2.0
// Holds a hospital's network namespace open, and passes bytes between private sockets and the hospital's doors:
// a socket's path means the same in every network namespace. What passes is TLS between the ends.
import { connect, createServer, type Socket } from 'node:net';
import { z } from 'zod';

const ownerOnly = 0o077;

/** Which socket leads to which port of which address. */
const routes = z.array(z.strictObject({ socketPath: z.string(), host: z.ipv4(), port: z.int() })).max(8);

function main(argument: string): void {
  process.umask(ownerOnly);
  const wanted = routes.parse(JSON.parse(argument));
  let listening = 0;
  for (const { host, port, socketPath } of wanted) {
    const server = createServer((here) => {
      join(here, connect({ host, port }));
    });
    server.listen(socketPath, () => {
      listening += 1;
      if (listening === wanted.length) process.send?.('listening');
    });
  }
  // Without the one who asked for it a courier has nobody to serve, and the namespace goes with its last process.
  process.once('disconnect', () => process.exit(0));
}

function join(one: Socket, other: Socket): void {
  one.pipe(other);
  other.pipe(one);
  // Whatever ends one half ends the other; why is for the ends to find out.
  one.on('error', () => other.destroy());
  other.on('error', () => one.destroy());
  one.on('close', () => other.destroy());
  other.on('close', () => one.destroy());
}

main(process.argv[2] ?? '');
