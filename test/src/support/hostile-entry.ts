// SPDX-License-Identifier: Apache-2.0
import { changeTlsAuthorities, type TlsAuthorities } from '@tutela/network/testing';
import type { Consortium, Hospital } from './consortium.js';

/** TLS authorities that Fabric takes and that break other readers of PEM, each beside the hospital's own. */
export type HostileEntry = 'foreign-label' | 'header-lines' | 'authority-of-another';

/**
 * Does something while one hospital's own entry in the channel's configuration holds what the others' administrators
 * signed beside its own, and puts the entry back as it was.
 */
export async function withHostileEntry<T>(
  { consortium, by, victim }: Readonly<{ consortium: Consortium; by: Hospital; victim: Hospital }>,
  entries: readonly HostileEntry[],
  work: () => Promise<T>,
): Promise<T> {
  const cosigners = consortium.hospitals.map(({ id }) => id).filter((id) => id !== by.id);
  const kept = await writeEntry({ consortium, by, victim }, entries, cosigners);
  try {
    return await work();
  } finally {
    await changeTlsAuthorities(consortium.processes.stateDir, by.id, () => kept, cosigners);
  }
}

/** Puts TLS authorities beside one's own into one's entry, and returns what stood there; throws what the orderers refuse. */
export async function writeEntry(
  { consortium, by, victim }: Readonly<{ consortium: Consortium; by: Hospital; victim: Hospital }>,
  entries: readonly HostileEntry[],
  cosigners: readonly string[] = [],
): Promise<TlsAuthorities> {
  let kept: TlsAuthorities = [];
  const change = (all: ReadonlyMap<string, TlsAuthorities>): TlsAuthorities => {
    kept = all.get(by.mspId) ?? [];
    const [own = '', another = ''] = [kept[0], all.get(victim.mspId)?.[0]];
    return [...entries.map((entry) => hostile(entry, own, another)), ...kept];
  };
  await changeTlsAuthorities(consortium.processes.stateDir, by.id, change, cosigners);
  return kept;
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
