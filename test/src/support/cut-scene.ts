// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { z } from 'zod';
import type { Category } from '@tutela/chaincode/domain';
import { NamespacedGround } from '@tutela/network/testing';
import type { IntentAnswer, Stored } from './answers.js';
import { declare, grant, personGrantee, storeRecord } from './clinic.js';
import { Consortium, type Hospital } from './consortium.js';
import { CustodianClient } from './custodian-client.js';
import { smallDocument } from './fixtures.js';
import { keptCopies } from './kept-copies.js';
import { askOperator } from './operator-socket.js';
import type { PatientWallet } from './patient-wallet.js';
import { randomNonce } from './random-id.js';
import { repositoryDir } from './repository.js';
import type { Session } from './rest-client.js';

const STATE = join(repositoryDir, '.tutela', 'test-cut');
const IDS = ['alder', 'birch', 'cedar'];
const health = z.looseObject({ height: z.int() });
const consents = z.object({
  consents: z.array(
    z.looseObject({
      statement: z.looseObject({ consentId: z.string() }),
      revocation: z.unknown().optional(),
    }),
  ),
});

/** A record, and what was put into it. */
export interface Filed {
  readonly recordId: string;
  readonly content: Uint8Array;
}

/** Who takes part: a patient of alder read at birch and at cedar, and a patient of cedar read at birch. */
interface Cast {
  readonly physician: Session;
  readonly reader: Session;
  readonly cedarReader: Session;
  readonly cedarPhysician: Session;
  readonly patient: PatientWallet;
  readonly cedarPatient: PatientWallet;
}

/** A consortium whose third hospital can be cut off, with records and consents from before. */
export class CutScene {
  readonly ground: NamespacedGround;
  readonly consortium: Consortium;
  readonly cast: Cast;
  /** What alder stored: `first` is under consents that will be revoked, the others under one that stays. */
  readonly filed: Filed[] = [];
  readonly #cedarStore = { key: randomNonce(), file: smallDocument('Written at cedar while nobody heard') };
  readonly #custodian: CustodianClient;

  private constructor(ground: NamespacedGround, consortium: Consortium, cast: Cast) {
    this.ground = ground;
    this.consortium = consortium;
    this.cast = cast;
    this.#custodian = new CustodianClient(consortium.at(2), 'gateway', ground.door('cedar', 'custodian'));
  }

  /** Brings a fresh consortium up in network namespaces, with people and patients. */
  static async set(): Promise<CutScene> {
    const ground = await NamespacedGround.open({ state: STATE, hospitals: IDS });
    try {
      const consortium = await Consortium.open(STATE, (id) => ground.door(id, 'gateway'));
      return new CutScene(ground, consortium, await gather(consortium));
    } catch (error) {
      await ground.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#custodian.close(), this.consortium.close()]);
    await this.ground.close();
  }

  get cedar(): Hospital {
    return this.consortium.at(2);
  }

  /** Stores a small record of the patient of alder. */
  async store(category: Category, text: string): Promise<Filed> {
    const file = smallDocument(text);
    const { recordId } = await storeRecord(this.cast.physician, this.cast.patient, file, { category });
    const filed = { recordId, content: file.bytes };
    this.filed.push(filed);
    return filed;
  }

  /** Lets both visiting readers read a category; returns the consents. */
  async allow(category: Category): Promise<readonly string[]> {
    const { cedarReader, patient, physician, reader } = this.cast;
    const grantees = [
      personGrantee(this.consortium.at(1).mspId, reader),
      personGrantee(this.cedar.mspId, cedarReader),
    ];
    const granted: string[] = [];
    for (const grantee of grantees)
      granted.push((await grant(physician, patient, { grantee, categories: [category] })).consentId);
    return granted;
  }

  /** Stores the same record at cedar whenever it is called: one key for all attempts. */
  storeAtCedar(): Promise<Stored> {
    const { file, key } = this.#cedarStore;
    const { cedarPatient, cedarPhysician } = this.cast;
    return storeRecord(cedarPhysician, cedarPatient, file, { category: 'notes', idempotencyKey: key });
  }

  /** Asks cedar's custodian itself, with the key of cedar's gateway. */
  releaseAtCedar({ intentId }: IntentAnswer): Promise<unknown> {
    return this.#custodian.post(this.cedar, '/v1/releases', { intentId });
  }

  /** An intent of the reader at cedar. */
  declareAtCedar({ recordId }: Filed): Promise<IntentAnswer> {
    return declare(this.cast.cedarReader, { patient: this.cast.patient, recordId });
  }

  /** Whether cedar's custodian has seen at least the blocks that the other two have. */
  async cedarHasCaughtUp(): Promise<boolean> {
    const heightAt = async (position: number) => {
      const { custodianSocket } = this.consortium.at(position);
      return health.parse(await askOperator(custodianSocket, 'GET', '/healthz')).height;
    };
    const others = await Promise.all([heightAt(0), heightAt(1)]);
    return (await heightAt(2)) >= Math.max(...others);
  }

  /** Whether the ledger, as a hospital's own people see it, has the consent revoked. */
  async isRevoked(through: Session, { handle }: PatientWallet, consentId: string): Promise<boolean> {
    const listed = consents.parse(await through.get(`/v1/consents?handle=${handle}`)).consents;
    return listed.some(
      ({ revocation, statement }) => statement.consentId === consentId && revocation !== undefined,
    );
  }

  /** Whether all three hospitals hold the same parts on their own nodes. */
  async copiesAgree(): Promise<boolean> {
    const [one, ...others] = await Promise.all(this.consortium.hospitals.map(keptCopies));
    return others.every((other) => other === one);
  }
}

async function gather(consortium: Consortium): Promise<Cast> {
  const [alder, birch, cedar] = [consortium.at(0), consortium.at(1), consortium.at(2)];
  const [physician, reader, cedarReader, cedarPhysician, patient, cedarPatient] = await Promise.all([
    consortium.person(alder, 'physician'),
    consortium.person(birch, 'physician'),
    consortium.person(cedar, 'physician'),
    consortium.person(cedar, 'physician'),
    consortium.patient(alder),
    consortium.patient(cedar),
  ]);
  return { physician, reader, cedarReader, cedarPhysician, patient, cedarPatient };
}
