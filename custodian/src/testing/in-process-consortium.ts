// SPDX-License-Identifier: Apache-2.0
import { KeyObject, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Intent } from '@tutela/chaincode/domain';
import { encodeBase64url, openAtRest, sealAtRest, utf8 } from '@tutela/crypto';
import { TestWorld, type TestHospital } from '@tutela/chaincode/testing';
import type { ReleaseAnswer } from '../release/release-service.js';
import type { Custodian, CustodianPorts, CustodianSettings } from '../custodian.js';
import { identityOf } from '../identity.js';
import type { Log } from '../log.js';
import { openCustodian } from '../open-custodian.js';
import { runCustodian } from '../run-custodian.js';
import { peerRoutes } from '../server/routes.js';
import type { Sealer } from '../share/sealer.js';
import { ShareStore } from '../share/share-store.js';
import { InProcessNetwork } from './in-process-client.js';
import { InProcessChannel, type InProcessPeer, type TestOrderers } from './in-process-channel.js';
import type { CopyKeeper } from '../copies/copy-keeper.js';
import { MemoryKeeper } from './memory-keeper.js';
import { testOrderer, type TestOrderer } from './test-orderer.js';

/** One hospital's custodian in this process; stopping it is a kill, and starting it again reads its disk. */
export type InProcessCustodian = Readonly<{
  hospital: TestHospital;
  url: string;
  peer: InProcessPeer;
  ports: CustodianPorts;
  settings: CustodianSettings;
}>;

/** What a test wants of its consortium. */
export type ConsortiumPlan = Readonly<{
  hospitals?: readonly string[];
  withKey?: boolean;
  /** The orderers; one of each hospital if left out. */
  orderers?: TestOrderers;
  settings?: Partial<CustodianSettings>;
  log?: Log;
  /** At whose node each custodian keeps copies; in memory where left out. */
  copyKeeper?: () => CopyKeeper;
  clock?: (mspId: string, world: TestWorld) => number;
}>;

const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

type Running = Readonly<{ custodian: Custodian; stop: () => Promise<void> }>;

/** All custodians of a consortium on one ledger in memory, with the real contracts. */
export class InProcessConsortium {
  readonly world: TestWorld;
  readonly channel: InProcessChannel;
  readonly network = new InProcessNetwork();
  readonly places: readonly InProcessCustodian[];
  readonly #folder: string;
  readonly #running = new Map<string, Running>();

  private constructor(channel: InProcessChannel, folder: string, plan: ConsortiumPlan) {
    this.world = channel.world;
    this.channel = channel;
    this.#folder = folder;
    this.places = channel.world.hospitals.map((hospital) => this.#place(hospital, plan));
  }

  /** Founds a consortium and starts its custodians. */
  static async found(plan: ConsortiumPlan = {}): Promise<InProcessConsortium> {
    const world = await TestWorld.found(plan.hospitals, plan.withKey);
    const folder = await mkdtemp(join(tmpdir(), 'custodian-'));
    const orderers = plan.orderers ?? (await orderersOf(world));
    const consortium = new InProcessConsortium(new InProcessChannel(world, orderers), folder, plan);
    for (const place of consortium.places) {
      await consortium.#giveShare(place);
      await consortium.start(place);
    }
    await Promise.all(consortium.places.map((place) => consortium.custodian(place).directory.refresh()));
    return consortium;
  }

  /** The hospital at a position. */
  at(position: number): InProcessCustodian {
    const place = this.places[position];
    if (place === undefined) throw new Error('no such custodian in this test');
    return place;
  }

  /** The running custodian of a hospital. */
  custodian(place: InProcessCustodian | number): Custodian {
    const { url } = typeof place === 'number' ? this.at(place) : place;
    const running = this.#running.get(url);
    if (running === undefined) throw new Error('that custodian is not running');
    return running.custodian;
  }

  /** Starts a custodian on its disk. */
  async start(place: InProcessCustodian | number): Promise<Custodian> {
    const { url, ports, settings } = typeof place === 'number' ? this.at(place) : place;
    const custodian = await openCustodian(ports, settings);
    this.network.attach(url, peerRoutes(custodian));
    const stop = new AbortController();
    const ended = runCustodian({ custodian, chain: custodian.chain, ports, settings }, stop.signal);
    this.#running.set(url, {
      custodian,
      stop: async () => {
        stop.abort();
        await Promise.allSettled([ended]);
        await custodian.journal.close();
      },
    });
    return custodian;
  }

  /** Stops a custodian; its disk stays. */
  async stop(place: InProcessCustodian | number): Promise<void> {
    const { url } = typeof place === 'number' ? this.at(place) : place;
    const running = this.#running.get(url);
    this.network.detach(url);
    this.#running.delete(url);
    await running?.stop();
  }

  /**
   * Asks one custodian for a release, as the gateway of a hospital does; readers of these tests are of the second.
   * `ordered` is an intent that may not have been committed yet.
   */
  async release(
    place: InProcessCustodian | number,
    intentId: string,
    ordered?: Intent,
    as: string = this.at(1).hospital.mspId,
  ): Promise<ReleaseAnswer> {
    const { url } = typeof place === 'number' ? this.at(place) : place;
    const request = { intentId, ...(ordered && { ordered }) };
    const { body } = await this.network.request('POST', `${url}/v1/releases`, { body: request, as });
    return body as ReleaseAnswer;
  }

  /** Stops everything and removes the disks. */
  async close(): Promise<void> {
    for (const place of this.places) await this.stop(place);
    // What was under way may still write its last file.
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  }

  #place(hospital: TestHospital, plan: ConsortiumPlan): InProcessCustodian {
    const { mspId } = hospital;
    const peer = this.channel.peerOf(hospital);
    const url = `https://${mspId.toLowerCase()}.test:7000`;
    const settings = {
      stateDir: join(this.#folder, mspId),
      url,
      freshnessMs: 60_000,
      refreshMs: 30 * 86_400_000,
      reconcileMs: 86_400_000,
      patienceMs: 1_000,
      intentsPerMinute: { practitioner: 1_000, hospital: 10_000 },
      ...plan.settings,
    };
    const ports = {
      ledger: peer,
      client: this.network.client(mspId),
      copyKeeper: plan.copyKeeper?.() ?? new MemoryKeeper(),
      identity: identityOf(mspId, KeyObject.from(hospital.custodian.keys.privateKey)),
      sealer: keySealer(),
      clock: () => plan.clock?.(mspId, this.world) ?? this.world.ledger.nowMs,
      log: plan.log ?? SILENT,
    };
    return { hospital, url, peer, ports, settings };
  }

  async #giveShare({ hospital: { mspId }, settings, ports: { sealer } }: InProcessCustodian): Promise<void> {
    const key = this.world.shares.get(mspId);
    if (key === undefined) return;
    const store = await ShareStore.open({ folder: join(settings.stateDir, 'shares'), mspId, sealer });
    const { epoch, threshold, index, publicKey, transcriptHash } = key;
    await store.keep({
      v: 1,
      mspId,
      ceremonyId: FIRST_CEREMONY,
      epoch,
      threshold,
      index,
      publicKey,
      transcriptHash,
      verificationKeys: [...key.verificationKeys],
      secret: encodeBase64url(key.secret),
    });
  }
}

const enrolled = new Map<string, Promise<TestOrderer>>();

/** An orderer of each hospital; in one process a hospital has the same one in all consortiums. */
async function orderersOf({ hospitals }: TestWorld): Promise<TestOrderers> {
  const all = new Map<string, TestOrderer>();
  for (const { mspId } of hospitals) {
    const orderer = enrolled.get(mspId) ?? testOrderer(mspId);
    enrolled.set(mspId, orderer);
    all.set(mspId, await orderer);
  }
  return all;
}

/** The ceremony in which `TestWorld` makes its key. */
const FIRST_CEREMONY = `cer_${'c'.repeat(22)}`;

/** A seal with a random key, which costs a test nothing. */
function keySealer(): Sealer {
  const key = randomBytes(32);
  return {
    name: 'the key',
    seal: (place, plaintext) => sealAtRest({ key }, plaintext, utf8(place)),
    open: (place, sealed) => openAtRest({ key }, sealed, utf8(place)),
  };
}
