// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  signedRevocation,
  type ConsentId,
  type Handle,
  type SignedRevocation,
} from '@tutela/chaincode/domain';
import { z } from 'zod';
import { eraseDurably, readIfPresent, writeDurably } from '../disk/durable-file.js';

const FILE = /^con_[A-Za-z0-9_-]{22}\.json$/;
const stored = z.strictObject({
  v: z.literal(1),
  since: z.number().int().min(0),
  revocation: z.transform((value: unknown) => signedRevocation(value, '$.revocation')),
});

/** A patient's revocation that is in force here before the ledger has it; `since` in milliseconds. */
export type Hold = Readonly<{ v: 1; since: number; revocation: SignedRevocation }>;

/** The holds in force, one file each, so that they survive a restart. */
export class HoldStore {
  readonly #folder: string;
  readonly #holds: Map<string, Hold>;
  readonly #writing = new Map<string, Promise<void>>();

  private constructor(folder: string, holds: Map<string, Hold>) {
    this.#folder = folder;
    this.#holds = holds;
  }

  /** Opens the folder, and makes it if need be. */
  static async open(folder: string): Promise<HoldStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const holds = new Map<string, Hold>();
    for (const file of await readdir(folder)) {
      const bytes = FILE.test(file) ? await readIfPresent(join(folder, file)) : undefined;
      if (bytes === undefined) continue;
      const hold = stored.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
      holds.set(hold.revocation.statement.consentId, hold);
    }
    return new HoldStore(folder, holds);
  }

  /** All holds. */
  all(): readonly Hold[] {
    return [...this.#holds.values()];
  }

  /** The hold on a consent. */
  find(consentId: ConsentId): Hold | undefined {
    return this.#holds.get(consentId);
  }

  /** Whether the patient's hold lies on a consent of that handle. */
  isHeld(handle: Handle, consentId: ConsentId): boolean {
    return this.#holds.get(consentId)?.revocation.statement.handle === handle;
  }

  /** Puts a hold in force; it is on the disk when this returns. */
  async keep(hold: Hold): Promise<void> {
    const { consentId } = hold.revocation.statement;
    // In force first: a release that is decided now must see it, whatever becomes of the disk.
    this.#holds.set(consentId, hold);
    const written = writeDurably(this.#path(consentId), Buffer.from(JSON.stringify(hold)));
    this.#writing.set(consentId, written);
    await written;
  }

  /** Waits until a hold is on the disk; throws when it could not be written. */
  async settled(consentId: ConsentId): Promise<void> {
    await this.#writing.get(consentId);
  }

  /** Ends a hold. */
  async end(consentId: ConsentId): Promise<void> {
    await Promise.allSettled([this.settled(consentId)]);
    await eraseDurably(this.#path(consentId));
    this.#writing.delete(consentId);
    this.#holds.delete(consentId);
  }

  #path(consentId: ConsentId): string {
    return join(this.#folder, `${consentId}.json`);
  }
}
