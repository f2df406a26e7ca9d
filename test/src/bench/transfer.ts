// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { grant, openAtOnce, personGrantee, storeRecord } from '../support/clinic.js';
import type { Ward } from './ward.js';
import { measure, round, summarize, type Sample } from './statistics.js';

/** Storing and opening at one size, beside raw Fabric and raw IPFS in the same run; times in milliseconds. */
export interface TransferFigures {
  readonly bytes: number;
  readonly store: Sample;
  readonly open: Sample;
  readonly rawPut: Sample;
  readonly rawAdd: Sample;
  readonly rawCat: Sample;
  /** Median store over the sum of the medians of a raw put and a raw add. */
  readonly storeRatio: number;
  /** Median open over the sum of the medians of a raw put and a raw cat. */
  readonly openRatio: number;
}

/** Measures one size; each run of the product stands beside its raw runs, so that all see the same machine. */
export async function measureTransfer(ward: Ward, bytes: number, runs: number): Promise<TransferFigures> {
  const { author, reader, patient, home, away, raw, ipfs } = ward;
  await grant(author, patient, { grantee: personGrantee(away.mspId, reader), categories: ['imaging'] });
  const times = {
    store: [] as number[],
    open: [] as number[],
    rawPut: [] as number[],
    rawAdd: [] as number[],
    rawCat: [] as number[],
  };
  await measure(
    runs,
    async (run) => {
      const keep = run >= 0;
      const note = async (into: keyof typeof times, call: () => Promise<unknown>) => {
        const started = performance.now();
        await call();
        if (keep) times[into].push(performance.now() - started);
      };
      const content = randomBytes(bytes);
      const other = randomBytes(bytes);
      let recordId = '';
      let cid = '';
      let hospitals = 2;
      await note('store', async () => {
        const file = { name: 'bench', contentType: 'application/octet-stream', bytes: content };
        const stored = await storeRecord(author, patient, file, { category: 'imaging' });
        recordId = stored.recordId;
        hospitals = stored.hospitals;
      });
      await note('rawPut', () => raw.put(home));
      await note('rawAdd', async () => {
        cid = await ipfs.at(home).add(other, hospitals);
      });
      await note('open', () => openAtOnce(reader, { recordId }));
      await note('rawCat', () => ipfs.at(away).cat(cid));
    },
    1,
  );
  const [store, open] = [summarize(times.store), summarize(times.open)];
  const [rawPut, rawAdd, rawCat] = [
    summarize(times.rawPut),
    summarize(times.rawAdd),
    summarize(times.rawCat),
  ];
  return {
    bytes,
    store,
    open,
    rawPut,
    rawAdd,
    rawCat,
    storeRatio: round(store.p50 / (rawPut.p50 + rawAdd.p50)),
    openRatio: round(open.p50 / (rawPut.p50 + rawCat.p50)),
  };
}
