// SPDX-License-Identifier: Apache-2.0
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';

const LOOK_EVERY_MS = 1_000;

/** The PEM texts of all hospitals' TLS authorities as they are now: a hospital that joins brings another one. */
export type TrustedRoots = () => string;

/** Roots that are read again whenever their file is written; one that cannot be read takes nobody's trust away. */
export function watchRoots(
  path: string,
  first: string,
  onFailure: (error: unknown) => void,
): Readonly<{ roots: TrustedRoots; close: () => void }> {
  let pem = first;
  watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, () => {
    readFile(path, 'utf8').then((now) => {
      pem = now;
    }, onFailure);
  });
  return {
    roots: () => pem,
    close: () => {
      unwatchFile(path);
    },
  };
}
