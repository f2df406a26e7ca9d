// SPDX-License-Identifier: Apache-2.0
import type { CustodianSet, MspId, SignedReply } from '@tutela/chaincode/domain';
import type { OpenedReply } from './open-share.js';
import { sharesOnOneChain, type SignedReveal, type SignedShare } from './release-replies.js';
import { wantedKeyOf, type WantedKey } from './wanted-key.js';

/** The shares of one segment's key, as custodians give them one after another, and the key once they are enough. */
export class KeyShares {
  /** What convicts custodians: they signed a share that is proven false. */
  readonly wrong: SignedReveal[] = [];
  /** Custodians that signed a reply which does not open: known to this reader, provable to no other. */
  readonly unopened = new Set<MspId>();
  readonly #set: CustodianSet;
  readonly #wanted: WantedKey;
  #shares: readonly SignedShare[] = [];
  #key: Uint8Array | undefined;

  constructor(set: CustodianSet, wanted: WantedKey) {
    this.#set = set;
    this.#wanted = wanted;
  }

  get key(): Uint8Array | undefined {
    return this.#key;
  }

  /** Whether custodians gave shares on two chains; shares that are proven false do not count. */
  get isForked(): boolean {
    return this.#agreeing().length < this.#shares.length;
  }

  /** Takes a custodian's reply. Throws CONTENT_CORRUPT when shares that are all proven give a key that does not fit. */
  add(mspId: MspId, evidence: SignedReply, opened: OpenedReply): void {
    if (opened.kind === 'unsigned') return;
    if (opened.kind === 'unopened') {
      this.unopened.add(mspId);
      return;
    }
    const reveal = { mspId, revealed: opened.revealed, evidence };
    if (opened.kind === 'false') {
      this.wrong.push(reveal);
      return;
    }
    this.#shares = [...this.#shares, { ...reveal, share: opened.share }];
    this.#combine();
  }

  /** Combines shares on one chain; after false ones among them are left out, others may agree, so it is tried again. */
  #combine(): void {
    for (;;) {
      const agreeing = this.#agreeing();
      if (agreeing.length < this.#set.threshold) return;
      const shares = agreeing.map(({ share }) => share);
      const { key, falseIndices } = wantedKeyOf(this.#set, this.#wanted, shares);
      const isFalse = ({ share }: SignedShare): boolean => falseIndices.includes(share.index);
      this.wrong.push(...agreeing.filter(isFalse));
      this.#shares = this.#shares.filter((share) => !isFalse(share));
      this.#key = key;
      if (key !== undefined || falseIndices.length === 0) return;
    }
  }

  #agreeing(): readonly SignedShare[] {
    return sharesOnOneChain(this.#shares, ({ evidence: { reply } }) => reply);
  }
}
