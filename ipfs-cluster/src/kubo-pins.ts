// SPDX-License-Identifier: Apache-2.0
import { CID, type KuboRPCClient } from 'kubo-rpc-client';
import { z } from 'zod';
import { leafOf, multihashOf } from './cid.js';
import { answered, listed, posted, unlessRefused } from './kubo-calls.js';
import { inBatches } from './policy/batches.js';
import { VaultError } from './vault-error.js';

/** The name of the pin of a part's first block. */
const PART = 'part';
const EMPTY_DIRECTORY: ReadonlySet<string> = new Set([
  'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn',
  'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354',
]);
const READ_TOGETHER = 1_000;

const pinLine = z.object({ Cid: z.string(), Name: z.string().default('') });

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

  constructor(socketPath: string, rpc: KuboRPCClient) {
    this.#socketPath = socketPath;
    this.#rpc = rpc;
  }

  /** Lists what is pinned: all of it, or VAULT_REFUSED. */
  async list(signal: AbortSignal): Promise<PinnedParts> {
    // A former pin is replaced by one of the other kind, so it stands in one of the two lists.
    const recursive = (await this.#list('recursive', signal)).map(({ Cid }) => Cid);
    const direct = await this.#list('direct', signal);
    const named = direct.filter(({ Name }) => Name === PART).map(({ Cid }) => Cid);
    return {
      parts: [...new Set([...recursive, ...named])],
      former: recursive.filter((cid) => !EMPTY_DIRECTORY.has(cid)),
    };
  }

  /** Lists the parts that are pinned, without the empty directory. */
  async parts(signal: AbortSignal): Promise<readonly string[]> {
    return (await this.list(signal)).parts.filter((cid) => !EMPTY_DIRECTORY.has(cid));
  }

  /** Tells whether a part is pinned. */
  async isPart(cid: string, signal: AbortSignal): Promise<boolean> {
    if ((await this.#directName(cid, signal)) === PART) return true;
    return (await this.#nameOf(cid, 'recursive', signal)) !== null;
  }

  /** Pins a part of which all blocks are here. */
  async keep(cid: string, blocks: readonly string[], signal: AbortSignal): Promise<void> {
    const others = blocks.filter((block) => block !== cid);
    await Promise.all(others.map((block) => this.#keepBlock(block, signal)));
    if (await unlessRefused(this.#add(cid, PART, signal), false)) return;
    // Kubo refuses it while a former pin stands.
    await this.remove(cid, signal);
    await this.#add(cid, PART, signal);
  }

  /** Has a part be pinned no more, and its first block stay pinned for the other parts that have it. */
  async keepFirstAlone(cid: string, signal: AbortSignal): Promise<void> {
    if (!(await this.isPart(cid, signal))) return;
    await this.remove(cid, signal);
    await this.#add(cid, '', signal);
  }

  /** Removes a pin of any kind; what is not pinned is no error. */
  async remove(cid: string, signal: AbortSignal): Promise<void> {
    const removal = this.#rpc.pin.rm(CID.parse(cid), { recursive: true, signal });
    await unlessRefused(answered(removal, signal), null);
  }

  /** Removes the pins of a block that stand for no part. */
  async release(block: string, signal: AbortSignal): Promise<void> {
    for (const cid of new Set([block, leafOf(multihashOf(block))])) {
      const name = await this.#directName(cid, signal);
      if (name !== null && name !== PART) await this.remove(cid, signal);
    }
  }

  /** A pin that stands for a part stays as it is. */
  async #keepBlock(cid: string, signal: AbortSignal): Promise<void> {
    if ((await this.#directName(cid, signal)) !== null) return;
    // Kubo refuses it where a former pin stands.
    await unlessRefused(this.#add(cid, '', signal), false);
  }

  async #add(cid: string, name: string, signal: AbortSignal): Promise<true> {
    const named = name === '' ? {} : { name };
    await answered(this.#rpc.pin.add(CID.parse(cid), { recursive: false, ...named, signal }), signal);
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
    const [name = null] = await unlessRefused<readonly string[]>(names, []);
    return name;
  }

  async #list(
    type: 'direct' | 'recursive',
    signal: AbortSignal,
  ): Promise<readonly z.infer<typeof pinLine>[]> {
    const path = `/api/v0/pin/ls?type=${type}&names=true&stream=true`;
    const { text, streamError } = await posted({ socketPath: this.#socketPath, path }, signal);
    if (streamError !== '') throw new VaultError('VAULT_REFUSED', { cause: new Error(streamError) });
    const pins: z.infer<typeof pinLine>[] = [];
    for await (const lines of inBatches(text.split('\n'), READ_TOGETHER)) pins.push(...pinsIn(lines));
    return pins;
  }
}

function pinsIn(lines: readonly string[]): readonly z.infer<typeof pinLine>[] {
  try {
    return lines.filter((line) => line.trim() !== '').map((line) => pinLine.parse(JSON.parse(line)));
  } catch (cause) {
    throw new VaultError('VAULT_REFUSED', { cause });
  }
}
