// SPDX-License-Identifier: Apache-2.0
import { chartQuery, grant, personGrantee } from '../support/clinic.js';
import { storedAnswer } from '../support/answers.js';
import { randomNonce } from '../support/random-id.js';
import { growthDuring } from './memory.js';
import { digestOfStream, hashing, patternedStream } from './patterned-stream.js';
import { timed } from './statistics.js';
import type { Ward } from './ward.js';

/** A record of one size stored and opened as streams. */
export interface LargeRecordFigures {
  readonly bytes: number;
  readonly storeMs: number;
  readonly openMs: number;
  /** Most memory above idle in MiB: the authoring gateway while storing, the opening gateway while opening, and this client. */
  readonly growthMib: Readonly<{ storing: number; opening: number; client: number }>;
}

/** Stores and opens one large record; throws when what was opened is not what was stored. */
export async function measureLargeRecord(ward: Ward, bytes: number): Promise<LargeRecordFigures> {
  const { author, reader, patient, home, away, consortium } = ward;
  const [homePid, awayPid] = await Promise.all(
    [home, away].map(async ({ id }) => (await consortium.processes.one(id, 'gateway')).pid ?? 0),
  );
  await grant(author, patient, { grantee: personGrantee(away.mspId, reader), categories: ['genetics'] });
  const sent = hashing(patternedStream(bytes));
  let recordId = '';
  let storeMs = 0;
  const whileStoring = await growthDuring([homePid ?? 0, process.pid], async () => {
    storeMs = await timed(async () => {
      const query = chartQuery(patient, { category: 'genetics' }, 'application/octet-stream');
      const answer = await author.upload(`/v1/records?${query}`, {
        contentType: 'application/octet-stream',
        bytes: sent.stream,
        idempotencyKey: randomNonce(),
      });
      recordId = storedAnswer.parse(answer).recordId;
    });
  });
  let openMs = 0;
  let received = '';
  const whileOpening = await growthDuring([awayPid ?? 0, process.pid], async () => {
    openMs = await timed(async () => {
      received = await digestOf(ward, recordId);
    });
  });
  if (received !== sent.digest()) throw new Error('what was opened is not what was stored');
  const client = Math.max(whileStoring[1] ?? 0, whileOpening[1] ?? 0);
  const growthMib = { storing: whileStoring[0] ?? 0, opening: whileOpening[0] ?? 0, client };
  return { bytes, storeMs: Math.round(storeMs), openMs: Math.round(openMs), growthMib };
}

async function digestOf({ reader }: Ward, recordId: string): Promise<string> {
  const headers = await reader.authorization();
  const path = `/v1/records/${recordId}/content?purpose=TREAT`;
  const { statusCode, body } = await reader.gateway.stream({ method: 'GET', path, headers });
  if (statusCode !== 200) throw new Error(`the large record did not open: ${statusCode}`);
  return digestOfStream(body);
}
