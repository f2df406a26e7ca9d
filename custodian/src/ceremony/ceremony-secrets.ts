// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { eraseDurably, readIfPresent, writeDurably } from '../disk/durable-file.js';
import type { Sealer } from '../share/sealer.js';

const FILE = /^(cer_[A-Za-z0-9_-]{22})\.sealed$/;
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

/** The secrets of running ceremonies, sealed on the disk before anything that follows from them is published. */
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
    return new CeremonyStore(folder, sealer);
  }

  /** Ceremonies that have secrets here. */
  async ids(): Promise<readonly string[]> {
    return (await readdir(this.#folder)).flatMap((file) => FILE.exec(file)?.[1] ?? []);
  }

  /** The secrets of a ceremony; empty ones if there are none. */
  async load(ceremonyId: string): Promise<CeremonySecrets> {
    const sealed = await readIfPresent(this.#path(ceremonyId));
    if (sealed === undefined) return { v: 1 };
    const bytes = this.#sealer.open(placeName(ceremonyId), sealed);
    return secrets.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  }

  /** Keeps secrets; they are on the disk when this returns. */
  async save(ceremonyId: string, found: CeremonySecrets): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(secrets.parse(found)));
    await writeDurably(this.#path(ceremonyId), this.#sealer.seal(placeName(ceremonyId), bytes));
  }

  /** Erases the secrets of a ceremony that has ended. */
  async erase(ceremonyId: string): Promise<void> {
    await eraseDurably(this.#path(ceremonyId));
  }

  #path(ceremonyId: string): string {
    return join(this.#folder, `${ceremonyId}.sealed`);
  }
}

function placeName(ceremonyId: string): string {
  return `Tutela-v1-ceremony-secrets/${ceremonyId}`;
}
