// SPDX-License-Identifier: Apache-2.0
// The process that lives in the outer namespace: it makes the network, brings the consortium up in it, takes links
// down and up as it is asked, and clears everything away when asked, or when whoever asks is gone.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../errors.js';
import { down } from '../../lifecycle/down.js';
import { up } from '../../lifecycle/up.js';
import { namespacedHospitals, namespacedTopology } from './addresses.js';
import { startCourier } from './couriers.js';
import { linkNamespace, makeBridge, namespaceOf, ownNamespace, setLink } from './links.js';
import { groundOrder, groundRequest, type GroundAnswer, type GroundOrder } from './messages.js';

const ownerFolder = 0o700;
const ownerFile = 0o600;

async function main(order: GroundOrder): Promise<void> {
  if (ownNamespace() === order.outside) throw new Error('this is not a network namespace of its own');
  const hospitals = namespacedHospitals(order.hospitals);
  await mkdir(join(order.state, 'doors'), { recursive: true, mode: ownerFolder });
  const topology = join(order.state, 'doors', 'topology.yaml');
  await writeFile(topology, namespacedTopology(hospitals), { mode: ownerFile });
  await makeBridge();
  const networkNamespaces: Record<string, string> = {};
  for (const hospital of hospitals) {
    const { pid } = await startCourier(order.state, hospital);
    if (pid === undefined) throw new Error(`the courier of ${hospital.id} has no number`);
    await linkNamespace(hospital.id, pid, hospital.host);
    networkNamespaces[hospital.id] = namespaceOf(pid);
  }
  const onProgress = (line: string) => process.stderr.write(`${line}\n`);
  await up({ state: order.state, topology, networkNamespaces, onProgress });
}

async function answer(order: GroundOrder, message: unknown): Promise<void> {
  const request = groundRequest.parse(message);
  if (request.act === 'end') await down(order.state);
  else if (!order.hospitals.includes(request.hospital)) throw new Error(`no hospital ${request.hospital}`);
  else await setLink(request.hospital, request.act === 'cut' ? 'down' : 'up');
}

/** Does one thing and tells how it went, to whoever is still there to hear it. */
async function report(work: Promise<void>): Promise<void> {
  const outcome: GroundAnswer = await work.then(
    () => ({ ok: true }),
    (error: unknown) => ({ ok: false, message: messageOf(error) }),
  );
  if (process.connected) process.send?.(outcome);
}

const order = groundOrder.parse(JSON.parse(process.argv[2] ?? 'null'));
// Whoever asked may die with the other end of this stream: that must not keep this process from clearing away.
process.stderr.on('error', () => process.stderr.destroy());
const started = report(main(order));
process.on('message', (message) => {
  void report(answer(order, message));
});
process.once('disconnect', () => {
  // A bring-up under way would start what is being ended. The couriers end after this process, by themselves.
  void started.then(() => down(order.state)).finally(() => process.exit(0));
});
