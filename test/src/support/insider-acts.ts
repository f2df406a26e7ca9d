// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { DeclareIntent, Intent } from '@tutela/chaincode/domain';
import type { Stored } from './answers.js';
import type { Consortium, Hospital } from './consortium.js';
import { CustodianClient } from './custodian-client.js';
import type { InsiderPerson } from './insider-person.js';
import type { PatientWallet } from './patient-wallet.js';
import { ownId, randomBytes32 } from './random-id.js';
import { RestProblem } from './rest-problem.js';

const released = z.object({
  replies: z.array(z.unknown()),
  refused: z.array(z.looseObject({ code: z.string() })),
});

/** What an insider asks for without a gateway; the time is the one that the transaction claims. */
export interface InsiderReading extends Partial<Pick<DeclareIntent, 'basis' | 'purpose'>> {
  readonly patient: PatientWallet;
  readonly stored: Pick<Stored, 'recordId' | 'version' | 'segments'>;
  readonly timestampMs?: number;
}

/** Declares an intent for a whole record straight on the ledger. */
export async function declareAs({ ledger, mspId }: InsiderPerson, reading: InsiderReading): Promise<Intent> {
  const { patient, stored, timestampMs, purpose = 'TREAT', basis = { kind: 'consent' } } = reading;
  const { recordId, version, segments } = stored;
  const request = {
    intentId: ownId('intent', mspId),
    handle: patient.handle,
    purpose,
    basis,
    sessionKey: randomBytes32(),
    segments: segments.map(({ segmentId }) => ({ recordId, version, segmentId })),
  };
  const at = timestampMs === undefined ? {} : { timestampMs };
  return (await ledger.submit('access:DeclareIntent', request, at)).answer as Intent;
}

/** What the ledger decided about the first segment of an intent: `permit`, or the code of the refusal. */
export function decisionOf({ segments: [first] }: Intent): string {
  if (first === undefined) throw new Error('the intent has no segment');
  return first.decision === 'permit' ? 'permit' : first.code;
}

/** How every custodian answers for an intent: `released`, or the code of its refusal. */
export async function askCustodians(
  { hospitals }: Consortium,
  as: Hospital,
  { intentId }: Readonly<{ intentId: string }>,
): Promise<readonly string[]> {
  const client = new CustodianClient(as);
  const ask = async (hospital: Hospital): Promise<string> => {
    try {
      const { refused } = released.parse(await client.post(hospital, '/v1/releases', { intentId }));
      return refused[0]?.code ?? 'released';
    } catch (error) {
      if (error instanceof RestProblem) return error.code;
      throw error;
    }
  };
  try {
    return await Promise.all(hospitals.map(ask));
  } finally {
    await client.close();
  }
}
