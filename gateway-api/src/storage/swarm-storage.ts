// SPDX-License-Identifier: Apache-2.0
import { DomainError, type ErrorCode } from '@tutela/chaincode/domain';
import {
  isVaultError,
  reconcile,
  type CallLimits,
  type Vault,
  type VaultErrorCode,
} from '@tutela/ipfs-cluster';
import type { Storage, StorageReport } from './storage.js';

/** At how many hospitals each part is to be held, and after how many an upload goes on. */
export type Replication = Readonly<{ min: number; max: number }>;

/** Pins younger than this may belong to an upload, here or at another hospital, that is not anchored yet. */
const UNWISHED_GRACE_MS = 72 * 3_600_000;

const CODES: Readonly<Record<VaultErrorCode, ErrorCode>> = {
  BAD_CID: 'CONTENT_CORRUPT',
  PART_TOO_LARGE: 'TOO_LARGE',
  PART_NOT_FOUND: 'NOT_FOUND',
  PART_CORRUPT: 'CONTENT_CORRUPT',
  PART_INCOMPLETE: 'CONTENT_CORRUPT',
  REPLICATION_TIMEOUT: 'STORAGE_UNAVAILABLE',
  PIN_STILL_WANTED: 'CONFLICT',
  UPLOADS_OPEN: 'CONFLICT',
  VAULT_UNAVAILABLE: 'STORAGE_UNAVAILABLE',
  VAULT_REFUSED: 'STORAGE_UNAVAILABLE',
  VAULT_TIMEOUT: 'STORAGE_UNAVAILABLE',
  ABORTED: 'STORAGE_UNAVAILABLE',
};

/** The vault of this hospital as the storage of its gateway; the vault's codes become the domain's. */
export function createSwarmStorage(
  vault: Vault,
  replication: Replication,
  nowMs: () => number = Date.now,
): Storage {
  return {
    add: (bytes, signal) => coded(() => vault.addPart(bytes, limits(signal))),
    pin: (cid, signal) => coded(() => vault.pin(cid, replication, limits(signal))),
    replicated: (cids, signal) =>
      coded(async () => {
        const states = await vault.waitPinned(cids, replication.min, limits(signal));
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
    remove: (cid, blocks, signal) =>
      coded(async () => (await vault.confirmGone(cid, blocks, limits(signal))).gone),
    pins: (signal) =>
      coded(async () => {
        const pins = await vault.listPins(limits(signal));
        return pins.map(({ cid, allocations, pinnedAtMs }) => ({
          cid,
          hospitals: allocations.length,
          pinnedAtMs,
        }));
      }),
    sweep: (signal) => coded(() => sweep(vault, limits(signal))),
    heal: (signal) => coded(() => vault.verifyAndHeal(limits(signal))),
    reconcile: (wished, signal) =>
      coded(() => reconcilePins(vault, replication, wished, { nowMs: nowMs(), ...limits(signal) })),
    duringUpload: (upload) => vault.withUploadLease(upload),
    isReachable: async () => {
      const { kuboReachable, clusterReachable } = await vault.status();
      return kuboReachable && clusterReachable;
    },
  };
}

async function reconcilePins(
  vault: Vault,
  { max }: Replication,
  wished: AsyncIterable<string>,
  { nowMs, ...within }: CallLimits & Readonly<{ nowMs: number }>,
): Promise<StorageReport> {
  const report = await reconcile(vault, {
    wished: withHospitals(wished, max),
    withdrawUnwished: { nowMs, graceMs: UNWISHED_GRACE_MS },
    limits: within,
  });
  return {
    wished: report.wished,
    steps: report.steps.length,
    failures: report.failures.map(({ code }) => code),
    underReplicated: report.underReplicated,
    unwished: report.unwished,
    orphans: report.orphans,
  };
}

async function* withHospitals(
  cids: AsyncIterable<string>,
  hospitals: number,
): AsyncGenerator<Readonly<{ cid: string; hospitals: number }>, void, undefined> {
  for await (const cid of cids) yield { cid, hospitals };
}

async function sweep(vault: Vault, within: CallLimits): Promise<readonly string[]> {
  for (const cid of await vault.listStalePins(within)) await vault.dropStalePin(cid, within);
  const orphans = await vault.listOrphans(within);
  await vault.collectGarbage(within);
  const left = new Set(await vault.listOrphans(within));
  return orphans.filter((block) => !left.has(block));
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
