// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS } from '../../domain/consent.js';
import type { CustodianSet } from '../../domain/custody.js';
import { DomainError } from '../../domain/errors.js';
import { later, type Instant } from '../../domain/time.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';

/** A request and an activation may each be dated so much before or after they were made. */
const SKEW_MS = 2 * CLOCK_SKEW_MS;

/**
 * The custodian sets whose acknowledgements count for a request made at an instant, by the ledger alone: the present
 * one, and those that were in force then, however long they have been replaced. What they acknowledged, shares may have
 * been given on. Throws CUSTODY_INACTIVE.
 */
export async function custodiansInForce(
  reader: Reader,
  declaredAt: Instant,
): Promise<readonly CustodianSet[]> {
  const present = await read(reader, keys.custodians());
  if (present === undefined) throw new DomainError('CUSTODY_INACTIVE', 'no custodian set is active yet');
  const [from, to] = [later(declaredAt, -SKEW_MS), later(declaredAt, SKEW_MS)];
  const found = [present];
  let { epoch, activatedAt } = present;
  while (activatedAt >= from) {
    epoch -= 1;
    const earlier = await read(reader, keys.custodiansOf(epoch));
    if (earlier === undefined) break;
    if (earlier.activatedAt <= to) found.push(earlier);
    ({ activatedAt } = earlier);
  }
  return found;
}
