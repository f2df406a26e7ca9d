// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { PatientWallet } from '../support/patient-wallet.js';
import type { Signed } from '../support/signing-key.js';
import { waitFor } from '../support/wait.js';
import { askOneCustodian } from './custodians.js';
import type { Way } from './scenarios.js';
import type { Track } from './track.js';

const SEND_DEADLINE_MS = 60_000;
const COMMIT_DEADLINE_MS = 120_000;
const outcome = z.looseObject({ heldBy: z.array(z.string()) });
const consent = z.looseObject({ revocation: z.looseObject({ txId: z.string() }).optional() });

/** A consent and the patient's signed word that ends it. */
export interface Revocable {
  readonly patient: PatientWallet;
  readonly consentId: string;
  readonly revocation: Signed<object>;
}

/**
 * Sends a revocation on its way. Resolves when the sender has done what it does, with the custodians that it was told
 * of. Who fails in the middle of trouble sends again, as any client would.
 */
export function sendRevocation(track: Track, way: Way, revocable: Revocable): Promise<readonly string[]> {
  const patience = { what: `a revocation to be sent (${way})`, deadlineMs: SEND_DEADLINE_MS };
  return waitFor(() => WAYS[way](track, revocable), patience);
}

/** Waits until a revocation is on the ledger, whoever brought it there; returns its transaction. */
export function untilRevoked(track: Track, revocable: Revocable): Promise<string> {
  const patience = { what: 'a revocation to reach the ledger', deadlineMs: COMMIT_DEADLINE_MS };
  return waitFor(() => revokedBy(track, revocable), patience);
}

const WAYS: Readonly<Record<Way, (track: Track, revocable: Revocable) => Promise<readonly string[]>>> = {
  'honest-gateway': (track, revocable) => throughGateway(track, revocable, ''),
  'transaction-withheld': (track, revocable) => throughGateway(track, revocable, '?holdOnly=true'),
  'holds-withheld': async (track, revocable) => {
    if ((await revokedBy(track, revocable)) === undefined)
      await track.ledger.submit('consent:Revoke', revocable.revocation);
    return [];
  },
  'all-withheld': async (track, { revocation }) => [await askOneCustodian(track, revocation)],
};

async function throughGateway(
  { author }: Track,
  { consentId, revocation }: Revocable,
  query: string,
): Promise<readonly string[]> {
  const path = `/v1/consents/${consentId}/revocation${query}`;
  return outcome.parse(await author.post(path, revocation)).heldBy;
}

async function revokedBy({ ledger }: Track, { patient, consentId }: Revocable): Promise<string | undefined> {
  const answer = await ledger.evaluate('consent:Get', { handle: patient.handle, consentId });
  return consent.parse(answer).revocation?.txId;
}
