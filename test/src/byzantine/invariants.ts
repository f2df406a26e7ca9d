// SPDX-License-Identifier: Apache-2.0
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditEntry, Consent } from '@tutela/chaincode/domain';
import { unlessRefused, type AttackedConsortium } from './attacked-consortium.js';

/** Acts that change what belongs to a patient, and which only the patient's hand or the full procedure in public does. */
const PATIENTS_OWN: readonly string[] = [
  'consent-granted',
  'consent-replaced',
  'consent-revoked',
  'guardian-registered',
  'guardian-removed',
  'key-rotated',
  'record-erased',
];
/** How much an honest custodian's disk may grow with each move, in bytes; a journal line is about 700. */
const MAX_DISK_PER_MOVE = 2_048;
/** How much each move may add to the ledger's state, in bytes on average. */
const MAX_STATE_PER_MOVE = 8_192;

/** What must hold after every move of hostile hospitals; throws an error that names what was broken. */
export class Invariants {
  readonly #at: AttackedConsortium;
  readonly #kept: string;
  readonly #meddle: () => Promise<void>;
  #block: number;

  /** `meddle` lets the hostile hospitals make some moves. */
  constructor(at: AttackedConsortium, meddle: () => Promise<void>) {
    this.#at = at;
    this.#meddle = meddle;
    this.#kept = this.#patientsOwn();
    this.#block = at.consortium.channel.blocks.length;
  }

  /** After each move: who acted, for whom, and what was released. */
  afterMove(): void {
    const at = this.#at;
    if (at.leaked > 0) throw new Error('honest custodians released shares that no rule permits');
    for (const block of at.consortium.channel.blocks.slice(this.#block))
      for (const { txId, valid, entry } of block.transactions) if (valid) this.#requireTrue(txId, entry);
    this.#block = at.consortium.channel.blocks.length;
  }

  /** From time to time: state, disks, and that the others can go on working. */
  async afterRound(moves: number): Promise<void> {
    if (this.#patientsOwn() !== this.#kept) throw new Error('what belongs to the patient has changed');
    this.#requireNobodyFramed();
    this.#requireSmallState(moves);
    await this.#requireSmallDisks(moves);
    await this.#requireWork();
  }

  #requireTrue(txId: string, written: unknown): void {
    const entries = [written].flat() as readonly (AuditEntry | undefined)[];
    if (entries.length === 0 || entries.includes(undefined))
      throw new Error(`transaction ${txId} stands on the ledger without an audit entry`);
    for (const entry of entries) {
      if (entry === undefined) continue;
      const { act, actor, handle } = entry;
      const isHonest = !this.#at.isHostile(actor.mspId);
      if (isHonest && !this.#at.honestTxIds.has(txId))
        throw new Error(`${act} stands on the ledger in the name of ${actor.mspId}, which did not do it`);
      if (!isHonest && handle === this.#at.patient.handle && PATIENTS_OWN.includes(act))
        this.#requirePatientsHand(entry);
    }
  }

  /** A hostile gateway may carry what the patient has signed; the state then holds that very statement. */
  #requirePatientsHand({ act, consentIds = [] }: AuditEntry): void {
    const carried = consentIds.every((id) => {
      const name = `${this.#at.patient.handle}/${id}`;
      const state = this.#at.world.ledger.world();
      const consent = state[`consent/${name}`] ?? state[`consent-ended/${name}`];
      return consent !== undefined && this.#at.isSigned(consent as Consent);
    });
    if (!carried || consentIds.length === 0) throw new Error(`${act} was done without the patient`);
  }

  #patientsOwn(): string {
    const { world, patient, record } = this.#at;
    const { recordId } = record.request;
    const state = world.ledger.world();
    const kept = Object.entries(state).filter(
      ([key]) =>
        key === `patient/${patient.handle}` ||
        key.startsWith(`guardian/${patient.handle}/`) ||
        key.startsWith(`record/${recordId}/`),
    );
    const vault = Object.keys(world.ledger.vault()).filter((key) => key.includes(recordId));
    return JSON.stringify([kept, vault]);
  }

  #requireNobodyFramed(): void {
    for (const [key, value] of Object.entries(this.#at.world.ledger.world())) {
      const { custodian, status, mspId } = value as Readonly<Record<string, string | undefined>>;
      if (key.startsWith('accusation/') && custodian !== undefined && !this.#at.isHostile(custodian))
        throw new Error(`${custodian} stands accused, and is honest`);
      if (
        key.startsWith('practitioner/') &&
        mspId !== undefined &&
        !this.#at.isHostile(mspId) &&
        status !== 'active'
      )
        throw new Error(`a person of ${mspId} may not act any more`);
    }
  }

  #requireSmallState(moves: number): void {
    const bytes = JSON.stringify(this.#at.world.ledger.world()).length;
    if (bytes > 500_000 + moves * MAX_STATE_PER_MOVE)
      throw new Error(`the state has grown to ${String(bytes)} bytes`);
  }

  async #requireSmallDisks(moves: number): Promise<void> {
    for (const position of this.#at.honest) {
      const bytes = await sizeOf(this.#at.consortium.at(position).settings.stateDir);
      if (bytes > 500_000 + moves * MAX_DISK_PER_MOVE)
        throw new Error(`a custodian's disk has grown to ${String(bytes)} bytes`);
    }
  }

  /** The honest hospitals store, consent, open, hold and revoke, while the hostile ones go on between each step. */
  async #requireWork(): Promise<void> {
    const at = this.#at;
    await at.passHour();
    await at.world.store(at.author, at.patient, [{ category: 'laboratory' }]);
    const grantee = { kind: 'person', mspId: at.doctor.mspId, practitionerId: at.doctor.id } as const;
    const consent = await at.world.grant(at.patient, { grantee, categories: ['laboratory'], maxReads: 1 });
    at.consentInUse = consent.statement.consentId;
    await this.#meddle();
    const needed = Math.floor(at.consortium.places.length / 2) + 1;
    const released = await this.#read();
    if (released < needed)
      throw new Error(`only ${String(released)} honest custodians released a permitted share`);
    await this.#meddle();
    const revocation = at.world.revocation(at.patient, consent);
    await this.#hold(revocation);
    await this.#meddle();
    if ((await this.#read()) > 0) throw new Error('a share was released although the consent is held');
    await unlessRefused(() => at.world.run(at.world.hospital(1).gateway, 'consent:Revoke', revocation));
    if ((await this.#read()) > 0) throw new Error('a share was released after the revocation');
    at.consentInUse = undefined;
  }

  /** Sends the patient's revocation straight to every honest custodian. */
  async #hold(revocation: object): Promise<void> {
    const { consortium, honest } = this.#at;
    for (const position of honest)
      await consortium.network.request('POST', `${consortium.at(position).url}/v1/holds`, {
        body: revocation,
      });
  }

  /** Declares a reading of the patient's record; how many honest custodians release a share for it. */
  async #read(): Promise<number> {
    const { doctor, record, reader, world } = this.#at;
    return this.#release(await world.declare(doctor, record, { sessionKey: reader.sessionKey }));
  }

  async #release({ intentId }: Readonly<{ intentId: string }>): Promise<number> {
    const answers = await Promise.all(
      this.#at.honest.map((position) =>
        unlessRefused(() =>
          this.#at.consortium.release(position, intentId, undefined, this.#at.doctor.mspId),
        ),
      ),
    );
    return answers.filter((answer) => answer !== undefined && answer.replies.length > 0).length;
  }
}

/** Size of all files in a folder, in bytes; one that is replaced or removed meanwhile counts nothing. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const found = await stat(join(parentPath, name)).catch(() => undefined);
      return found?.size ?? 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
