// SPDX-License-Identifier: Apache-2.0
import type { Services } from '../../services/services.js';
import type { SystemKeys } from '../oauth/system-keys.js';
import type { Route } from '../route.js';
import { consentRoutes } from './consents.js';
import { contentRoutes } from './content.js';
import { degradedEmergencyRoutes } from './degraded-emergencies.js';
import { emergencyOversightRoutes } from './emergency-oversight.js';
import { emergencyRoutes } from './emergencies.js';
import { evidenceRoutes } from './evidence.js';
import { exposureRoutes } from './exposure.js';
import { guardianRoutes } from './guardians.js';
import { intentRoutes } from './intents.js';
import { keyRotationRoutes } from './key-rotations.js';
import { noticeRoutes } from './notices.js';
import { patientRoutes } from './patients.js';
import { recordRoutes } from './records.js';
import { registryRoutes } from './registry.js';
import { resealRoutes } from './reseal.js';
import { stepUpRoutes } from './step-ups.js';
import { suspensionRoutes } from './suspensions.js';
import { uploadRoutes } from './uploads.js';

/** Every operation behind a token, resource by resource. */
export function allRoutes(services: Services, keys: SystemKeys): readonly Route[] {
  return [
    ...registryRoutes(services, keys),
    ...suspensionRoutes(services),
    ...stepUpRoutes(services),
    ...patientRoutes(services),
    ...guardianRoutes(services),
    ...keyRotationRoutes(services),
    ...recordRoutes(services),
    ...resealRoutes(services),
    ...uploadRoutes(services),
    ...consentRoutes(services),
    ...intentRoutes(services),
    ...contentRoutes(services),
    // Before the routes that would take a part of its path for an id.
    ...emergencyOversightRoutes(services),
    ...degradedEmergencyRoutes(services),
    ...emergencyRoutes(services),
    ...noticeRoutes(services),
    ...exposureRoutes(services),
    ...evidenceRoutes(services),
  ];
}
