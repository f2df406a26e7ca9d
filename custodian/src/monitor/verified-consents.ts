// SPDX-License-Identifier: Apache-2.0
import { setImmediate } from 'node:timers/promises';
import { statementBytes, type Consent, type ReleaseContext } from '@tutela/chaincode/domain';
import { isSignedBy } from '../identity.js';

/** Those that the patient signed, and refusals; and permits that the patient did not sign. */
export type VerifiedConsents = Readonly<{ valid: readonly Consent[]; forged: readonly Consent[] }>;

/** Consents that are verified before the event loop goes on with other work. */
const AT_ONCE = 64;

/**
 * Check 4: the consents of current state, each with the patient's signature verified again under the patient's
 * present key. A deny counts even unsigned: a forged refusal takes nothing that a forged permit could give.
 */
export async function verifiedConsents(
  { consents, patient, intent }: Pick<ReleaseContext, 'consents' | 'patient' | 'intent'>,
  channel: string,
): Promise<VerifiedConsents> {
  const isGenuine = ({ statement, signature }: Consent): boolean =>
    statement.channel === channel &&
    statement.handle === intent.handle &&
    patient.handle === intent.handle &&
    isSignedBy(patient.publicKey, statementBytes(statement), signature);
  const [valid, forged]: [Consent[], Consent[]] = [[], []];
  for (const [at, consent] of consents.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) await setImmediate();
    const isForged = consent.statement.decision === 'permit' && !isGenuine(consent);
    (isForged ? forged : valid).push(consent);
  }
  return { valid, forged };
}

/** The consents of each reading of the ledger, verified once; another reading has other objects. */
export class ConsentChecks {
  readonly #verified = new WeakMap<readonly Consent[], Promise<VerifiedConsents>>();

  /** As {@link verifiedConsents}. */
  of(context: ReleaseContext, channel: string): Promise<VerifiedConsents> {
    const found = this.#verified.get(context.consents) ?? verifiedConsents(context, channel);
    this.#verified.set(context.consents, found);
    return found;
  }
}
