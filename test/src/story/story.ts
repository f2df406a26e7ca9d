// SPDX-License-Identifier: Apache-2.0
import type { Stored } from '../support/answers.js';
import type { Consortium, Hospital } from '../support/consortium.js';
import type { ClinicalFile } from '../support/fixtures.js';
import type { PatientWallet } from '../support/patient-wallet.js';
import type { Person } from '../support/person.js';

/** The people of the story; the first hospital is the patients' home. */
export interface Cast {
  readonly physician: Person;
  readonly nurse: Person;
  readonly medicalOfficer: Person;
  readonly privacyOfficer: Person;
  readonly auditor: Person;
  /** At the second hospital. */
  readonly visitingPhysician: Person;
  readonly secondClinician: Person;
  readonly otherMedicalOfficer: Person;
  readonly otherPrivacyOfficer: Person;
  /** At the second hospital, named in no consent. */
  readonly stranger: Person;
  readonly patient: PatientWallet;
  readonly secondPatient: PatientWallet;
}

/** A record of the story beside the bytes that were stored. */
export interface Kept {
  readonly stored: Stored;
  readonly file: ClinicalFile;
}

export interface Chart {
  readonly summary: Kept;
  readonly notes: Kept;
  readonly image: Kept;
  readonly letter: Kept;
  readonly bundle: Kept;
  readonly secondBundle: Kept;
}

/** What the steps of one telling share; a step that needs what an earlier one should have left says so. */
export class Story {
  readonly consortium: Consortium;
  #cast: Cast | undefined;
  #chart: Chart | undefined;
  /** Consent of the first patient to the visiting physician. */
  readonly #ids = new Map<string, string>();

  constructor(consortium: Consortium) {
    this.consortium = consortium;
  }

  get home(): Hospital {
    return this.consortium.at(0);
  }

  get away(): Hospital {
    return this.consortium.at(1);
  }

  /** The third hospital, or the second where there are two. */
  get third(): Hospital {
    return this.consortium.at(Math.min(2, this.consortium.hospitals.length - 1));
  }

  get cast(): Cast {
    return needed(this.#cast, 'register-people');
  }

  set cast(cast: Cast) {
    this.#cast = cast;
  }

  get chart(): Chart {
    return needed(this.#chart, 'store-records');
  }

  set chart(chart: Chart) {
    this.#chart = chart;
  }

  /** Keeps an id for a later step. */
  remember(name: StoryId, id: string): void {
    this.#ids.set(name, id);
  }

  recall(name: StoryId): string {
    return needed(this.#ids.get(name), name);
  }
}

export type StoryId = 'consent' | 'emergency' | 'expiring-emergency';

function needed<T>(value: T | undefined, from: string): T {
  if (value === undefined) throw new Error(`an earlier step did not succeed: ${from}`);
  return value;
}
