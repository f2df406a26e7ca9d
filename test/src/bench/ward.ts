// SPDX-License-Identifier: Apache-2.0
import type { Consortium, Hospital } from '../support/consortium.js';
import { currentCustody } from '../support/custody.js';
import { LedgerClient } from '../support/ledger-client.js';
import { insiderSettings } from '../support/insider.js';
import type { PatientWallet } from '../support/patient-wallet.js';
import { randomNonce } from '../support/random-id.js';
import type { Session } from '../support/rest-client.js';
import { RawIpfs } from './raw-ipfs.js';

const RAW_VALUE_BYTES = 200;

/** Everyone and everything that measurements need on a running consortium. */
export interface Ward {
  readonly consortium: Consortium;
  /** Hospital of the patient and the author. */
  readonly home: Hospital;
  /** Hospital of the reader. */
  readonly away: Hospital;
  readonly author: Session;
  readonly reader: Session;
  readonly patient: PatientWallet;
  readonly raw: RawLedger;
  readonly ipfs: { readonly at: (hospital: Hospital) => RawIpfs };
  readonly close: () => Promise<void>;
}

/** Enrols the people of the measurements. */
export async function openWard(consortium: Consortium): Promise<Ward> {
  const [home, away] = [consortium.at(0), consortium.at(1)];
  const { threshold } = await currentCustody(home.administrator);
  const ipfs = new Map(
    consortium.hospitals.map((hospital) => [
      hospital.id,
      new RawIpfs(hospital, consortium.hospitals, threshold),
    ]),
  );
  const raw = new RawLedger(consortium.hospitals);
  return {
    consortium,
    home,
    away,
    author: await consortium.person(home, 'physician'),
    reader: await consortium.person(away, 'physician'),
    patient: await consortium.patient(home),
    raw,
    ipfs: {
      at: ({ id }) => {
        const found = ipfs.get(id);
        if (found === undefined) throw new Error(`no IPFS node at ${id}`);
        return found;
      },
    },
    close: async () => {
      raw.close();
      await Promise.all([...ipfs.values()].map((node) => node.close()));
      await consortium.close();
    },
  };
}

/** Raw Fabric: a put of one key by `raw:Put`, in the same chaincode server and under the same endorsement policy. */
export class RawLedger {
  readonly #clients: ReadonlyMap<string, LedgerClient>;

  constructor(hospitals: readonly Hospital[]) {
    this.#clients = new Map(
      hospitals.map((hospital) => [hospital.id, new LedgerClient(insiderSettings(hospital, 'gateway'))]),
    );
  }

  /** Puts 200 bytes under a fresh key through a hospital's peer and waits for the commit. */
  async put(hospital: Hospital): Promise<void> {
    const client = this.#clients.get(hospital.id);
    if (client === undefined) throw new Error(`no ledger client at ${hospital.id}`);
    await client.submit('raw:Put', { key: randomNonce(), value: 'x'.repeat(RAW_VALUE_BYTES) });
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}
