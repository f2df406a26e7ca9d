// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';

/** Reads what this custodian keeps on its disk as JSON; throws where it is damaged. */
export function storedJson<T>(shape: z.ZodType<T>, bytes: Uint8Array): T {
  return shape.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}
