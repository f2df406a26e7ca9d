// SPDX-License-Identifier: Apache-2.0
import { z } from './zod.js';

const DEFAULT_PAGE = 50;

/** Which page of a log is wanted: of how many entries at most (1 to 200), and behind which bookmark. */
export const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^([1-9]\d?|1\d\d|200)$/)
    .transform(Number)
    .optional(),
  bookmark: z.string().min(1).max(1024).optional(),
});

/** A page as services are asked for it. */
export type PageRequest = Readonly<{ pageSize: number; bookmark?: string }>;

/** Puts in how long a page is when the client does not say. */
export function pageRequest({ limit, bookmark }: z.output<typeof pageQuery>): PageRequest {
  return { pageSize: limit ?? DEFAULT_PAGE, ...(bookmark !== undefined && { bookmark }) };
}
