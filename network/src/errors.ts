// SPDX-License-Identifier: Apache-2.0

/** Every code with which a `tutela` command fails; `docs/operating.md` explains each. */
export const GROUND_ERROR_CODES = [
  'TOPOLOGY_INVALID',
  'TOPOLOGY_UNREADABLE',
  'TOPOLOGY_CHANGED',
  'ORDERING_UNSUPPORTED',
  'TOOLS_MISSING',
  'TOOLS_INCOMPATIBLE',
  'TOOLS_BUILD_FAILED',
  'PORTS_TAKEN',
  'SOCKET_PATH_TOO_LONG',
  'STATE_BUSY',
  'STATE_DAMAGED',
  'NOT_RUNNING',
  'PROCESS_UNKNOWN',
  'PROCESS_NOT_READY',
  'SUPERVISOR_UNREACHABLE',
  'CA_REFUSED',
  'CHANNEL_FAILED',
  'CHAINCODE_FAILED',
  'COMMAND_FAILED',
  'CUSTODY_FAILED',
  'OPERATOR_REFUSED',
  'CLIENT_UNKNOWN',
  'TOKEN_REFUSED',
  'NOT_BUILT',
  'PASSPHRASE_MISSING',
  'USAGE',
] as const;

export type GroundErrorCode = (typeof GROUND_ERROR_CODES)[number];

/** An expected failure of a command, with what the operator can do about it. */
export class GroundError extends Error {
  readonly code: GroundErrorCode;
  readonly advice: string | undefined;

  constructor(code: GroundErrorCode, message: string, options: { advice?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'GroundError';
    this.code = code;
    this.advice = options.advice;
  }
}

/** Returns the message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
