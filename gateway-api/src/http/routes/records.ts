// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { DomainError, type Category, type Handle, type Month, type RecordId } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import { MAX_BUNDLE_BYTES, type ContentFacts, type StoredRecord } from '../../services/store-record.js';
import { BUNDLE_PACE, STREAM_PACE } from '../body.js';
import { route, type Call, type Reply, type Route } from '../route.js';
import { recordSummary, storedRecord } from '../schemas/answers.js';
import * as ids from '../schemas/ids.js';
import { category } from '../schemas/statements.js';
import { z } from '../schemas/zod.js';
import { parseStrictJson } from '../strict-json.js';
import { mediaTypeOf } from './media-type.js';

const tag = 'records';
const FHIR = 'application/fhir+json';
const segmentClass = z.enum(['summary', 'standard']);
const facts = z.strictObject({
  handle: ids.handle.given,
  category: category.optional(),
  class: segmentClass.optional(),
  month: ids.month.given,
});
const byId = z.strictObject({ recordId: ids.recordId.given });
const stored = {
  201: { description: 'Stored on at least two hospitals and anchored.', schema: storedRecord },
};
const description =
  'Any content is one segment of the category that is named. A FHIR Bundle (application/fhir+json) is cut into ' +
  `segments by category, so none is named; it has at most ${MAX_BUNDLE_BYTES} bytes.`;

type Facts = Readonly<{
  handle: Handle;
  category?: Category | undefined;
  class?: 'summary' | 'standard' | undefined;
  month: Month;
}>;
type StoreCall = Pick<Call<undefined, undefined, undefined>, 'actor' | 'headers' | 'bytes' | 'attempt'> &
  Readonly<{ query: Facts }>;

/** Records: storing, superseding, and what the caller may see of them. */
export function recordRoutes(services: Pick<Services, 'storeRecord' | 'records'>): readonly Route[] {
  return [...storingRoutes(services.storeRecord), ...seeingRoutes(services.records)];
}

function storingRoutes(storeRecord: Services['storeRecord']): readonly Route[] {
  return [
    route({
      ...{ method: 'post', path: '/v1/records', operationId: 'storeRecord', tag },
      summary: `Store a new record. ${description}`,
      scopes: ['records.write'],
      idempotency: 'required',
      rawBody: ['*/*'],
      query: facts,
      answers: stored,
      handle: async (call) => toReply(await store(storeRecord, call, undefined)),
    }),
    route({
      ...{ method: 'post', path: '/v1/records/{recordId}/versions', operationId: 'supersedeRecord', tag },
      summary: `Store the next version of a record. ${description}`,
      scopes: ['records.write'],
      idempotency: 'required',
      rawBody: ['*/*'],
      params: byId,
      query: facts,
      answers: stored,
      handle: async (call) => toReply(await store(storeRecord, call, call.params.recordId)),
    }),
  ];
}

function seeingRoutes(records: Services['records']): readonly Route[] {
  return [
    route({
      ...{ method: 'get', path: '/v1/records', operationId: 'listRecords', tag },
      summary: 'The records of a handle of which the caller may open something',
      scopes: ['records.read'],
      query: z.strictObject({ handle: ids.handle.given }),
      answers: {
        200: { description: 'What may be opened.', schema: z.object({ records: z.array(recordSummary) }) },
      },
      handle: async ({ actor, query }) => ({
        status: 200,
        body: { records: await records.list(actor, query.handle) },
      }),
    }),
    route({
      ...{ method: 'get', path: '/v1/records/{recordId}', operationId: 'getRecord', tag },
      summary: 'What the caller may open of one record version',
      scopes: ['records.read'],
      params: byId,
      query: z.strictObject({ version: versionText.optional() }),
      answers: { 200: { description: 'What may be opened.', schema: recordSummary } },
      handle: async ({ actor, params, query: { version } }) => ({
        status: 200,
        body: await records.get(actor, { ...params, ...(version !== undefined && { version }) }),
      }),
    }),
  ];
}

/** A version number in a query. */
export const versionText = z
  .string()
  .regex(/^[1-9]\d{0,5}$/)
  .transform(Number);

async function store(
  storeRecord: Services['storeRecord'],
  call: StoreCall,
  recordId: RecordId | undefined,
): Promise<StoredRecord> {
  const contentType = mediaTypeOf(call.headers['content-type']);
  if (contentType.startsWith(FHIR)) return storeFhir(storeRecord, call, recordId, contentType);
  const content = contentFacts(call.query, contentType, recordId);
  return storeRecord.storeContent(call.actor, content, call.bytes(STREAM_PACE), call.attempt);
}

/** A FHIR Bundle is cut; any other resource is a content like others. JSON with two meanings is refused here. */
async function storeFhir(
  storeRecord: Services['storeRecord'],
  { actor, query, bytes, attempt }: StoreCall,
  recordId: RecordId | undefined,
  contentType: string,
): Promise<StoredRecord> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes(BUNDLE_PACE)) pieces.push(piece);
  const whole = Buffer.concat(pieces);
  if (!isBundle(parseStrictJson(whole)))
    return storeRecord.storeContent(actor, contentFacts(query, contentType, recordId), once(whole), attempt);
  if (query.category !== undefined || query.class !== undefined)
    throw new DomainError(
      'BAD_REQUEST',
      'query: a Bundle is cut by category; name neither category nor class',
    );
  const bundle = { handle: query.handle, month: query.month, ...(recordId !== undefined && { recordId }) };
  return storeRecord.storeBundle(actor, bundle, once(whole), attempt);
}

function isBundle(resource: unknown): boolean {
  return (
    typeof resource === 'object' &&
    resource !== null &&
    'resourceType' in resource &&
    resource.resourceType === 'Bundle'
  );
}

/** Facts of a content of one category; the class follows from the category unless it is named. */
export function contentFacts(
  query: Facts,
  contentType: string,
  recordId: RecordId | undefined,
): ContentFacts {
  const { handle, category: of, month } = query;
  if (of === undefined) throw new DomainError('BAD_REQUEST', 'query.category: is missing');
  const segmentClassOf = query.class ?? (of === 'summary' ? 'summary' : 'standard');
  const named = { handle, category: of, class: segmentClassOf, month, contentType };
  return recordId === undefined ? named : { ...named, recordId };
}

function once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  return Readable.from([bytes], { objectMode: true });
}

function toReply(record: StoredRecord): Reply {
  const location = `/v1/records/${record.recordId}`;
  return { status: 201, body: record, txId: record.txId, headers: { location } };
}
