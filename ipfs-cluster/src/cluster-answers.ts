// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** A pin of the cluster's shared state, as `/allocations` tells it. */
export const pinAnswer = z.object({
  cid: z.string(),
  allocations: z
    .array(z.string())
    .nullish()
    .transform((list) => list ?? []),
  type: z.string(),
  mode: z.string(),
  max_depth: z.int(),
  replication_factor_min: z.int(),
  replication_factor_max: z.int(),
});

/** The state of one pin at every hospital, as `/pins` tells it. */
export const statusAnswer = z.object({
  cid: z.string(),
  allocations: z
    .array(z.string())
    .nullish()
    .transform((list) => list ?? []),
  peer_map: z.record(z.string(), z.object({ peername: z.string(), status: z.string() })),
});

const errorText = z.string().default('');

/** One cluster peer and its Kubo node, as `/peers` tells it. */
export const peerAnswer = z.object({
  id: z.string(),
  peername: z.string(),
  error: errorText,
  ipfs: z.object({ error: errorText }).default({ error: '' }),
});

export type PinAnswer = z.infer<typeof pinAnswer>;
export type StatusAnswer = z.infer<typeof statusAnswer>;
export type PeerAnswer = z.infer<typeof peerAnswer>;
