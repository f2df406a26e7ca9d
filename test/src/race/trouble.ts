// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consortium, Hospital } from '../support/consortium.js';
import { raftLeader } from '../support/raft-leader.js';
import { waitFor } from '../support/wait.js';
import type { Fault } from './scenarios.js';

const LEADER_DEADLINE_MS = 60_000;
const DELAY_MS = { least: 150, most: 1_200 } as const;
const BREATH_MS = { least: 50, most: 400 } as const;

interface Ground {
  readonly consortium: Consortium;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/** Makes the trouble of a fault until the signal, then puts everything right; resolves when all is well again. */
export function makeTrouble(fault: Fault, ground: Ground, until: AbortSignal): Promise<void> {
  switch (fault) {
    case 'none':
      return Promise.resolve();
    case 'delayed-peer':
      return delayPeers(ground, until);
    case 'stopped-leader':
      return stopLeader(ground, until);
  }
}

/** Freezes one peer after another for a while. */
async function delayPeers({ consortium, random }: Ground, until: AbortSignal): Promise<void> {
  const { hospitals, processes } = consortium;
  while (!until.aborted) {
    const { id } = consortium.at(Math.floor(random() * hospitals.length));
    await processes.signal(id, 'peer', 'SIGSTOP');
    try {
      await pause(between(DELAY_MS, random()), until);
    } finally {
      await processes.signal(id, 'peer', 'SIGCONT');
    }
    await pause(between(BREATH_MS, random()), until);
  }
}

/** Freezes the leading orderer or kills it, by turns of chance, and waits in the end until one leads again. */
async function stopLeader({ consortium, random }: Ground, until: AbortSignal): Promise<void> {
  const { processes } = consortium;
  const { id } = await untilLed(consortium);
  if (random() < 0.5) {
    const { successor } = await processes.kill(id, 'orderer');
    await successor;
  } else {
    await processes.signal(id, 'orderer', 'SIGSTOP');
    await aborted(until).finally(() => processes.signal(id, 'orderer', 'SIGCONT'));
  }
  await untilLed(consortium);
}

function untilLed(consortium: Consortium): Promise<Hospital> {
  return waitFor(() => raftLeader(consortium), {
    what: 'an orderer to lead',
    deadlineMs: LEADER_DEADLINE_MS,
  });
}

function between({ least, most }: Readonly<{ least: number; most: number }>, share: number): number {
  return least + share * (most - least);
}

/** Waits, but not beyond the signal. */
async function pause(ms: number, until: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: until }).catch((error: unknown) => {
    if (!until.aborted) throw error;
  });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}
