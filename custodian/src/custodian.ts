// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ceremonies } from './ceremony/ceremonies.js';
import type { Clock } from './clock.js';
import type { Copies } from './copies/copies.js';
import type { CopyKeeper } from './copies/copy-keeper.js';
import type { Degraded } from './degraded/open-degraded.js';
import type { Announcer } from './freshness/announcer.js';
import type { Equivocations } from './freshness/equivocations.js';
import type { ForeignBlocks } from './freshness/foreign-blocks.js';
import type { ForkAlarm } from './freshness/fork-alarm.js';
import type { Freshness } from './freshness/freshness.js';
import type { Heart } from './freshness/heart.js';
import type { Holds } from './holds/holds.js';
import type { Identity } from './identity.js';
import { PostedEntries } from './degraded/posted-entries.js';
import { LinesAhead } from './journal/lines-ahead.js';
import { reconcileWithLedger, type FullReport } from './journal/reconciler.js';
import type { Journal } from './journal/journal.js';
import type { RefusalCounts } from './journal/refusal-counts.js';
import { ScheduledReconciliation, type ReconciliationState } from './journal/scheduled-reconciliation.js';
import { SeenHeads } from './journal/seen-heads.js';
import type { Chain } from './ledger/chain.js';
import type { Ledger } from './ledger/ledger.js';
import type { Log } from './log.js';
import type { Counters } from './metrics.js';
import type { MonitorParts } from './monitor/monitor.js';
import type { Directory } from './peers/directory.js';
import type { PeerClient } from './peers/peer-client.js';
import type { ReleaseService } from './release/release-service.js';
import type { Custody } from './share/custody.js';
import type { Sealer } from './share/sealer.js';
import type { ShareStore } from './share/share-store.js';

/** What a custodian is made of that comes from outside it. */
export type CustodianPorts = Readonly<{
  ledger: Ledger;
  client: PeerClient;
  /** The own hospital's gateway, which keeps copies. */
  copyKeeper: CopyKeeper;
  identity: Identity;
  sealer: Sealer;
  clock: Clock;
  log: Log;
}>;

/** A custodian's settings; times in milliseconds. */
export type CustodianSettings = Readonly<{
  stateDir: string;
  url: string;
  freshnessMs: number;
  refreshMs: number;
  /** How often all journals are compared with the ledger. */
  reconcileMs: number;
  /** How long a release waits for blocks and signs of life. */
  patienceMs: number;
  intentsPerMinute: Readonly<{ practitioner: number; hospital: number }>;
}>;

/** The parts of a custodian, composed. */
export type CustodianParts = Readonly<{
  ports: CustodianPorts;
  settings: CustodianSettings;
  chain: Chain;
  journal: Journal;
  refusals: RefusalCounts;
  shares: ShareStore;
  custody: Custody;
  directory: Directory;
  freshness: Freshness;
  announcer: Announcer;
  heart: Heart;
  holds: Holds;
  ceremonies: Ceremonies;
  releases: ReleaseService;
  degraded: Degraded;
  copies: Copies;
  alarm: ForkAlarm;
  equivocations: Equivocations;
  foreignBlocks: ForeignBlocks;
  counters: Counters;
  monitor: MonitorParts;
}>;

/** A hospital's guard of one share. */
export class Custodian {
  readonly ledger: Ledger;
  readonly chain: Chain;
  readonly journal: Journal;
  readonly refusals: RefusalCounts;
  readonly shares: ShareStore;
  readonly custody: Custody;
  readonly directory: Directory;
  readonly freshness: Freshness;
  readonly announcer: Announcer;
  readonly heart: Heart;
  readonly holds: Holds;
  readonly ceremonies: Ceremonies;
  readonly releases: ReleaseService;
  readonly degraded: Degraded;
  readonly copies: Copies;
  readonly alarm: ForkAlarm;
  readonly equivocations: Equivocations;
  readonly counters: Counters;
  readonly monitor: MonitorParts;
  readonly identity: Identity;
  readonly reconciliation: ScheduledReconciliation;
  readonly #parts: CustodianParts;

  constructor(parts: CustodianParts) {
    this.#parts = parts;
    this.ledger = parts.ports.ledger;
    this.chain = parts.chain;
    this.journal = parts.journal;
    this.refusals = parts.refusals;
    this.shares = parts.shares;
    this.custody = parts.custody;
    this.directory = parts.directory;
    this.freshness = parts.freshness;
    this.announcer = parts.announcer;
    this.heart = parts.heart;
    this.holds = parts.holds;
    this.ceremonies = parts.ceremonies;
    this.releases = parts.releases;
    this.degraded = parts.degraded;
    this.copies = parts.copies;
    this.alarm = parts.alarm;
    this.equivocations = parts.equivocations;
    this.counters = parts.counters;
    this.monitor = parts.monitor;
    this.identity = parts.ports.identity;
    this.reconciliation = reconciliationOf(parts);
  }

  /** Whether the process serves; a custodian without a share, or with a stale peer, does and says so. */
  health(): object {
    const { custody, chain } = this.#parts;
    return {
      status: 'ok',
      state: custody.state,
      height: chain.head?.number ?? null,
      peer: this.#peerState(),
      equivocatingOrderers: Object.keys(this.equivocations.all()),
    };
  }

  /** The active set and this custodian's place in it. */
  async status(): Promise<object> {
    const { custody, ports, holds, journal, announcer, freshness } = this.#parts;
    const active = await custody.refresh();
    const ceremony = await this.ceremonies.progress();
    return {
      mspId: ports.ledger.mspId,
      state: custody.state,
      active: active !== undefined,
      known: this.directory.all().map(({ mspId }) => mspId),
      ...(active === undefined ? {} : placeIn(active, ports.ledger.mspId)),
      shares: this.shares.names(),
      peer: this.#peerState(),
      fork: this.alarm.evidence ?? null,
      equivocations: this.equivocations.all(),
      livePeers: freshness.livePeers(),
      silent: announcer.silent,
      censored: holds.censored(),
      heldIdentities: holds.heldIdentities(),
      journal: { head: journal.head, length: journal.length },
      reconciliation: this.reconciliation.state ?? null,
      ...(ceremony === undefined ? {} : { ceremony }),
    };
  }

  /** Compares all custodians' journals with the ledger; throws PEER_STALE or PEER_FORKED. */
  reconcile(): Promise<FullReport> {
    return this.reconciliation.run();
  }

  /** Counters and gauges as text. */
  metrics(): string {
    const { counters, journal, chain, holds, custody } = this.#parts;
    return counters.render({
      tutela_custodian_journal_lines: journal.length,
      tutela_custodian_height: chain.head?.number ?? 0,
      tutela_custodian_epoch: custody.active?.epoch ?? 0,
      tutela_custodian_peer_fresh: ['FRESH', 'IDLE'].includes(this.#peerState()) ? 1 : 0,
      tutela_custodian_equivocating_orderers: Object.keys(this.equivocations.all()).length,
      tutela_custodian_degraded_unposted: this.degraded.store.unposted,
      tutela_custodian_holds_censored: holds.censored().length,
      tutela_custodian_identities_held: holds.heldIdentities().length,
      ...reconciliationGauges(this.reconciliation.state),
    });
  }

  #peerState(): string {
    if (this.freshness.isIdle) return 'IDLE';
    return this.freshness.problem()?.code ?? 'FRESH';
  }
}

function reconciliationOf({
  ports,
  settings,
  directory,
  custody,
  freshness,
  foreignBlocks,
}: CustodianParts): ScheduledReconciliation {
  const posted = new PostedEntries();
  const ahead = new LinesAhead(ports.clock);
  const seenHeads = new SeenHeads(join(settings.stateDir, 'journal-heads.json'));
  const custodians = (): ReturnType<Directory['all']> => directory.all();
  const threshold = (): number => custody.active?.threshold ?? 1;
  return new ScheduledReconciliation({
    ...ports,
    reconcile: () =>
      reconcileWithLedger({ ...ports, seenHeads, ahead, posted, custodians, threshold, foreignBlocks }),
    isFresh: () => custody.active !== undefined && freshness.problem() === undefined,
    requireFresh: () => freshness.requireFresh(),
    everyMs: settings.reconcileMs,
  });
}

/** What the newest comparison found, one gauge a kind; none before the first. */
function reconciliationGauges(state: ReconciliationState | undefined): Readonly<Record<string, number>> {
  if (state === undefined) return {};
  const { at, clean, ...counts } = state;
  const found = Object.entries(counts).map(([kind, count]): [string, number] => [
    `tutela_custodian_reconciliation_found{kind="${kind}"}`,
    count,
  ]);
  return {
    tutela_custodian_reconciliation_at_seconds: Math.floor(Date.parse(at) / 1_000),
    tutela_custodian_reconciliation_clean: clean ? 1 : 0,
    ...Object.fromEntries(found),
  };
}

function placeIn(active: NonNullable<Custody['active']>, mspId: string): object {
  const { epoch, threshold, members, publicKey, kid, verificationKeys, activatedAt, ceremonyId } = active;
  const index = members.find((member) => member.mspId === mspId)?.index ?? null;
  return { epoch, threshold, members, publicKey, kid, verificationKeys, activatedAt, ceremonyId, index };
}

/** The files of a custodian under its state folder, which is made if need be. */
export async function custodianFiles(
  stateDir: string,
): Promise<
  Readonly<
    Record<
      | 'journal'
      | 'holds'
      | 'identityHolds'
      | 'shares'
      | 'ceremonies'
      | 'approvals'
      | 'fork'
      | 'equivocations'
      | 'foreignBlocks'
      | 'socket',
      string
    >
  >
> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  return {
    journal: join(stateDir, 'journal'),
    holds: join(stateDir, 'holds'),
    identityHolds: join(stateDir, 'identity-holds'),
    shares: join(stateDir, 'shares'),
    ceremonies: join(stateDir, 'ceremonies'),
    approvals: join(stateDir, 'approvals'),
    fork: join(stateDir, 'fork.json'),
    equivocations: join(stateDir, 'equivocations.json'),
    foreignBlocks: join(stateDir, 'foreign-blocks.json'),
    socket: join(stateDir, 'operator.sock'),
  };
}
