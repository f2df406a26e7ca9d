// SPDX-License-Identifier: Apache-2.0
import { ceremonyOutcomeInPieces, type CeremonyOutcome } from '@tutela/crypto/verify';
import { dealingsOf, termsOf } from '../../domain/ceremony.js';
import { afterFailure, afterStart, withStartBack } from '../../domain/ceremony-pace.js';
import type { Ceremony, CustodianSet, Member } from '../../domain/custody.js';
import { DomainError } from '../../domain/errors.js';
import type { CeremonyId, MspId } from '../../domain/ids.js';
import { msOf } from '../../domain/time.js';
import type { CeremonyHead, CeremonyPart } from '../../state/ceremony-parts.js';
import { piecewise } from '../../state/in-turn.js';
import { keys } from '../../state/keys.js';
import type { Ledger, Reader } from '../../state/ledger.js';
import { list, read, readExisting, remove, write } from '../../state/store.js';
import { startedPace } from './pace.js';

/** A ceremony with all contributions of the given kinds; those that are left out are not read, so they cannot conflict. */
export async function readCeremony(
  reader: Reader,
  id: CeremonyId,
  kinds: readonly CeremonyPart['kind'][] = ['join', 'deal', 'confirm', 'complain'],
): Promise<Ceremony> {
  const head = await readExisting(reader, keys.ceremony(id));
  const parts = await Promise.all(kinds.map((kind) => list(reader, keys.ceremonyPart(id, kind))));
  return assemble(head, parts.flat());
}

/** A ceremony that still runs; throws CEREMONY_INVALID for one that has ended. */
export async function readRunning(
  reader: Reader,
  id: CeremonyId,
  kinds: readonly CeremonyPart['kind'][],
): Promise<Ceremony> {
  const ceremony = await readCeremony(reader, id, kinds);
  if (ceremony.phase === 'active' || ceremony.phase === 'aborted') throw invalid('the ceremony has ended');
  return ceremony;
}

/** The custodian set from which a refresh or reshare starts. */
export async function previousSet(reader: Reader, { kind }: Ceremony): Promise<CustodianSet | undefined> {
  return kind === 'dkg' ? undefined : readExisting(reader, keys.custodians());
}

/** The caller's place among members or dealers; throws CALLER_NOT_ENTITLED. */
export function placeOf(reader: Reader, among: readonly Member[]): Member {
  const place = among.find(({ mspId }) => mspId === reader.caller.mspId);
  if (place === undefined)
    throw new DomainError('CALLER_NOT_ENTITLED', 'the custodian has no such part in the ceremony');
  return place;
}

/** What the dealings of a ceremony make, as it was computed with the last one of them. */
export async function outcomeOf(ledger: Ledger, ceremony: Ceremony): Promise<CeremonyOutcome> {
  const known = await read(ledger, keys.ceremonyOutcome(ceremony.ceremonyId));
  // An earlier version wrote none with the last dealing.
  return known ?? writeOutcome(ledger, ceremony, await previousSet(ledger, ceremony));
}

/**
 * Computes what the dealings of a ceremony make and writes it, so that this is done once for all who confirm. Throws
 * CEREMONY_INVALID where they make no key.
 */
export async function writeOutcome(
  ledger: Ledger,
  ceremony: Ceremony,
  previous: CustodianSet | undefined,
): Promise<CeremonyOutcome> {
  const outcome = await computeOutcome(ledger, ceremony, previous);
  await write(ledger, keys.ceremonyOutcome(ceremony.ceremonyId), outcome);
  return outcome;
}

async function computeOutcome(
  ledger: Ledger,
  ceremony: Ceremony,
  previous: CustodianSet | undefined,
): Promise<CeremonyOutcome> {
  const pieces = ceremonyOutcomeInPieces(termsOf(ceremony, previous), dealingsOf(ceremony));
  try {
    return await piecewise(ledger, pieces);
  } catch (cause) {
    throw invalid('the dealings make no key', cause);
  }
}

/**
 * Throws CEREMONY_INVALID unless this is the hash of what the ledger has of a ceremony in which everyone has dealt. A
 * confirmation or a complaint is about a whole transcript; a peer that was given another chain has another transcript.
 */
export async function requireTranscript(
  ledger: Ledger,
  ceremony: Ceremony,
  transcriptHash: string | undefined,
): Promise<void> {
  const outcome = await outcomeOf(ledger, ceremony);
  if (transcriptHash !== outcome.transcriptHash) throw invalid('this is the hash of another transcript');
}

/**
 * Ends a ceremony without a result, on the account of a hospital: of its starter, or of one at whose pace it might have
 * started itself, and which made it end. That one waits before it starts, or ends, another one: no hospital can keep the
 * place of the open ceremony taken. Where another hospital pays, the starter has its start back, and with `starterWaits`
 * it waits for the time that the ceremony was open all the same.
 */
export async function endWithoutResult(
  ledger: Ledger,
  ceremony: Ceremony,
  payer: MspId,
  { starterWaits = false } = {},
): Promise<void> {
  const { ceremonyId, startedBy, startedAt, members } = ceremony;
  const inForce = await previousSet(ledger, ceremony);
  const openMs = msOf(ledger.now) - msOf(startedAt);
  const lasted = { openMs, members: Math.max(members.length, inForce?.members.length ?? 0) };
  // An earlier version kept no pace of who started a ceremony: it counts as its first.
  const started =
    (await read(ledger, keys.ceremonyPace(startedBy))) ?? afterStart(undefined, startedBy, startedAt);
  if (payer !== startedBy) {
    const refunded = withStartBack(started);
    const waiting = afterFailure(refunded, ledger.now, lasted);
    await write(ledger, keys.ceremonyPace(startedBy), starterWaits ? waiting : refunded);
  }
  const pace = payer === startedBy ? started : await startedPace(ledger, payer);
  const isEndOwn = [startedBy, payer].includes(ledger.caller.mspId);
  const paused = afterFailure(pace, ledger.now, { ...lasted, isEndOwn });
  await write(ledger, keys.ceremonyPace(payer), paused);
  await write(ledger, keys.ceremony(ceremonyId), headOf(ceremony, 'aborted'));
  await remove(ledger, keys.openCeremony());
}

/** The end of a ceremony, written over its beginning; the next one may start. */
export function headOf(ceremony: Ceremony, ended: NonNullable<CeremonyHead['ended']>): CeremonyHead {
  const { v, ceremonyId, kind, threshold, members, dealers, epoch, fromEpoch, startedAt, startedBy } =
    ceremony;
  const start = { v, ceremonyId, kind, threshold, members, dealers, epoch, startedAt, startedBy };
  return { ...start, ...(fromEpoch !== undefined && { fromEpoch }), ended };
}

/** The one error of a step that the ceremony does not allow. */
export function invalid(message: string, cause?: unknown): DomainError {
  return new DomainError('CEREMONY_INVALID', message, { cause });
}

/** The ceremony that is open, if one is. */
export async function openCeremonyId(reader: Reader): Promise<CeremonyId | undefined> {
  return (await read(reader, keys.openCeremony()))?.ceremonyId;
}

function assemble(head: CeremonyHead, parts: readonly CeremonyPart[]): Ceremony {
  const { ended, ...start } = head;
  const joins = byMember(parts, (part) => (part.kind === 'join' ? part.ephemeralKey : undefined));
  const dealings = byMember(parts, (part) => (part.kind === 'deal' ? part.dealing : undefined));
  const confirmations = byMember(parts, (part) =>
    part.kind === 'confirm' ? part.transcriptHash : undefined,
  );
  const complaints = parts.flatMap((part) => (part.kind === 'complain' ? [part.complaint] : []));
  const running = runningPhase(head, Object.keys(joins).length, Object.keys(dealings).length);
  const phase = ended ?? (complaints.length > 0 ? 'disputed' : running);
  return { ...start, joins, dealings, confirmations, complaints, phase };
}

function runningPhase(
  { members, dealers }: CeremonyHead,
  joined: number,
  dealt: number,
): 'joining' | 'dealing' | 'confirming' {
  if (joined < members.length) return 'joining';
  return dealt < dealers.length ? 'dealing' : 'confirming';
}

function byMember<T>(
  parts: readonly CeremonyPart[],
  select: (part: CeremonyPart) => T | undefined,
): Readonly<Record<MspId, T>> {
  const selected = parts.flatMap((part) => {
    const value = select(part);
    return value === undefined ? [] : [[part.from, value] as const];
  });
  return Object.fromEntries(selected);
}
