// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';

/** A BLOB column's bytes; what is no BLOB is a damaged state. */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new DomainError('INTERNAL', 'the gateway state is damaged: bytes were expected');
}

/** A TEXT column's text. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new DomainError('INTERNAL', 'the gateway state is damaged: text was expected');
}

/** An INTEGER column's number. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new DomainError('INTERNAL', 'the gateway state is damaged: a number was expected');
}
