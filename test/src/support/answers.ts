// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** Answers of the REST API as far as stories and tests read them; unknown members are kept out of the way. */
export const practitionerAnswer = z.object({ practitionerId: z.string(), txId: z.string().optional() });
export const writtenAnswer = z.object({ txId: z.string() });
export const storedAnswer = z.object({
  recordId: z.string(),
  version: z.int(),
  manifestHash: z.string(),
  txId: z.string(),
  hospitals: z.int(),
  segments: z.array(z.object({ segmentId: z.string(), category: z.string(), size: z.int() })).min(1),
});
export type Stored = Readonly<z.output<typeof storedAnswer>>;

export const erasureAnswer = z.object({ erasureId: z.string(), txId: z.string() });
export const erasureState = z.looseObject({
  complete: z.boolean(),
  confirmations: z.record(z.string(), z.looseObject({ blocksRemoved: z.int(), txId: z.string() })),
});

export const intentAnswer = z.object({
  intentId: z.string(),
  txId: z.string(),
  segments: z.array(
    z.looseObject({
      recordId: z.string(),
      version: z.int(),
      segmentId: z.string(),
      decision: z.enum(['permit', 'deny']),
      code: z.string().optional(),
    }),
  ),
});
export type IntentAnswer = Readonly<z.output<typeof intentAnswer>>;

export const consentAnswer = z.object({ consentId: z.string(), version: z.int(), txId: z.string() });
export const emergencyAnswer = z.looseObject({ emergencyId: z.string(), txId: z.string().optional() });

export const auditEntry = z.looseObject({
  txId: z.string(),
  at: z.string(),
  act: z.string(),
  outcome: z.enum(['permitted', 'refused', 'partly-refused']),
  actor: z.looseObject({ mspId: z.string(), id: z.string(), role: z.string() }),
  codes: z.array(z.string()).optional(),
  recordIds: z.array(z.string()).optional(),
  handle: z.string().optional(),
  purpose: z.string().optional(),
  intentId: z.string().optional(),
});
export type AuditLine = Readonly<z.output<typeof auditEntry>>;
export const auditReadAnswer = z.object({ auditReadId: z.string(), txId: z.string().optional() });
export const auditPage = z.object({ entries: z.array(auditEntry), bookmark: z.string().optional() });

export const custodyState = z.looseObject({
  epoch: z.int().optional(),
  threshold: z.int().optional(),
  publicKey: z.string().optional(),
  kid: z.string().optional(),
  members: z.array(z.looseObject({ mspId: z.string(), index: z.int() })).optional(),
});
export type CustodyState = Readonly<z.output<typeof custodyState>>;
