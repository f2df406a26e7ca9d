// SPDX-License-Identifier: Apache-2.0
export { changePractitioner } from './change-practitioner.js';
export { changeSystem } from './change-system.js';
export { getHospital } from './get-hospital.js';
export { getPatient } from './get-patient.js';
export { getPractitioner } from './get-practitioner.js';
export { getSuspension } from './get-suspension.js';
export { getSystem } from './get-system.js';
export { liftSuspension } from './lift-suspension.js';
export { listCustodians } from './list-custodians.js';
export { listHospitals } from './list-hospitals.js';
export { registerCustodian } from './register-custodian.js';
export { registerHospital } from './register-hospital.js';
export { registerPatient } from './register-patient.js';
export { registerPractitioner } from './register-practitioner.js';
export { registerSystem } from './register-system.js';
export { suspendPractitioner } from './suspend-practitioner.js';
