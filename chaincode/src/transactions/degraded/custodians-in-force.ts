// SPDX-License-Identifier: Apache-2.0
import type { CustodianSet } from '../../domain/custody.js';
import { DEGRADED_SUCCESSION_MS } from '../../domain/degraded.js';
import { DomainError } from '../../domain/errors.js';
import type { CustodianKey } from '../../domain/registry.js';
import { later, type Instant } from '../../domain/time.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';

/**
 * The custodian sets whose acknowledgements count for a request made at an instant, by the ledger alone: the present
 * one, and the one that it replaced if that happened after the request and not long ago. Throws CUSTODY_INACTIVE.
 */
export async function custodiansInForce(
  reader: Reader,
  declaredAt: Instant,
): Promise<readonly [CustodianSet, ...CustodianSet[]]> {
  const present = await read(reader, keys.custodians());
  if (present === undefined) throw new DomainError('CUSTODY_INACTIVE', 'no custodian set is active yet');
  if (!countsStill(reader, present.activatedAt, declaredAt)) return [present];
  const replaced = await read(reader, keys.custodiansOf(present.epoch - 1));
  return replaced === undefined ? [present] : [present, replaced];
}

/** The keys of a custodian with which it may acknowledge a request made at an instant. */
export function keysInForce(
  reader: Reader,
  known: readonly CustodianKey[],
  declaredAt: Instant,
): readonly CustodianKey[] {
  return known.filter(({ until }) => until === undefined || countsStill(reader, until, declaredAt));
}

/** Whether what was replaced at an instant still counts for a request that was made before. */
function countsStill({ now }: Reader, replacedAt: Instant, declaredAt: Instant): boolean {
  return replacedAt > declaredAt && now < later(replacedAt, DEGRADED_SUCCESSION_MS);
}
