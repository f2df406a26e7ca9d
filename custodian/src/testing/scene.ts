// SPDX-License-Identifier: Apache-2.0
import type { CustodianSet, ErrorCode, Intent, SignedConsent } from '@tutela/chaincode/domain';
import type { ConsentPlan, Identity, PreparedRecord, TestPatient } from '@tutela/chaincode/testing';
import { DomainError } from '@tutela/chaincode/domain';
import { InProcessConsortium, type ConsortiumPlan } from './in-process-consortium.js';
import { newReader, type TestReader } from './reader.js';

/**
 * What most tests of releases begin with: a patient of the first hospital with a record in two categories, and a
 * physician of the second whom the patient lets read one of them, `laboratory`, for treatment.
 */
export class Scene {
  readonly consortium: InProcessConsortium;
  readonly patient: TestPatient;
  readonly author: Identity;
  readonly doctor: Identity;
  readonly record: PreparedRecord;
  readonly consent: SignedConsent;
  readonly reader: TestReader;

  private constructor(parts: Omit<Scene, 'declare' | 'tryRelease' | 'codes' | 'set' | 'world' | 'end'>) {
    this.consortium = parts.consortium;
    this.patient = parts.patient;
    this.author = parts.author;
    this.doctor = parts.doctor;
    this.record = parts.record;
    this.consent = parts.consent;
    this.reader = parts.reader;
  }

  /** Founds a consortium and plays the beginning. */
  static async begin(plan: ConsortiumPlan = {}, consentPlan: Partial<ConsentPlan> = {}): Promise<Scene> {
    const consortium = await InProcessConsortium.found(plan);
    const { world } = consortium;
    const [home, other] = [world.hospital(0), world.hospital(1)];
    const patient = await world.patient(home);
    const author = await world.practitioner(home, 'physician');
    const doctor = await world.practitioner(other, 'physician');
    const record = await world.store(author, patient, [{ category: 'laboratory' }, { category: 'notes' }]);
    const grantee = { kind: 'person', mspId: other.mspId, practitionerId: doctor.id } as const;
    const consent = await world.grant(patient, { grantee, categories: ['laboratory'], ...consentPlan });
    return new Scene({ consortium, patient, author, doctor, record, consent, reader: newReader() });
  }

  get world(): InProcessConsortium['world'] {
    return this.consortium.world;
  }

  /** The physician declares to open the whole record. */
  declare(change: Readonly<Record<string, unknown>> = {}): Promise<Intent> {
    const request = { sessionKey: this.reader.sessionKey, ...change };
    return this.world.declare(this.doctor, this.record, request);
  }

  /** One custodian's answer in brief: how many shares it gave, or the code with which it refused everything. */
  async tryRelease(at: number, intentId: string): Promise<number | ErrorCode> {
    try {
      return (await this.consortium.release(at, intentId)).replies.length;
    } catch (error) {
      if (error instanceof DomainError) return error.code;
      throw error;
    }
  }

  /** The codes with which a custodian refuses each segment; `permit` where it does not. */
  async codes(at: number, intentId: string): Promise<readonly string[]> {
    const { replies, refused } = await this.consortium.release(at, intentId);
    const bySegment = new Map<string, string>([
      ...replies.map(({ reply }): [string, string] => [reply.segment.segmentId, 'permit']),
      ...refused.map(({ segment, code }): [string, string] => [segment.segmentId, code]),
    ]);
    return this.record.vault.manifest.segments.map(({ segmentId }) => bySegment.get(segmentId) ?? 'missing');
  }

  /** The active custodian set. */
  async set(): Promise<CustodianSet> {
    const { answer } = await this.world.run(
      this.consortium.at(0).hospital.custodian,
      'custody:GetCurrent',
      {},
    );
    return answer as CustodianSet;
  }

  /** Stops the consortium. */
  end(): Promise<void> {
    return this.consortium.close();
  }
}
