// SPDX-License-Identifier: Apache-2.0
// How a custodian's journal opens and is read at a size: node scripts/bench-journal.mjs [GiB, 10] [folder]
// The lines are chained as a custodian writes them; their signatures are of the right length only, to save the time.
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from '../custodian/dist/journal/journal.js';

const GIB = 1024 ** 3;
const BATCH = 20_000;
const LINE_BYTES = 640;

const bytes = Number(process.argv[2] ?? 10) * GIB;
const folder = process.argv[3] ?? (await mkdtemp(join(tmpdir(), 'journal-bench-')));
const signer = { identity: { mspId: 'AlderMSP', sign: () => 's'.repeat(86) }, clock: Date.now };

const segment = { recordId: `rec_${'r'.repeat(22)}`, version: 1, segmentId: `seg_${'s'.repeat(22)}` };
const facts = {
  ...{ kind: 'release', decision: 'permit', requestHash: 'h'.repeat(43), intentId: `in_${'i'.repeat(22)}` },
  ...{ requester: { mspId: 'BirchMSP', practitionerId: `pr_${'p'.repeat(22)}` }, segment, height: 1_000_000 },
  ...{ txId: 't'.repeat(64), label: 'l'.repeat(43), epoch: 12 },
};

const journalFolder = join(folder, 'journal');
if (existsSync(journalFolder)) throw new Error('the folder has a journal already; name another one');
const writing = await Journal.open(journalFolder, signer);
while (writing.length * LINE_BYTES < bytes) await writing.append(Array.from({ length: BATCH }, () => facts));
const { length, head } = writing;
await writing.close();

globalThis.gc?.();
const before = process.memoryUsage().rss;
const opened = await timed(() => Journal.open(journalFolder, signer));
const journal = opened.value;
const isSameHead = journal.head === head && journal.length === length;
const grown = process.memoryUsage().rss - before;
const first = await timed(() => journal.read(1));
const middle = await timed(() => journal.read(Math.floor(length / 2)));
const again = await timed(() => journal.read(Math.floor(length / 2) + 500));
const appended = await timed(() => journal.append([facts]));
console.log({
  lines: length,
  segments: (await readdir(journalFolder)).length,
  isSameHead,
  fault: journal.fault ?? null,
  openMs: opened.ms,
  openMiB: Math.round(grown / 1024 ** 2),
  firstPageMs: first.ms,
  middlePageMs: middle.ms,
  nextPageMs: again.ms,
  appendMs: appended.ms,
});
await journal.close();
await rm(process.argv[3] === undefined ? folder : journalFolder, { recursive: true });

async function timed(act) {
  const startedAt = performance.now();
  const value = await act();
  return { value, ms: Math.round(performance.now() - startedAt) };
}
