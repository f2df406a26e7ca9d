// SPDX-License-Identifier: Apache-2.0
import {
  DomainError,
  instant,
  segmentNameOf,
  type CustodianSet,
  type ListedEntry,
} from '@tutela/chaincode/domain';
import { z } from 'zod';
import { entriesAbout } from '../degraded/posted-entries.js';
import type { Ledger } from '../ledger/ledger.js';
import type { JournalLine } from './entry.js';
import { OVERLAP_LINES } from './read-journal.js';

/**
 * How many things that the ledger does not have one journal may name in one comparison: who invents them costs the own
 * peer no more questions. More than the lines that are read again, so that the next comparison comes further.
 */
export const MAX_UNKNOWN = 2 * OVERLAP_LINES;

/** What a custodian wrote that may name an epoch. */
type Naming = Readonly<{ epoch?: number | undefined }>;
type Lines = ReadonlyMap<string, readonly JournalLine[] | undefined>;

/** What the ledger has of that which journals name. */
export type LookedUp = Readonly<{
  /** The journals up to where they were looked up. */
  journals: Lines;
  /** Custodians whose journal goes on after that. */
  unfinished: readonly string[];
  /** Those of them whose journal was left off before a line whose block the own peer may still come to. */
  leftOff: readonly string[];
  /** By intent that the ledger has, the names of the segments that it permits. */
  intents: ReadonlyMap<string, ReadonlySet<string>>;
  /** All entries about the requests that the journals name. */
  entries: readonly ListedEntry[];
}>;

const segments = z.looseObject({
  segments: z.array(
    z.looseObject({
      recordId: z.string(),
      version: z.number().int(),
      segmentId: z.string(),
      decision: z.enum(['permit', 'deny']),
    }),
  ),
});

const custodianSet = z.looseObject({
  threshold: z.number().int().min(1),
  activatedAt: z.transform((value: unknown) => instant(value, '$.activatedAt')),
});

/** What a custodian set counts by, and since when. */
export type Epoch = Pick<CustodianSet, 'threshold' | 'activatedAt'>;

/** Each epoch that custodians name and the ledger has; what a custodian invents counts against it alone. */
export async function epochsIn(
  ledger: Ledger,
  written: ReadonlyMap<string, readonly Naming[] | undefined>,
): Promise<ReadonlyMap<number, Epoch>> {
  const epochs = new Map<number, Epoch | undefined>();
  for (const named of written.values()) {
    if (named === undefined) continue;
    await known(named, nameOfEpoch, async ({ epoch }) => {
      if (epoch === undefined) return true;
      return has(epochs, epoch, () => epochOf(ledger, epoch));
    });
  }
  return foundOf(epochs);
}

/**
 * Asks the own peer, by key, for the intents and the degraded requests for which journals say that shares were given.
 * A journal is looked up to before the first line that names what the peer does not have and may still come to.
 */
export async function lookUp(
  ledger: Ledger,
  journals: Lines,
  isAhead: (mspId: string, line: JournalLine) => boolean = () => false,
): Promise<LookedUp> {
  const intents = new Map<string, ReadonlySet<string> | undefined>();
  const requests = new Map<string, readonly ListedEntry[] | undefined>();
  const isKnown = async ({ decision, kind, intentId, requestHash }: JournalLine): Promise<boolean> => {
    if (decision !== 'permit') return true;
    if (intentId !== undefined) return has(intents, intentId, () => permitsOf(ledger, intentId));
    if (!kind.startsWith('degraded-')) return true;
    return has(requests, requestHash, () => entriesAbout(ledger, requestHash));
  };
  const found = new Map<string, readonly JournalLine[] | undefined>();
  const leftOff: string[] = [];
  for (const [mspId, lines] of journals) {
    const isStop = (line: JournalLine): boolean => isAhead(mspId, line);
    const part = lines && (await known(lines, nameOfRequest, isKnown, isStop));
    found.set(mspId, part);
    const next = lines?.[part?.length ?? 0];
    if (next !== undefined && isStop(next)) leftOff.push(mspId);
  }
  return {
    journals: found,
    leftOff,
    unfinished: [...journals].flatMap(([mspId, { length } = { length: 0 }]) =>
      (found.get(mspId)?.length ?? 0) < length ? [mspId] : [],
    ),
    intents: foundOf(intents),
    entries: [...requests.values()].flatMap((entries) => entries ?? []),
  };
}

const nameOfRequest = ({ intentId, requestHash }: JournalLine): string => intentId ?? requestHash;
const nameOfEpoch = ({ epoch }: Naming): number | undefined => epoch;

/** The lines up to where they name more unknown things than one journal may, or one at which they are left off. */
async function known<T>(
  lines: readonly T[],
  nameOf: (line: T) => string | number | undefined,
  isKnown: (line: T) => Promise<boolean>,
  isStop: (line: T) => boolean = () => false,
): Promise<readonly T[]> {
  const unknown = new Set<string | number | undefined>();
  for (const [at, line] of lines.entries()) {
    if (await isKnown(line)) continue;
    unknown.add(nameOf(line));
    if (isStop(line) || unknown.size > MAX_UNKNOWN) return lines.slice(0, at);
  }
  return lines;
}

async function has<K, T>(
  found: Map<K, T | undefined>,
  name: K,
  ask: () => Promise<T | undefined>,
): Promise<boolean> {
  if (!found.has(name)) found.set(name, await ask());
  return found.get(name) !== undefined;
}

function foundOf<K, T>(asked: ReadonlyMap<K, T | undefined>): ReadonlyMap<K, T> {
  return new Map(
    [...asked].flatMap(([name, found]) => (found === undefined ? [] : [[name, found] as const])),
  );
}

async function epochOf(ledger: Ledger, epoch: number): Promise<Epoch | undefined> {
  const set = await unlessUnknown(ledger.evaluate('custody:GetEpoch', { epoch }));
  return set === undefined ? undefined : custodianSet.parse(set);
}

async function permitsOf(ledger: Ledger, intentId: string): Promise<ReadonlySet<string> | undefined> {
  const intent = await unlessUnknown(ledger.evaluate('access:GetIntent', { intentId }));
  if (intent === undefined) return undefined;
  const permitted = segments.parse(intent).segments.filter(({ decision }) => decision === 'permit');
  return new Set(permitted.map(segmentNameOf));
}

/** What the ledger answers; undefined where a journal names what is no id, or nothing that the ledger has. */
async function unlessUnknown(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof DomainError && ['NOT_FOUND', 'BAD_REQUEST'].includes(error.code)) return undefined;
    throw error;
  }
}
