// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { DomainError, ID_PREFIXES, type CeremonyKind, type CustodianSet } from '@tutela/chaincode/domain';
import type { Ledger } from '../ledger/ledger.js';

/** What an operator asks for; without members, those of the active set or, for a first key, all registered. */
export type DesiredCeremony = Readonly<{
  kind: CeremonyKind;
  threshold?: number | undefined;
  members?: readonly string[] | undefined;
}>;

/** The active set, all registered custodians, and those that reported their head lately, newest first. */
export type Present = Readonly<{
  active: CustodianSet | undefined;
  registered: readonly string[];
  livePeers: readonly string[];
}>;

type Request = Readonly<{ members: readonly string[]; threshold: number; dealers?: readonly string[] }>;

/** Starts a ceremony and returns its id; throws CONFLICT when it does not fit the active set. */
export async function startCeremony(
  ledger: Ledger,
  desired: DesiredCeremony,
  present: Present,
): Promise<string> {
  const ceremonyId = `${ID_PREFIXES.ceremony}${randomBytes(16).toString('base64url')}`;
  const request =
    desired.kind === 'dkg' ? newKey(desired, present) : sharedAnew(desired, present, ledger.mspId);
  // Whoever starts a ceremony answers for it with a part in it, and may end it.
  if (![...request.members, ...(request.dealers ?? [])].includes(ledger.mspId))
    throw new DomainError('CONFLICT', 'this custodian would have no part in the ceremony');
  await ledger.submit('custody:StartCeremony', { ceremonyId, kind: desired.kind, ...request });
  return ceremonyId;
}

/** The smallest majority. */
export function majority(members: number): number {
  return Math.floor(members / 2) + 1;
}

function newKey(desired: DesiredCeremony, { active, registered }: Present): Request {
  if (active !== undefined)
    throw new DomainError('CONFLICT', 'there is a key already; refresh or reshare it');
  const members = desired.members ?? [...registered].sort();
  return { members, threshold: desired.threshold ?? majority(members.length) };
}

function sharedAnew(
  desired: DesiredCeremony,
  { active, registered, livePeers }: Present,
  own: string,
): Request {
  if (active === undefined) throw new DomainError('CUSTODY_INACTIVE', 'there is no key yet; start with dkg');
  const old = active.members.map(({ mspId }): string => mspId);
  const members = desired.members ?? (desired.kind === 'refresh' ? old : [...registered].sort());
  const threshold =
    desired.threshold ?? (desired.kind === 'refresh' ? active.threshold : majority(members.length));
  const dealers = dealersAmong(old, { own, livePeers, staying: members });
  return { members, threshold, dealers: dealers.slice(0, active.threshold) };
}

/**
 * Old members in the order in which they are likely to answer: this one, the live ones, the others; who stays
 * comes before who leaves, since only the operators of those who stay must approve anyway.
 */
function dealersAmong(
  old: readonly string[],
  { own, livePeers, staying }: Readonly<Record<'livePeers' | 'staying', readonly string[]> & { own: string }>,
): readonly string[] {
  const likely = [...new Set([own, ...livePeers, ...old])].filter((mspId) => old.includes(mspId));
  const stays = (mspId: string): boolean => staying.includes(mspId);
  return [...likely.filter(stays), ...likely.filter((mspId) => !stays(mspId))];
}
