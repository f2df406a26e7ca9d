// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { VaultError } from './vault-error.js';

/** How many blocks a check found corrupt, by what became of them. */
export interface HealCounts {
  readonly healed: number;
  readonly lost: number;
}

// Kubo 0.43 tells the fate of a block in prose alone; the sentences are those of core/commands/repo.go.
const CORRUPT = /^block \S+ was corrupt \(/;
const HEALED = /, removed, healed$/;
const COMPLETE = /^verify complete, /;
const progress = z.object({ Msg: z.string().default('') });

/**
 * Counts the verdicts in the lines that answer `repo/verify?heal=true`; VAULT_UNAVAILABLE when the check did not come to
 * its end. When blocks are lost the conclusion comes as a stream error, after the answer.
 */
export function healCounts(lines: readonly string[], streamError: string): HealCounts {
  const messages = lines.map(messageOf);
  if (![...messages, streamError].some((message) => COMPLETE.test(message)))
    throw new VaultError('VAULT_UNAVAILABLE');
  const corrupt = messages.filter((message) => CORRUPT.test(message));
  const healed = corrupt.filter((message) => HEALED.test(message)).length;
  return { healed, lost: corrupt.length - healed };
}

function messageOf(line: string): string {
  return progress.parse(JSON.parse(line)).Msg;
}
