// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  DomainError,
  statementBytes,
  type ConsentId,
  type Custodian,
  type Handle,
  type SignedRevocation,
} from '@tutela/chaincode/domain';
import type { Clock } from '../clock.js';
import type { Journal } from '../journal/journal.js';
import { entriesOf, type Chain } from '../ledger/chain.js';
import type { Block, Ledger } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';
import type { PeerClient } from '../peers/peer-client.js';
import type { HoldStore } from './hold-store.js';
import { verifyHold } from './verify-hold.js';

/** After so long without a commit somebody keeps the revocation from the ledger, in milliseconds. */
export const CENSORSHIP_ALARM_MS = 24 * 3_600_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Head start of who got a hold from the patient, so that not every custodian writes the same transaction. */
const FORWARDED_PAUSE_MS = 3_000;

type Parts = Readonly<{
  ledger: Ledger;
  chain: Chain;
  clock: Clock;
  log: Log;
  journal: Journal;
  store: HoldStore;
  client: PeerClient;
  others: () => readonly Custodian[];
}>;

type Effort = { pauseMs: number; timer: NodeJS.Timeout };

/**
 * Revocations that patients send straight to custodians: in force at once, told to all others, and brought to the
 * ledger by whoever holds them. A hold ends when its revocation commits, and never by time.
 */
export class Holds {
  readonly #parts: Parts;
  readonly #efforts = new Map<string, Effort>();
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes up the holds of before and works on them until the signal. */
  start(signal: AbortSignal): void {
    const stop = this.#parts.chain.onBlock((block) => {
      this.#see(block);
    });
    signal.addEventListener(
      'abort',
      () => {
        this.#stopped = true;
        stop();
        for (const { timer } of this.#efforts.values()) clearTimeout(timer);
      },
      { once: true },
    );
    for (const { revocation } of this.#parts.store.all()) this.#bringToLedger(revocation, 0);
  }

  /** Puts a hold in force; when this returns it is on the disk and in the journal. */
  async accept(revocation: SignedRevocation, from: 'patient' | 'custodian'): Promise<void> {
    const { ledger, clock, store } = this.#parts;
    const { consentId } = revocation.statement;
    if (store.find(consentId) !== undefined) return store.settled(consentId);
    if ((await verifyHold(revocation, { ledger, now: clock() })) === 'committed') return;
    // The same hold may have come by another way meanwhile: it is answered when that one is on the disk.
    if (store.find(consentId) !== undefined) return store.settled(consentId);
    await store.keep({ v: 1, since: clock(), revocation });
    await this.#note(revocation, 'hold');
    if (from === 'patient') this.#forward(revocation);
    this.#bringToLedger(revocation, from === 'patient' ? 0 : FORWARDED_PAUSE_MS);
  }

  /** Whether a hold lies on a consent. */
  readonly isHeld = (handle: Handle, consentId: ConsentId): boolean =>
    this.#parts.store.isHeld(handle, consentId);

  /** How long a hold has been waiting for the ledger, in milliseconds; undefined without one. */
  waiting(consentId: ConsentId): number | undefined {
    const hold = this.#parts.store.find(consentId);
    return hold === undefined ? undefined : this.#parts.clock() - hold.since;
  }

  /** Consents whose revocation somebody has kept from the ledger for a day. */
  censored(): readonly ConsentId[] {
    const since = this.#parts.clock() - CENSORSHIP_ALARM_MS;
    return this.#parts.store
      .all()
      .filter((hold) => hold.since <= since)
      .map(({ revocation }) => revocation.statement.consentId);
  }

  #forward(revocation: SignedRevocation): void {
    const { client, others, log } = this.#parts;
    for (const { url, mspId } of others())
      client.post(`${url}/v1/holds`, revocation, { 'tutela-forwarded': '1' }).catch((error: unknown) => {
        log.warn({ code: failureCode(error), to: mspId }, 'a hold could not be forwarded');
      });
  }

  #bringToLedger(revocation: SignedRevocation, afterMs: number): void {
    const { consentId } = revocation.statement;
    const pauseMs = this.#efforts.get(consentId)?.pauseMs ?? FIRST_PAUSE_MS;
    const timer = setTimeout(() => {
      void this.#submit(revocation);
    }, afterMs);
    this.#efforts.set(consentId, { pauseMs: Math.min(pauseMs * 2, LONGEST_PAUSE_MS), timer });
  }

  async #submit(revocation: SignedRevocation): Promise<void> {
    const { ledger, log, store } = this.#parts;
    const { consentId } = revocation.statement;
    const hold = store.find(consentId);
    if (hold === undefined || this.#stopped) return;
    try {
      await ledger.submit('consent:Revoke', revocation);
      await this.#end(revocation);
    } catch (error) {
      if (await this.#isCommitted(revocation)) return this.#end(revocation);
      const waitingMs = this.#parts.clock() - hold.since;
      log.warn(
        { code: failureCode(error), consentId, waitingMs },
        'a held revocation is not on the ledger yet',
      );
      if (waitingMs >= CENSORSHIP_ALARM_MS)
        log.error(
          { alarm: 'CENSORSHIP', consentId, waitingMs },
          'a revocation has been kept from the ledger for a day',
        );
      this.#tryAgain(revocation);
    }
  }

  #tryAgain(revocation: SignedRevocation): void {
    const pauseMs = this.#efforts.get(revocation.statement.consentId)?.pauseMs ?? FIRST_PAUSE_MS;
    if (!this.#stopped) this.#bringToLedger(revocation, pauseMs);
  }

  async #isCommitted(revocation: SignedRevocation): Promise<boolean> {
    const { ledger, clock } = this.#parts;
    try {
      return (await verifyHold(revocation, { ledger, now: clock() })) === 'committed';
    } catch (error) {
      if (error instanceof DomainError) return false;
      throw error;
    }
  }

  #see(block: Block): void {
    for (const { act, consentIds = [] } of entriesOf(block)) {
      if (act !== 'consent-revoked') continue;
      for (const consentId of consentIds) {
        const hold = this.#parts.store.find(consentId);
        if (hold !== undefined) void this.#endIfCommitted(hold.revocation);
      }
    }
  }

  async #endIfCommitted(revocation: SignedRevocation): Promise<void> {
    try {
      if (await this.#isCommitted(revocation)) await this.#end(revocation);
    } catch (error) {
      this.#parts.log.warn({ code: failureCode(error) }, 'a hold could not be ended yet');
    }
  }

  async #end(revocation: SignedRevocation): Promise<void> {
    const { consentId } = revocation.statement;
    const effort = this.#efforts.get(consentId);
    clearTimeout(effort?.timer);
    this.#efforts.delete(consentId);
    if (this.#parts.store.find(consentId) === undefined) return;
    await this.#parts.store.end(consentId);
    await this.#note(revocation, 'hold-ended');
  }

  async #note({ statement }: SignedRevocation, kind: 'hold' | 'hold-ended'): Promise<void> {
    const requestHash = createHash('sha256').update(statementBytes(statement)).digest('base64url');
    const facts = { kind, decision: 'deny', requestHash, consentId: statement.consentId } as const;
    await this.#parts.journal.append([facts]);
  }
}
