// SPDX-License-Identifier: Apache-2.0
import type { PinEntry, PinState } from '../vault.js';

/** A part that the ledger knows, and at how many hospitals it should lie. */
export interface WishedPin {
  readonly cid: string;
  readonly hospitals: number;
}

/** One step towards the wished state; every step is idempotent. */
export type RepairStep =
  | { readonly kind: 'pin'; readonly cid: string; readonly min: number; readonly max: number }
  | { readonly kind: 'recover'; readonly cid: string }
  | { readonly kind: 'unpin'; readonly cid: string }
  | { readonly kind: 'drop-stale-pin'; readonly cid: string };

/** What is known of one wished part. */
export interface PinSituation {
  readonly wished: WishedPin;
  readonly entry: PinEntry | undefined;
  readonly state: PinState | undefined;
  readonly healthyHospitals: number;
}

/** Plans one part: pin what is not pinned, widen what was pinned during an absence, retry what failed. */
export function planPin({ wished, entry, state, healthyHospitals }: PinSituation): readonly RepairStep[] {
  const reachable = Math.max(1, Math.min(wished.hospitals, healthyHospitals));
  const pin = { kind: 'pin', cid: wished.cid, min: reachable, max: wished.hospitals } as const;
  if (entry === undefined) return [pin];
  const steps: RepairStep[] = entry.allocations.length < reachable ? [pin] : [];
  if (state !== undefined && state.failedAt.length > 0) steps.push({ kind: 'recover', cid: wished.cid });
  return steps;
}

/** What to know before a pin that the ledger does not wish is withdrawn. */
export interface UnwishedRule {
  readonly nowMs: number;
  /** Pins younger than this may belong to an upload that has not committed yet. */
  readonly graceMs: number;
}

/** Names the pins that the ledger does not know and that are too old to belong to an open upload. */
export function planUnwished(
  pins: readonly PinEntry[],
  isWished: (cid: string) => boolean,
  rule: UnwishedRule,
): readonly RepairStep[] {
  return pins
    .filter((pin) => !isWished(pin.cid) && rule.nowMs - pin.pinnedAtMs > rule.graceMs)
    .map((pin) => ({ kind: 'unpin', cid: pin.cid }));
}

/** Plans the removal of pins that this hospital's Kubo kept although the cluster withdrew them in its absence. */
export function planStale(cids: readonly string[]): readonly RepairStep[] {
  return cids.map((cid) => ({ kind: 'drop-stale-pin', cid }));
}
