// SPDX-License-Identifier: Apache-2.0
import { CID, type KuboRPCClient } from 'kubo-rpc-client';
import { z } from 'zod';
import { isEverywhere, leafOf, multihashOf } from './cid.js';
import { KeyedLock } from './keyed-lock.js';
import { answered, eachLine, listed, NOTHING_THERE, unlessSaid } from './kubo-calls.js';
import { allEnded } from './policy/batches.js';
import { VaultError } from './vault-error.js';

/** The name of the pin of a part's first block. */
const PART = 'part';
/** Kubo's message when a direct pin is added beside a pin of a former version. */
const STILL_FORMER = ['already pinned recursively'];

const pinLine = z.object({ Cid: z.string(), Name: z.string().default('') });
type PinLine = z.infer<typeof pinLine>;

/** The parts that a node pins, and the empty directory that it pins when it is made. */
export interface PinnedParts {
  /** The first block of each. */
  readonly parts: readonly string[];
  /** Those of them that still have one pin for all blocks, as versions before 2026-12 made them. */
  readonly former: readonly string[];
}

/**
 * The pins of this hospital's Kubo node, one for each block ("direct"). For each block that Kubo removes it reads all pins
 * that take other blocks along ("recursive"), and looks a direct one up. The pin of a part's first block has a name and
 * is made last: it says that all blocks are here. Other pins have no name. They keep a block from a collection, and are no
 * copy of a part: the cluster peer makes such pins too.
 */
export class KuboPins {
  readonly #socketPath: string;
  readonly #rpc: KuboRPCClient;
  /** To look at the pins of an identifier and to change them is one step. */
  readonly #lock = new KeyedLock();

  constructor(socketPath: string, rpc: KuboRPCClient) {
    this.#socketPath = socketPath;
    this.#rpc = rpc;
  }

  /** Lists what is pinned: all of it, or VAULT_REFUSED. */
  async list(signal: AbortSignal): Promise<PinnedParts> {
    // A former pin is replaced by one of the other kind, so it stands in one of the two lists.
    const recursive = await this.#list('type=recursive', signal);
    const direct = await this.#list(`type=direct&name=${PART}`, signal);
    const parts = new Set(recursive.map(({ Cid }) => Cid));
    // Kubo takes every name that contains the text.
    for (const { Cid, Name } of direct) if (Name === PART) parts.add(Cid);
    return {
      parts: [...parts],
      former: recursive.map(({ Cid }) => Cid).filter((cid) => !isEverywhere(cid)),
    };
  }

  /** Lists the parts that are pinned, without the empty directory. */
  async parts(signal: AbortSignal): Promise<readonly string[]> {
    return (await this.list(signal)).parts.filter((cid) => !isEverywhere(cid));
  }

  /** Tells whether a part is pinned; the empty directory is none. */
  async isPart(cid: string, signal: AbortSignal): Promise<boolean> {
    if (isEverywhere(cid)) return false;
    if ((await this.#directName(cid, signal)) === PART) return true;
    return (await this.#nameOf(cid, 'recursive', signal)) !== null;
  }

  /**
   * Pins the blocks of a part; false when one is not here. The node fetches nothing for it: a pin that waits for a block has
   * others wait.
   */
  async keep(cid: string, blocks: readonly string[], signal: AbortSignal): Promise<boolean> {
    return unlessSaid(NOTHING_THERE.block, this.#keepAll(cid, blocks, signal), false);
  }

  /** Unpins a part; its first block stays pinned for other parts that have it. */
  async keepFirstAlone(cid: string, signal: AbortSignal): Promise<void> {
    await this.#lock.during(cid, async () => {
      if (await this.isPart(cid, signal)) await this.#replace(cid, '', signal);
    });
  }

  /** Removes a pin of any kind, but for that of the empty directory; what is not pinned is no error. */
  async remove(cid: string, signal: AbortSignal): Promise<void> {
    if (isEverywhere(cid)) return;
    await this.#lock.during(cid, () => this.#remove(cid, signal));
  }

  /** Removes the pins of a block that stand for no part. */
  async release(block: string, signal: AbortSignal): Promise<void> {
    for (const cid of new Set([block, leafOf(multihashOf(block))]))
      await this.#lock.during(cid, async () => {
        const name = await this.#directName(cid, signal);
        if (name !== null && name !== PART) await this.#remove(cid, signal);
      });
  }

  async #keepAll(cid: string, blocks: readonly string[], signal: AbortSignal): Promise<boolean> {
    const others = blocks.filter((block) => block !== cid);
    await allEnded(others.map((block) => this.#keepBlock(block, signal)));
    await this.#lock.during(cid, () => this.#replace(cid, PART, signal));
    return true;
  }

  /** A pin that stands for a part stays as it is. */
  async #keepBlock(cid: string, signal: AbortSignal): Promise<void> {
    await this.#lock.during(cid, async () => {
      if ((await this.#directName(cid, signal)) !== null) return;
      await unlessSaid(STILL_FORMER, this.#add(cid, '', signal), false);
    });
  }

  /** Pins a block under another name, which Kubo does in one step where the pin is not a former one. */
  async #replace(cid: string, name: string, signal: AbortSignal): Promise<void> {
    if (await unlessSaid(STILL_FORMER, this.#add(cid, name, signal), false)) return;
    await this.#remove(cid, signal);
    await this.#add(cid, name, signal);
  }

  async #remove(cid: string, signal: AbortSignal): Promise<void> {
    const removal = this.#rpc.pin.rm(CID.parse(cid), { recursive: true, signal });
    await unlessSaid(
      NOTHING_THERE.pin,
      answered(removal, signal).then(() => undefined),
      undefined,
    );
  }

  async #add(cid: string, name: string, signal: AbortSignal): Promise<true> {
    const options = { recursive: false, offline: true, signal, ...(name === '' ? {} : { name }) };
    await answered(this.#rpc.pin.add(CID.parse(cid), options), signal);
    return true;
  }

  #directName(cid: string, signal: AbortSignal): Promise<string | null> {
    return this.#nameOf(cid, 'direct', signal);
  }

  /** The name of a pin, which may be empty; null where there is none. */
  async #nameOf(cid: string, type: 'direct' | 'recursive', signal: AbortSignal): Promise<string | null> {
    const pins = this.#rpc.pin.ls({ paths: [CID.parse(cid)], type, names: true, signal });
    const names = answered(
      listed(pins, ({ name }) => name ?? ''),
      signal,
    );
    const [name = null] = await unlessSaid<readonly string[]>(NOTHING_THERE.pin, names, []);
    return name;
  }

  async #list(query: string, signal: AbortSignal): Promise<readonly PinLine[]> {
    const path = `/api/v0/pin/ls?${query}&stream=true`;
    const pins: PinLine[] = [];
    const streamError = await eachLine({ socketPath: this.#socketPath, path }, signal, (line) => {
      pins.push(pinIn(line));
    });
    if (streamError !== '') throw new VaultError('VAULT_REFUSED', { cause: new Error(streamError) });
    return pins;
  }
}

function pinIn(line: string): PinLine {
  try {
    return pinLine.parse(JSON.parse(line));
  } catch (cause) {
    throw new VaultError('VAULT_REFUSED', { cause });
  }
}
