// SPDX-License-Identifier: Apache-2.0
import type { EmergencyId, MspId, PractitionerRole, StepUp } from '@tutela/chaincode/domain';
import { TestWorld, type TestHospital } from '@tutela/chaincode/testing';
import { systemRandom } from '@tutela/crypto';
import { systemClock } from '@tutela/ipfs-cluster';
import { MemorySwarm, MemoryVault, type MemoryDisk } from '@tutela/ipfs-cluster/testing';
import { GATEWAY, type Actor } from '../ledger/actor.js';
import type { Log } from '../log.js';
import { createReconciler, type Reconciler, type ReconcilerReport } from '../reconciler/create-reconciler.js';
import { attemptInMemory, SEED_BYTES, type Attempt } from '../services/attempt.js';
import { ContentIndex } from '../services/content-index.js';
import { createServices } from '../services/create-services.js';
import { PartJournal } from '../services/part-journal.js';
import type { ServiceDeps } from '../services/service-deps.js';
import type { Services } from '../services/services.js';
import type { IntendedAct } from '../services/step-ups.js';
import { openState } from '../state/open-state.js';
import { createSwarmStorage } from '../storage/swarm-storage.js';
import { InProcessChannel, InProcessLedger } from './in-process-ledger.js';
import { InProcessCustodians } from './in-process-custodians.js';
import { InProcessIdentities } from './in-process-identities.js';
import { swarmNodes } from './swarm-nodes.js';

/** A minute of waiting is three seconds in a test. */
const FAST_CLOCK = { ...systemClock, timeout: (ms: number) => AbortSignal.timeout(Math.ceil(ms / 20)) };

/** One hospital's gateway with everything a test wants to reach behind it. */
export type TestGateway = Readonly<{
  hospital: TestHospital;
  mspId: MspId;
  deps: ServiceDeps & Readonly<{ ledger: InProcessLedger; identities: InProcessIdentities }>;
  services: Services;
  /** What its node and its cluster peer have. */
  disk: MemoryDisk;
  /** One round of its reconciliation. */
  reconcile: () => Promise<ReconcilerReport>;
  /** The same gateway after a kill: same disk, ledger and swarm, nothing in memory. */
  restart: () => TestGateway;
  /** Enrols and registers a person who then acts through this gateway. */
  person: (role: PractitionerRole) => Promise<Actor & { kind: 'practitioner' }>;
  /** What a person's page does before an act that takes a passkey: asks what to sign, and has the device sign it. */
  stepUp: (actor: Actor, intended: IntendedAct) => Promise<SteppedUp>;
}>;

/** The answer of a device, and the name of the emergency that it opens. */
export type SteppedUp = Readonly<{ emergencyId: EmergencyId; stepUp: StepUp }>;

/** Lines that were logged, for tests that look for what must not be there. */
export class MemoryLog implements Log {
  readonly lines: string[] = [];

  info(fields: object, message: string): void {
    this.#keep('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#keep('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#keep('error', fields, message);
  }

  #keep(level: string, fields: object, message: string): void {
    this.lines.push(JSON.stringify({ level, message, ...fields }));
  }
}

/** Three hospitals in one process: the real rules, real cryptography, and swarm, custodians and disks in memory. */
export class TestConsortium {
  readonly world: TestWorld;
  readonly swarm: MemorySwarm;
  readonly custodians: InProcessCustodians;
  readonly channel: InProcessChannel;
  readonly gateways: readonly TestGateway[];
  readonly log = new MemoryLog();

  constructor(world: TestWorld) {
    this.world = world;
    const names = world.hospitals.map(({ mspId }) => mspId);
    this.swarm = new MemorySwarm(names);
    this.custodians = new InProcessCustodians(world);
    this.channel = new InProcessChannel(world.ledger);
    this.gateways = world.hospitals.map((hospital) => this.#open(hospital));
  }

  static async found(): Promise<TestConsortium> {
    return new TestConsortium(await TestWorld.found());
  }

  gateway(position: number): TestGateway {
    const gateway = this.gateways[position];
    if (gateway === undefined) throw new Error('no such gateway in this test');
    return gateway;
  }

  #open(hospital: TestHospital): TestGateway {
    const { mspId } = hospital;
    const identities = new InProcessIdentities(hospital);
    const ledger = new InProcessLedger(this.channel, mspId, (actor) => identities.identityOf(actor));
    const deps = {
      ledger,
      storage: createSwarmStorage(
        new MemoryVault(this.swarm, mspId),
        swarmNodes(this.swarm, mspId),
        async () => (await ledger.evaluate(GATEWAY, 'custody:GetCurrent', {})).threshold,
        { chance: Math.random, clock: FAST_CLOCK },
      ),
      custodians: this.custodians,
      identities,
      state: openState(':memory:'),
      secretKey: systemRandom(32),
      bodyTagKey: systemRandom(32),
      random: systemRandom,
      nowMs: () => this.world.ledger.nowMs,
      log: this.log,
    };
    return this.#gatewayOf(hospital, deps);
  }

  #gatewayOf(hospital: TestHospital, deps: TestGateway['deps']): TestGateway {
    const services = createServices(deps);
    return {
      hospital,
      mspId: hospital.mspId,
      deps,
      services,
      disk: this.swarm.diskOf(hospital.mspId),
      reconcile: () => reconcilerOf(deps, services).round(),
      restart: () => this.#gatewayOf(hospital, deps),
      person: async (role) => {
        const person = await this.world.practitioner(hospital, role);
        deps.identities.adopt(person);
        return { kind: 'practitioner', practitionerId: person.id };
      },
      stepUp: async (actor, intended) => {
        const device = await this.world.passkey(deps.identities.identityOf(actor));
        const { at, challenge, emergencyId } = await services.stepUps.ask(actor, intended);
        const named = emergencyId ?? ('' as EmergencyId);
        return { emergencyId: named, stepUp: { at, assertion: device.assert(challenge) } };
      },
    };
  }
}

/** The reconciler of a gateway in a test. */
export function reconcilerOf(deps: TestGateway['deps'], services: Services): Reconciler {
  const parts = new PartJournal(deps.state);
  const content = new ContentIndex(deps.state);
  return createReconciler({ ...deps, services, parts, content });
}

/** An attempt as the idempotency store gives it, kept in memory: pass it again to play a retry. */
export function memoryAttempt(): Attempt {
  return attemptInMemory(systemRandom(SEED_BYTES));
}
