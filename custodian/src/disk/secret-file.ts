// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openAtRest, sealAtRest, utf8 } from '@tutela/crypto';
import type { Sealer } from '../share/sealer.js';
import { eraseDurably, readIfPresent, replaceErasing, syncFolder } from './durable-file.js';
import { readSealed } from './sealed-file.js';

const KEY_BYTES = 32;

type Place = Readonly<{ path: string; place: string; sealer: Sealer }>;

/**
 * A secret that has versions and an end. It is sealed under a random key in a file beside it, itself sealed, written
 * once and overwritten where it lies: after that no version opens that a replacement or a kill left on the disk.
 */
export class SecretFile {
  readonly #path: string;
  readonly #place: string;
  readonly #sealer: Sealer;

  constructor({ path, place, sealer }: Place) {
    this.#path = path;
    this.#place = place;
    this.#sealer = sealer;
  }

  /** The secret; undefined where there is none. Throws when it does not open. */
  async load(): Promise<Uint8Array | undefined> {
    const sealed = await readIfPresent(this.#path);
    if (sealed === undefined) return undefined;
    const key = await this.#key();
    // Before there were such keys the sealer itself sealed it.
    return key === undefined
      ? readSealed(this.#sealer, { path: this.#path, place: this.#place })
      : openAtRest({ key }, sealed, utf8(this.#place));
  }

  /** Keeps a version of the secret; it is on the disk when this returns. */
  async save(secret: Uint8Array): Promise<void> {
    const key = (await this.#key()) ?? (await this.#makeKey());
    await replaceErasing(this.#path, sealAtRest({ key }, secret, utf8(this.#place)));
  }

  /** Ends the secret and all versions of it. */
  async erase(): Promise<void> {
    await eraseDurably(this.#path);
    await eraseDurably(this.#keyPath);
  }

  get #keyPath(): string {
    return `${this.#path}.key`;
  }

  #key(): Promise<Uint8Array | undefined> {
    return readSealed(this.#sealer, { path: this.#keyPath, place: `${this.#place}/key` });
  }

  async #makeKey(): Promise<Uint8Array> {
    const key = randomBytes(KEY_BYTES);
    const file = await open(this.#keyPath, 'wx', 0o600);
    try {
      await file.writeFile(this.#sealer.seal(`${this.#place}/key`, key));
      await file.sync();
    } finally {
      await file.close();
    }
    await syncFolder(dirname(this.#path));
    return key;
  }
}
