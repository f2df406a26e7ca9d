// SPDX-License-Identifier: Apache-2.0
import { instantOf } from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Chain } from '../ledger/chain.js';
import type { OrdererRoots } from '../ledger/ledger.js';
import type { Log } from '../log.js';
import type { Equivocations } from './equivocations.js';
import type { ForeignBlocks } from './foreign-blocks.js';
import type { ForkAlarm } from './fork-alarm.js';
import type { SignedHead } from './head.js';
import type { Conflict } from './other-heads.js';
import { signedBlockOf, type ShownBlock, type SignedBlock } from './signed-block.js';

type Parts = Readonly<{
  mspId: string;
  chain: Chain;
  clock: Clock;
  log: Log;
  alarm: ForkAlarm;
  equivocations: Equivocations;
  foreignBlocks: ForeignBlocks;
  ordererRoots: () => Promise<readonly OrdererRoots[]>;
  quorum: () => Readonly<{ others: readonly string[]; threshold: number }>;
  /** The newest head with which a custodian agreed with the own chain. */
  agreedBy: (mspId: string) => SignedHead | undefined;
}>;

/**
 * Judges heads that contradict the own chain. The signatures of an orderer that signed both chains count no more, whether
 * it lied or its leader did. Releases stop when it is the own chain that is in doubt: when as many members as open a record
 * show another one, or when the own hospital's orderer signed another one. A claim without an orderer's signature counts
 * against its sender alone.
 */
export class ForkJudge {
  readonly #parts: Parts;
  /** By member, the newest block that it shows and that is not in the own chain. */
  readonly #contradicting = new Map<string, SignedBlock>();
  /** By orderer organisation, the lowest block that it signed and that is not in the own chain. */
  readonly #foreign = new Map<string, SignedBlock>();

  #last: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Judges a head that contradicts the own chain. */
  judge(conflict: Conflict): Promise<void> {
    return this.#inTurn(() => this.#judge(conflict));
  }

  /** Records orderers that signed a block of the own chain beside another. */
  recordEquivocations(): Promise<void> {
    return this.#foreign.size === 0 ? Promise.resolve() : this.#inTurn(() => this.#recordEquivocations());
  }

  /** Begins anew, by the operator's decision. */
  clear(): Promise<void> {
    return this.#inTurn(async () => {
      this.#contradicting.clear();
      this.#foreign.clear();
      await this.#parts.equivocations.clear();
      await this.#parts.alarm.clear();
    });
  }

  /** One after the other, since each writes files of the same names; one that failed stops no other. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const acted = Promise.allSettled([this.#last]).then(act);
    this.#last = acted;
    return acted;
  }

  async #judge({ signed, height }: Conflict): Promise<void> {
    const { mspId: from } = signed.head;
    const shown = signedBlockOf(blockIn(signed), await this.#parts.ordererRoots());
    this.#parts.log.warn(
      { from, height, orderer: shown?.signer.mspId ?? 'none' },
      'a head contradicts the own chain',
    );
    if (shown === undefined) return;
    this.#contradicting.set(from, shown);
    const lowest = this.#foreign.get(shown.signer.mspId);
    if (lowest === undefined || shown.number < lowest.number) this.#foreign.set(shown.signer.mspId, shown);
    await this.#recordEquivocations();
    await this.#raise(from, shown);
    await this.#parts.foreignBlocks.note(shown);
  }

  async #recordEquivocations(): Promise<void> {
    const { equivocations, ordererRoots, clock, log } = this.#parts;
    const open = [...this.#foreign].filter(([mspId]) => !equivocations.has(mspId));
    if (open.length === 0) return;
    const roots = await ordererRoots();
    for (const [orderer, other] of open) {
      const own = this.#ownBlockSignedBy(orderer, other.number, roots);
      if (own === undefined) continue;
      log.error(
        { alarm: 'ORDERER_EQUIVOCATION', orderer, height: other.number },
        'an orderer signed blocks of two chains: either it lied, or the leader at that height did',
      );
      await equivocations.record(orderer, { at: instantOf(clock()), own, other });
    }
  }

  #ownBlockSignedBy(
    orderer: string,
    height: number,
    roots: readonly OrdererRoots[],
  ): SignedBlock | undefined {
    const { chain, quorum, agreedBy } = this.#parts;
    const heads = quorum().others.map((mspId) => agreedBy(mspId));
    const shown = [chain.blockAt(height), chain.head, ...heads.map((signed) => signed && blockIn(signed))];
    for (const block of shown) {
      if (block === undefined || block.number < height) continue;
      const found = signedBlockOf(block, roots);
      if (found?.signer.mspId === orderer) return found;
    }
    return undefined;
  }

  async #raise(reportedBy: string, other: SignedBlock): Promise<void> {
    const { alarm, chain, clock, log, mspId, quorum, ordererRoots } = this.#parts;
    const members = this.#contradictors();
    const isOwnOrderer = other.signer.mspId === mspId;
    const own = chain.blockAt(other.number);
    if (own === undefined || (members.length < quorum().threshold && !isOwnOrderer)) return;
    if (alarm.evidence !== undefined) return;
    log.error(
      { alarm: 'PEER_FORKED', height: other.number, members: members.join() },
      'the own chain is contradicted; all releases of this custodian stop',
    );
    const { number, previousHash, dataHash, hash } = own;
    const signed = signedBlockOf(own, await ordererRoots()) ?? { number, previousHash, dataHash, hash };
    await alarm.raise({
      ...{ v: 1, at: instantOf(clock()), reportedBy, members: [...members] },
      ...{ own: signed, other },
    });
  }

  /** The members that last showed another chain, with a signature that counts. */
  #contradictors(): readonly string[] {
    const { quorum, equivocations, agreedBy } = this.#parts;
    return quorum().others.filter((mspId) => {
      const shown = this.#contradicting.get(mspId);
      if (shown === undefined || equivocations.has(shown.signer.mspId)) return false;
      return shown.number > (agreedBy(mspId)?.head.height ?? -1);
    });
  }
}

function blockIn({ head, orderer }: SignedHead): ShownBlock {
  const { height: number, blockHash: hash, previousHash, dataHash } = head;
  return {
    ...{ number, previousHash, dataHash, hash },
    ...(orderer === undefined ? {} : { ordererSignature: orderer }),
  };
}
