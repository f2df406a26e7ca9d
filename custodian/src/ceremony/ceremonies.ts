// SPDX-License-Identifier: Apache-2.0
import {
  ceremonyDeadlineMs,
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
import type { Approvals } from './approvals.js';
import type { CeremonyStore } from './ceremony-secrets.js';
import type { Endings } from './endings.js';
import { needsApproval } from './needs-approval.js';
import { missingParts, nextStep, type Step } from './next-step.js';
import { parseCeremony } from './parse-ceremony.js';
import type { Participant } from './participant.js';

/** How much longer the other members leave it to a ceremony's starter to end it once it is late. */
const STARTER_FIRST_MS = 60_000;
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
  approvals: Approvals;
  participant: Participant;
  endings: Endings;
  /** MSP ids of all registered custodians, read again. */
  registered: () => Promise<readonly string[]>;
}>;

/** An open ceremony as its hospital's operator sees it: what is next here, and whom it waits for. */
export type CeremonyProgress = Pick<
  Ceremony,
  'ceremonyId' | 'kind' | 'phase' | 'threshold' | 'members' | 'dealers' | 'startedBy' | 'startedAt'
> &
  Readonly<{ step: Step; missing: ReturnType<typeof missingParts> }>;

/** Follows every ceremony on the ledger to its end, driven by blocks, and erases what an ended one leaves behind. */
export class Ceremonies {
  readonly #parts: Parts;
  readonly #completeSince = new Map<string, number>();
  readonly #logged = new Map<string, Step>();
  #loggedEpoch: number | undefined;
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
    const stopEndings = this.#parts.endings.onFinal(look);
    const timer = setInterval(look, LOOK_INTERVAL_MS);
    signal.addEventListener(
      'abort',
      () => {
        stop();
        stopEndings();
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

  /** The open ceremony, what this custodian does next in it, and who is missing. */
  async progress(): Promise<CeremonyProgress | undefined> {
    const ceremony = await this.open();
    if (ceremony === undefined) return undefined;
    const { ceremonyId, kind, phase, threshold, members, dealers, startedBy, startedAt } = ceremony;
    const { isApproved } = await this.#standing(ceremony);
    return {
      ...{ ceremonyId, kind, phase, threshold, members, dealers, startedBy, startedAt },
      step: nextStep(ceremony, this.#parts.ledger.mspId, isApproved),
      missing: missingParts(ceremony),
    };
  }

  /**
   * The own operator approves a ceremony, whose terms are answered; from now on this custodian takes part in it.
   * Throws CEREMONY_INVALID for one that has ended, CALLER_NOT_ENTITLED where this custodian has no part.
   */
  async approve(id: string): Promise<Ceremony> {
    const { ledger, approvals, log } = this.#parts;
    const ceremony = await this.find(id);
    const { ceremonyId, kind, phase, members, dealers } = ceremony;
    if (phase === 'active' || phase === 'aborted')
      throw new DomainError('CEREMONY_INVALID', 'the ceremony has ended');
    if (![...members, ...dealers].some(({ mspId }) => mspId === ledger.mspId))
      throw new DomainError('CALLER_NOT_ENTITLED', 'this custodian has no part in the ceremony');
    await approvals.give(ceremony);
    log.info({ ceremonyId, kind }, 'the operator approves a ceremony');
    this.look();
    return ceremony;
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
    const { secrets, approvals, endings } = this.#parts;
    const open = await this.open();
    const kept = new Set([...(await secrets.ids()), ...approvals.ids()]);
    const left = [...kept].filter((id) => id !== open?.ceremonyId && !endings.isAwaited(id));
    // One that cannot be finished takes nothing from the others.
    for (const id of left) await this.#attempt(id, async () => this.#advance(await this.find(id)));
    if (open !== undefined) await this.#attempt(open.ceremonyId, () => this.#advance(open));
    await this.#settleShares();
  }

  async #attempt(ceremonyId: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const code = failureCode(error);
      this.#parts.log.warn({ ceremonyId, code }, 'a ceremony step failed and will be tried again');
    }
  }

  async #advance(ceremony: Ceremony): Promise<void> {
    const { participant, approvals, ledger } = this.#parts;
    const { previous, isApproved, deadlineMs } = await this.#standing(ceremony);
    const next = nextStep(ceremony, ledger.mspId, isApproved);
    if (isRunning(ceremony) && next !== 'activate' && this.#isLate(ceremony, deadlineMs))
      return this.#abortLate(ceremony);
    const step = await participant.advance(ceremony, previous, isApproved);
    this.#tell(ceremony, step);
    if (step === 'activate') await this.#activate(ceremony);
    if (step === 'finish' || step === 'discard') await approvals.erase(ceremony.ceremonyId);
  }

  /** What a ceremony starts from, and whether this custodian may take part in it. */
  async #standing(
    ceremony: Ceremony,
  ): Promise<Readonly<{ previous: CustodianSet | undefined; isApproved: boolean; deadlineMs: number }>> {
    const { custody, approvals, registered } = this.#parts;
    const [active, previous, all] = await Promise.all([
      custody.refresh(),
      ceremony.fromEpoch === undefined ? undefined : custody.epoch(ceremony.fromEpoch),
      registered(),
    ]);
    const isForOperators = needsApproval(ceremony, { active, previous, registered: all });
    return {
      previous,
      isApproved: !isForOperators || approvals.has(ceremony),
      deadlineMs: ceremonyDeadlineMs(isForOperators),
    };
  }

  /** Each step once, however often it is looked at. */
  #tell({ ceremonyId, kind }: Ceremony, step: Step): void {
    if (step !== 'wait' && step !== this.#logged.get(ceremonyId))
      this.#parts.log.info({ ceremonyId, kind, step }, 'ceremony step');
    if (step === 'finish' || step === 'discard') this.#logged.delete(ceremonyId);
    else this.#logged.set(ceremonyId, step);
  }

  /** Whoever started a ceremony activates it; the others do so when that does not happen. */
  async #activate({ ceremonyId, startedBy }: Ceremony): Promise<void> {
    const { ledger, clock } = this.#parts;
    const since = this.#completeSince.get(ceremonyId) ?? clock();
    this.#completeSince.set(ceremonyId, since);
    if (startedBy !== ledger.mspId && clock() - since < LOOK_INTERVAL_MS) return;
    await ledger.submit('custody:Activate', { ceremonyId });
  }

  /** Whether this custodian should end a ceremony: its starter at the deadline, the new members soon after. */
  #isLate({ startedBy, startedAt, members }: Ceremony, deadlineMs: number): boolean {
    const { ledger, clock } = this.#parts;
    const openMs = clock() - msOf(startedAt);
    if (startedBy === ledger.mspId) return openMs >= deadlineMs;
    const isMember = members.some(({ mspId }) => mspId === ledger.mspId);
    return isMember && openMs >= deadlineMs + STARTER_FIRST_MS;
  }

  async #abortLate(ceremony: Ceremony): Promise<void> {
    const { ledger, log } = this.#parts;
    const { ceremonyId } = ceremony;
    const { join, deal, confirm } = missingParts(ceremony);
    const missing = { join: join.join(), deal: deal.join(), confirm: confirm.join() };
    log.warn(
      { ceremonyId, ...missing },
      'a ceremony took too long and is aborted; it waited for these hospitals',
    );
    await ledger.submit('custody:Abort', { ceremonyId });
  }

  /**
   * Shares of older epochs go only once every member of the active one has confirmed, and once the
   * set that they belong to cannot be in force on any other chain.
   */
  async #settleShares(): Promise<void> {
    const { custody, shares, endings, log } = this.#parts;
    const active = await custody.refresh();
    if (active === undefined) return;
    if (active.epoch !== this.#loggedEpoch)
      log.info({ epoch: active.epoch, state: custody.state }, 'custody is active');
    this.#loggedEpoch = active.epoch;
    const old = shares
      .names()
      .filter(({ epoch }) => epoch < active.epoch && !endings.isAwaited(`epoch/${epoch}`));
    if (old.length === 0 || !(await this.#allConfirmed(active))) return;
    for (const name of old) {
      const former = await custody.epoch(name.epoch);
      const isOver = former.ceremonyId === name.ceremonyId;
      if (!isOver || !(await endings.isFinal(`epoch/${name.epoch}`, former))) continue;
      await shares.erase(name);
      log.info({ epoch: name.epoch }, 'the share of an old epoch is erased');
    }
  }

  async #allConfirmed({ ceremonyId, transcriptHash }: CustodianSet): Promise<boolean> {
    const { members, confirmations } = await this.find(ceremonyId);
    return members.every(({ mspId }) => confirmations[mspId] === transcriptHash);
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

function isRunning({ phase }: Ceremony): boolean {
  return phase !== 'active' && phase !== 'aborted';
}
