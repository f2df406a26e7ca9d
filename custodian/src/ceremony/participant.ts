// SPDX-License-Identifier: Apache-2.0
import {
  ceremonyOutcomeInPieces,
  decodeBase64url,
  dealNewKey,
  dealOldShare,
  encodeBase64url,
  finishCeremony,
  generateHpkeKeyPair,
  importHpkePrivateKey,
  openSubShare,
  revealSubShare,
  systemRandom,
  type CeremonyOutcome,
  type CeremonyTerms,
  type CustodyKey,
  type Dealing,
  type Dealt,
  type RandomBytes,
} from '@tutela/crypto';
import {
  dealingsOf,
  DomainError,
  termsOf,
  type Ceremony,
  type CustodianSet,
  type LedgerDealing,
  type Member,
} from '@tutela/chaincode/domain';
import type { Ledger } from '../ledger/ledger.js';
import { eachYielding, piecewise } from '../turns.js';
import type { ShareStore } from '../share/share-store.js';
import type { CeremonySecrets, CeremonyStore } from './ceremony-secrets.js';
import { nextStep, unanswered, type Step } from './next-step.js';

/** What of a transcript is said on the ledger: that it is good, or which dealer's part in it is not. */
type Outcome = Readonly<{ transcriptHash: string; badDealer?: string }>;
type Parts = Readonly<{
  ledger: Ledger;
  shares: ShareStore;
  secrets: CeremonyStore;
  /** Whether the end of a ceremony that started from a set cannot be taken back any more. */
  isFinal: (ceremony: Ceremony, previous: CustodianSet | undefined) => Promise<boolean>;
  random?: RandomBytes;
}>;

/**
 * One custodian's part in ceremonies. Every step first puts on the disk what it will need, then writes to the
 * ledger; each may be cut off anywhere and is simply taken again.
 */
export class Participant {
  readonly #ledger: Ledger;
  readonly #shares: ShareStore;
  readonly #secrets: CeremonyStore;
  readonly #isFinal: Parts['isFinal'];
  readonly #random: RandomBytes;

  constructor({ ledger, shares, secrets, isFinal, random = systemRandom }: Parts) {
    this.#ledger = ledger;
    this.#shares = shares;
    this.#secrets = secrets;
    this.#isFinal = isFinal;
    this.#random = random;
  }

  /**
   * Takes the next step of a ceremony and says which it was; it neither joins nor deals unless it may take part, and
   * `activate` is left to the caller. What a ceremony leaves behind is erased once its end is final.
   */
  async advance(ceremony: Ceremony, previous: CustodianSet | undefined, mayTakePart: boolean): Promise<Step> {
    const step = nextStep(ceremony, this.#ledger.mspId, mayTakePart);
    switch (step) {
      case 'join':
        await this.#join(ceremony);
        break;
      case 'deal':
        await this.#deal(ceremony, previous);
        break;
      case 'confirm':
        await this.#confirm(ceremony, previous);
        break;
      case 'reveal':
        await this.#reveal(ceremony, previous);
        break;
      case 'discard':
        if (!(await this.#isFinal(ceremony, previous))) return 'await-finality';
        await this.#shares.erase(ceremony);
        await this.#secrets.erase(ceremony.ceremonyId);
        break;
      case 'finish':
        await this.#receiveLate(ceremony, previous);
        if (!(await this.#isFinal(ceremony, previous))) return 'await-finality';
        await this.#secrets.erase(ceremony.ceremonyId);
        break;
      case 'activate':
      case 'wait':
      case 'await-approval':
      case 'await-finality':
    }
    return step;
  }

  async #join({ ceremonyId }: Ceremony): Promise<void> {
    const found = await this.#secrets.load(ceremonyId);
    const keys = generateHpkeKeyPair(this.#random);
    const ephemeralKey = found.ephemeralKey ?? encodeBase64url(keys.privateKey);
    if (found.ephemeralKey === undefined) await this.#secrets.save(ceremonyId, { ...found, ephemeralKey });
    const publicKey = found.ephemeralKey === undefined ? keys.publicKey : publicKeyOf(ephemeralKey);
    await this.#ledger.submit('custody:Join', { ceremonyId, ephemeralKey: encodeBase64url(publicKey) });
  }

  /**
   * One dealing in a ceremony: what endorsers have seen can still be ordered whatever they answered, and a complaint
   * about it is answered only with its secrets.
   */
  async #deal(ceremony: Ceremony, previous: CustodianSet | undefined): Promise<void> {
    const { ceremonyId } = ceremony;
    const found = await this.#secrets.load(ceremonyId);
    const dealt = found.dealt ?? this.#makeDealing(ceremony, previous);
    if (found.dealt === undefined) await this.#secrets.save(ceremonyId, { ...found, dealt: copyOf(dealt) });
    await this.#ledger.submit('custody:Deal', { ceremonyId, dealing: toLedger(dealt.dealing) });
  }

  #makeDealing(ceremony: Ceremony, previous: CustodianSet | undefined): Dealt {
    const terms = termsOf(ceremony, previous);
    const { index } = placeOf(ceremony.dealers, this.#ledger.mspId);
    if (previous === undefined) return dealNewKey(terms, index, this.#random);
    const share = this.#shares.find(previous);
    if (share === undefined)
      throw new DomainError('CUSTODY_INACTIVE', 'the share of the old epoch is not here');
    return dealOldShare(terms, index, decodeBase64url(share.secret), this.#random);
  }

  async #confirm(ceremony: Ceremony, previous: CustodianSet | undefined): Promise<void> {
    const { ceremonyId } = ceremony;
    const kept = this.#shares.find(ceremony)?.transcriptHash;
    const { transcriptHash, badDealer: dealer }: Outcome =
      kept === undefined ? await this.#receive(ceremony, previous) : { transcriptHash: kept };
    if (dealer === undefined) await this.#ledger.submit('custody:Confirm', { ceremonyId, transcriptHash });
    else await this.#ledger.submit('custody:Complain', { ceremonyId, dealer, transcriptHash });
  }

  /**
   * Answers a complaint: the one disputed value, which one of the two parties knew already and misused. Only where it is
   * about the very transcript that the own peer has: a member that a fork deceived complains of a good value, and with
   * t−1 others that value gives away what was dealt.
   */
  async #reveal(ceremony: Ceremony, previous: CustodianSet | undefined): Promise<void> {
    const { mspId } = this.#ledger;
    const { ceremonyId, members, dealers } = ceremony;
    const complaint = unanswered(ceremony, mspId);
    const { dealt } = await this.#secrets.load(ceremonyId);
    if (complaint === undefined || dealt === undefined)
      throw new DomainError('CEREMONY_INVALID', 'what was dealt in this ceremony is lost; abort it');
    const { transcriptHash } = await outcomeOf(ceremony, previous);
    if (complaint.transcriptHash !== transcriptHash)
      throw new DomainError('CEREMONY_INVALID', 'the complaint is about another transcript; abort it');
    const place = {
      dealer: placeOf(dealers, mspId).index,
      complainer: placeOf(members, complaint.from).index,
    };
    const claim = { v: 1, suite: 1, ceremonyId, ...place, reason: 'does-not-fit' } as const;
    const { subShare, sealSeed } = revealSubShare(dealt.secret, claim);
    await this.#ledger.submit('custody:Reveal', { ceremonyId, from: complaint.from, subShare, sealSeed });
  }

  /** A set can be active before this member has confirmed; its share is then received all the same. */
  async #receiveLate(ceremony: Ceremony, previous: CustodianSet | undefined): Promise<void> {
    const isMember = ceremony.members.some(({ mspId }) => mspId === this.#ledger.mspId);
    if (!isMember || this.#shares.find(ceremony) !== undefined) return;
    const received = await this.#receive(ceremony, previous);
    if (received.badDealer !== undefined)
      throw new DomainError('CEREMONY_INVALID', 'the share of the new epoch is bad; start another refresh');
  }

  /** Opens the sub-shares and keeps the share that they make, or names the dealer of a bad one. */
  async #receive(ceremony: Ceremony, previous: CustodianSet | undefined): Promise<Outcome> {
    const { ephemeralKey } = await this.#secrets.load(ceremony.ceremonyId);
    if (ephemeralKey === undefined)
      throw new DomainError('CEREMONY_INVALID', 'the key of this ceremony is lost; abort it');
    const terms = termsOf(ceremony, previous);
    const { index } = placeOf(ceremony.members, this.#ledger.mspId);
    const recipient = { index, privateKey: decodeBase64url(ephemeralKey, 32) };
    const dealings = dealingsOf(ceremony);
    const received = await eachYielding(dealings, (dealing) => openSubShare(terms, dealing, recipient));
    const outcome = await outcomeOf(ceremony, previous);
    const { transcriptHash } = outcome;
    const bad = received.find((one) => !one.ok);
    if (bad?.ok === false) {
      const badDealer = dealerAt(ceremony, bad.complaint.dealer);
      return { transcriptHash, badDealer };
    }
    await this.#keep(terms, finishCeremony(terms, outcome, index, received));
    return { transcriptHash };
  }

  async #keep({ ceremonyId }: CeremonyTerms, key: CustodyKey): Promise<void> {
    const { epoch, threshold, index, publicKey, transcriptHash } = key;
    await this.#shares.keep({
      v: 1,
      mspId: this.#ledger.mspId,
      ceremonyId,
      epoch,
      threshold,
      index,
      publicKey,
      verificationKeys: [...key.verificationKeys],
      transcriptHash,
      secret: encodeBase64url(key.secret),
    });
  }
}

function placeOf(members: readonly Member[], mspId: string): Member {
  const found = members.find((member) => member.mspId === mspId);
  if (found === undefined)
    throw new DomainError('CEREMONY_INVALID', 'this custodian has no part in the ceremony');
  return found;
}

function dealerAt({ dealers }: Ceremony, index: number): string {
  return dealers.find((dealer) => dealer.index === index)?.mspId ?? '';
}

/** What the dealings of a ceremony make together; the custodian's other work goes on between two of them. */
function outcomeOf(ceremony: Ceremony, previous: CustodianSet | undefined): Promise<CeremonyOutcome> {
  return piecewise(ceremonyOutcomeInPieces(termsOf(ceremony, previous), dealingsOf(ceremony)));
}

/** A dealing in the form of the ledger. */
function toLedger({ commitments, proof, sealed }: Dealing): LedgerDealing {
  return {
    commitments,
    proof,
    subShares: sealed.map((one, position) => ({ recipient: position + 1, sealed: one })),
  };
}

function publicKeyOf(privateKey: string): Uint8Array {
  return importHpkePrivateKey(decodeBase64url(privateKey, 32)).publicKey;
}

// The kernel's lists are read-only; those of the file format are not.
function copyOf({ dealing, secret }: Dealt): NonNullable<CeremonySecrets['dealt']> {
  return {
    dealing: {
      ...dealing,
      v: 1,
      suite: 1,
      commitments: [...dealing.commitments],
      sealed: [...dealing.sealed],
    },
    secret: { ...secret, subShares: [...secret.subShares], sealSeeds: [...secret.sealSeeds] },
  };
}
