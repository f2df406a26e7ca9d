// SPDX-License-Identifier: Apache-2.0
import type { Clock } from './clock.js';
import type { ClusterPeerClient, PeersHeard, Placement } from './cluster-peer.js';
import type { Replication } from './nodes/cluster-config.js';
import { isVaultError } from './vault-error.js';

/** How long a hospital may take to answer for its two nodes before new parts are laid elsewhere. */
const PATIENCE_MS = 400;
/** For how long an answer is used again: short when all is well, so that a failure is soon seen. */
const FRESH_MS = { complete: 100, incomplete: 1_000 } as const;
const NEVER = new AbortController().signal;
const NONE: PeersHeard = { peers: [], complete: false };

/** Who of the consortium answers right now, asked once for all parts of an upload. */
export class HospitalsHeard {
  readonly #cluster: Pick<ClusterPeerClient, 'peers'>;
  readonly #clock: Clock;
  #asking: Promise<PeersHeard> | undefined;
  #last: { readonly heard: PeersHeard; readonly untilMs: number } | undefined;

  constructor(cluster: Pick<ClusterPeerClient, 'peers'>, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
  }

  /** The peers heard within a short patience; never rejects for a cluster peer that is down. */
  now(): Promise<PeersHeard> {
    if (this.#last !== undefined && this.#clock.now() < this.#last.untilMs) {
      return Promise.resolve(this.#last.heard);
    }
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** What was heard last, whenever that was; while fewer are known to be well, they are asked again in the background. */
  last(atLeast: number): PeersHeard {
    const heard = this.#last?.heard ?? NONE;
    if (heard.peers.filter(isWell).length < atLeast) this.now().catch(() => undefined);
    return heard;
  }

  async #ask(): Promise<PeersHeard> {
    const patience = this.#clock.timeout(PATIENCE_MS);
    const heard = await this.#cluster.peers(patience, NEVER).catch((error: unknown) => {
      if (isVaultError(error)) return NONE;
      throw error;
    });
    const freshMs = isSound(heard) ? FRESH_MS.complete : FRESH_MS.incomplete;
    this.#last = { heard, untilMs: this.#clock.now() + freshMs };
    return heard;
  }
}

/**
 * Lays a part at hospitals that answer, for the question who holds it would wait 15 s for one that does not.
 * Those that answer are always named: the cluster forgets a silent peer before it stops laying parts there.
 */
export function placementAt(heard: PeersHeard, { min, max }: Replication): Placement {
  const preferred = heard.peers.filter(isWell).map((peer) => peer.id);
  if (preferred.length < min) return { min, max };
  return { min, max: Math.min(max, preferred.length), preferred };
}

/**
 * The same placement for an entry that is there and names too few: the cluster adds hospitals to one only while it names
 * fewer that are well than `min`.
 */
export function widened(placement: Placement): Placement {
  const { max, preferred = [] } = placement;
  return preferred.length === 0 ? placement : { ...placement, min: Math.min(max, preferred.length) };
}

/** Tells whether an entry of the shared pinset names fewer hospitals that are well than a part would be laid at. */
export function isShortOf(allocations: readonly string[], { max, preferred = [] }: Placement): boolean {
  if (preferred.length === 0) return false;
  return preferred.filter((id) => allocations.includes(id)).length < Math.min(max, preferred.length);
}

/** Tells whether a peer and its Kubo node work. */
export function isWell({ error, ipfs }: PeersHeard['peers'][number]): boolean {
  return error === '' && ipfs.error === '';
}

function isSound({ peers, complete }: PeersHeard): boolean {
  return complete && peers.every(isWell);
}
