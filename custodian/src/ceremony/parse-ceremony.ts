// SPDX-License-Identifier: Apache-2.0
import {
  CEREMONY_KINDS,
  CEREMONY_PHASES,
  dealing,
  MAX_CUSTODIANS,
  type Ceremony,
} from '@tutela/chaincode/domain';
import { z } from 'zod';

const text = z.string().max(128);
const member = z.looseObject({ mspId: text, index: z.number().int().min(1).max(MAX_CUSTODIANS) });
const members = z.array(member).min(1).max(MAX_CUSTODIANS);

const shape = z.looseObject({
  v: z.literal(1),
  ceremonyId: text,
  kind: z.enum(CEREMONY_KINDS),
  threshold: z.number().int().min(1),
  members,
  dealers: members,
  epoch: z.number().int().min(1),
  fromEpoch: z.number().int().min(1).optional(),
  startedAt: text,
  startedBy: text,
  joins: z.record(text, text),
  dealings: z.record(
    text,
    z.transform((value: unknown) => dealing(value, '$.dealings')),
  ),
  confirmations: z.record(text, text),
  complaints: z
    .array(
      z.looseObject({
        dealer: text,
        from: text,
        transcriptHash: text.optional(),
        revealed: z.looseObject({ subShare: text, sealSeed: text }).optional(),
        fault: text.optional(),
      }),
    )
    .max(MAX_CUSTODIANS * MAX_CUSTODIANS),
  phase: z.enum(CEREMONY_PHASES),
});

/** Reads a ceremony as the own peer tells it; throws for anything that does not look like one. */
export function parseCeremony(answer: unknown): Ceremony {
  return shape.parse(answer) as unknown as Ceremony;
}
