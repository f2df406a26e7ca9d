// SPDX-License-Identifier: Apache-2.0
import {
  degradedChallenge,
  DomainError,
  factsOf,
  instantOf,
  ownedId,
  stepUpChallenge,
  type EnrolmentId,
  type Instant,
  type StepUpAct,
} from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';
import { sha256 } from './hashing.js';
import { newId } from './new-id.js';
import type { ServiceDeps } from './service-deps.js';
import type { StepUpRequest, StepUps, IntendedAct } from './step-ups.js';

type Deps = Pick<ServiceDeps, 'ledger' | 'random' | 'nowMs'>;
type Asked = Awaited<ReturnType<StepUps['ask']>>;

/** Challenges are hashes of what they are for, so the gateway keeps none; the rules are the chaincode's and the custodians'. */
export function createStepUps(deps: Deps): StepUps {
  const { ledger, nowMs } = deps;
  return {
    askNew: (_actor, { practitionerId, passkey }) => {
      const at = instantOf(nowMs());
      const challenge = challengeOf(deps, { act: 'register-passkey', practitionerId, subject: passkey, at });
      const { rpId, credentialId } = passkey;
      return Promise.resolve({ at, challenge, rpId, credentialIds: [credentialId] });
    },
    register: async (actor, passkey, attempt) => {
      const { txId } = await ledger.submitOnce(actor, 'registry:RegisterPasskey', () => passkey, attempt);
      return { txId };
    },
    remove: async (actor, passkey, attempt) => {
      const { txId } = await ledger.submitOnce(actor, 'registry:RemovePasskey', () => passkey, attempt);
      return { txId };
    },
    ask: async (actor, intended) => {
      const practitionerId = practitionerOf(actor);
      const devices = await devicesOf(deps, actor, practitionerId);
      return { ...(await askedFor(deps, actor, { intended, practitionerId })), ...devices };
    },
  };
}

async function askedFor(
  deps: Deps,
  actor: Actor,
  { intended, practitionerId }: Readonly<{ intended: IntendedAct; practitionerId: EnrolmentId }>,
): Promise<Pick<Asked, 'at' | 'challenge' | 'emergencyId'>> {
  const at = instantOf(deps.nowMs());
  switch (intended.act) {
    case 'open-emergency': {
      const emergencyId = ownedId(newId('emergency', deps.random), deps.ledger.mspId, sha256);
      const subject = { ...intended.emergency, emergencyId };
      const challenge = challengeOf(deps, { act: intended.act, practitionerId, subject, at });
      return { at, challenge, emergencyId: subject.emergencyId };
    }
    case 'cosign-emergency':
    case 'approve-full-scope': {
      const { act, emergencyId } = intended;
      const subject = factsOf(await deps.ledger.evaluate(actor, 'emergency:Get', { emergencyId }));
      return { at, challenge: challengeOf(deps, { act, practitionerId, subject, at }) };
    }
    default: {
      const { statement, act } = intended;
      const part = PARTS[act];
      const { mspId } = deps.ledger;
      const challenge = degradedChallenge(statement, { part, mspId, practitionerId }, sha256);
      return { at: statement.declaredAt, challenge };
    }
  }
}

const PARTS = {
  'degraded-requester': 'requester',
  'degraded-cosigner': 'cosigner',
  'degraded-dutyOfficer': 'dutyOfficer',
} as const;

function challengeOf(
  { ledger: { channel, mspId } }: Deps,
  of: Readonly<{ act: StepUpAct; practitionerId: EnrolmentId; subject: object; at: Instant }>,
): string {
  return stepUpChallenge({ channel, mspId, ...of }, sha256);
}

/** The caller's passkeys for the RP ID of the newest: a page can ask for one RP ID at a time. */
async function devicesOf(
  { ledger }: Deps,
  actor: Actor,
  practitionerId: EnrolmentId,
): Promise<Pick<StepUpRequest, 'rpId' | 'credentialIds'>> {
  const { mspId } = ledger;
  const { passkeys = [] } = await ledger.evaluate(actor, 'registry:GetPractitioner', {
    mspId,
    practitionerId,
  });
  const newest = passkeys.at(-1);
  if (newest === undefined)
    throw new DomainError('STEP_UP_REQUIRED', 'this takes a passkey; let the registrar register one');
  const { rpId } = newest;
  const usable = passkeys.filter((passkey) => passkey.rpId === rpId);
  return { rpId, credentialIds: usable.map(({ credentialId }) => credentialId) };
}

function practitionerOf(actor: Actor): EnrolmentId {
  if (actor.kind !== 'practitioner')
    throw new DomainError('CALLER_NOT_ENTITLED', 'only a person has a passkey');
  return actor.practitionerId;
}
