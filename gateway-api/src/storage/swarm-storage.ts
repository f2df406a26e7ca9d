// SPDX-License-Identifier: Apache-2.0
import { DomainError, type ErrorCode } from '@tutela/chaincode/domain';
import {
  isVaultError,
  reconcile,
  type CallLimits,
  type Vault,
  type VaultErrorCode,
  type WishedPin,
} from '@tutela/ipfs-cluster';
import type { OtherNodes } from './other-nodes.js';
import type { Holdings, Storage, StorageReport, Wished } from './storage.js';

/** At how many hospitals each part is to be held, and after how many an upload goes on. */
export type Replication = Readonly<{ min: number; max: number }>;

const CODES: Readonly<Record<VaultErrorCode, ErrorCode>> = {
  BAD_CID: 'CONTENT_CORRUPT',
  PART_TOO_LARGE: 'TOO_LARGE',
  PART_NOT_FOUND: 'NOT_FOUND',
  PART_CORRUPT: 'CONTENT_CORRUPT',
  PART_INCOMPLETE: 'CONTENT_CORRUPT',
  REPLICATION_TIMEOUT: 'STORAGE_UNAVAILABLE',
  PIN_STILL_WANTED: 'CONFLICT',
  VAULT_UNAVAILABLE: 'STORAGE_UNAVAILABLE',
  VAULT_REFUSED: 'STORAGE_UNAVAILABLE',
  VAULT_TIMEOUT: 'STORAGE_UNAVAILABLE',
  ABORTED: 'STORAGE_UNAVAILABLE',
};

/** The vault of this hospital as the storage of its gateway; the vault's codes become the domain's. */
export function createSwarmStorage(
  vault: Vault,
  _others: OtherNodes,
  replication: Replication,
  chance: () => number = Math.random,
): Storage {
  return {
    add: (bytes, signal) => coded(() => vault.addPart(bytes, limits(signal))),
    pin: (cid, signal) => coded(() => vault.pin(cid, replication, limits(signal))),
    replicated: (cids, signal) =>
      coded(async () => {
        const within = { ...limits(signal), wanted: replication.max };
        const states = await vault.waitPinned(cids, replication.min, within);
        return Math.min(...states.map(({ pinnedBy }) => pinnedBy.length));
      }),
    get: (cid, size, signal, patienceMs) =>
      coded(() =>
        vault.getPart(cid, size, {
          ...limits(signal),
          ...(patienceMs !== undefined && { deadlineMs: patienceMs }),
        }),
      ),
    unpin: (cid, signal) => coded(() => vault.unpin(cid, limits(signal))),
    remove: (cid, blocks, signal) => coded(() => vault.removePart(cid, blocks, limits(signal))),
    removeShared: (cid, blocks, signal) =>
      coded(() => vault.removePart(cid, blocks, { ...limits(signal), evenIfShared: true })),
    holdings: (signal) => coded(() => holdingsOf(vault, limits(signal))),
    removeBlocks: (blocks, signal) => coded(() => vault.removeBlocks(blocks, limits(signal))),
    heal: (cid, signal) => coded(() => vault.healPart(cid, limits(signal))),
    reconcile: (wished, signal) =>
      coded(() => reconcilePins(vault, replication, { ...wished, chance }, limits(signal))),
    isReachable: async () => {
      const { kuboReachable, clusterReachable } = await vault.status();
      return kuboReachable && clusterReachable;
    },
  };
}

async function reconcilePins(
  vault: Vault,
  { max }: Replication,
  { authors, members, chance }: Wished & Readonly<{ chance: () => number }>,
  within: CallLimits,
): Promise<StorageReport> {
  const wished = withHospitals(authors, max);
  const report = await reconcile(vault, { wished, members, chance, limits: within });
  return {
    wished: report.wished,
    steps: report.steps.length,
    failures: report.failures.map(({ code }) => code),
    underReplicated: report.underReplicated,
  };
}

function* withHospitals(wished: Wished['authors'], hospitals: number): Generator<WishedPin, void, undefined> {
  for (const [cid, authors] of wished) yield { cid, hospitals, authors: [...authors] };
}

// The own node first: a pin that the shared pinset made there meanwhile is then in neither list, and comes with the next.
// What it pins by the first block alone comes before the rest, for only that can become the other meanwhile.
async function holdingsOf(vault: Vault, within: CallLimits): Promise<Holdings> {
  const direct = await vault.listDirect(within);
  const held = [...new Set([...direct, ...(await vault.listHeld(within))])];
  const orphans = await vault.listOrphans(within);
  const { pins, leftOut } = await vault.listPins(within);
  return { held, orphans, shared: pins.map(({ cid }) => cid), sharedLeftOut: leftOut };
}

async function coded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!isVaultError(cause)) throw cause;
    throw new DomainError(CODES[cause.code], cause.message, { cause });
  }
}

function limits(signal: AbortSignal | undefined): CallLimits {
  return signal === undefined ? {} : { signal };
}
