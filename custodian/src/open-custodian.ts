// SPDX-License-Identifier: Apache-2.0
import { ByHospital } from './by-hospital.js';
import { Approvals } from './ceremony/approvals.js';
import { Ceremonies } from './ceremony/ceremonies.js';
import { Endings } from './ceremony/endings.js';
import { CeremonyStore } from './ceremony/ceremony-secrets.js';
import { Participant } from './ceremony/participant.js';
import { Copies } from './copies/copies.js';
import { openDegraded } from './degraded/open-degraded.js';
import { Custodian, custodianFiles, type CustodianPorts, type CustodianSettings } from './custodian.js';
import { Announcer } from './freshness/announcer.js';
import { Equivocations } from './freshness/equivocations.js';
import { Finality } from './freshness/finality.js';
import { ForeignBlocks } from './freshness/foreign-blocks.js';
import { ForkAlarm } from './freshness/fork-alarm.js';
import { Freshness, type Quorum } from './freshness/freshness.js';
import { Heart } from './freshness/heart.js';
import { HeartbeatRequests } from './freshness/heartbeat-requests.js';
import { signedHead } from './freshness/head.js';
import { failureCode } from './log.js';
import { Holds } from './holds/holds.js';
import { Journal } from './journal/journal.js';
import { RefusalCounts } from './journal/refusal-counts.js';
import { Chain } from './ledger/chain.js';
import { Counters } from './metrics.js';
import { awaitedIntent, committedHeight, heightOf, readCommitted } from './monitor/committed.js';
import type { MonitorParts } from './monitor/monitor.js';
import { RateLimits } from './monitor/rate-limits.js';
import { Readings } from './monitor/readings.js';
import { Directory } from './peers/directory.js';
import { recallEmergencies } from './recall-emergencies.js';
import { ReleaseService } from './release/release-service.js';
import { Custody } from './share/custody.js';
import { ShareStore } from './share/share-store.js';

type Stores = Readonly<{
  journal: Journal;
  shares: ShareStore;
  secrets: CeremonyStore;
  approvals: Approvals;
  alarm: ForkAlarm;
  equivocations: Equivocations;
  foreignBlocks: ForeignBlocks;
}>;
type Shared = Stores &
  Readonly<{ ports: CustodianPorts; chain: Chain; directory: Directory; custody: Custody }>;

/** Opens everything that a custodian keeps on its disk and composes its parts; nothing runs or listens yet. */
export async function openCustodian(ports: CustodianPorts, settings: CustodianSettings): Promise<Custodian> {
  const { ledger, clock, identity } = ports;
  const stores = await openStores(ports, settings.stateDir);
  const { journal, shares, alarm, equivocations, foreignBlocks } = stores;
  if (journal.fault !== undefined)
    ports.log.error({ alarm: 'JOURNAL_FAULT', ...journal.fault }, 'the own journal is not as it was written');
  const chain = new Chain();
  const counters = new Counters();
  const refusals = new RefusalCounts({ journal, clock });
  const directory = new Directory(ledger);
  const custody = new Custody(ledger, shares);
  const shared = { ...stores, ports, chain, directory, custody };
  const signs = openFreshness(shared, settings);
  const files = await custodianFiles(settings.stateDir);
  const others = (): ReturnType<Directory['others']> => directory.others();
  const { finality } = signs;
  const holds = await Holds.open(files, { ...ports, chain, journal, others, finality });
  const ceremonies = openCeremonies({ ...shared, finality });
  const limits = new RateLimits(settings.intentsPerMinute);
  await recallEmergencies(journal, limits, clock());
  const monitor = monitorParts(shared, {
    freshness: signs.freshness,
    holds,
    limits,
    patienceMs: settings.patienceMs,
  });
  const releases = new ReleaseService({ monitor, chain, journal, refusals, identity, counters });
  const degraded = await openDegraded({ ...shared, ...signs, holds, counters, limits, refusals }, settings);
  return new Custodian({
    ...signs,
    ports,
    settings,
    chain,
    journal,
    refusals,
    shares,
    custody,
    directory,
    holds,
    ceremonies,
    releases,
    degraded,
    copies: new Copies(ports.copyKeeper),
    alarm,
    equivocations,
    foreignBlocks,
    counters,
    monitor,
  });
}

async function openStores(
  { ledger, identity, clock, sealer }: CustodianPorts,
  stateDir: string,
): Promise<Stores> {
  const files = await custodianFiles(stateDir);
  return {
    journal: await Journal.open(files.journal, { identity, clock }),
    shares: await ShareStore.open({ folder: files.shares, mspId: ledger.mspId, sealer }),
    secrets: await CeremonyStore.open(files.ceremonies, sealer),
    approvals: await Approvals.open(files.approvals, sealer),
    alarm: await ForkAlarm.open(files.fork),
    equivocations: await Equivocations.open(files.equivocations),
    foreignBlocks: await ForeignBlocks.open(files.foreignBlocks),
  };
}

function openCeremonies({
  ports,
  directory,
  finality,
  ...parts
}: Shared & Readonly<{ finality: Finality }>): Ceremonies {
  const endings = new Endings(finality);
  const participant = new Participant({
    ...{ ...parts, ledger: ports.ledger },
    isFinal: (ceremony, previous) => endings.isFinal(ceremony.ceremonyId, previous ?? ceremony),
  });
  const registered = async (): Promise<readonly string[]> => {
    await directory.refresh();
    return directory.all().map(({ mspId }): string => mspId);
  };
  return new Ceremonies({ ...ports, ...parts, participant, endings, registered });
}

/** What tells and shows that the own peer sees what the others see. */
function openFreshness(
  { ports, chain, directory, custody, journal, alarm, ...forks }: Shared,
  { freshnessMs: maxAgeMs, patienceMs }: CustodianSettings,
): Readonly<{ freshness: Freshness; finality: Finality; announcer: Announcer; heart: Heart }> {
  const { ledger, client, identity, clock, log } = ports;
  const others = (): ReturnType<Directory['others']> => directory.others();
  const journalHead = (): string => journal.head;
  const requests = new HeartbeatRequests({ client, others, livePeers: () => freshness.livePeers(), log });
  const freshness: Freshness = new Freshness({
    mspId: ledger.mspId,
    chain,
    clock,
    log,
    maxAgeMs,
    patienceMs,
    alarm,
    ...forks,
    isFinal: (height) => finality.isFinal(height),
    quorum: () => quorumOf(custody, ledger.mspId),
    askForHeartbeat: () => {
      requests.ask();
    },
    ordererRoots: () => ledger.ordererRoots(),
  });
  const accept = (answer: unknown): void => {
    const parsed = signedHead.safeParse(answer);
    const sender = others().find(({ mspId }) => mspId === parsed.data?.head.mspId);
    if (parsed.data === undefined || sender === undefined) return;
    freshness.accept(parsed.data, sender).catch((error: unknown) => {
      log.warn(
        { code: failureCode(error), from: sender.mspId },
        'refused what another custodian says its chain is',
      );
    });
  };
  const finality: Finality = new Finality({
    ...{ mspId: ledger.mspId, ledger, alarm },
    heightOf: (txId) => heightOf({ chain, ledger }, txId),
    countAgreeing: (mspIds, height) => freshness.countAgreeing(mspIds, height),
    active: () => custody.active,
    changes: freshness.changes,
  });
  const lastBeatAt = (): number => freshness.ownHeartbeatAt;
  const newestBeatAt = (): number => freshness.newestHeartbeatAt;
  return {
    freshness,
    finality,
    announcer: new Announcer({ identity, chain, clock, client, others, journalHead, accept }),
    heart: new Heart({ ledger, chain, clock, log, journalHead, lastBeatAt, newestBeatAt }),
  };
}

function monitorParts(
  { ports: { ledger, clock }, chain, custody }: Shared,
  {
    freshness,
    holds,
    limits,
    patienceMs,
  }: Readonly<{ freshness: Freshness; holds: Holds; limits: RateLimits; patienceMs: number }>,
): MonitorParts {
  return {
    channel: ledger.channel,
    clock,
    requireFresh: () => freshness.requireFresh(),
    awaitIntent: (readings, request, meanwhile) =>
      awaitedIntent({ chain, ledger, patienceMs }, readings, request, meanwhile),
    readContext: (readings, intentId) => readCommitted({ chain, ledger }, readings, intentId),
    readings: new ByHospital(() => new Readings(clock)),
    requireConfirmed: async (txId) => {
      const height = await committedHeight({ chain, ledger }, txId);
      await freshness.requireConfirmed(height);
      return height;
    },
    othersTime: () => freshness.othersTime(),
    watchHolds: () => holds.watch(),
    limits,
    shareOf: (set) => custody.shareOf(set),
  };
}

function quorumOf(custody: Custody, own: string): Quorum {
  const { members = [], threshold = 1 } = custody.active ?? {};
  return { others: members.map(({ mspId }): string => mspId).filter((mspId) => mspId !== own), threshold };
}
