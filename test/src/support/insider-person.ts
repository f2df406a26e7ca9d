// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import {
  instantOf,
  type EnrolmentId,
  type MspId,
  type PractitionerRole,
  type StepUp,
  type StepUpStatement,
} from '@tutela/chaincode/domain';
import { passkeyRequest, stepUpBy } from '@tutela/chaincode/testing/step-up';
import { SoftAuthenticator } from '@tutela/crypto/testing';
import { fabricSigner, newCertificateRequest, openCertificateAuthority } from '@tutela/gateway-api/testing';
import { setting, type Hospital } from './consortium.js';
import { insider, insiderSettings } from './insider.js';
import { LedgerClient } from './ledger-client.js';
import { randomBytes32, randomNonce } from './random-id.js';

/** A practitioner who needs no gateway: what a hospital that runs its own software can make of its own people. */
export interface InsiderPerson {
  readonly mspId: string;
  readonly practitionerId: string;
  readonly ledger: LedgerClient;
  /** The device whose passkey is registered. */
  readonly device: SoftAuthenticator;
}

/** What a device answers for a person to an act about a subject, now. */
export function answerOf(
  device: SoftAuthenticator,
  person: Pick<InsiderPerson, 'mspId' | 'practitionerId'>,
  act: Pick<StepUpStatement, 'act' | 'subject'>,
): StepUp {
  return stepUpBy(device, { ...signerOf(person), ...act });
}

function signerOf({ mspId, practitionerId }: Pick<InsiderPerson, 'mspId' | 'practitionerId'>) {
  const who = { mspId: mspId as MspId, practitionerId: practitionerId as EnrolmentId };
  return { channel: 'tutela', ...who, at: instantOf(Date.now()) } as const;
}

/** Has a hospital's own authority certify a person, registers that person, and speaks to the ledger as them. */
export async function insiderPerson(hospital: Hospital, role: PractitionerRole): Promise<InsiderPerson> {
  const practitionerId = `pr_${randomNonce()}`;
  const { certificate, privateKey } = await certify(hospital, practitionerId, role);
  const registrar = insider(hospital, 'registrar');
  const request = { practitionerId, role, department: 'general', personTag: randomBytes32() };
  await registrar.submit('registry:RegisterPractitioner', request);
  const device = new SoftAuthenticator();
  const person = { mspId: hospital.mspId, practitionerId };
  await registrar.submit('registry:RegisterPasskey', passkeyRequest(device, signerOf(person)));
  registrar.close();
  const ledger = new LedgerClient({ ...insiderSettings(hospital, 'gateway'), certificate, privateKey });
  return { ...person, ledger, device };
}

async function certify(
  hospital: Hospital,
  id: string,
  role: PractitionerRole,
): Promise<Readonly<{ certificate: string; privateKey: string }>> {
  const registrar = insiderSettings(hospital, 'registrar');
  const authority = openCertificateAuthority({
    url: setting(hospital.gatewayEnv, 'TUTELA_GATEWAY_CA_URL'),
    tlsRoot: readFileSync(setting(hospital.gatewayEnv, 'TUTELA_GATEWAY_CA_TLS_ROOT_FILE'), 'utf8'),
    registrar: fabricSigner(registrar.certificate, registrar.privateKey),
  });
  try {
    const secret = randomNonce();
    await authority.register({ id, secret, role });
    const { privateKey, requestPem } = await newCertificateRequest(id);
    return { certificate: await authority.enrol({ id, secret, requestPem }), privateKey };
  } finally {
    await authority.close();
  }
}
