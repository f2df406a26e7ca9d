// SPDX-License-Identifier: Apache-2.0
import { TLSSocket } from 'node:tls';
import { DomainError } from '@tutela/chaincode/domain';
import { Agent, buildConnector } from 'undici';
import type { Members } from './members.js';

/** What a process shows of itself in mutual TLS, and the TLS authorities of all hospitals as they are now; PEM. */
export type MutualTls = Readonly<{
  cert: string | Buffer;
  key: string | Buffer;
  roots: () => string | Buffer;
}>;

/** How many connections to one address, and how long each of these may take. */
export type Patience = Readonly<{ connections?: number; connectMs: number; answerMs: number }>;

/**
 * Ways to other hospitals' processes. Who answers is of the hospital that was asked only if an authority of that hospital
 * issued the certificate that it shows, by the rule of {@link Members}; nothing is sent to anyone else. Each connection
 * is made by whom the roots and the channel name at that moment.
 */
export class HospitalAgents {
  readonly #agents = new Map<string, Agent>();
  readonly #create: (mspId: string) => Agent;

  constructor(tls: MutualTls, members: Pick<Members, 'isOf'>, patience: Patience) {
    const { connectMs, answerMs, ...bounds } = patience;
    const connect = trustingConnector(tls, connectMs);
    this.#create = (mspId) =>
      new Agent({
        ...{ ...bounds, headersTimeout: answerMs, bodyTimeout: answerMs },
        connect: onlyTo(mspId, members, connect),
      });
  }

  /** The way to the hospital with that MSP id. */
  to(mspId: string): Agent {
    const agent = this.#agents.get(mspId) ?? this.#create(mspId);
    this.#agents.set(mspId, agent);
    return agent;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
  }
}

/** Trusts whom the roots name at the moment of connecting. No session is resumed: each connection shows its certificate. */
function trustingConnector({ cert, key, roots }: MutualTls, timeout: number): buildConnector.connector {
  const own = { cert, key, timeout, minVersion: 'TLSv1.3', maxCachedSessions: 0 } as const;
  let trusted = roots();
  let connect = buildConnector({ ...own, ca: trusted });
  return (target, callback) => {
    if (roots() !== trusted) {
      trusted = roots();
      connect = buildConnector({ ...own, ca: trusted });
    }
    connect(target, callback);
  };
}

function onlyTo(
  mspId: string,
  members: Pick<Members, 'isOf'>,
  connect: buildConnector.connector,
): buildConnector.connector {
  return (target, callback) => {
    connect(target, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      requireOf(mspId, members, socket).then(
        () => {
          callback(null, socket);
        },
        (cause: unknown) => {
          socket.destroy();
          callback(cause as Error, null);
        },
      );
    });
  };
}

async function requireOf(mspId: string, members: Pick<Members, 'isOf'>, socket: object): Promise<void> {
  const shown = socket instanceof TLSSocket ? socket.getPeerCertificate().raw : undefined;
  if (shown === undefined || !(await members.isOf(mspId, shown)))
    throw new DomainError(
      'CALLER_UNKNOWN',
      'the hospital that was asked did not issue the certificate of who answers',
    );
}
