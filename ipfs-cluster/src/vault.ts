// SPDX-License-Identifier: Apache-2.0

/** The largest part that the vault takes, in bytes: 16 MiB of ciphertext and room for its framing. */
export const MAX_PART_BYTES = 17 * 1024 * 1024;

/** Ends a call: by its own deadline in milliseconds, or by the caller's signal. */
export interface CallLimits {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** How a part is removed. */
export interface RemovalLimits extends CallLimits {
  /** Also while the shared pinset names it, as an entry that it does not let go of. */
  readonly evenIfShared?: boolean;
}

/** How a wait for copies is done. */
export interface WaitLimits extends CallLimits {
  /** At how many hospitals a part is pinned that others changed the shared entry of; as many as are waited for by default. */
  readonly wanted?: number;
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
  /** Hospitals, by the names of their cluster peers, that confirm that they hold all of its blocks. */
  readonly pinnedBy: readonly string[];
  /** Hospitals whose last attempt failed. */
  readonly failedAt: readonly string[];
  /** Peer ids of the hospitals that the shared pinset asks to hold it. */
  readonly allocations: readonly string[];
  /** Whether the shared pinset asks for all of its blocks; else no hospital confirms it. */
  readonly isWhole: boolean;
}

/**
 * What an entry of the shared pinset asks for: a part with all of its blocks, fewer blocks than that, or something of a
 * type that no other hospital can change.
 */
export type PinKind = 'recursive' | 'partial' | 'fixed';

/** A pin as the cluster's shared state has it. */
export interface PinEntry {
  readonly cid: string;
  readonly kind: PinKind;
  readonly allocations: readonly string[];
  readonly replicationMin: number;
  readonly replicationMax: number;
}

/** The cluster's shared state. Any hospital writes entries: those that are too long or not readable are only counted. */
export interface PinListing {
  readonly pins: readonly PinEntry[];
  readonly leftOut: number;
}

/** What the removal of a part from this hospital's own node took away, and what remains. */
export interface Removal {
  readonly cid: string;
  readonly gone: boolean;
  readonly stillPinned: boolean;
  /** Blocks that lay here before and do not any more. */
  readonly removed: readonly string[];
  /** Blocks that another pin of this node still reaches. */
  readonly blocksPresent: readonly string[];
}

/** One cluster peer as this hospital's own sees it. */
export interface HospitalState {
  readonly hospital: string;
  readonly peerId: string;
  readonly healthy: boolean;
  /** Whether it is this hospital's own. */
  readonly isOwn: boolean;
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

/** What a check of a part's blocks at this hospital found. */
export interface HealReport {
  readonly healthy: boolean;
  /** Blocks found corrupt and fetched anew from another hospital. */
  readonly healed: number;
  /** Blocks found corrupt for which no other hospital had a good copy. */
  readonly lost: number;
}

/** A consortium hospital's door to the private swarm; content-addressed, ciphertext only. Errors are `VaultError`. */
export interface Vault {
  /** Adds a part of at least one byte and pins it at this hospital; the identifier is computed here and compared with the node's. */
  addPart(bytes: Uint8Array, limits?: CallLimits): Promise<StoredPart>;
  /** Asks the cluster to hold a part at `min` to `max` hospitals; idempotent, and a repetition can raise the numbers. */
  pin(
    cid: string,
    replication: { readonly min: number; readonly max: number },
    limits?: CallLimits,
  ): Promise<void>;
  /**
   * Waits until at least `hospitals` hospitals have confirmed each of the parts; REPLICATION_TIMEOUT at the deadline. A
   * part that another hospital withdraws meanwhile, allots to fewer or asks for less of than it was asked for, is pinned again.
   */
  waitPinned(cids: readonly string[], hospitals: number, limits?: WaitLimits): Promise<readonly PinState[]>;
  /** Reads a whole part of known size, verified against its identifier before it is returned. */
  getPart(cid: string, expectedSize: number, limits?: CallLimits): Promise<Uint8Array>;
  /** Withdraws a part from the shared pinset, so that nobody fetches it any more; each hospital keeps what it holds until it removes it itself. */
  unpin(cid: string, limits?: CallLimits): Promise<void>;
  /** Pins a part at this hospital, whatever the shared pinset says, and fetches what is missing; PART_NOT_FOUND at the deadline. */
  hold(cid: string, limits?: CallLimits): Promise<void>;
  /** Everything that this hospital itself pins with all blocks. */
  listHeld(limits?: CallLimits): Promise<readonly string[]>;
  /** Everything that this hospital itself pins by its first block alone, as an entry of another hospital can have it do. */
  listDirect(limits?: CallLimits): Promise<readonly string[]>;
  /**
   * Takes a part from this hospital's own node: its pin, then the named blocks and those it links to, and no other
   * block. PIN_STILL_WANTED while the shared pinset names it, for it would be fetched again, unless the caller insists.
   */
  removePart(cid: string, blocks: readonly string[], limits?: RemovalLimits): Promise<Removal>;
  /** The state of the named pins at all hospitals, in one question per fifty. */
  pinStates(cids: readonly string[], limits?: CallLimits): Promise<readonly PinState[]>;
  /** Every pin of the cluster's shared state that can be read. */
  listPins(limits?: CallLimits): Promise<PinListing>;
  /** Has every hospital that failed to hold a part try again. */
  recover(cid: string, limits?: CallLimits): Promise<void>;
  /** Blocks at this hospital that no pin of its own reaches, compared by multihash. */
  listOrphans(limits?: CallLimits): Promise<readonly string[]>;
  /** Removes the named blocks from this hospital, but for those that a pin reaches; returns those that went. */
  removeBlocks(blocks: readonly string[], limits?: CallLimits): Promise<readonly string[]>;
  /**
   * Reads the blocks of a part that this hospital pins. Where one cannot be read the disk is not to be trusted: then every
   * block is checked, and corrupt ones are replaced from other hospitals. Nothing that an author wrote brings that about.
   */
  healPart(cid: string, limits?: CallLimits): Promise<HealReport>;
  /** Whether this hospital's nodes answer; never rejects for a node that is down. */
  status(limits?: CallLimits): Promise<VaultStatus>;
  /** Ends all connections. */
  close(): Promise<void>;
}
