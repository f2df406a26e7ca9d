// SPDX-License-Identifier: Apache-2.0
import { expect, test } from '@jest/globals';
import { derivedId } from './new-id.js';
import { REGISTRAR } from '../ledger/actor.js';
import { memoryAttempt, setScene } from '../testing/index.js';

const person = { role: 'physician', department: 'cardiology', personKey: 'staff-1' } as const;

test('a registration that the chaincode refuses leaves no identity behind, and one that it takes does', async () => {
  const { alder, author } = await setScene();
  const { identities, ledger } = alder.deps;
  const attempt = memoryAttempt();
  const practitionerId = derivedId('practitioner', attempt.seed);
  const identity = () => identities.identityOf({ kind: 'practitioner', practitionerId });
  const refused = alder.services.registry.registerPractitioner(author, person, attempt);
  await expect(refused).rejects.toMatchObject({ code: 'CALLER_NOT_ENTITLED' });
  expect(identity).toThrow(expect.objectContaining({ code: 'CALLER_UNKNOWN' }));
  expect(ledger.ordered).not.toContain('registry:RegisterPractitioner');
  const taken = await alder.services.registry.registerPractitioner(REGISTRAR, person, attempt);
  expect(taken.practitionerId).toBe(practitionerId);
  expect(identity().id).toBe(practitionerId);
});
