// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { grant, openAtOnce, personGrantee, storeRecord } from '../support/clinic.js';
import { manifestOf } from '../support/insider.js';
import { ratioOfMedians, summarize, timed, type Ratio, type Sample } from './statistics.js';
import type { Ward } from './ward.js';

/** Storing and opening at one size, beside raw Fabric and raw IPFS in the same run; times in milliseconds. */
export interface TransferFigures {
  readonly bytes: number;
  readonly store: Sample;
  readonly open: Sample;
  readonly rawPut: Sample;
  readonly rawAdd: Sample;
  readonly rawCat: Sample;
  /** Store over raw put and raw add. */
  readonly storeRatio: Ratio;
  /** Open over raw put and raw cat. */
  readonly openRatio: Ratio;
}

interface StoreRun {
  readonly store: number;
  readonly put: number;
  readonly add: number;
}
interface OpenRun {
  readonly open: number;
  readonly put: number;
  readonly cat: number;
}

/**
 * Measures one size. In each run the product stands beside the raw systems, in turns first and second, so that all
 * see the same machine. What is read is fresh to the reading hospital's programs and lies on its disk already.
 */
export async function measureTransfer(ward: Ward, bytes: number, runs: number): Promise<TransferFigures> {
  const { author, reader, patient, away } = ward;
  await grant(author, patient, { grantee: personGrantee(away.mspId, reader), categories: ['imaging'] });
  const measured: Readonly<{ stored: StoreRun; opened: OpenRun }>[] = [];
  const warmUp = 1;
  for (let run = -warmUp; run < runs; run += 1) {
    const result = await transferOnce(ward, bytes, run % 2 === 0 ? inOrder : inReverse);
    if (run >= 0) measured.push(result);
  }
  return figuresOf(bytes, measured);
}

/** Does the product's part and the raw part, one after the other. */
type Turns = <A, B>(product: () => Promise<A>, raw: () => Promise<B>) => Promise<readonly [A, B]>;

const inOrder: Turns = async (product, raw) => [await product(), await raw()];
const inReverse: Turns = async (product, raw) => {
  const second = await raw();
  return [await product(), second];
};

async function transferOnce(
  { author, reader, patient, home, away, raw, ipfs }: Ward,
  bytes: number,
  turns: Turns,
): Promise<{ readonly stored: StoreRun; readonly opened: OpenRun }> {
  const file = { name: 'bench', contentType: 'application/octet-stream', bytes: randomBytes(bytes) };
  const other = randomBytes(bytes);
  let recordId = '';
  let cid = '';
  const [store, storedRaw] = await turns(
    () =>
      timed(async () => {
        ({ recordId } = await storeRecord(author, patient, file, { category: 'imaging' }));
      }),
    async () => ({
      put: await timed(() => raw.put(home)),
      add: await timed(async () => {
        cid = await ipfs.at(home).add(other);
      }),
    }),
  );
  const { segments } = await manifestOf(home, recordId);
  const parts = segments.flatMap((segment) => segment.parts.map((part) => part.cid));
  await ipfs.at(home).untilSettled([cid, ...parts]);
  const [open, openedRaw] = await turns(
    () => timed(() => openAtOnce(reader, { recordId })),
    async () => ({ put: await timed(() => raw.put(away)), cat: await timed(() => ipfs.at(away).cat(cid)) }),
  );
  return { stored: { store, ...storedRaw }, opened: { open, ...openedRaw } };
}

function figuresOf(
  bytes: number,
  measured: readonly Readonly<{ stored: StoreRun; opened: OpenRun }>[],
): TransferFigures {
  const stored = measured.map((run) => run.stored);
  const opened = measured.map((run) => run.opened);
  return {
    bytes,
    store: summarize(stored.map(({ store }) => store)),
    open: summarize(opened.map(({ open }) => open)),
    rawPut: summarize([...stored, ...opened].map(({ put }) => put)),
    rawAdd: summarize(stored.map(({ add }) => add)),
    rawCat: summarize(opened.map(({ cat }) => cat)),
    storeRatio: ratioOfMedians(stored.map(({ store, put, add }) => ({ of: store, over: [put, add] }))),
    openRatio: ratioOfMedians(opened.map(({ open, put, cat }) => ({ of: open, over: [put, cat] }))),
  };
}
