// SPDX-License-Identifier: Apache-2.0
import { chartQuery, grant, openAtOnce, personGrantee, storeRecord } from '../support/clinic.js';
import { storedAnswer } from '../support/answers.js';
import { smallDocument } from '../support/fixtures.js';
import type { RunningProcess } from '../support/processes.js';
import { growthDuring } from './memory.js';
import { digestOfStream, hashing, patternedStream } from './patterned-stream.js';
import type { Ward } from './ward.js';

/** Of the authoring gateway, the opening gateway and this client. */
type PerProcess = Readonly<Record<'storing' | 'opening' | 'client', number>>;

/** A record of one size stored and opened as streams. */
export interface LargeRecordFigures {
  readonly bytes: number;
  readonly storeMs: number;
  readonly openMs: number;
  /** Memory of the same processes before, in MiB; the gateways have stored and opened one small record then. */
  readonly idleMib: PerProcess;
  /** Most memory above idle in MiB. */
  readonly growthMib: PerProcess;
}

/** Stores and opens one large record; throws when what was opened is not what was stored. */
export async function measureLargeRecord(ward: Ward, bytes: number): Promise<LargeRecordFigures> {
  const { home, away, consortium } = ward;
  const [homePid, awayPid] = await Promise.all(
    [home, away].map(async ({ id }) => pidOf(await consortium.processes.one(id, 'gateway'))),
  );
  await warmUp(ward);
  const sent = hashing(patternedStream(bytes));
  const storing = await growthDuring([homePid ?? 0, process.pid], () => store(ward, sent.stream));
  const opening = await growthDuring([awayPid ?? 0, process.pid], () => digestOf(ward, storing.result));
  if (opening.result !== sent.digest()) throw new Error('what was opened is not what was stored');
  const [stored, opened] = [storing.memory, opening.memory];
  const clients = [stored[1], opened[1]];
  return {
    bytes,
    storeMs: storing.ms,
    openMs: opening.ms,
    idleMib: {
      storing: stored[0]?.idle ?? Number.NaN,
      opening: opened[0]?.idle ?? Number.NaN,
      client: stored[1]?.idle ?? Number.NaN,
    },
    growthMib: {
      storing: stored[0]?.growth ?? Number.NaN,
      opening: opened[0]?.growth ?? Number.NaN,
      client: Math.max(...clients.map((each) => each?.growth ?? Number.NaN)),
    },
  };
}

function pidOf({ name, pid }: RunningProcess): number {
  if (pid === undefined) throw new Error(`${name} does not run`);
  return pid;
}

/** Grants the reader what is measured, and lets both gateways load what they need for any record. */
async function warmUp({ author, reader, patient, away }: Ward): Promise<void> {
  await grant(author, patient, { grantee: personGrantee(away.mspId, reader), categories: ['genetics'] });
  const { recordId } = await storeRecord(author, patient, smallDocument('Warm'), { category: 'genetics' });
  await openAtOnce(reader, { recordId });
}

async function store({ author, patient }: Ward, bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const contentType = 'application/octet-stream';
  const query = chartQuery(patient, { category: 'genetics' }, contentType);
  const answer = await author.upload(`/v1/records?${query}`, { contentType, bytes });
  return storedAnswer.parse(answer).recordId;
}

async function digestOf({ reader }: Ward, recordId: string): Promise<string> {
  const headers = await reader.authorization();
  const path = `/v1/records/${recordId}/content?purpose=TREAT`;
  const { statusCode, body } = await reader.gateway.stream({ method: 'GET', path, headers });
  if (statusCode !== 200) throw new Error(`the large record did not open: ${statusCode}`);
  return digestOfStream(body);
}
