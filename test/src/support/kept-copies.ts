// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { setting, type Hospital } from './consortium.js';
import { askOperator } from './operator-socket.js';

const pins = z.object({ Keys: z.record(z.string(), z.unknown()) });

/** What a hospital's own Kubo node keeps, as one text that is the same for the same set of parts. */
export async function keptCopies({ gatewayEnv }: Hospital): Promise<string> {
  const socket = setting(gatewayEnv, 'TUTELA_GATEWAY_KUBO_SOCKET');
  const answer = await askOperator(socket, 'POST', '/api/v0/pin/ls?type=recursive');
  return Object.keys(pins.parse(answer).Keys).sort().join('\n');
}
