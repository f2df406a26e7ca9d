// SPDX-License-Identifier: Apache-2.0
import { ContentIndex } from './content-index.js';
import { createAudit } from './create-audit.js';
import { createConsents } from './create-consents.js';
import { createCopies } from './create-copies.js';
import { createCustody } from './create-custody.js';
import { createDegradedEmergencies } from './degraded/create-degraded-emergencies.js';
import { createEmergencies } from './create-emergencies.js';
import { createErasures } from './create-erasures.js';
import { createGuardians } from './create-guardians.js';
import { createIdempotency } from './create-idempotency.js';
import { createIntents } from './create-intents.js';
import { createKeyRotations } from './create-key-rotations.js';
import { createOpenRecord } from './create-open-record.js';
import { createRecords } from './create-records.js';
import { createRegistry } from './create-registry.js';
import { createReseal } from './create-reseal.js';
import { createStepUps } from './create-step-ups.js';
import { createStoreRecord } from './create-store-record.js';
import { createSuspensions } from './create-suspensions.js';
import { createUploads } from './create-uploads.js';
import { createCustodyDirectory } from './custody-directory.js';
import { PartFetcher } from './part-fetcher.js';
import { PartJournal } from './part-journal.js';
import type { ServiceDeps } from './service-deps.js';
import type { Services } from './services.js';
import { SessionKeys } from './session-keys.js';

/** Every use case over one set of ports. */
export function createServices(deps: ServiceDeps): Services {
  const parts = new PartJournal(deps.state);
  const content = new ContentIndex(deps.state);
  const custody = createCustodyDirectory(deps);
  const sessions = new SessionKeys(deps);
  const fetcher = new PartFetcher(deps);
  const all = { ...deps, parts, content, custody, sessions, fetcher };
  return {
    registry: createRegistry(all),
    guardians: createGuardians(all),
    keyRotations: createKeyRotations(all),
    storeRecord: createStoreRecord(all),
    reseal: createReseal(all),
    uploads: createUploads(all),
    records: createRecords(all),
    intents: createIntents(all),
    openRecord: createOpenRecord(all),
    consents: createConsents(all),
    emergencies: createEmergencies(all),
    degraded: createDegradedEmergencies(all),
    audit: createAudit(all),
    erasures: createErasures(all),
    copies: createCopies(all),
    custody: createCustody(all),
    stepUps: createStepUps(all),
    suspensions: createSuspensions(all),
    transactions: { status: (txId) => deps.ledger.status(txId) },
    idempotency: createIdempotency(all),
  };
}
