// SPDX-License-Identifier: Apache-2.0
import { instant, mspId as mspIdOf, p256PublicKey, type Custodian } from '@tutela/chaincode/domain';
import { z } from 'zod';
import type { PostedEntries } from '../degraded/posted-entries.js';
import { epochsNamedBy, reconcileDegraded, type DegradedReport } from '../degraded/reconcile-degraded.js';
import type { ForeignBlocks } from '../freshness/foreign-blocks.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Log } from '../log.js';
import type { PeerClient } from '../peers/peer-client.js';
import { EMPTY_HEAD, lineHash, type JournalLine } from './entry.js';
import type { LinesAhead } from './lines-ahead.js';
import { epochsIn, lookUp } from './look-up.js';
import { readJournal } from './read-journal.js';
import { reconcileJournals, type JournalReport } from './reconcile.js';
import type { SeenHead } from './rewritten.js';
import type { SeenHeads } from './seen-heads.js';
import { verifyYielding, type JournalFault } from './verify-journal.js';

type Parts = Readonly<{
  ledger: Ledger;
  client: PeerClient;
  custodians: () => readonly Custodian[];
  threshold: () => number;
  seenHeads: SeenHeads;
  /** Lines of before about blocks that the own peer did not have. */
  ahead: LinesAhead;
  posted: PostedEntries;
  /** Blocks that orderers signed and that the own chain does not have. */
  foreignBlocks: Pick<ForeignBlocks, 'signerOf'>;
  log: Log;
}>;
type Journals = ReadonlyMap<string, readonly JournalLine[] | undefined>;

/** The report, with journals that do not verify beside it, and how many lines of each were compared. */
export type FullReport = JournalReport &
  Readonly<{
    faults: readonly (JournalFault & Readonly<{ mspId: string }>)[];
    compared: Readonly<Record<string, number>>;
    /** What was opened while the ledger stalled; what is late, and what no person signed, asks for a look, no more. */
    degraded: DegradedReport;
    /** Whether the ledger's list of degraded entries goes on after what was compared; the next comparison does too. */
    entriesUnfinished: boolean;
    /** True when nothing at all speaks against any custodian or orderer; `tooFew` and `silent` alone ask for a look. */
    clean: boolean;
  }>;

const registered = z.looseObject({
  keys: z.array(
    z.looseObject({ publicKey: z.transform((value: unknown) => p256PublicKey(value, '$.publicKey')) }),
  ),
});

const heartbeats = z.looseObject({
  heartbeats: z.array(
    z.looseObject({
      mspId: z.transform((value: unknown) => mspIdOf(value, '$.mspId')),
      journalHead: z.string().max(64),
      at: z.transform((value: unknown) => instant(value, '$.at')).optional(),
    }),
  ),
});

/**
 * Reads on in every custodian's journal, the own one included, from where it was last found sound, and compares it with
 * the ledger and with what it showed before: a bounded number of lines at a time, so that a journal of any length is
 * read to its end.
 */
export async function reconcileWithLedger(parts: Parts): Promise<FullReport> {
  const all = parts.custodians();
  // What was shown must be older than what is read, or a line written in between would look like a lie.
  const seen = await seenBefore(parts);
  const upTo = new Map(seen.flatMap(({ mspId, seq }) => (seq === undefined ? [] : [[mspId, seq] as const])));
  const read = await Promise.all(all.map((one) => readJournal(parts, one, { after: upTo.get(one.mspId) })));
  const journals = new Map(all.map(({ mspId }, at) => [mspId as string, read[at]?.lines] as const));
  const faults = await faultsIn(parts.ledger, journals);
  const sound = beforeFaults(journals, faults);
  const height = (await parts.ledger.height()) - 1;
  const lookedUp = await lookUp(parts.ledger, sound, (mspId, line) => {
    const isNew = line.seq > (upTo.get(mspId) ?? 0);
    return isNew && parts.ahead.isAhead(mspId, line, height);
  });
  const unfinished = new Set([
    ...all.flatMap(({ mspId }, at) => (read[at]?.isWhole === false ? [mspId] : [])),
    ...lookedUp.unfinished,
  ]);
  const report = reconcileJournals({
    ...{ journals, lookedUp: lookedUp.journals, intents: lookedUp.intents },
    ...{ seen: [...seen, ...parts.ahead.heads()], unfinished, threshold: parts.threshold() },
    epochs: await epochsIn(parts.ledger, lookedUp.journals),
    forkedBy: (height, hash) => parts.foreignBlocks.signerOf(height, hash),
  });
  const compared = without([...faults, ...report.rewritten], lookedUp.journals);
  parts.ahead.note({ shown: sound, compared, leftOff: lookedUp.leftOff });
  await rememberSound(parts.seenHeads, compared);
  const posted = await parts.posted.readOn(parts.ledger);
  const entries = [
    ...new Map(
      [...lookedUp.entries, ...posted.entries].map((one) => [`${one.requestHash} ${one.mspId}`, one]),
    ).values(),
  ];
  const partly = new Set([...unfinished, ...faults.map(({ mspId }) => mspId)]);
  const degraded = reconcileDegraded(lookedUp.journals, entries, {
    threshold: parts.threshold(),
    epochs: await epochsIn(parts.ledger, epochsNamedBy(entries)),
    unfinished: partly,
  });
  const { withoutIntent, withoutPermit, onFork, rewritten } = report;
  const against = [
    withoutIntent,
    withoutPermit,
    onFork,
    rewritten,
    faults,
    degraded.missing,
    degraded.changed,
    degraded.unrecorded,
  ];
  const clean = against.every(({ length }) => length === 0);
  const counts = Object.fromEntries(
    [...lookedUp.journals].map(([mspId, { length } = { length: 0 }]) => [mspId, length]),
  );
  return { ...report, faults, compared: counts, degraded, entriesUnfinished: !posted.isWhole, clean };
}

/** Lines from a journal's first fault on prove nothing, and are not looked up. */
function beforeFaults(journals: Journals, faults: FullReport['faults']): Journals {
  const ends = new Map(faults.map(({ mspId, seq }) => [mspId, seq]));
  return new Map(
    [...journals].map(([mspId, lines]) => {
      const end = ends.get(mspId);
      return [mspId, end === undefined ? lines : lines?.slice(0, end - (lines[0]?.seq ?? end))];
    }),
  );
}

async function faultsIn(ledger: Ledger, journals: Journals): Promise<FullReport['faults']> {
  const faults: (JournalFault & { mspId: string })[] = [];
  for (const [mspId, lines = []] of journals) {
    const [first] = lines;
    if (first === undefined) continue;
    const from = first.seq === 1 ? { seq: 1, prevHash: EMPTY_HEAD } : first;
    const fault = await verifyYielding(lines, { publicKeys: await keysOf(ledger, mspId), from });
    if (fault !== undefined) faults.push({ mspId, ...fault });
  }
  return faults;
}

/** Asked for after the lines were read, so that a key is known before what it signed is judged. */
async function keysOf(ledger: Ledger, mspId: string): Promise<readonly string[]> {
  const { keys } = registered.parse(await ledger.evaluate('registry:GetCustodianKeys', { mspId }));
  return keys.map(({ publicKey }) => publicKey);
}

async function seenBefore({ ledger, seenHeads }: Parts): Promise<readonly SeenHead[]> {
  const onLedger = heartbeats.parse(await ledger.evaluate('custody:ListHeartbeats', {})).heartbeats;
  return [
    ...onLedger.map(({ mspId, journalHead: head, at }) => ({
      mspId,
      head,
      seenIn: 'heartbeat' as const,
      ...(at && { at }),
    })),
    ...Object.entries(await seenHeads.all()).map(([mspId, { head, seq }]) => ({
      mspId,
      head,
      seenIn: 'reading' as const,
      ...(seq !== undefined && { seq }),
    })),
  ];
}

/** A journal that is at fault keeps what it showed when it was sound, so that the fault shows again. */
function without(faulty: readonly Readonly<{ mspId: string }>[], journals: Journals): Journals {
  const names = new Set(faulty.map(({ mspId }) => mspId));
  return new Map([...journals].filter(([mspId]) => !names.has(mspId)));
}

async function rememberSound(seenHeads: SeenHeads, journals: Journals): Promise<void> {
  const heads = [...journals].flatMap(([mspId, lines = []]) => {
    const last = lines.at(-1);
    return last === undefined ? [] : [[mspId, { head: lineHash(last), seq: last.seq }] as const];
  });
  if (heads.length > 0) await seenHeads.remember(Object.fromEntries(heads));
}
