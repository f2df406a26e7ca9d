// SPDX-License-Identifier: Apache-2.0
import {
  startCeremony as request,
  type CustodianSet,
  type Member,
  type StartCeremony,
} from '../../domain/custody.js';
import { DomainError } from '../../domain/errors.js';
import type { MspId } from '../../domain/ids.js';
import { requireProcess } from '../../state/caller.js';
import { custodianKeys } from '../../state/custodian-keys.js';
import { requiredEndorsements } from '../../state/endorsement.js';
import type { CeremonyHead } from '../../state/ceremony-parts.js';
import { keys } from '../../state/keys.js';
import type { Ledger } from '../../state/ledger.js';
import { read, requireAbsent, write } from '../../state/store.js';
import { submit, type Transaction } from '../../state/transaction.js';
import { invalid, openCeremonyId } from './ceremony-state.js';
import { requirePace } from './pace.js';

/**
 * A custodian of the present set proposes the next one; whoever joins, deals and confirms agrees to it. A hospital that
 * is to join is named by one of them. The first key needs at least the founders: who happens to be registered early
 * cannot deal it among themselves. Each hospital starts them at a pace of its own.
 */
export const startCeremony = (founders: number): Transaction =>
  submit(request, async (ledger, asked) => {
    await requireProcess(ledger, ['custodian', 'operator']);
    await requireAbsent(ledger, keys.ceremony(asked.ceremonyId));
    if ((await openCeremonyId(ledger)) !== undefined) throw invalid('another ceremony is open');
    const current = await read(ledger, keys.custodians());
    requireStarter(ledger, current?.members.map(({ mspId }) => mspId) ?? asked.members);
    const pace = await requirePace(ledger);
    await requireRegistered(ledger, asked.members);
    requireThreshold(asked);
    await requireEndorsed(ledger, asked);
    const dealers = dealersFor(asked, current, founders);
    const head: CeremonyHead = {
      v: 1,
      ceremonyId: asked.ceremonyId,
      kind: asked.kind,
      threshold: asked.threshold,
      members: numbered(asked.members),
      dealers,
      epoch: (current?.epoch ?? 0) + 1,
      ...(current !== undefined && { fromEpoch: current.epoch }),
      startedAt: ledger.now,
      startedBy: ledger.caller.mspId,
    };
    await write(ledger, keys.ceremony(asked.ceremonyId), head);
    await write(ledger, keys.ceremonyPace(ledger.caller.mspId), pace);
    await write(ledger, keys.openCeremony(), { ceremonyId: asked.ceremonyId });
    const answer = { ...head, joins: {}, dealings: {}, confirmations: {}, complaints: [], phase: 'joining' };
    return { answer, audit: { act: 'ceremony-started' } };
  });

function requireStarter({ caller }: Ledger, entitled: readonly MspId[]): void {
  if (!entitled.includes(caller.mspId))
    throw new DomainError('CALLER_NOT_ENTITLED', 'a ceremony is started by a custodian that takes part');
}

async function requireRegistered(ledger: Ledger, members: readonly MspId[]): Promise<void> {
  if (new Set(members).size !== members.length) throw invalid('a member stands twice');
  // By their keys, of which each registers few: an address is changed at will, and would keep others from starting.
  const known = await Promise.all(members.map((member) => custodianKeys(ledger, member)));
  if (known.some((all) => all.length === 0)) throw invalid('a member has no registered custodian');
}

function requireThreshold({ threshold, members }: StartCeremony): void {
  if (threshold > members.length) throw invalid('the threshold is more than the members');
  if (threshold < Math.floor(members.length / 2) + 1) throw invalid('the threshold must be a majority');
}

/** Else fewer hospitals than it takes to open a record could rewrite the rules under which it opens. */
async function requireEndorsed(ledger: Ledger, { threshold }: StartCeremony): Promise<void> {
  const required = await requiredEndorsements(ledger);
  if (threshold > required)
    throw invalid(
      `changes need the endorsement of ${String(required)} hospitals, fewer than a threshold of ${String(threshold)}; raise the endorsement policy first`,
    );
}

function dealersFor(
  asked: StartCeremony,
  current: CustodianSet | undefined,
  founders: number,
): readonly Member[] {
  if (asked.kind === 'dkg') {
    if (current !== undefined) throw invalid('there is a key already; refresh or reshare it');
    if (asked.dealers !== undefined) throw invalid('every member deals a new key');
    if (asked.members.length < founders) throw invalid(`the first key needs the ${founders} founders`);
    return numbered(asked.members);
  }
  if (current === undefined) throw invalid('there is no key to deal anew');
  if (asked.kind === 'refresh') requireSameSet(asked, current);
  else requireSuccession(asked, current);
  return oldDealers(asked.dealers, current);
}

function requireSameSet({ threshold, members }: StartCeremony, current: CustodianSet): void {
  const same =
    current.members.length === members.length &&
    current.members.every(({ mspId }, i) => mspId === members[i]);
  if (!same || threshold !== current.threshold) throw invalid('a refresh keeps members and threshold');
}

/** So that no minority can move the key into a set of its own friends. */
function requireSuccession({ members }: StartCeremony, current: CustodianSet): void {
  const staying = current.members.filter(({ mspId }) => members.includes(mspId));
  if (staying.length < current.threshold) throw invalid('too few of the present custodians would stay');
}

function oldDealers(
  wanted: readonly MspId[] | undefined,
  { members, threshold }: CustodianSet,
): readonly Member[] {
  const dealers =
    wanted === undefined
      ? members.slice(0, threshold)
      : members.filter(({ mspId }) => wanted.includes(mspId));
  const exact = dealers.length === threshold && (wanted === undefined || wanted.length === threshold);
  if (!exact) throw invalid('exactly as many present custodians deal as the threshold');
  return dealers;
}

function numbered(members: readonly MspId[]): readonly Member[] {
  return members.map((mspId, position) => ({ mspId, index: position + 1 }));
}
