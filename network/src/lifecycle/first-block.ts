// SPDX-License-Identifier: Apache-2.0
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlanInputs } from '../plan/context.js';
import { runOrThrow } from '../process/run.js';
import { channelProfile } from '../render/configtx.js';
import { withSharedEntries } from '../render/first-block.js';

const configtxgenTimeoutMs = 30_000;

/** Makes the first block of a channel in which every hospital of the topology is from the beginning. */
export async function makeFirstBlock(inputs: PlanInputs): Promise<Uint8Array> {
  const { layout, topology } = inputs;
  const draft = join(layout.consortium, 'draft.block');
  try {
    await runOrThrow({
      command: inputs.program('configtxgen'),
      args: ['-profile', channelProfile, '-channelID', topology.channel, '-outputBlock', draft],
      env: { FABRIC_CFG_PATH: layout.configtxDir, FABRIC_LOGGING_SPEC: 'warning' },
      cwd: layout.consortium,
      timeoutMs: configtxgenTimeoutMs,
    });
    return withSharedEntries(await readFile(draft));
  } finally {
    await rm(draft, { force: true });
  }
}
