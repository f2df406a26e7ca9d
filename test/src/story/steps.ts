// SPDX-License-Identifier: Apache-2.0
import type { Step } from './step.js';
import { auditorView } from './steps/auditor-view.js';
import { blockCorruptedRefused } from './steps/block-corrupted-refused.js';
import { categoryWithheld } from './steps/category-withheld.js';
import { ceremony } from './steps/ceremony.js';
import { consentSigned } from './steps/consent-signed.js';
import { emergencyAloneSummary } from './steps/emergency-alone-summary.js';
import { emergencyCosignedOpens } from './steps/emergency-cosigned-opens.js';
import { emergencyExpiredRefused } from './steps/emergency-expired-refused.js';
import { emergencyReviewed } from './steps/emergency-reviewed.js';
import { eraseWithCertificate } from './steps/erase-with-certificate.js';
import { holdBeforeCommit } from './steps/hold-before-commit.js';
import { hostileConfigContained } from './steps/hostile-config-contained.js';
import { hostileEnvelopeIgnored } from './steps/hostile-envelope-ignored.js';
import { hostileUnpinRefused } from './steps/hostile-unpin-refused.js';
import { ipfsNodeKilled } from './steps/ipfs-node-killed.js';
import { lyingCustodianNamed } from './steps/lying-custodian-named.js';
import { malformedShareConvicts } from './steps/malformed-share-convicts.js';
import { oneCustodianDownOpens } from './steps/one-custodian-down-opens.js';
import { openedElsewhere } from './steps/opened-elsewhere.js';
import { patientView } from './steps/patient-view.js';
import { peerKilled } from './steps/peer-killed.js';
import { refresh } from './steps/refresh.js';
import { registerPeople } from './steps/register-people.js';
import { reshare } from './steps/reshare.js';
import { revokedRefused } from './steps/revoked-refused.js';
import { stolenDiskOpensNothing } from './steps/stolen-disk-opens-nothing.js';
import { storeRecords } from './steps/store-records.js';
import { strangerRefused } from './steps/stranger-refused.js';
import { twoCustodiansDownRefused } from './steps/two-custodians-down-refused.js';

/** The whole story in the order in which it is told. */
export const STEPS: readonly Step[] = [
  ceremony,
  registerPeople,
  storeRecords,
  strangerRefused,
  consentSigned,
  openedElsewhere,
  categoryWithheld,
  revokedRefused,
  holdBeforeCommit,
  emergencyAloneSummary,
  emergencyCosignedOpens,
  emergencyReviewed,
  oneCustodianDownOpens,
  twoCustodiansDownRefused,
  lyingCustodianNamed,
  hostileEnvelopeIgnored,
  hostileConfigContained,
  malformedShareConvicts,
  stolenDiskOpensNothing,
  refresh,
  eraseWithCertificate,
  hostileUnpinRefused,
  ipfsNodeKilled,
  peerKilled,
  blockCorruptedRefused,
  // Its time box was opened with the first emergency and has run out by now, or nearly.
  emergencyExpiredRefused,
  patientView,
  auditorView,
  reshare,
];
