// SPDX-License-Identifier: Apache-2.0
import { CLOCK_SKEW_MS } from '../../domain/consent.js';
import type { CustodianSet } from '../../domain/custody.js';
import { RECORDED_ONCE_REPLACED_MS } from '../../domain/degraded.js';
import { DomainError } from '../../domain/errors.js';
import { later, type Instant } from '../../domain/time.js';
import { keys } from '../../state/keys.js';
import type { Reader } from '../../state/ledger.js';
import { read } from '../../state/store.js';

/** A request and an activation may each be dated up to {@link CLOCK_SKEW_MS} before or after they were made. */
const SKEW_MS = 2 * CLOCK_SKEW_MS;

/** The custodian sets by which acknowledgements of a request count, and those that were replaced too long ago for that. */
export type SetsInForce = Readonly<{ counting: readonly CustodianSet[]; past: readonly CustodianSet[] }>;

/**
 * The custodian sets that a request of an instant concerns, by the ledger alone: the present one, and those that were in
 * force at that instant, since their members may have given shares. The caller chooses the instant, so an earlier set
 * counts only until {@link RECORDED_ONCE_REPLACED_MS} after it was replaced, by the time of the transaction, which peers
 * compare with their clocks. Until it was replaced its members could open everything anyway, and honest custodians post a
 * true request as soon as the ledger answers. Throws CUSTODY_INACTIVE.
 */
export async function custodiansInForce(reader: Reader, declaredAt: Instant): Promise<SetsInForce> {
  const present = await read(reader, keys.custodians());
  if (present === undefined) throw new DomainError('CUSTODY_INACTIVE', 'no custodian set is active yet');
  const [from, to] = [later(declaredAt, -SKEW_MS), later(declaredAt, SKEW_MS)];
  const counting = [present];
  const past: CustodianSet[] = [];
  let { epoch, activatedAt: replacedAt } = present;
  while (replacedAt >= from) {
    epoch -= 1;
    const earlier = await read(reader, keys.custodiansOf(epoch));
    if (earlier === undefined) break;
    const isPast = reader.now > later(replacedAt, RECORDED_ONCE_REPLACED_MS);
    if (earlier.activatedAt <= to) (isPast ? past : counting).push(earlier);
    replacedAt = earlier.activatedAt;
  }
  return { counting, past };
}
