// SPDX-License-Identifier: Apache-2.0
import { DomainError, type ErrorCode, type MspId } from '@tutela/chaincode/domain';
import {
  copiesFor,
  isVaultError,
  Reconciliation,
  Silences,
  systemClock,
  type CallLimits,
  type Clock,
  type OtherNodes,
  type OthersReport,
  type OwnReport,
  type Vault,
  type VaultErrorCode,
} from '@tutela/ipfs-cluster';
import type { CustodianNodes } from './custodian-nodes.js';
import { PartCopies } from './part-copies.js';
import type { Holdings, OthersRepair, OwnRepair, Storage } from './storage.js';

const CODES: Readonly<Record<VaultErrorCode, ErrorCode>> = {
  BAD_CID: 'CONTENT_CORRUPT',
  PART_TOO_LARGE: 'TOO_LARGE',
  PART_NOT_FOUND: 'NOT_FOUND',
  PART_REFUSED: 'ERASED',
  PART_CORRUPT: 'CONTENT_CORRUPT',
  PART_INCOMPLETE: 'CONTENT_CORRUPT',
  VAULT_UNAVAILABLE: 'STORAGE_UNAVAILABLE',
  VAULT_REFUSED: 'STORAGE_UNAVAILABLE',
  VAULT_TIMEOUT: 'STORAGE_UNAVAILABLE',
  ABORTED: 'STORAGE_UNAVAILABLE',
};

/** Chance and time as the storage needs them, so that tests can pass their own. */
export type StorageSurroundings = Readonly<{ chance: () => number; clock: Clock }>;

/**
 * The own vault and the other hospitals' nodes as the storage of this gateway; the vault's codes become the domain's. How
 * many hospitals open a record, by the ledger, decides how many hold a part.
 */
export function createSwarmStorage(
  vault: Vault,
  nodes: CustodianNodes,
  threshold: () => Promise<number>,
  { chance, clock }: StorageSurroundings = { chance: Math.random, clock: systemClock },
): Storage {
  const others = otherNodes(nodes);
  const hospitals = async (): Promise<readonly MspId[]> => (await unlessCoded(() => nodes.hospitals())) ?? [];
  const copies = lastKnownCopies(threshold);
  const silences = new Silences();
  const repair = new Reconciliation(vault, { others, chance, clock });
  const spreading = new PartCopies({ vault, others, hospitals, copies, clock });
  return {
    add: (bytes, signal) => coded(() => vault.addPart(bytes, limits(signal))),
    pin: (cid, accepts, signal) => {
      spreading.begin(cid, accepts);
      return coded(() => vault.pin(cid, { accepts, ...limits(signal) }));
    },
    replicated: (cids, accepts, signal) => spreading.enough(cids, accepts, signal),
    get: (cid, size, signal, patienceMs) =>
      coded(() =>
        vault.getPart(cid, size, {
          ...limits(signal),
          ...(patienceMs !== undefined && { deadlineMs: patienceMs }),
        }),
      ),
    hold: (cid, accepts, signal, stays) =>
      coded(() => vault.hold(cid, { accepts, ...limits(signal), ...(stays && { stays }) })),
    holds: (cid, signal) => coded(() => vault.holds(cid, limits(signal))),
    blocksHere: (cid, signal) => coded(() => vault.blocksHere(cid, limits(signal))),
    blocksOf: (cid, patienceMs, signal) => coded(() => vault.blocksOf(cid, patienceMs, limits(signal))),
    remove: (cid, blocks, { signal, ...asked } = {}) =>
      coded(() => vault.removePart(cid, blocks, { ...asked, ...limits(signal) })),
    holdings: (signal) => coded(() => holdingsOf(vault, limits(signal))),
    removeBlocks: (blocks, signal) => coded(() => vault.removeBlocks(blocks, limits(signal))),
    heal: (cid, signal) => coded(() => vault.healPart(cid, limits(signal))),
    reconcile: ({ found, ...wished }, signal) =>
      coded(async () => {
        const options = { ...wished, copies: await copies(), limits: limits(signal) };
        return ownRepair(await repair.atOwnNode(options, found));
      }),
    askOthers: (keeping, signal) =>
      coded(async () => {
        const given = { ...keeping, copies: await copies(), limits: limits(signal) };
        const report = await repair.atOthers({ ...given, givenUp: silences.givenUp(clock.now()) });
        silences.note(report.silent, clock.now());
        return othersRepair(report);
      }),
    isReachable: async () => {
      const { kuboReachable, clusterReachable } = await vault.status();
      return kuboReachable && clusterReachable;
    },
  };
}

function ownRepair({ wished, steps, failures }: OwnReport): OwnRepair {
  return { wished, steps: steps.length, failures: failures.map(({ code }) => code) };
}

function othersRepair({ steps, failures, underReplicated }: OthersReport): OthersRepair {
  return { steps: steps.length, failures: failures.map(({ code }) => code), underReplicated };
}

/** At how many hospitals a part is to lie: by the last known threshold; at all hospitals before the first is known. */
function lastKnownCopies(threshold: () => Promise<number>): () => Promise<number> {
  let known = Infinity;
  return async () => {
    const answered = await unlessCoded(threshold);
    if (answered !== null) known = copiesFor(answered);
    return known;
  };
}

/** The nodes as reconciliation asks them: a custodian that does not answer is null, not an error. */
function otherNodes(nodes: CustodianNodes): OtherNodes {
  return {
    keep: (hospital, cids, signal) => unlessCoded(() => nodes.keep(hospital as MspId, cids, signal), signal),
    kept: (hospital, cids, signal) => unlessCoded(() => nodes.kept(hospital as MspId, cids, signal), signal),
  };
}

async function unlessCoded<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof DomainError || signal?.aborted === true) return null;
    throw error;
  }
}

// The own node first: a pin that came meanwhile is then in no list, and comes with the next.
async function holdingsOf(vault: Vault, within: CallLimits): Promise<Holdings> {
  const held = await vault.listHeld(within);
  return { held, entered: await vault.listPins(within), orphans: codedEach(vault.listOrphans(within)) };
}

async function* codedEach<T>(stream: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* stream;
  } catch (cause) {
    throw codedError(cause);
  }
}

async function coded<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw codedError(cause);
  }
}

function codedError(cause: unknown): unknown {
  return isVaultError(cause) ? new DomainError(CODES[cause.code], cause.message, { cause }) : cause;
}

function limits(signal: AbortSignal | undefined): CallLimits {
  return signal === undefined ? {} : { signal };
}
