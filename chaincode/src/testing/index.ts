// SPDX-License-Identifier: Apache-2.0
export * from './ceremony.js';
export * from './degraded.js';
export * from './expect-writes.js';
export * from './fake-ledger.js';
export { FakeStub } from './fake-stub.js';
export * from './guardian.js';
export type { TestHospital } from './hospital.js';
export * from './identity.js';
export * from './key-rotation.js';
export * from './names.js';
export * from './patient.js';
export * from './readable.js';
export * from './record.js';
export * from './runner.js';
export * from './step-up.js';
export * from './suspension.js';
export * from './world.js';
export * from './writes.js';
