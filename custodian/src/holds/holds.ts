// SPDX-License-Identifier: Apache-2.0
import {
  signedRevocation,
  signedSuspension,
  type ConsentId,
  type Handle,
  type IdentityRef,
  type SignedRevocation,
  type SignedSuspension,
} from '@tutela/chaincode/domain';
import type { Chain } from '../ledger/chain.js';
import type { Ledger } from '../ledger/ledger.js';
import type { IsHeld } from '../monitor/without-held.js';
import { consentHolds, consentKey } from './consent-holds.js';
import { HoldKeeper, type KeeperParts } from './hold-keeper.js';
import { HoldStore, type Hold } from './hold-store.js';
import { identityHolds, identityKey, type IsIdentityHeld } from './identity-holds.js';
import { CENSORSHIP_ALARM_MS } from './pauses.js';

/** What is sent as a hold: a patient's revocation of a consent, or administrators' suspension of an identity. */
export type HeldStatement = SignedRevocation | SignedSuspension;

/** A consent: its id says nothing without the handle. */
export type ConsentRef = Readonly<{ handle: Handle; consentId: ConsentId }>;

/** What is held now, or was at any time since the watch began. */
export type HoldWatch = Readonly<{ isHeld: IsHeld; isIdentityHeld: IsIdentityHeld }>;

/** Where the holds of each kind stand. */
export type HoldFolders = Readonly<{ holds: string; identityHolds: string }>;

/** Statements that are in force at this custodian before the ledger has them. */
export class Holds {
  readonly #consents: HoldKeeper<SignedRevocation>;
  readonly #identities: HoldKeeper<SignedSuspension>;
  readonly #clock: KeeperParts['clock'];

  private constructor(
    consents: HoldKeeper<SignedRevocation>,
    identities: HoldKeeper<SignedSuspension>,
    clock: KeeperParts['clock'],
  ) {
    this.#consents = consents;
    this.#identities = identities;
    this.#clock = clock;
  }

  /** Opens both folders. */
  static async open(
    folders: HoldFolders,
    parts: KeeperParts & Readonly<{ ledger: Ledger; chain: Pick<Chain, 'head'> }>,
  ): Promise<Holds> {
    const isHeld: IsIdentityHeld = (identity) => identities.on(identityKey(identity)).length > 0;
    const ofConsents = consentHolds(parts);
    const ofIdentities = identityHolds(parts.ledger, isHeld);
    const identities = new HoldKeeper(
      ofIdentities,
      await HoldStore.open(folders.identityHolds, ofIdentities),
      parts,
    );
    const consents = new HoldKeeper(ofConsents, await HoldStore.open(folders.holds, ofConsents), parts);
    return new Holds(consents, identities, parts.clock);
  }

  /** Takes up the holds of before and works on them until the signal. */
  start(signal: AbortSignal): void {
    this.#consents.start(signal);
    this.#identities.start(signal);
  }

  /** Puts a hold in force; when this returns it is on the disk and in the journal. */
  accept(signed: HeldStatement, from: 'outside' | 'custodian'): Promise<void> {
    return 'signatures' in signed
      ? this.#identities.accept(signed, from)
      : this.#consents.accept(signed, from);
  }

  /** Whether the patient's hold lies on a consent of that handle. */
  readonly isHeld = (handle: Handle, consentId: ConsentId): boolean =>
    this.#consents.find(consentKey({ handle, consentId })) !== undefined;

  /** Whether a hold lies on an identity; such a hold stops an emergency too. */
  readonly isIdentityHeld: IsIdentityHeld = (identity) =>
    this.#identities.on(identityKey(identity)).length > 0;

  /**
   * Begins to watch for a decision, before anything is read for it: a hold that ends because its statement commits
   * must not be missed by a decision on what the ledger said just before.
   */
  watch(): HoldWatch {
    const [consent, identity] = [this.#consents.watch(), this.#identities.watch()];
    return {
      isHeld: async (of) => {
        const find = (): Hold<SignedRevocation> | undefined => consent(consentKey(of))[0];
        const hold = find();
        if (hold === undefined || !(await this.#isOutlived(hold, of.signedAt))) return hold !== undefined;
        const next = find();
        return next !== undefined && next !== hold;
      },
      isIdentityHeld: (ref) => identity(identityKey(ref)).length > 0,
    };
  }

  /**
   * Whether a consent was signed after a hold of which nothing is left here: it is the patient's newer decision, and does not
   * wait until the end of that hold is final.
   */
  async #isOutlived(hold: Hold<SignedRevocation>, signedAt: string): Promise<boolean> {
    return signedAt > hold.signed.statement.signedAt && (await this.#consents.isOverByNow(hold));
  }

  /** The identities that are held. */
  heldIdentities(): readonly IdentityRef[] {
    return this.#identities.all().map(({ signed: { statement } }) => {
      const { mspId, practitionerId } = statement;
      return { mspId, practitionerId };
    });
  }

  /** How long a hold on a consent has been waiting for the ledger, in milliseconds; undefined without one. */
  waiting(handle: Handle, consentId: ConsentId): number | undefined {
    const hold = this.#consents.find(consentKey({ handle, consentId }));
    return hold === undefined ? undefined : this.#clock() - hold.since;
  }

  /** Consents whose revocation has been kept from the ledger for a day. */
  censored(): readonly ConsentRef[] {
    const since = this.#clock() - CENSORSHIP_ALARM_MS;
    return this.#consents
      .waiting()
      .filter((hold) => hold.since <= since)
      .map(({ signed: { statement } }) => {
        const { handle, consentId } = statement;
        return { handle, consentId };
      });
  }
}

/** Reads a hold from outside by its kind; throws BAD_REQUEST. */
export function heldStatement(value: unknown, path: string): HeldStatement {
  const isSuspension = typeof value === 'object' && value !== null && 'signatures' in value;
  return isSuspension ? signedSuspension(value, path) : signedRevocation(value, path);
}
