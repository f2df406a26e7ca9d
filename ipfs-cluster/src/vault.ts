// SPDX-License-Identifier: Apache-2.0

/** The largest part that the vault takes, in bytes: 16 MiB of ciphertext and room for its framing. */
export const MAX_PART_BYTES = 17 * 1024 * 1024;

/** Ends a call: by its own deadline in milliseconds, or by the caller's signal. */
export interface CallLimits {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** A part as stored: its content identifier (CIDv1, base32), its size in bytes, and all of its blocks, root first. */
export interface StoredPart {
  readonly cid: string;
  readonly size: number;
  readonly blocks: readonly string[];
}

/** How many hospitals hold a part, and how many have failed to. */
export interface PinState {
  readonly cid: string;
  /** Hospitals, by the names of their cluster peers, that confirm the pin. */
  readonly pinnedBy: readonly string[];
  /** Hospitals whose last attempt failed. */
  readonly failedAt: readonly string[];
  /** Hospitals that were asked to hold it. */
  readonly allocatedTo: number;
}

/** A pin as the cluster's shared state has it. */
export interface PinEntry {
  readonly cid: string;
  readonly allocations: readonly string[];
  readonly replicationMin: number;
  readonly replicationMax: number;
  /** When the pin was made or last changed, in milliseconds since 1970; by the clock of the hospital that made it. */
  readonly pinnedAtMs: number;
}

/** What remains of a part at this hospital after its removal was asked for. */
export interface Remains {
  readonly cid: string;
  readonly gone: boolean;
  readonly stillPinned: boolean;
  readonly blocksPresent: readonly string[];
}

/** One cluster peer as this hospital's own sees it. */
export interface HospitalState {
  readonly hospital: string;
  readonly peerId: string;
  readonly healthy: boolean;
}

/** Whether this hospital's nodes answer, whom they see, and how full the repository is. */
export interface VaultStatus {
  readonly kuboReachable: boolean;
  readonly clusterReachable: boolean;
  readonly swarmPeers: number;
  readonly hospitals: readonly HospitalState[];
  readonly repository: RepositorySize | null;
}

/** The repository of this hospital's Kubo node. */
export interface RepositorySize {
  readonly bytes: number;
  readonly maxBytes: number;
  readonly blocks: number;
}

/** What a check of every stored block found. */
export interface HealReport {
  readonly healthy: boolean;
  /** Blocks found corrupt and fetched anew from another hospital. */
  readonly healed: number;
  /** Blocks found corrupt for which no other hospital had a good copy. */
  readonly lost: number;
}

/** A consortium hospital's door to the private swarm; content-addressed, ciphertext only. Errors are `VaultError`. */
export interface Vault {
  /** Adds a part of at least one byte without pinning it (take an upload lease first); the identifier is computed here and compared with the node's. */
  addPart(bytes: Uint8Array, limits?: CallLimits): Promise<StoredPart>;
  /** Asks the cluster to hold a part at `min` to `max` hospitals; idempotent, and a repetition can raise the numbers. */
  pin(
    cid: string,
    replication: { readonly min: number; readonly max: number },
    limits?: CallLimits,
  ): Promise<void>;
  /** Waits until at least `hospitals` hospitals confirm each of the parts; REPLICATION_TIMEOUT at the deadline. */
  waitPinned(cids: readonly string[], hospitals: number, limits?: CallLimits): Promise<readonly PinState[]>;
  /** Reads a whole part of known size, verified against its identifier before it is returned. */
  getPart(cid: string, expectedSize: number, limits?: CallLimits): Promise<Uint8Array>;
  /** Withdraws a part's pin from the whole cluster; withdrawing what is not pinned is no error. */
  unpin(cid: string, limits?: CallLimits): Promise<void>;
  /** Removes an unpinned part's blocks from this hospital and reports what remains; PIN_STILL_WANTED while it is pinned. */
  confirmGone(cid: string, blocks: readonly string[], limits?: CallLimits): Promise<Remains>;
  /** The state of the named pins at all hospitals, in one question per fifty. */
  pinStates(cids: readonly string[], limits?: CallLimits): Promise<readonly PinState[]>;
  /** Every pin of the cluster's shared state. */
  listPins(limits?: CallLimits): Promise<readonly PinEntry[]>;
  /** Has every hospital that failed to hold a part try again. */
  recover(cid: string, limits?: CallLimits): Promise<void>;
  /** Pins of this hospital's Kubo node that the cluster no longer has. */
  listStalePins(limits?: CallLimits): Promise<readonly string[]>;
  /** Removes a stale pin from this hospital's Kubo node; PIN_STILL_WANTED when the cluster has it. */
  dropStalePin(cid: string, limits?: CallLimits): Promise<void>;
  /** Blocks at this hospital that no pin reaches, compared by multihash. */
  listOrphans(limits?: CallLimits): Promise<readonly string[]>;
  /** Removes all orphans of this hospital once no upload is open; UPLOADS_OPEN at the deadline. Returns how many. */
  collectGarbage(limits?: CallLimits): Promise<number>;
  /** Runs `upload` while garbage collection is kept away: from before the first part is added until all are pinned. */
  withUploadLease<T>(upload: () => Promise<T>): Promise<T>;
  /** Checks every block of this hospital and replaces corrupt ones from other hospitals. */
  verifyAndHeal(limits?: CallLimits): Promise<HealReport>;
  /** Whether this hospital's nodes answer; never rejects for a node that is down. */
  status(limits?: CallLimits): Promise<VaultStatus>;
  /** Ends all connections. */
  close(): Promise<void>;
}
