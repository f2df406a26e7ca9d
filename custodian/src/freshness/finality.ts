// SPDX-License-Identifier: Apache-2.0
import { witnessesNeeded, type CustodianSet } from '@tutela/chaincode/domain';
import type { Ledger } from '../ledger/ledger.js';
import type { ForkAlarm } from './fork-alarm.js';
import type { Changes } from './wait-until.js';

/** Who vouches for a chain: the members of a custodian set, of whom fewer than its threshold lie. */
export type Witnesses = Pick<CustodianSet, 'members' | 'threshold'>;

type Parts = Readonly<{
  mspId: string;
  ledger: Pick<Ledger, 'height'>;
  /** The height at which the own chain has a transaction as valid. */
  heightOf: (txId: string) => Promise<number | undefined>;
  alarm: Pick<ForkAlarm, 'evidence'>;
  /** How many of these other custodians have agreed with the own chain at a height or above it, however long ago. */
  countAgreeing: (mspIds: readonly string[], height: number) => number;
  /** The custodian set in force, as the own peer shows it. */
  active: () => Witnesses | undefined;
  /** Tells when another custodian agrees with more of the own chain. */
  changes: Changes;
}>;

/**
 * Whether the consortium, and not the own peer alone, has a block. Orderers can show one peer a chain that no other
 * has, so what cannot be taken back waits for this.
 */
export class Finality {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Tells when more may be final. */
  get changes(): Changes {
    return this.#parts.changes;
  }

  /** The height of the own peer's newest block: whatever was read from the peer before stands there or below. */
  async seenHeight(): Promise<number> {
    return (await this.#parts.ledger.height()) - 1;
  }

  /** Whether the own chain has a transaction in a block that is final. */
  async hasFinal(txId: string): Promise<boolean> {
    const height = await this.#parts.heightOf(txId);
    return height !== undefined && this.isFinal(height);
  }

  /**
   * Whether so many witnesses, this custodian included, have shown the own chain at a height or above it that no other
   * chain can ever be shown by as many, and no fork is known; the witnesses are the set in force if none are named.
   */
  isFinal(height: number, witnesses: Witnesses | undefined = this.#parts.active()): boolean {
    const { mspId, alarm, countAgreeing } = this.#parts;
    if (witnesses === undefined || alarm.evidence !== undefined) return false;
    const all = witnesses.members.map((member): string => member.mspId);
    const others = all.filter((one) => one !== mspId);
    const agreeing = countAgreeing(others, height) + (all.length - others.length);
    return agreeing >= witnessesNeeded({ members: all.length, threshold: witnesses.threshold });
  }
}
