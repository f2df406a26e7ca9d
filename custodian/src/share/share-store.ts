// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eraseDurably, eraseUnfinished, replaceErasing } from '../disk/durable-file.js';
import { readSealed } from '../disk/sealed-file.js';
import { parseShare, shareBytes, type CustodyShare } from './custody-share.js';
import type { Sealer } from './sealer.js';

const FILE = /^(\d+)-(cer_[A-Za-z0-9_-]{22})\.sealed$/;

/** Which share: the ceremony that made it, and its epoch. */
export type ShareName = Readonly<{ epoch: number; ceremonyId: string }>;

/** The custodian's shares on the disk, sealed, one file for each ceremony; opened once and kept in memory. */
export class ShareStore {
  readonly #folder: string;
  readonly #mspId: string;
  readonly #sealer: Sealer;
  readonly #shares: Map<string, CustodyShare>;

  private constructor(
    { folder, mspId, sealer }: Readonly<{ folder: string; mspId: string; sealer: Sealer }>,
    shares: Map<string, CustodyShare>,
  ) {
    this.#folder = folder;
    this.#mspId = mspId;
    this.#sealer = sealer;
    this.#shares = shares;
  }

  /** Opens the folder; throws when a share does not open with this seal. */
  static async open(place: Readonly<{ folder: string; mspId: string; sealer: Sealer }>): Promise<ShareStore> {
    await mkdir(place.folder, { recursive: true, mode: 0o700 });
    await eraseUnfinished(place.folder);
    const shares = new Map<string, CustodyShare>();
    for (const file of await readdir(place.folder)) {
      if (!FILE.test(file)) continue;
      const at = { path: join(place.folder, file), place: placeName(place.mspId, file) };
      const share = await readSealed(place.sealer, at);
      if (share !== undefined) shares.set(file, parseShare(share));
    }
    return new ShareStore(place, shares);
  }

  /** The share that a ceremony made. */
  find(name: ShareName): CustodyShare | undefined {
    return this.#shares.get(fileName(name));
  }

  /** What shares there are. */
  names(): readonly ShareName[] {
    return [...this.#shares.values()].map(({ epoch, ceremonyId }) => ({ epoch, ceremonyId }));
  }

  /** Keeps a share; it is on the disk when this returns. */
  async keep(share: CustodyShare): Promise<void> {
    const file = fileName(share);
    await replaceErasing(
      join(this.#folder, file),
      this.#sealer.seal(placeName(this.#mspId, file), shareBytes(share)),
    );
    this.#shares.set(file, share);
  }

  /** Erases a share. */
  async erase(name: ShareName): Promise<void> {
    const file = fileName(name);
    this.#shares.delete(file);
    await eraseDurably(join(this.#folder, file));
  }
}

function fileName({ epoch, ceremonyId }: ShareName): string {
  return `${epoch}-${ceremonyId}.sealed`;
}

function placeName(mspId: string, file: string): string {
  return `Tutela-v1-share/${mspId}/${file}`;
}
