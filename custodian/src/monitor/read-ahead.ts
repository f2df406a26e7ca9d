// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  canonicalJson,
  DomainError,
  type AuditEntry,
  type Handle,
  type Intent,
  type ReleaseContext,
} from '@tutela/chaincode/domain';
import type { Chain } from '../ledger/chain.js';
import type { Ledger } from '../ledger/ledger.js';
import { decodeContext } from './decode-context.js';

/**
 * What the own peer said, and the newest block that it had for certain when it was asked; `isAhead` where it was asked
 * about an intent that had not come, as its gateway claimed it.
 */
export type ContextRead = Readonly<{ context: ReleaseContext; height: number; isAhead?: boolean }>;

/** Acts that change nothing on which an intent is decided, but for the reads that limited consents count. */
const HARMLESS: readonly AuditEntry['act'][] = ['heartbeat', 'intent-declared', 'audit-read'];
/** Acts that change something for one patient alone. */
const OF_ONE_PATIENT: readonly AuditEntry['act'][] = [
  'consent-granted',
  'consent-replaced',
  'consent-revoked',
  'record-registered',
];

/**
 * Asks the own peer what it would say of an intent that is on its way, while there is nothing else to do. Undefined
 * where that cannot help: the peer refuses, or a consent counts reads and this one is not counted yet.
 */
export async function readAhead(
  { chain, ledger }: Readonly<{ chain: Chain; ledger: Ledger }>,
  intent: Intent,
): Promise<ContextRead | undefined> {
  const height = chain.head?.number;
  if (height === undefined) return undefined;
  try {
    const context = decodeContext(await ledger.evaluate('access:PreviewReleaseContext', { intent }));
    return countsReads(context) ? undefined : { context, height, isAhead: true };
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

/** Whether the ledger holds the very intent that somebody claimed. */
function isAsClaimed(chain: Chain, intent: Intent): boolean {
  const claimed = createHash('sha256').update(canonicalJson(intent)).digest('base64url');
  return chain.intentHash(intent.intentId) === claimed;
}

/**
 * Whether what the own peer said of an intent is what it says now: no block since has touched anything on which a
 * release to that patient's reader is decided. Whatever is not known to be harmless is not.
 */
export function isStillSo(chain: Chain, { height }: Pick<ContextRead, 'height'>, handle: Handle): boolean {
  const since = chain.validAfter(height);
  return since?.every(({ entry }) => entry !== undefined && isHarmless(entry, handle)) ?? false;
}

/** The newest block at which what was read is still so for this intent; undefined if it may not be. */
export function heldAt(chain: Chain, { context, height, isAhead }: ContextRead): number | undefined {
  const { handle } = context.intent;
  if (isAhead && !isAsClaimed(chain, context.intent)) return undefined;
  const isCountedSince =
    countsReads(context) &&
    chain
      .validAfter(height)
      ?.some(({ entry }) => entry?.act === 'intent-declared' && entry.handle === handle);
  return !isCountedSince && isStillSo(chain, { height }, handle) ? chain.head?.number : undefined;
}

/** Whether a manifest has not arrived: it comes without a block. */
export function lacksManifest({ records }: ReleaseContext): boolean {
  return records.some(({ version, manifest }) => manifest === undefined && version.status !== 'erased');
}

function countsReads({ reads }: ReleaseContext): boolean {
  return Object.keys(reads).length > 0;
}

function isHarmless({ act, handle }: AuditEntry, of: Handle): boolean {
  return HARMLESS.includes(act) || (OF_ONE_PATIENT.includes(act) && handle !== undefined && handle !== of);
}
