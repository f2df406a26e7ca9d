// SPDX-License-Identifier: Apache-2.0
import { joinChannel } from './channel.js';
import { deployChaincode } from './chaincode.js';
import { hospitals, type Bringing } from './context.js';
import { ensureCustody, waitUntilKnown } from './custody.js';
import { enrolHospital } from './enrol.js';
import { prepareCa } from './prepare-ca.js';
import { prepareDoor } from './prepare-door.js';
import { peersStartFrom, prepareLedger } from './prepare-ledger.js';
import { prepareStorage, readAtStart } from './prepare-storage.js';
import { startKind } from './start-processes.js';
import { waitUntilJoined } from './storage-joined.js';

/** One step of the bring-up; its title is shown to the person who waits. */
export interface UpStep {
  readonly title: string;
  readonly run: () => Promise<void>;
}

/** From certificate authorities to a committed chaincode. */
export function ledgerSteps(held: () => Bringing): readonly UpStep[] {
  return [
    {
      title: 'Starting the certificate authorities',
      run: async () => {
        for (const context of hospitals(held())) await prepareCa(context);
        await startKind(held(), 'ca');
      },
    },
    {
      title: 'Enrolling identities',
      run: async () => {
        await Promise.all(hospitals(held()).map((context) => enrolHospital(context, held().now())));
        await prepareLedger(held());
      },
    },
    {
      title: 'Starting orderers and peers',
      run: async () => {
        // A peer reads once, at its start, which orderer serves it.
        const startsFrom = await peersStartFrom(held());
        await Promise.all([startKind(held(), 'orderer'), startKind(held(), 'peer', { startsFrom })]);
      },
    },
    { title: 'Joining the channel', run: () => joinChannel(held()) },
    {
      title: 'Committing the chaincode',
      run: async () => {
        await startKind(held(), 'chaincode');
        await deployChaincode(held());
      },
    },
  ];
}

/** The private IPFS cluster; `begin` starts it ahead of its step, which then only waits for it. */
export function storageSteps(held: () => Bringing): {
  readonly steps: readonly UpStep[];
  readonly begin: () => void;
} {
  let begun: Promise<void> | undefined;
  const begin = () => {
    begun ??= bringStorage(held());
    // Its failure is told by the step; until then nobody listens.
    begun.catch(() => undefined);
  };
  const run = async () => {
    begin();
    await begun;
  };
  return { begin, steps: [{ title: 'Joining the private IPFS cluster', run }] };
}

/** A hospital's own programs for which a part of the bring-up can be chosen. */
export type Door = 'custodian' | 'gateway';

/**
 * The hospitals' own programs, and then the consortium key. They start together: a gateway puts its hospital
 * on the ledger, for which the custodian waits before it registers itself.
 */
export function doorSteps(held: () => Bringing, doors: readonly Door[]): readonly UpStep[] {
  const start: UpStep = {
    title: `Starting ${doors.map((door) => `${door}s`).join(' and ')}`,
    run: async () => {
      await Promise.all(doors.map((door) => startDoor(held(), door)));
    },
  };
  const deal: UpStep = { title: 'Dealing the consortium key', run: () => ensureCustody(held()) };
  if (doors.length === 0) return [];
  return doors.length === 1 ? [start] : [start, deal];
}

/** The last step of a hospital that joins: the others' custodians have read of it. */
export function knownStep(held: () => Bringing, newcomer: string): UpStep {
  return {
    title: `Making ${newcomer} known to the custodians`,
    run: async () => {
      const found = hospitals(held()).find(({ hospital }) => hospital.id === newcomer);
      if (found !== undefined) await waitUntilKnown(held(), found);
    },
  };
}

async function startDoor(bringing: Bringing, kind: Door): Promise<void> {
  await prepareDoor(bringing, kind);
  await startKind(bringing, kind);
}

async function bringStorage(bringing: Bringing): Promise<void> {
  const nodes = await prepareStorage(bringing);
  await startKind(bringing, 'kubo');
  // Kubo hears of a newcomer from the newcomer itself; a cluster peer dials only those whom it knew at its start, and
  // never fetches from one that connected to it while it was starting (boxo before 0.43): they start one after another.
  await startKind(bringing, 'cluster', {
    startsFrom: await readAtStart(nodes),
    settled: (id) => waitUntilJoined(nodes.filter(({ context }) => context.hospital.id === id)),
  });
  await waitUntilJoined(nodes);
}
