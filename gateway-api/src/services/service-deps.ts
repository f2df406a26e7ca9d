// SPDX-License-Identifier: Apache-2.0
import type { RandomBytes } from '@tutela/crypto';
import type { Identities } from '../identity/identity.js';
import type { Custodians, DegradedCustodians } from '../keys/keys.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Log } from '../log.js';
import type { State } from '../state/open-state.js';
import type { Storage } from '../storage/storage.js';

/** Everything that use cases are given. Of the keys (32 bytes) `secretKey` seals what the gateway keeps, and `bodyTagKey` tags bodies. */
export type ServiceDeps = Readonly<{
  ledger: Ledger;
  storage: Storage;
  custodians: Custodians & DegradedCustodians;
  identities: Identities;
  state: State;
  secretKey: Uint8Array;
  bodyTagKey: Uint8Array;
  random: RandomBytes;
  /** Milliseconds since 1970. */
  nowMs: () => number;
  log: Log;
}>;
