// SPDX-License-Identifier: Apache-2.0
import { BlockIndex } from '../support/block-index.js';
import { storeRecord } from '../support/clinic.js';
import type { Consortium, Hospital } from '../support/consortium.js';
import { CustodianClient } from '../support/custodian-client.js';
import { currentCustody } from '../support/custody.js';
import { smallDocument } from '../support/fixtures.js';
import { insider, insiderSettings } from '../support/insider.js';
import type { LedgerClient } from '../support/ledger-client.js';
import type { PatientWallet } from '../support/patient-wallet.js';
import type { Session } from '../support/rest-client.js';
import { JournalAudit } from './journal-audit.js';

const READERS = 4;
const SEGMENTS = 4;

/** Everything that stays the same from race to race. */
export interface Track {
  readonly consortium: Consortium;
  readonly home: Hospital;
  /** Where the readers are. */
  readonly away: Hospital;
  readonly author: Session;
  readonly readers: readonly Session[];
  /** n − t + 1: when so many custodians refuse, the others cannot open anything. */
  readonly enoughToStop: number;
  readonly custodians: CustodianClient;
  /** The authoring hospital's own process identity on the ledger. */
  readonly ledger: LedgerClient;
  /** The blocks of every hospital's own peer. */
  readonly blocks: readonly BlockIndex[];
  readonly journals: readonly JournalAudit[];
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly close: () => Promise<void>;
}

/** A patient whose records are raced for: of one segment each, all with the same content. */
export interface Chart {
  readonly patient: PatientWallet;
  readonly content: Uint8Array;
  readonly segments: readonly Readonly<{ recordId: string; version: number; segmentId: string }>[];
}

/** Enrols a race's people, and follows every peer and every custodian's journal from now on. */
export async function openTrack(consortium: Consortium, random: () => number): Promise<Track> {
  const { hospitals } = consortium;
  const [home, away] = [consortium.at(0), consortium.at(1)];
  const custodians = new CustodianClient(home);
  const ledger = insider(home);
  const author = await consortium.person(home, 'physician');
  const readers = Array.from({ length: READERS }, () => consortium.person(away, 'physician'));
  const { members, threshold } = await currentCustody(author);
  const blocks = await Promise.all(
    hospitals.map((hospital) => BlockIndex.follow(insiderSettings(hospital, 'gateway'))),
  );
  return {
    consortium,
    home,
    away,
    author,
    readers: await Promise.all(readers),
    enoughToStop: members.length - threshold + 1,
    custodians,
    ledger,
    blocks,
    journals: await Promise.all(hospitals.map((hospital) => JournalAudit.open(custodians, hospital))),
    random,
    close: async () => {
      await Promise.all(blocks.map((index) => index.stop()));
      ledger.close();
      await custodians.close();
    },
  };
}

/** Registers a new patient and stores what is raced for. */
export async function openChart({ author, consortium, home }: Track): Promise<Chart> {
  const patient = await consortium.patient(home);
  const file = smallDocument('Raced for');
  const store = () => storeRecord(author, patient, file, { category: 'laboratory' });
  const stored = await Promise.all(Array.from({ length: SEGMENTS }, store));
  const segments = stored.flatMap(({ recordId, version, segments: [segment] }) =>
    segment === undefined ? [] : [{ recordId, version, segmentId: segment.segmentId }],
  );
  return { patient, content: file.bytes, segments };
}
