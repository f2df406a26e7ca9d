// SPDX-License-Identifier: Apache-2.0
import type { PinEntry, PinState } from '../vault.js';

/** A part that the ledger knows, and at how many hospitals it should lie. */
export interface WishedPin {
  readonly cid: string;
  readonly hospitals: number;
  /** The hospitals that registered what names it. */
  readonly authors: readonly string[];
}

/** One step towards the wished state; every step is idempotent, and none takes anything away. */
export type RepairStep =
  | { readonly kind: 'hold'; readonly cid: string }
  | { readonly kind: 'pin'; readonly cid: string; readonly min: number; readonly max: number }
  | { readonly kind: 'recover'; readonly cid: string };

/** What is known of one wished part. */
export interface PinSituation {
  readonly wished: WishedPin;
  readonly entry: PinEntry | undefined;
  readonly state: PinState | undefined;
  /** Whether the own node pins it with all of its blocks. */
  readonly held: boolean;
  /** Peer ids of the hospitals that are well. */
  readonly healthyPeers: readonly string[];
}

/**
 * Plans one part in the shared pinset: pin what is not pinned, widen what was pinned during an absence, retry what
 * failed, and pin again what is asked for in part. A hospital asks only for what its own node holds: a record can name
 * parts that exist nowhere, and each that is asked for takes a place at every hospital until the time for it is over.
 * Who is not well does not count: any hospital can write an entry that names no hospital that is.
 */
export function planPin({ wished, entry, state, held, healthyPeers }: PinSituation): readonly RepairStep[] {
  if (!held) return [];
  const reachable = Math.max(1, Math.min(wished.hospitals, healthyPeers.length));
  const pin = { kind: 'pin', cid: wished.cid, min: reachable, max: wished.hospitals } as const;
  if (entry === undefined) return [pin];
  // The cluster refuses each change of it, after seconds.
  if (entry.kind === 'fixed') return [];
  const named = healthyPeers.filter((peer) => entry.allocations.includes(peer)).length;
  const steps: RepairStep[] = entry.kind === 'partial' || named < reachable ? [pin] : [];
  if (state !== undefined && state.failedAt.length > 0) steps.push({ kind: 'recover', cid: wished.cid });
  return steps;
}

/** What is known of one wished part at this hospital's own node. */
export interface HoldSituation {
  readonly wished: WishedPin;
  readonly entry: PinEntry | undefined;
  /** Whether the own node pins it with all of its blocks. */
  readonly held: boolean;
  /** How many hospitals the consortium has. */
  readonly members: number;
  readonly ownPeerId: string | undefined;
}

/**
 * Plans one part at the own node: hold it where every hospital does, whatever the shared pinset says, and else where
 * that allots it, or names it without asking for all of its blocks. The shared pinset alone would leave it to every other hospital whether the part is fetched.
 */
export function planHold({ wished, entry, held, members, ownPeerId }: HoldSituation): readonly RepairStep[] {
  if (held) return [];
  const everywhere = members <= wished.hospitals;
  const allotted = ownPeerId !== undefined && entry?.allocations.includes(ownPeerId) === true;
  const isPartial = entry !== undefined && entry.kind !== 'recursive';
  return everywhere || allotted || isPartial ? [{ kind: 'hold', cid: wished.cid }] : [];
}
