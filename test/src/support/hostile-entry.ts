// SPDX-License-Identifier: Apache-2.0
import { changeTlsAuthorities, type TlsAuthorities } from '@tutela/network/testing';
import type { Consortium, Hospital } from './consortium.js';

/** TLS authorities that Fabric takes and that break other readers of PEM, each beside the hospital's own. */
export type HostileEntry = 'foreign-label' | 'header-lines' | 'authority-of-another';

/**
 * Does something while one hospital's own entry in the channel's configuration holds what its administrator alone put
 * there, and puts the entry back as it was.
 */
export async function withHostileEntry<T>(
  { consortium, by, victim }: Readonly<{ consortium: Consortium; by: Hospital; victim: Hospital }>,
  entries: readonly HostileEntry[],
  work: () => Promise<T>,
): Promise<T> {
  const { stateDir } = consortium.processes;
  let kept: TlsAuthorities = [];
  await changeTlsAuthorities(stateDir, by.id, (all) => {
    kept = all.get(by.mspId) ?? [];
    const [own = '', another = ''] = [kept[0], all.get(victim.mspId)?.[0]];
    return [...entries.map((entry) => hostile(entry, own, another)), ...kept];
  });
  try {
    return await work();
  } finally {
    await changeTlsAuthorities(stateDir, by.id, () => kept);
  }
}

function hostile(entry: HostileEntry, own: string, another: string): string {
  if (entry === 'authority-of-another') return another;
  const pem = Buffer.from(own, 'base64').toString('utf8');
  const changed =
    entry === 'foreign-label'
      ? pem.replaceAll(' CERTIFICATE-----', ' FOO-----')
      : pem.replace('CERTIFICATE-----\n', 'CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\n');
  return Buffer.from(changed).toString('base64');
}
