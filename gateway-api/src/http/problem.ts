// SPDX-License-Identifier: Apache-2.0
import { DomainError, type ErrorCode } from '@tutela/chaincode/domain';
import { TracedError } from '../ledger/ledger.js';
import { RangeNotSatisfiable } from '../services/open-record.js';
import { HttpRefusal, type RefusalKind } from './refusal.js';

/** Media type of RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json';

/** A problem of RFC 9457 with the product's `code`; `txId` names the transaction that recorded it, if one did. */
export type Problem = Readonly<{
  type: 'about:blank';
  title: string;
  status: number;
  code: ErrorCode;
  detail?: string;
  txId?: string;
  intentId?: string;
}>;

type Rule = Readonly<{ status: number; title: string; code?: ErrorCode }>;

const NOT_FOUND = {
  status: 404,
  title: 'There is nothing here that you may see.',
  code: 'NOT_FOUND',
} as const;

/** How each code is answered. Whatever would tell that a thing exists which one may not see is *not found*. */
const RULES = {
  BAD_REQUEST: { status: 400, title: 'The request is malformed.' },
  TOO_LARGE: { status: 413, title: 'The request is too large.' },
  CALLER_UNKNOWN: { status: 403, title: 'The caller is not registered.' },
  CALLER_INACTIVE: { status: 403, title: 'The caller is suspended.' },
  CALLER_NOT_ENTITLED: { status: 403, title: 'The caller may not do this.' },
  NOT_FOUND,
  ALREADY_EXISTS: { status: 409, title: 'This exists already.' },
  CONFLICT: { status: 409, title: 'Another change came first; read again and retry.' },
  SIGNATURE_INVALID: { status: 422, title: 'The signature does not verify.' },
  STATEMENT_EXPIRED: { status: 422, title: 'The statement was signed too long ago, or in the future.' },
  STATEMENT_REPLAYED: { status: 409, title: 'This statement was used before.' },
  NO_CONSENT: NOT_FOUND,
  CONSENT_DENIED: NOT_FOUND,
  READS_EXHAUSTED: NOT_FOUND,
  ROLE_NOT_ENTITLED: NOT_FOUND,
  OUTSIDE_SCOPE: NOT_FOUND,
  HELD: NOT_FOUND,
  ERASED: NOT_FOUND,
  STEP_UP_REQUIRED: { status: 403, title: 'This takes a registered passkey.' },
  STEP_UP_INVALID: { status: 403, title: 'The passkey’s answer does not hold.' },
  EMERGENCY_NOT_OPEN: { status: 409, title: 'The emergency is not open.' },
  EMERGENCY_EXPIRED: { status: 409, title: 'The emergency has expired.' },
  EMERGENCY_SAME_PERSON: { status: 403, title: 'A second person is needed.' },
  EMERGENCY_QUOTA: { status: 429, title: 'Too many emergencies were opened.' },
  EMERGENCY_SUSPENDED: { status: 403, title: 'The right to open emergencies is suspended.' },
  FORBIDDEN_TRANSITION: { status: 409, title: 'This step is not possible now.' },
  INTENT_EXPIRED: { status: 409, title: 'The intent has expired; declare a new one.' },
  INTENT_UNCOMMITTED: { status: 409, title: 'The intent is not committed yet.' },
  CAPSULE_INVALID: { status: 422, title: 'The capsule does not verify.' },
  LABEL_MISMATCH: { status: 422, title: 'The label does not belong to this segment.' },
  REPLY_MISMATCH: { status: 422, title: 'The reply is about something else than the ledger has.' },
  MANIFEST_MISMATCH: { status: 422, title: 'The manifest does not match its hash.' },
  CEREMONY_INVALID: { status: 409, title: 'This does not fit the ceremony.' },
  RATE_LIMITED: { status: 429, title: 'Too many requests; wait, then retry.' },
  CUSTODY_INACTIVE: { status: 503, title: 'The custodians hold no active key yet.' },
  PEER_STALE: { status: 503, title: 'A ledger copy is behind; retry soon.' },
  PEER_FORKED: { status: 503, title: 'Ledger copies disagree; call the operator.' },
  TOO_FEW_CUSTODIANS: { status: 503, title: 'Too few custodians answered; retry soon.' },
  DEGRADED_OFF: { status: 403, title: 'The consortium has not voted for opening without the ledger.' },
  DEGRADED_OVERDUE: {
    status: 409,
    title: 'The request came too late; prepare it again, then sign and open it by openBy.',
  },
  LEDGER_NOT_STALLED: { status: 409, title: 'The ledger works; open the emergency the ordinary way.' },
  TOO_FEW_ACKNOWLEDGEMENTS: {
    status: 409,
    title: 'Too few custodians have acknowledged this request.',
  },
  SHARE_INVALID: { status: 503, title: 'A custodian answered wrongly; retry soon.' },
  CONTENT_CORRUPT: { status: 502, title: 'The stored content does not verify; nothing of it was released.' },
  STORAGE_UNAVAILABLE: { status: 503, title: 'The storage does not answer; retry soon.' },
  CLOCK_SKEWED: { status: 503, title: 'The clocks of gateway and peers differ; call the operator.' },
  LEDGER_UNAVAILABLE: { status: 503, title: 'The ledger does not answer; retry soon.' },
  COMMIT_UNKNOWN: {
    status: 503,
    title: 'Whether this was committed is not known yet; ask for the transaction, or repeat the request.',
  },
  INTERNAL: { status: 500, title: 'Something failed here; the operator has been told.' },
} as const satisfies Record<ErrorCode, Rule>;

const REFUSALS = {
  unauthenticated: { status: 401, title: 'A valid access token is needed.', code: 'CALLER_UNKNOWN' },
  'scope-missing': { status: 403, title: 'The access token lacks a scope.', code: 'CALLER_NOT_ENTITLED' },
  'not-found': NOT_FOUND,
  'method-not-allowed': { status: 405, title: 'This method is not known here.', code: 'BAD_REQUEST' },
  'not-acceptable': {
    status: 415,
    title: 'This content type or encoding is not accepted.',
    code: 'BAD_REQUEST',
  },
  'too-slow': { status: 408, title: 'The request took too long to arrive.', code: 'BAD_REQUEST' },
  'range-not-satisfiable': { status: 416, title: 'The range lies outside the content.', code: 'BAD_REQUEST' },
  busy: { status: 429, title: 'Too many requests at once; wait, then retry.', code: 'RATE_LIMITED' },
} as const satisfies Record<RefusalKind, Rule & { code: ErrorCode }>;

/** The problem that answers an error: nothing of the cause of a 5xx, nothing but *not found* of what is hidden. */
export function problemOf(error: unknown): Problem {
  if (error instanceof HttpRefusal) return problem(REFUSALS[error.kind], 'BAD_REQUEST', error.message);
  if (error instanceof RangeNotSatisfiable)
    return problem(REFUSALS['range-not-satisfiable'], 'BAD_REQUEST', '');
  if (error instanceof DomainError)
    return { ...problem(RULES[error.code], error.code, error.message), ...tracesOf(error) };
  return problem(RULES.INTERNAL, 'INTERNAL', '');
}

function problem(rule: Rule, code: ErrorCode, detail: string): Problem {
  const { status, title } = rule;
  const tells = status < 500 && status !== 404 && detail !== '';
  const shape = { type: 'about:blank', title, status, code: rule.code ?? code } as const;
  return tells ? { ...shape, detail } : shape;
}

/** Transaction and intent under which a refusal was recorded, when the error carries them. */
function tracesOf(error: DomainError): Pick<Problem, 'txId' | 'intentId'> {
  if (!(error instanceof TracedError)) return {};
  const { txId, intentId } = error;
  return { ...(txId !== undefined && { txId }), ...(intentId !== undefined && { intentId }) };
}
