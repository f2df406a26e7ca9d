// SPDX-License-Identifier: Apache-2.0

/** Every refusal and failure that the ledger, a custodian or a gateway may name; the list is closed. */
export const ERROR_CODES = [
  'BAD_REQUEST',
  'TOO_LARGE',
  'CALLER_UNKNOWN',
  'CALLER_INACTIVE',
  'CALLER_NOT_ENTITLED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'CONFLICT',
  'SIGNATURE_INVALID',
  'STEP_UP_REQUIRED',
  'STEP_UP_INVALID',
  'STATEMENT_EXPIRED',
  'STATEMENT_REPLAYED',
  'NO_CONSENT',
  'CONSENT_DENIED',
  'READS_EXHAUSTED',
  'ROLE_NOT_ENTITLED',
  'OUTSIDE_SCOPE',
  'EMERGENCY_NOT_OPEN',
  'EMERGENCY_EXPIRED',
  'EMERGENCY_SAME_PERSON',
  'EMERGENCY_QUOTA',
  'EMERGENCY_SUSPENDED',
  'FORBIDDEN_TRANSITION',
  'INTENT_EXPIRED',
  'INTENT_UNCOMMITTED',
  'CAPSULE_INVALID',
  'LABEL_MISMATCH',
  'REPLY_MISMATCH',
  'MANIFEST_MISMATCH',
  'CUSTODY_INACTIVE',
  'CEREMONY_INVALID',
  'PEER_STALE',
  'PEER_FORKED',
  'HELD',
  'RATE_LIMITED',
  'ERASED',
  'TOO_FEW_CUSTODIANS',
  'DEGRADED_OFF',
  'DEGRADED_OVERDUE',
  'LEDGER_NOT_STALLED',
  'TOO_FEW_ACKNOWLEDGEMENTS',
  'SHARE_INVALID',
  'CONTENT_CORRUPT',
  'STORAGE_UNAVAILABLE',
  'CLOCK_SKEWED',
  'LEDGER_UNAVAILABLE',
  'COMMIT_UNKNOWN',
  'INTERNAL',
] as const;

/** One code of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

const CODED_MESSAGE = /\[([A-Z_]+)\] ([^\n]*)/;

/** The one error of the domain: a closed code and a sentence that says what to do next, free of personal data. */
export class DomainError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DomainError';
    this.code = code;
  }

  /** `[CODE] text`, the only form in which an error can leave a chaincode. */
  toWire(): string {
    return `[${this.code}] ${this.message}`;
  }
}

/** Rebuilds the domain error from a message that carries `[CODE] text`, or returns undefined. */
export function errorFromWire(message: string, cause?: unknown): DomainError | undefined {
  const match = CODED_MESSAGE.exec(message);
  const code = ERROR_CODES.find((known) => known === match?.[1]);
  if (code === undefined) return undefined;
  return new DomainError(code, match?.[2] ?? '', { cause });
}
