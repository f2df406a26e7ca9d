// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { DomainError, ID_PREFIXES, type CeremonyKind, type CustodianSet } from '@tutela/chaincode/domain';
import type { Ledger } from '../ledger/ledger.js';

/** What an operator asks for; without members, those of the active set or, for a first key, all registered. */
export type CeremonyWish = Readonly<{
  kind: CeremonyKind;
  threshold?: number | undefined;
  members?: readonly string[] | undefined;
}>;

/** Who there is: the active set, all registered custodians, and who was heard from lately. */
export type Present = Readonly<{
  active: CustodianSet | undefined;
  registered: readonly string[];
  heard: readonly string[];
}>;

type Request = Readonly<{ members: readonly string[]; threshold: number; dealers?: readonly string[] }>;

/** Starts a ceremony and returns its id; throws CONFLICT when the wish does not fit what is there. */
export async function startCeremony(ledger: Ledger, wish: CeremonyWish, present: Present): Promise<string> {
  const ceremonyId = `${ID_PREFIXES.ceremony}${randomBytes(16).toString('base64url')}`;
  const request = wish.kind === 'dkg' ? newKey(wish, present) : sharedAnew(wish, present, ledger.mspId);
  // Whoever starts a ceremony answers for it with a part in it, and may end it.
  if (![...request.members, ...(request.dealers ?? [])].includes(ledger.mspId))
    throw new DomainError('CONFLICT', 'this custodian would have no part in the ceremony');
  await ledger.submit('custody:StartCeremony', { ceremonyId, kind: wish.kind, ...request });
  return ceremonyId;
}

/** The smallest majority. */
export function majority(members: number): number {
  return Math.floor(members / 2) + 1;
}

function newKey(wish: CeremonyWish, { active, registered }: Present): Request {
  if (active !== undefined)
    throw new DomainError('CONFLICT', 'there is a key already; refresh or reshare it');
  const members = wish.members ?? [...registered].sort();
  return { members, threshold: wish.threshold ?? majority(members.length) };
}

function sharedAnew(wish: CeremonyWish, { active, registered, heard }: Present, own: string): Request {
  if (active === undefined) throw new DomainError('CUSTODY_INACTIVE', 'there is no key yet; start with dkg');
  const old = active.members.map(({ mspId }): string => mspId);
  const members = wish.members ?? (wish.kind === 'refresh' ? old : [...registered].sort());
  const threshold = wish.threshold ?? (wish.kind === 'refresh' ? active.threshold : majority(members.length));
  const dealers = dealersAmong(old, { own, heard, staying: members });
  return { members, threshold, dealers: dealers.slice(0, active.threshold) };
}

/**
 * Old members in the order in which they are likely to answer: this one, those heard lately, the others; who stays
 * comes before who leaves, since only the operators of those who stay must approve anyway.
 */
function dealersAmong(
  old: readonly string[],
  { own, heard, staying }: Readonly<Record<'heard' | 'staying', readonly string[]> & { own: string }>,
): readonly string[] {
  const likely = [...new Set([own, ...heard, ...old])].filter((mspId) => old.includes(mspId));
  const stays = (mspId: string): boolean => staying.includes(mspId);
  return [...likely.filter(stays), ...likely.filter((mspId) => !stays(mspId))];
}
