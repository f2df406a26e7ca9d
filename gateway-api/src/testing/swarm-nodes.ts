// SPDX-License-Identifier: Apache-2.0
import { DomainError, type MspId } from '@tutela/chaincode/domain';
import { ACCEPTED, MemoryVault, type MemorySwarm } from '@tutela/ipfs-cluster/testing';
import type { CustodianNodes } from '../storage/custodian-nodes.js';

const HOLD_MS = 100;

/** The other hospitals' nodes of a swarm in memory, as their custodians answer for them; those that are away do not. */
export function swarmNodes(swarm: MemorySwarm, own: string): CustodianNodes {
  const vaultOf = (hospital: MspId): MemoryVault => {
    if (swarm.absent.has(hospital) || swarm.absent.has(own))
      throw new DomainError('STORAGE_UNAVAILABLE', 'the hospital does not answer');
    return new MemoryVault(swarm, hospital);
  };
  return {
    hospitals: () => Promise.resolve(swarm.hospitals.filter((one) => one !== own).map((one) => one as MspId)),
    keep: async (hospital, cids) => {
      const vault = vaultOf(hospital);
      const held = await Promise.allSettled(
        cids.map((cid) => vault.hold(cid, { ...ACCEPTED, deadlineMs: HOLD_MS })),
      );
      return cids.filter((_, index) => held[index]?.status === 'fulfilled');
    },
    kept: async (hospital, cids) => {
      const held = new Set(await vaultOf(hospital).listHeld());
      return cids.filter((cid) => held.has(cid));
    },
  };
}
