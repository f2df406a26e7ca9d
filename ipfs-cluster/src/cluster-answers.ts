// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** An entry of the own pinset, as `/allocations` tells it. */
export const pinAnswer = z.object({ cid: z.string(), mode: z.string() });

const errorText = z.string().default('');

/** One cluster peer and its Kubo node, as `/peers` tells it. */
export const peerAnswer = z.object({
  id: z.string(),
  peername: z.string(),
  error: errorText,
  ipfs: z.object({ error: errorText }).default({ error: '' }),
});

export type PeerAnswer = z.infer<typeof peerAnswer>;
