// SPDX-License-Identifier: Apache-2.0
import type { Audit } from './audit.js';
import type { Consents } from './consents.js';
import type { Custody } from './custody.js';
import type { DegradedEmergencies } from './degraded/degraded-emergencies.js';
import type { Emergencies } from './emergencies.js';
import type { Copies } from './copies.js';
import type { Erasures } from './erasures.js';
import type { Guardians } from './guardians.js';
import type { Idempotency } from './idempotency.js';
import type { Intents } from './intents.js';
import type { KeyRotations } from './key-rotations.js';
import type { OpenRecord } from './open-record.js';
import type { Records } from './records.js';
import type { Registry } from './registry.js';
import type { Reseal } from './reseal.js';
import type { StepUps } from './step-ups.js';
import type { StoreRecord } from './store-record.js';
import type { Suspensions } from './suspensions.js';
import type { Transactions } from './transactions.js';
import type { Uploads } from './uploads.js';

/** Every use case of a hospital's door. */
export type Services = Readonly<{
  registry: Registry;
  guardians: Guardians;
  keyRotations: KeyRotations;
  storeRecord: StoreRecord;
  reseal: Reseal;
  uploads: Uploads;
  records: Records;
  intents: Intents;
  openRecord: OpenRecord;
  consents: Consents;
  emergencies: Emergencies;
  degraded: DegradedEmergencies;
  audit: Audit;
  erasures: Erasures;
  copies: Copies;
  custody: Custody;
  stepUps: StepUps;
  suspensions: Suspensions;
  transactions: Transactions;
  idempotency: Idempotency;
}>;
