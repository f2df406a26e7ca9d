// SPDX-License-Identifier: Apache-2.0
import type { Accusation, Custodian, CustodianSet, Heartbeat } from '@tutela/chaincode/domain';
import type { Actor } from '../ledger/actor.js';

/** Who guards the consortium key, and how they fare; public facts of the ledger. */
export type CustodyView = Readonly<{
  current?: CustodianSet;
  custodians: readonly Custodian[];
  heartbeats: readonly Heartbeat[];
  accusations: readonly Accusation[];
}>;

export interface Custody {
  view(actor: Actor): Promise<CustodyView>;
}
