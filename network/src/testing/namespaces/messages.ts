// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** What the process inside the outer namespace is started with. */
export const groundOrder = z.strictObject({
  state: z.string(),
  hospitals: z.array(z.string()).min(2).max(16),
  /** The namespace that must not be touched: the one of whoever asks. */
  outside: z.string().min(1),
});

/** What it is asked to do then. */
export const groundRequest = z.discriminatedUnion('act', [
  z.strictObject({ act: z.enum(['cut', 'join']), hospital: z.string() }),
  z.strictObject({ act: z.literal('end') }),
]);

/** What it answers to its start and to every request. */
export const groundAnswer = z.union([
  z.strictObject({ ok: z.literal(true) }),
  z.strictObject({ ok: z.literal(false), message: z.string() }),
]);

export type GroundOrder = z.output<typeof groundOrder>;
export type GroundRequest = z.output<typeof groundRequest>;
export type GroundAnswer = z.output<typeof groundAnswer>;
