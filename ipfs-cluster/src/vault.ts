// SPDX-License-Identifier: Apache-2.0

/** The largest part that the vault takes, in bytes: 16 MiB of ciphertext and room for its framing. */
export const MAX_PART_BYTES = 17 * 1024 * 1024;

/** Ends a call: by its own deadline in milliseconds, or by the caller's signal. */
export interface CallLimits {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Limits of a call that keeps a part, and the condition under which it may. `accepts` is asked with the blocks of the part,
 * its first one first, while no removal goes on, and what it permits is done before one begins, or is waited for by the
 * removal of that part; PART_REFUSED where it says no.
 */
export interface KeepLimits extends CallLimits {
  readonly accepts: (blocks: readonly string[]) => boolean;
}

/**
 * Limits of a call that has a part fetched. `stays` is asked at its end whether what came stays where the part was not
 * pinned, so that the next try goes on there; absent, what is accepted stays.
 */
export interface HoldLimits extends KeepLimits {
  readonly stays?: () => boolean;
}

/** A part as stored: its content identifier (CIDv1, base32), its size in bytes, and all of its blocks, root first. */
export interface StoredPart {
  readonly cid: string;
  readonly size: number;
  readonly blocks: readonly string[];
}

/** What the removal of a part from this hospital's own node took away, and what remains. */
export interface Removal {
  readonly cid: string;
  /** Neither a pin nor an entry of it is here, nor a block that is known to be of it. */
  readonly gone: boolean;
  /** Its own pin and entry are gone, and another pin of this node keeps each block of it that is here. */
  readonly released: boolean;
  readonly stillPinned: boolean;
  /** Blocks that lay here before and do not any more. */
  readonly removed: readonly string[];
  /** Blocks that another pin of this node still reaches, or a first one that is corrupt and alone names the others. */
  readonly blocksPresent: readonly string[];
}

/** One cluster peer as this hospital's own sees it. */
export interface HospitalState {
  readonly hospital: string;
  readonly healthy: boolean;
}

/** Whether this hospital's nodes answer, and whom they see. */
export interface VaultStatus {
  readonly kuboReachable: boolean;
  readonly clusterReachable: boolean;
  readonly swarmPeers: number;
  readonly hospitals: readonly HospitalState[];
}

/** What a check of a part's blocks at this hospital found. */
export interface HealReport {
  /** Whether no block is known to be corrupt; of a pinned part, whether none is missing either. */
  readonly healthy: boolean;
  /** Blocks found corrupt and fetched anew from another hospital. */
  readonly healed: number;
  /** Blocks found corrupt for which no other hospital had a good copy; one that is missing is no such block. */
  readonly lost: number;
}

/** One hospital's access to the private swarm; content-addressed, ciphertext only. Errors are `VaultError`. */
export interface Vault {
  /** Adds a part of at least one byte and pins it at this hospital; the identifier is computed here and compared with the node's. */
  addPart(bytes: Uint8Array, limits?: CallLimits): Promise<StoredPart>;
  /**
   * Enters a part in the pinset of this hospital's own cluster peer, which keeps it pinned at the own node; idempotent.
   * No other hospital changes that pinset. `accepts` is asked with the first block alone, at each try.
   */
  pin(cid: string, limits: KeepLimits): Promise<void>;
  /** Reads a whole part of known size, verified against its identifier before it is returned. */
  getPart(cid: string, expectedSize: number, limits?: CallLimits): Promise<Uint8Array>;
  /**
   * Pins a part at this hospital, and fetches what is missing; PART_NOT_FOUND at the deadline. `accepts` is asked with its
   * first block, and with all of them, before they are fetched too. Of what is not accepted any more once something was
   * fetched, no block is left here that no pin reaches. What came and does not stay goes in the background, first the
   * blocks below the first one: but for what a pin reaches, what was here before, and what another call fetches too.
   */
  hold(cid: string, limits: HoldLimits): Promise<void>;
  /**
   * Tells whether this hospital pins a part, and has its first block and another one, drawn by chance; fetches nothing.
   * A proof that a hospital has every byte would say no more: who has none can fetch them from whoever asks.
   */
  holds(cid: string, limits?: CallLimits): Promise<boolean>;
  /** The blocks of a part as its first one names them: that one alone where it is not here. Fetches nothing. */
  blocksHere(cid: string, limits?: CallLimits): Promise<readonly string[]>;
  /**
   * All blocks of a part, as this hospital knows them, or as the first of them says that another hospital sends within so
   * many milliseconds; that one does not stay. Null where none sends it.
   */
  blocksOf(cid: string, patienceMs: number, limits?: CallLimits): Promise<readonly string[] | null>;
  /** Everything that this hospital's node pins with all blocks. */
  listHeld(limits?: CallLimits): Promise<readonly string[]>;
  /** Everything that this hospital's pinset names. What a former version entered otherwise is entered anew on the way. */
  listPins(limits?: CallLimits): Promise<readonly string[]>;
  /**
   * Takes a part from this hospital: its entry in the pinset, its pin, then the named blocks and those it links to, and
   * no other block. Other pins that reach one of them keep it, but those that `spares` denies are taken off too. What is
   * not here is no error; every other hospital keeps what it holds. `found` is called with the blocks that lie here before
   * the first goes: a removal may end by an error after that. A part of which nothing says which blocks it has, as the first
   * is corrupt, is not gone.
   */
  removePart(
    cid: string,
    blocks: readonly string[],
    limits?: CallLimits &
      Readonly<{ spares?: (pin: string) => boolean; found?: (here: readonly string[]) => void }>,
  ): Promise<Removal>;
  /**
   * Blocks at this hospital that no pin of its own reaches, compared by multihash: in pieces, for there may be more than fit
   * in memory. The limits are those of each piece.
   */
  listOrphans(limits?: CallLimits): AsyncIterable<readonly string[]>;
  /** Removes the named blocks from this hospital, but for those that a pin reaches; returns those that went. */
  removeBlocks(blocks: readonly string[], limits?: CallLimits): Promise<readonly string[]>;
  /**
   * Reads the blocks of a part that this hospital pins. Where one cannot be read the disk is not to be trusted: then every
   * block is checked, and corrupt ones are replaced from other hospitals. Nothing that an author wrote brings that about.
   * Of a part that is here without a pin, blocks that are here and corrupt are fetched anew.
   */
  healPart(cid: string, limits?: CallLimits): Promise<HealReport>;
  /** Whether this hospital's nodes answer; never rejects for a node that is down. */
  status(limits?: CallLimits): Promise<VaultStatus>;
  /** Ends all connections. */
  close(): Promise<void>;
}
