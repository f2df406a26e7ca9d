// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { HOSPITAL_HEADER } from '@tutela/chaincode/domain';
import { setting, type Hospital } from './consortium.js';
import { RestProblem } from './rest-problem.js';

/** Custodians' own interface, spoken with one hospital's TLS key: what a gateway, an insider or a thief has. */
export class CustodianClient {
  readonly #agent: Agent;
  readonly #mspId: string;

  /** With a socket path, everything goes through that socket, which leads to one custodian. */
  constructor(as: Hospital, identity: 'gateway' | 'custodian' = 'gateway', socketPath?: string) {
    const env = identity === 'gateway' ? as.gatewayEnv : as.custodianEnv;
    const prefix = identity === 'gateway' ? 'TUTELA_GATEWAY' : 'TUTELA_CUSTODIAN';
    this.#mspId = as.mspId;
    const read = (name: string) => readFileSync(setting(env, `${prefix}_${name}`));
    this.#agent = new Agent({
      connect: {
        ca: read('TLS_ROOTS_FILE'),
        cert: read('TLS_CERT_FILE'),
        key: read('TLS_KEY_FILE'),
        ...(socketPath === undefined ? {} : { socketPath }),
      },
    });
  }

  get(to: Hospital, path: string): Promise<unknown> {
    return this.#send(to, 'GET', path);
  }

  post(to: Hospital, path: string, body: unknown): Promise<unknown> {
    return this.#send(to, 'POST', path, body);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #send(to: Hospital, method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const { statusCode, body: answer } = await request(
      new URL(path, setting(to.custodianEnv, 'TUTELA_CUSTODIAN_URL')),
      {
        method,
        dispatcher: this.#agent,
        headers: { 'content-type': 'application/json', [HOSPITAL_HEADER]: this.#mspId },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
    );
    const text = await answer.text();
    const value: unknown = text === '' ? {} : JSON.parse(text);
    if (statusCode >= 300) throw RestProblem.from(statusCode, value);
    return value;
  }
}
