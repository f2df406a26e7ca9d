// SPDX-License-Identifier: Apache-2.0
import { DomainError, type Basis, type EmergencyId } from '@tutela/chaincode/domain';
import type { OpenedContent, RangeRequest } from '../../services/open-record.js';
import type { Services } from '../../services/services.js';
import { route, type Answer, type Reply, type Route } from '../route.js';
import * as ids from '../schemas/ids.js';
import { category, purpose } from '../schemas/statements.js';
import { z } from '../schemas/zod.js';
import { versionText } from './records.js';

const tag = 'content';
const requestHeaders = { Range: 'One range of bytes (RFC 9110 §14.2), such as bytes=0-1023.' };
const headers = {
  'Tutela-Intent': 'The intent under which this was opened.',
  'Tutela-Accused': 'Custodians that were proven to have answered wrongly, by MSP id.',
  'Content-Range': 'The bytes that follow, of the whole.',
};
const answers: Readonly<Record<number, Answer>> = {
  200: { description: 'The whole content, each chunk verified.', contentType: '*/*', headers },
  206: { description: 'The range that was asked for.', contentType: '*/*', headers },
};

/** Opening: plaintext, chunk by verified chunk. */
export function contentRoutes({ openRecord }: Pick<Services, 'openRecord'>): readonly Route[] {
  return [
    route({
      ...{
        method: 'get',
        path: '/v1/intents/{intentId}/content/{segmentId}',
        operationId: 'openSegment',
        tag,
      },
      summary: 'Open one segment under a committed intent',
      scopes: ['records.read'],
      params: z.strictObject({ intentId: ids.intentId.given, segmentId: ids.segmentId.given }),
      requestHeaders,
      answers,
      handle: async ({ actor, params, headers: given, signal }) => {
        const range = rangeIn(given.range);
        return toReply(await openRecord.openSegment(actor, { ...params, ...(range && { range }) }, signal));
      },
    }),
    route({
      ...{ method: 'get', path: '/v1/records/{recordId}/content', operationId: 'openRecord', tag },
      summary: 'Declare an intent for a record and open what it permits',
      scopes: ['intents.write', 'records.read'],
      params: z.strictObject({ recordId: ids.recordId.given }),
      query: z.strictObject({
        purpose,
        category: category.optional(),
        emergencyId: ids.emergencyId.given.optional(),
        version: versionText.optional(),
      }),
      requestHeaders,
      answers,
      handle: async ({ actor, params, query, headers: given, signal }) => {
        const range = rangeIn(given.range);
        const wanted = {
          recordId: params.recordId,
          purpose: query.purpose,
          basis: basisOf(query.emergencyId),
          ...(query.version !== undefined && { version: query.version }),
          ...(query.category !== undefined && { categories: [query.category] }),
          ...(range && { range }),
        };
        return toReply(await openRecord.openRecord(actor, wanted, signal));
      },
    }),
  ];
}

function basisOf(emergencyId: EmergencyId | undefined): Basis {
  return emergencyId === undefined ? { kind: 'consent' } : { kind: 'emergency', emergencyId };
}

/** One range of bytes (RFC 9110 §14.1.2); several at once are refused. */
export function rangeIn(header: string | undefined): RangeRequest | undefined {
  if (header === undefined) return undefined;
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === ''))
    throw new DomainError('BAD_REQUEST', 'the header Range must name one range of bytes');
  if (first === '') return { suffix: Number(last) };
  if (last !== '' && Number(last) < Number(first))
    throw new DomainError('BAD_REQUEST', 'the header Range ends before it begins');
  return last === '' ? { first: Number(first) } : { first: Number(first), last: Number(last) };
}

function toReply(content: OpenedContent): Reply {
  const { range, size } = content;
  const length = range === undefined ? size : range.end - range.start;
  return {
    status: range === undefined ? 200 : 206,
    stream: content.body,
    txId: content.txId,
    headers: {
      // What was stored is never shown as a page of this origin, whatever type its author named.
      ...{
        'content-type': content.contentType,
        'content-disposition': 'attachment',
        'accept-ranges': 'bytes',
      },
      'tutela-intent': content.intentId,
      ...(length !== undefined && { 'content-length': String(length) }),
      ...(content.accused.length > 0 && { 'tutela-accused': content.accused.join(',') }),
      ...(range && { 'content-range': `bytes ${range.start}-${range.end - 1}/${size ?? '*'}` }),
    },
  };
}
