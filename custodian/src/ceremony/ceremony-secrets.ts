// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SecretFile } from '../disk/secret-file.js';
import { storedJson } from '../disk/stored-json.js';
import { eraseUnfinished } from '../disk/durable-file.js';
import type { Sealer } from '../share/sealer.js';

const FILE = /^(cer_[A-Za-z0-9_-]{22})\.sealed$/;
const KEY = /^(cer_[A-Za-z0-9_-]{22})\.sealed\.key$/;
const text = z.string().max(512);
const texts = z.array(text).max(64);

const secrets = z.strictObject({
  v: z.literal(1),
  /** X25519 private key of this ceremony alone, base64url. */
  ephemeralKey: text.optional(),
  dealt: z
    .strictObject({
      dealing: z.strictObject({
        v: z.literal(1),
        suite: z.literal(1),
        ceremonyId: text,
        dealer: z.number(),
        commitments: texts,
        proof: text,
        sealed: texts,
      }),
      secret: z.strictObject({ ceremonyId: text, dealer: z.number(), subShares: texts, sealSeeds: texts }),
    })
    .optional(),
});
/** What a custodian must not lose, nor publish, while a ceremony runs. */
export type CeremonySecrets = z.infer<typeof secrets>;

/**
 * The secrets of running ceremonies, on the disk before anything that follows from them is published. Each ceremony's
 * are sealed under a key of its own, which is overwritten at the end: no version of them opens then.
 */
export class CeremonyStore {
  readonly #folder: string;
  readonly #sealer: Sealer;

  private constructor(folder: string, sealer: Sealer) {
    this.#folder = folder;
    this.#sealer = sealer;
  }

  /** Opens the folder, and makes it if need be. */
  static async open(folder: string, sealer: Sealer): Promise<CeremonyStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await eraseUnfinished(folder);
    const store = new CeremonyStore(folder, sealer);
    await store.#eraseEnded();
    return store;
  }

  /** Ceremonies that have secrets here. */
  async ids(): Promise<readonly string[]> {
    return (await readdir(this.#folder)).flatMap((file) => FILE.exec(file)?.[1] ?? []);
  }

  /** The secrets of a ceremony; empty ones if there are none. */
  async load(ceremonyId: string): Promise<CeremonySecrets> {
    const bytes = await this.#file(ceremonyId).load();
    return bytes === undefined ? { v: 1 } : storedJson(secrets, bytes);
  }

  /** Keeps secrets; they are on the disk when this returns. */
  async save(ceremonyId: string, found: CeremonySecrets): Promise<void> {
    await this.#file(ceremonyId).save(Buffer.from(JSON.stringify(secrets.parse(found))));
  }

  /** Erases the secrets of a ceremony that has ended. */
  async erase(ceremonyId: string): Promise<void> {
    await this.#file(ceremonyId).erase();
  }

  /** A kill during an erasure leaves the key alone. */
  async #eraseEnded(): Promise<void> {
    const kept = await this.ids();
    const keys = (await readdir(this.#folder)).flatMap((file) => KEY.exec(file)?.[1] ?? []);
    for (const ceremonyId of keys) if (!kept.includes(ceremonyId)) await this.erase(ceremonyId);
  }

  #file(ceremonyId: string): SecretFile {
    const path = join(this.#folder, `${ceremonyId}.sealed`);
    return new SecretFile({ path, place: `Tutela-v1-ceremony-secrets/${ceremonyId}`, sealer: this.#sealer });
  }
}
