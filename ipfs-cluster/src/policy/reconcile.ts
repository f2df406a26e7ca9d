// SPDX-License-Identifier: Apache-2.0
import type { Vault } from '../vault.js';
import { FoundParts } from './found-parts.js';
import { OthersRun, type Asking, type OthersOptions, type OthersReport } from './others-run.js';
import { MAX_DRAWN, OwnRun, type OwnOptions, type OwnReport } from './own-run.js';

/**
 * The repair of one hospital's storage, in runs of two kinds that take nothing away. One adds what is missing at the own
 * node; the other asks the other hospitals about what the first kind found. No run at the own node waits for another
 * hospital's answer: others take minutes for theirs, and so does one that wants repair to be slow.
 */
export class Reconciliation {
  readonly #vault: Vault;
  readonly #asking: Asking;
  readonly #found: FoundParts;

  constructor(vault: Vault, asking: Asking) {
    this.#vault = vault;
    this.#asking = asking;
    this.#found = new FoundParts(MAX_DRAWN, asking.chance);
  }

  /**
   * Adds the missing copies of the drawn parts at the own node and in the own pinset. `found` is called once it is known
   * which of them are here, before any is fetched. The node is served even when the own pinset cannot be read; then its
   * error is thrown at the end.
   */
  async atOwnNode(options: OwnOptions, found: () => void): Promise<OwnReport> {
    const run = await OwnRun.begin(this.#vault, options, this.#asking.chance);
    this.#found.add(run.parts, options);
    found();
    await run.holdOwn();
    await run.enterOwn();
    return run.report();
  }

  /**
   * Adds the missing copies at other hospitals of what runs at the own node found since the last call: others are asked to
   * hold only what the own node holds. What fails is reported, and asked for again when it is found again.
   */
  async atOthers(options: OthersOptions): Promise<OthersReport> {
    const run = new OthersRun(this.#asking, options, this.#found.take());
    await run.askWhoHolds();
    const underReplicated = run.underReplicated();
    await run.haveOthersKeep();
    return run.report(underReplicated);
  }
}
