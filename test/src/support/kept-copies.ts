// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { setting, type Hospital } from './consortium.js';
import { askOperator } from './operator-socket.js';

const pins = z.object({ Keys: z.record(z.string(), z.object({ Name: z.string().default('') })).default({}) });

/** What a hospital's own Kubo node keeps, as one text that is the same for the same set of parts. */
export async function keptCopies({ gatewayEnv }: Hospital): Promise<string> {
  const socket = setting(gatewayEnv, 'TUTELA_GATEWAY_KUBO_SOCKET');
  const answer = await askOperator(socket, 'POST', '/api/v0/pin/ls?type=direct&names=true');
  const parts = Object.entries(pins.parse(answer).Keys).filter(([, { Name }]) => Name === 'part');
  return parts
    .map(([cid]) => cid)
    .sort()
    .join('\n');
}
