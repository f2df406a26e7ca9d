// SPDX-License-Identifier: Apache-2.0
import { MAX_PARTS_TO_KEEP, type MspId } from '@tutela/chaincode/domain';
import type { OtherNodes } from '@tutela/ipfs-cluster';
import type { Accepts } from './storage.js';

/** At one hospital at a time: its custodian has places for their parts, and for those that a reconciliation asks for. */
const MAX_REQUESTS = 3;
/** At one hospital: what is beyond counts as refused, and is asked for again. */
const MAX_OPEN_PARTS = 1_024;

/** Has other hospitals hold parts: those that wait for one hospital go to it together. */
export class KeepRequests {
  readonly #others: OtherNodes;
  readonly #lines = new Map<MspId, Line>();

  constructor(others: OtherNodes) {
    this.#others = others;
  }

  /**
   * Whether a hospital answered that it holds the part, all of its blocks. A part that is not accepted when its turn comes is
   * not asked for.
   */
  ask(hospital: MspId, cid: string, accepts: Accepts): Promise<boolean> {
    const line = this.#lines.get(hospital) ?? new Line((cids) => this.#keep(hospital, cids));
    this.#lines.set(hospital, line);
    return line.ask(cid, accepts);
  }

  async #keep(hospital: MspId, cids: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(await this.#others.keep(hospital, cids));
  }
}

/** The parts that wait for one hospital, or for its answer. */
class Line {
  readonly #keep: (cids: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly #open = new Map<string, PromiseWithResolvers<boolean>>();
  readonly #waiting: Readonly<{ cid: string; accepts: Accepts }>[] = [];
  #requests = 0;

  constructor(keep: (cids: readonly string[]) => Promise<ReadonlySet<string>>) {
    this.#keep = keep;
  }

  ask(cid: string, accepts: Accepts): Promise<boolean> {
    const open = this.#open.get(cid);
    if (open !== undefined) return open.promise;
    if (this.#open.size >= MAX_OPEN_PARTS) return Promise.resolve(false);
    const answer = Promise.withResolvers<boolean>();
    this.#open.set(cid, answer);
    this.#waiting.push({ cid, accepts });
    this.#send();
    return answer.promise;
  }

  #send(): void {
    while (this.#requests < MAX_REQUESTS && this.#waiting.length > 0)
      void this.#request(this.#nextAccepted());
  }

  /** The parts of the next request; each of the others is answered. */
  #nextAccepted(): readonly string[] {
    const next = this.#waiting.splice(0, MAX_PARTS_TO_KEEP);
    return next.filter((one) => this.#isAccepted(one)).map(({ cid }) => cid);
  }

  #isAccepted({ cid, accepts }: Readonly<{ cid: string; accepts: Accepts }>): boolean {
    try {
      if (accepts([cid])) return true;
      this.#open.get(cid)?.resolve(false);
    } catch (error) {
      this.#open.get(cid)?.reject(error);
    }
    this.#open.delete(cid);
    return false;
  }

  async #request(cids: readonly string[]): Promise<void> {
    if (cids.length === 0) return;
    this.#requests += 1;
    try {
      const kept = await this.#keep(cids);
      for (const cid of cids) this.#open.get(cid)?.resolve(kept.has(cid));
    } catch (error) {
      for (const cid of cids) this.#open.get(cid)?.reject(error);
    }
    for (const cid of cids) this.#open.delete(cid);
    this.#requests -= 1;
    this.#send();
  }
}
