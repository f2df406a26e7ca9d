// SPDX-License-Identifier: Apache-2.0
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { failureCode, type Log } from '../log.js';

const LOOK_EVERY_MS = 1_000;

/** The TLS authorities of all hospitals, PEM, as they are now: a hospital that joins brings another one. */
export interface TrustedRoots {
  readonly pem: Buffer;
  /** Calls back after each change; returns what ends that. */
  onChange(listener: () => void): () => void;
}

/** Roots that never change. */
export function fixedRoots(pem: Buffer): TrustedRoots {
  return { pem, onChange: () => () => undefined };
}

/** The roots that a file holds; they are read again whenever it is written, without a restart. */
export class RootsFile implements TrustedRoots {
  readonly #path: string;
  readonly #log: Log;
  readonly #listeners = new Set<() => void>();
  #pem: Buffer;

  private constructor(path: string, pem: Buffer, log: Log) {
    this.#path = path;
    this.#pem = pem;
    this.#log = log;
  }

  /** Reads the file, which must be there, and looks at it every second from then on. */
  static async open(path: string, log: Log): Promise<RootsFile> {
    const roots = new RootsFile(path, await readFile(path), log);
    watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, () => {
      void roots.#readAgain();
    });
    return roots;
  }

  get pem(): Buffer {
    return this.#pem;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    unwatchFile(this.#path);
  }

  /** A file that cannot be read takes nobody's trust away. */
  async #readAgain(): Promise<void> {
    try {
      const pem = await readFile(this.#path);
      if (pem.equals(this.#pem)) return;
      this.#pem = pem;
      for (const listener of this.#listeners) listener();
      this.#log.info({}, 'the TLS authorities of the hospitals have changed');
    } catch (error) {
      this.#log.warn({ code: failureCode(error) }, 'the TLS authorities could not be read again');
    }
  }
}
