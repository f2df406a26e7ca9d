// SPDX-License-Identifier: Apache-2.0

/** Structured log as pino offers it; fields hold ids and codes only. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
