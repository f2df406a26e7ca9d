// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tagged, type Ceremony } from '@tutela/chaincode/domain';
import { z } from 'zod';
import { eraseDurably, writeDurably } from '../disk/durable-file.js';
import { readSealed } from '../disk/sealed-file.js';
import { storedJson } from '../disk/stored-json.js';
import type { Sealer } from '../share/sealer.js';

const FILE = /^(cer_[A-Za-z0-9_-]{22})\.sealed$/;
const approval = z.strictObject({ v: z.literal(1), terms: z.string().max(64) });

/**
 * Ceremonies that this custodian's own operator has approved, one sealed file each, so that an approval survives a
 * restart and nobody who only reaches the disk can add one. An approval is for the terms that the operator saw.
 */
export class Approvals {
  readonly #folder: string;
  readonly #sealer: Sealer;
  readonly #terms: Map<string, string>;

  private constructor(folder: string, sealer: Sealer, terms: Map<string, string>) {
    this.#folder = folder;
    this.#sealer = sealer;
    this.#terms = terms;
  }

  /** Opens the folder, and makes it if need be. */
  static async open(folder: string, sealer: Sealer): Promise<Approvals> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const terms = new Map<string, string>();
    for (const file of await readdir(folder)) {
      const id = FILE.exec(file)?.[1];
      if (id === undefined) continue;
      const bytes = await readSealed(sealer, { path: join(folder, file), place: placeName(id) });
      if (bytes === undefined) continue;
      terms.set(id, storedJson(approval, bytes).terms);
    }
    return new Approvals(folder, sealer, terms);
  }

  /** Ceremonies that were approved and not yet erased. */
  ids(): readonly string[] {
    return [...this.#terms.keys()];
  }

  /** Whether exactly this ceremony was approved. */
  has(ceremony: Ceremony): boolean {
    return this.#terms.get(ceremony.ceremonyId) === termsHash(ceremony);
  }

  /** Approves a ceremony; the approval is on the disk when this returns. */
  async give(ceremony: Ceremony): Promise<void> {
    const { ceremonyId } = ceremony;
    const terms = termsHash(ceremony);
    const bytes = Buffer.from(JSON.stringify({ v: 1, terms }));
    await writeDurably(this.#path(ceremonyId), this.#sealer.seal(placeName(ceremonyId), bytes));
    this.#terms.set(ceremonyId, terms);
  }

  /** Forgets the approval of a ceremony that has ended. */
  async erase(ceremonyId: string): Promise<void> {
    if (!this.#terms.delete(ceremonyId)) return;
    await eraseDurably(this.#path(ceremonyId));
  }

  #path(ceremonyId: string): string {
    return join(this.#folder, `${ceremonyId}.sealed`);
  }
}

/** What decides who will hold the key; contributions of members are not part of it. */
function termsHash({ ceremonyId, kind, threshold, members, dealers, epoch, fromEpoch }: Ceremony): string {
  const terms = { v: 1, ceremonyId, kind, threshold, members, dealers, epoch, fromEpoch: fromEpoch ?? null };
  return createHash('sha256').update(tagged('Tutela-v1-ceremony-approval', terms)).digest('base64url');
}

function placeName(ceremonyId: string): string {
  return `Tutela-v1-ceremony-approval/${ceremonyId}`;
}
