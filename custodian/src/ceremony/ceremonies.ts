// SPDX-License-Identifier: Apache-2.0
import {
  ceremonyId as ceremonyIdDecoder,
  DomainError,
  msOf,
  type Ceremony,
  type CustodianSet,
} from '@tutela/chaincode/domain';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import { entriesOf, type Chain } from '../ledger/chain.js';
import type { Ledger } from '../ledger/ledger.js';
import { failureCode, type Log } from '../log.js';
import type { Custody } from '../share/custody.js';
import type { ShareStore } from '../share/share-store.js';
import type { CeremonyStore } from './ceremony-secrets.js';
import { parseCeremony } from './parse-ceremony.js';
import type { Participant } from './participant.js';

/** A ceremony that needs longer is aborted by who started it. */
export const CEREMONY_DEADLINE_MS = 15 * 60_000;
/** How often an open ceremony is looked at although no block came, and how long others leave activation to its starter. */
const LOOK_INTERVAL_MS = 10_000;

const openCeremony = z.looseObject({ ceremony: z.unknown().optional() });

type Parts = Readonly<{
  ledger: Ledger;
  chain: Chain;
  clock: Clock;
  log: Log;
  custody: Custody;
  shares: ShareStore;
  secrets: CeremonyStore;
  participant: Participant;
}>;

/** Follows every ceremony on the ledger to its end, driven by blocks, and erases what an ended one leaves behind. */
export class Ceremonies {
  readonly #parts: Parts;
  readonly #completeSince = new Map<string, number>();
  #running: Promise<void> | undefined;
  #again = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes part until the signal. */
  start(signal: AbortSignal): void {
    const look = (): void => {
      this.look();
    };
    const stop = this.#parts.chain.onBlock((block) => {
      if (entriesOf(block).some(({ act }) => act.startsWith('ceremony-') || act === 'custody-activated'))
        look();
    });
    const timer = setInterval(look, LOOK_INTERVAL_MS);
    signal.addEventListener(
      'abort',
      () => {
        stop();
        clearInterval(timer);
      },
      { once: true },
    );
    look();
  }

  /** Looks at the ledger and takes what steps are due; calls that come meanwhile are taken up by one more look. */
  look(): void {
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Waits until no step is under way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** The open ceremony, if there is one. */
  async open(): Promise<Ceremony | undefined> {
    const { ceremony } = openCeremony.parse(await this.#parts.ledger.evaluate('custody:GetOpenCeremony', {}));
    return ceremony === undefined ? undefined : parseCeremony(ceremony);
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await this.#takeSteps();
      } catch (error) {
        this.#parts.log.warn({ code: failureCode(error) }, 'a ceremony step failed and will be tried again');
      }
    }
  }

  async #takeSteps(): Promise<void> {
    const open = await this.open();
    const left = await this.#parts.secrets.ids();
    const ended = await Promise.all(left.filter((id) => id !== open?.ceremonyId).map((id) => this.find(id)));
    for (const ceremony of ended) await this.#advance(ceremony);
    if (open !== undefined) await this.#advance(open);
    await this.#settleShares();
  }

  async #advance(ceremony: Ceremony): Promise<void> {
    const { custody, participant, log } = this.#parts;
    const previous = ceremony.fromEpoch === undefined ? undefined : await custody.epoch(ceremony.fromEpoch);
    const step = await participant.advance(ceremony, previous);
    if (step !== 'wait')
      log.info({ ceremonyId: ceremony.ceremonyId, kind: ceremony.kind, step }, 'ceremony step');
    if (step === 'activate') await this.#activate(ceremony);
    if (step === 'wait') await this.#abortLate(ceremony);
  }

  /** Whoever started a ceremony activates it; the others do so when that does not happen. */
  async #activate({ ceremonyId, startedBy }: Ceremony): Promise<void> {
    const { ledger, clock } = this.#parts;
    const since = this.#completeSince.get(ceremonyId) ?? clock();
    this.#completeSince.set(ceremonyId, since);
    if (startedBy !== ledger.mspId && clock() - since < LOOK_INTERVAL_MS) return;
    await ledger.submit('custody:Activate', { ceremonyId });
  }

  async #abortLate({ ceremonyId, startedBy, startedAt }: Ceremony): Promise<void> {
    const { ledger, clock, log } = this.#parts;
    if (startedBy !== ledger.mspId || clock() - msOf(startedAt) < CEREMONY_DEADLINE_MS) return;
    log.warn({ ceremonyId }, 'a ceremony took too long and is aborted');
    await ledger.submit('custody:Abort', { ceremonyId });
  }

  /** Shares of older epochs go only once every member of the active one has confirmed (cryptography §5.6). */
  async #settleShares(): Promise<void> {
    const { custody, shares, log } = this.#parts;
    const before = custody.active?.epoch;
    const active = await custody.refresh();
    if (active === undefined) return;
    if (active.epoch !== before) log.info({ epoch: active.epoch, state: custody.state }, 'custody is active');
    const old = shares.names().filter(({ epoch }) => epoch < active.epoch);
    if (old.length === 0 || !(await this.#allConfirmed(active))) return;
    for (const name of old) {
      await shares.erase(name);
      log.info({ epoch: name.epoch }, 'the share of an old epoch is erased');
    }
  }

  async #allConfirmed({ ceremonyId }: CustodianSet): Promise<boolean> {
    const { members, confirmations } = await this.find(ceremonyId);
    return members.every(({ mspId }) => confirmations[mspId] !== undefined);
  }

  /** A ceremony of the ledger. */
  async find(id: string): Promise<Ceremony> {
    const ceremonyId = ceremonyIdDecoder(id, '$');
    const found = parseCeremony(await this.#parts.ledger.evaluate('custody:GetCeremony', { ceremonyId }));
    if (found.ceremonyId !== ceremonyId)
      throw new DomainError('CEREMONY_INVALID', 'the peer answered with another ceremony');
    return found;
  }
}
