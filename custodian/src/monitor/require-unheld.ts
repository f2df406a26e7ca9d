// SPDX-License-Identifier: Apache-2.0
import { DomainError, isActiveAmong, vouchedFor, type ReleaseContext } from '@tutela/chaincode/domain';
import type { IsIdentityHeld } from '../holds/identity-holds.js';

/** Check 6 for people: throws HELD while a hold lies on the requester, in an emergency too. */
export function requireUnheld({ intent }: Pick<ReleaseContext, 'intent'>, isHeld: IsIdentityHeld): void {
  if (isHeld(intent.requester))
    throw new DomainError('HELD', 'the requester’s identity is held; ask the hospital that signed the hold');
}

/** The context with an emergency that only those vouch for who may act now and on whom no hold lies. */
export function withoutHeldVouchers(context: ReleaseContext, isHeld: IsIdentityHeld): ReleaseContext {
  const { emergency, vouchers = [] } = context;
  if (emergency === undefined) return context;
  const mayAct = isActiveAmong(vouchers);
  return { ...context, emergency: vouchedFor(emergency, (actor) => mayAct(actor) && !isHeld(actor)) };
}
