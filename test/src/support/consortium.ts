// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { z } from 'zod';
import type { PractitionerRole } from '@tutela/chaincode/domain';
import { practitionerAnswer } from './answers.js';
import { askOperator } from './operator-socket.js';
import { PatientWallet } from './patient-wallet.js';
import { Person } from './person.js';
import { Processes, type RunningProcess } from './processes.js';
import { randomNonce } from './random-id.js';
import { GatewayClient, type Session } from './rest-client.js';
import { SystemClient } from './system-client.js';

/** A hospital of a running consortium and the settings with which its own processes were started. */
export interface Hospital {
  readonly id: string;
  readonly mspId: string;
  readonly gatewayEnv: Readonly<Record<string, string>>;
  readonly custodianEnv: Readonly<Record<string, string>>;
  readonly gatewaySocket: string;
  readonly custodianSocket: string;
  /** Everything that lies on this hospital's disk. */
  readonly diskDir: string;
  readonly gateway: GatewayClient;
  /** The hospital's own system, entitled to everything its practitioners may do. */
  readonly system: SystemClient;
  /** The administrator who registers people. */
  readonly administrator: Session;
}

/** Where a hospital's gateway is spoken to when its address cannot be reached from here: a Unix socket. */
export type GatewayDoor = (hospital: string) => string;

/** A running consortium as its users and operators reach it. */
export class Consortium {
  readonly processes: Processes;
  readonly channel: string;
  readonly #stateDir: string;
  readonly #hospitals: Hospital[];

  private constructor(stateDir: string, processes: Processes, hospitals: readonly Hospital[]) {
    this.processes = processes;
    this.channel = setting(hospitals[0]?.gatewayEnv, 'TUTELA_GATEWAY_CHANNEL');
    this.#stateDir = stateDir;
    this.#hospitals = [...hospitals];
  }

  /** Finds the consortium of a state folder and enrols a system and an administrator at each hospital. */
  static async open(stateDir: string, gatewayDoor?: GatewayDoor): Promise<Consortium> {
    const processes = new Processes(stateDir);
    const running = await processes.list();
    // A hospital whose joining was not finished has no gateway yet.
    const ids = running.filter(({ kind }) => kind === 'gateway').map(({ hospital }) => hospital);
    const hospitals = await Promise.all(
      ids.map((id) => openHospital({ id, stateDir, running, door: gatewayDoor?.(id) })),
    );
    return new Consortium(stateDir, processes, hospitals);
  }

  /** All hospitals in the order of the topology; those that have joined later are last. */
  get hospitals(): readonly Hospital[] {
    return this.#hospitals;
  }

  /** Takes up a hospital that has joined since this consortium was opened. */
  async meet(id: string): Promise<Hospital> {
    const known = this.#hospitals.find((each) => each.id === id);
    if (known !== undefined) return known;
    const running = await this.processes.list();
    const met = await openHospital({ id, stateDir: this.#stateDir, running, door: undefined });
    this.#hospitals.push(met);
    return met;
  }

  /** The hospital at a place in the topology, from 0. */
  at(position: number): Hospital {
    const found = this.hospitals[position];
    if (found === undefined) throw new Error(`the consortium has no hospital at position ${position}`);
    return found;
  }

  byMsp(mspId: string): Hospital {
    const found = this.hospitals.find((each) => each.mspId === mspId);
    if (found === undefined) throw new Error(`no hospital has the MSP id ${mspId}`);
    return found;
  }

  /** Registers a new person at a hospital and opens a session for them. */
  async person(hospital: Hospital, role: PractitionerRole, department = 'general'): Promise<Person> {
    const request = { role, department, personKey: randomNonce() };
    const answer = await hospital.administrator.post('/v1/practitioners', request);
    const { practitionerId } = practitionerAnswer.parse(answer);
    return new Person(hospital.gateway, hospital.system, practitionerId, hospital.administrator);
  }

  /** Registers a new patient at a hospital. */
  async patient(hospital: Hospital): Promise<PatientWallet> {
    const wallet = new PatientWallet({ channel: this.channel, mspId: hospital.mspId });
    await hospital.administrator.post('/v1/patients', wallet.registration());
    return wallet;
  }

  async close(): Promise<void> {
    await Promise.all(this.hospitals.map(({ gateway }) => gateway.close()));
  }
}

interface HospitalParts {
  readonly id: string;
  readonly stateDir: string;
  readonly running: readonly RunningProcess[];
  readonly door: string | undefined;
}

async function openHospital({ id, stateDir, running, door }: HospitalParts): Promise<Hospital> {
  const envOf = (kind: string) =>
    running.find((each) => each.hospital === id && each.kind === kind)?.env ?? {};
  const [gatewayEnv, custodianEnv] = [envOf('gateway'), envOf('custodian')];
  const gatewaySocket = join(setting(gatewayEnv, 'TUTELA_GATEWAY_STATE_DIR'), 'operator.sock');
  const gateway = new GatewayClient(
    setting(gatewayEnv, 'TUTELA_GATEWAY_PUBLIC_URL'),
    setting(gatewayEnv, 'TUTELA_GATEWAY_TLS_ROOTS_FILE'),
    door,
  );
  const system = await SystemClient.register(gatewaySocket, 'Records system');
  const wanted = { role: 'administrator', department: 'registry' };
  const answer = await askOperator(gatewaySocket, 'POST', '/operator/practitioners', wanted);
  const { practitionerId } = z.object({ practitionerId: z.string() }).parse(answer);
  return {
    id,
    mspId: setting(gatewayEnv, 'TUTELA_GATEWAY_MSP_ID'),
    gatewayEnv,
    custodianEnv,
    gatewaySocket,
    custodianSocket: join(setting(custodianEnv, 'TUTELA_CUSTODIAN_STATE_DIR'), 'operator.sock'),
    diskDir: join(stateDir, 'hospitals', id),
    gateway,
    system,
    administrator: gateway.session(system, practitionerId),
  };
}

/** A setting with which a process was started; throws when it has none of that name. */
export function setting(env: Readonly<Record<string, string>> | undefined, name: string): string {
  const value = env?.[name];
  if (value === undefined) throw new Error(`no process was started with ${name}`);
  return value;
}
