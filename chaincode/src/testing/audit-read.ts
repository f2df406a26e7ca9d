// SPDX-License-Identifier: Apache-2.0
import { auditReadStatement } from '../domain/audit.js';
import type { Handle, MspId } from '../domain/ids.js';
import { signStatement, type TestPatient } from './patient.js';
import type { TestWorld } from './world.js';

const HOUR_MS = 3_600_000;

type Scope = Readonly<{ kind: 'handle'; handle: Handle; signature: string; nonce: string }>;

/** The reading of the own log that a patient has a hospital carry: arguments of `audit:DeclareRead`. */
export function ownAuditRead(
  world: TestWorld,
  by: TestPatient,
  through: MspId,
  period: Readonly<{ from?: string; until?: string }> = {},
): Readonly<{ auditReadId: string; scope: Scope; from: string; until: string }> {
  const { from = world.at(-HOUR_MS), until = world.at(HOUR_MS) } = period;
  const { handle } = by;
  const [auditReadId, nonce] = [world.ownId('auditRead', handle), world.names.nonce()];
  const asked = { auditReadId, handle, from, until, nonce };
  const signature = signStatement(by, auditReadStatement('tutela', through, asked));
  return { auditReadId, scope: { kind: 'handle', handle, signature, nonce }, from, until };
}
