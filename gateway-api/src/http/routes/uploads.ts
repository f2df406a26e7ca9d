// SPDX-License-Identifier: Apache-2.0
import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '@tutela/chaincode/domain';
import type { Services } from '../../services/services.js';
import type { UploadState } from '../../services/uploads.js';
import { STREAM_PACE, type Pace } from '../body.js';
import { route, type Route } from '../route.js';
import { storedRecord, uploadState } from '../schemas/answers.js';
import * as ids from '../schemas/ids.js';
import { category } from '../schemas/statements.js';
import { z } from '../schemas/zod.js';
import { mediaTypeOf } from './media-type.js';
import { contentFacts } from './records.js';

const tag = 'uploads';
const scopes = ['records.write'] as const;
const CHUNK_TYPE = 'application/offset+octet-stream';
const byId = z.strictObject({ uploadId: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) });
const offsetHeaders = {
  'Upload-Offset': 'Number of bytes that are safe.',
  'Upload-Expires': 'When it is given up.',
};
const newUpload = z.strictObject({
  handle: ids.handle.given,
  category,
  class: z.enum(['summary', 'standard']).optional(),
  month: ids.month.given,
  contentType: z.string().max(256),
  recordId: ids.recordId.given.optional(),
});

/** Uploads in pieces, which go on after any interruption. */
export function uploadRoutes({ uploads }: Pick<Services, 'uploads'>): readonly Route[] {
  return [...movingRoutes(uploads), ...endingRoutes(uploads)];
}

function movingRoutes(uploads: Services['uploads']): readonly Route[] {
  return [
    route({
      ...{ method: 'post', path: '/v1/uploads', operationId: 'beginUpload', tag, scopes },
      summary: 'Begin an upload',
      idempotency: 'required',
      body: newUpload,
      answers: { 201: { description: 'Begun.', schema: uploadState, headers: offsetHeaders } },
      handle: async ({ actor, body, attempt }) => {
        const { contentType, recordId, ...facts } = body;
        const content = contentFacts(facts, mediaTypeOf(contentType), recordId);
        const state = await uploads.begin(actor, content, attempt);
        const location = `/v1/uploads/${state.uploadId}`;
        return { status: 201, body: state, headers: { location, ...offsetOf(state) } };
      },
    }),
    route({
      ...{ method: 'head', path: '/v1/uploads/{uploadId}', operationId: 'askUpload', tag, scopes },
      summary: 'How many bytes are safe',
      params: byId,
      answers: { 204: { description: 'See Upload-Offset.', headers: offsetHeaders } },
      handle: async ({ actor, params }) => {
        const state = await uploads.state(actor, params.uploadId);
        return { status: 204, headers: offsetOf(state) };
      },
    }),
    route({
      ...{ method: 'patch', path: '/v1/uploads/{uploadId}', operationId: 'appendUpload', tag, scopes },
      summary: 'Append bytes from an offset; go on from the answered offset',
      params: byId,
      rawBody: [CHUNK_TYPE, 'application/octet-stream'],
      requestHeaders: { 'Upload-Offset': 'Number of bytes that are already there.' },
      answers: { 204: { description: 'See Upload-Offset.', headers: offsetHeaders } },
      handle: async ({ actor, params, headers, bytes }) => {
        const offset = offsetIn(headers);
        const state = await uploads.append(actor, params.uploadId, offset, bytes(paceFrom(offset)));
        return { status: 204, headers: offsetOf(state) };
      },
    }),
  ];
}

function endingRoutes(uploads: Services['uploads']): readonly Route[] {
  return [
    route({
      ...{
        method: 'post',
        path: '/v1/uploads/{uploadId}/complete',
        operationId: 'completeUpload',
        tag,
        scopes,
      },
      summary: 'Anchor the upload as a record',
      idempotency: 'optional',
      params: byId,
      body: z.strictObject({ size: z.int().min(0) }),
      answers: { 201: { description: 'Stored and anchored.', schema: storedRecord } },
      handle: async ({ actor, params, body }) => {
        const record = await uploads.complete(actor, params.uploadId, body.size);
        const location = `/v1/records/${record.recordId}`;
        return { status: 201, body: record, txId: record.txId, headers: { location } };
      },
    }),
    route({
      ...{ method: 'delete', path: '/v1/uploads/{uploadId}', operationId: 'abandonUpload', tag, scopes },
      summary: 'Give an upload up',
      params: byId,
      answers: { 204: { description: 'Given up; its blocks will be collected.' } },
      handle: async ({ actor, params }) => {
        await uploads.abandon(actor, params.uploadId);
        return { status: 204 };
      },
    }),
  ];
}

/** How the bytes from an offset on may arrive: what is there already counts too. */
function paceFrom(offset: number): Pace {
  return { ...STREAM_PACE, maxBytes: STREAM_PACE.maxBytes - offset };
}

function offsetOf(state: UploadState): Record<string, string> {
  return { 'upload-offset': String(state.offset), 'upload-expires': state.expiresAt };
}

function offsetIn(headers: IncomingHttpHeaders): number {
  const text = headers['upload-offset'];
  if (typeof text !== 'string' || !/^(0|[1-9]\d{0,14})$/.test(text))
    throw new DomainError('BAD_REQUEST', 'the header Upload-Offset must be a number of bytes');
  return Number(text);
}
