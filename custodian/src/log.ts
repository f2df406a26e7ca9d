// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';

/** Facts of a log line: ids, codes and numbers, never content. */
export type LogFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where a custodian's parts write what happened. */
export interface Log {
  info(facts: LogFacts, message: string): void;
  warn(facts: LogFacts, message: string): void;
  error(facts: LogFacts, message: string): void;
}

/** The code of a failure, or the kind of the error; its message may carry what does not belong in a log. */
export function failureCode(error: unknown): string {
  if (error instanceof DomainError) return error.code;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
