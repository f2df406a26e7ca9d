// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import type { PeerClient } from '../peers/peer-client.js';
import type { Answer, Route } from '../server/http.js';

/** Custodians by address; those that are cut off do not answer. */
export class InProcessNetwork {
  readonly #routes = new Map<string, readonly Route[]>();
  readonly #cutOff = new Set<string>();

  /** Lets a custodian answer at an address. */
  attach(url: string, routes: readonly Route[]): void {
    this.#routes.set(url, routes);
  }

  /** Takes a custodian away. */
  detach(url: string): void {
    this.#routes.delete(url);
  }

  /** Cuts the way to a custodian, or mends it. */
  cut(url: string, isCut = true): void {
    if (isCut) this.#cutOff.add(url);
    else this.#cutOff.delete(url);
  }

  /** A client of this network, for one hospital. */
  client(as: string): PeerClient {
    return {
      get: async (to, path) =>
        JSON.parse(JSON.stringify((await this.request('GET', `${to.url}${path}`, { as })).body)) as unknown,
      post: async (to, path, body, headers = {}) => {
        const answer = await this.request('POST', `${to.url}${path}`, { body, headers, as });
        return JSON.parse(JSON.stringify(answer.body)) as unknown;
      },
      close: () => Promise.resolve(),
    };
  }

  /** Sends one request; refusals are thrown as they would travel. */
  async request(
    method: Route['method'],
    url: string,
    {
      body,
      headers = {},
      as = '',
      left = new AbortController().signal,
    }: Readonly<{
      body?: object;
      headers?: Readonly<Record<string, string>>;
      as?: string;
      left?: AbortSignal;
    }> = {},
  ): Promise<Answer> {
    const { origin, pathname, searchParams: query } = new URL(url);
    const routes = this.#routes.get(origin);
    if (routes === undefined || this.#cutOff.has(origin))
      throw new DomainError('LEDGER_UNAVAILABLE', 'nobody answers there');
    const route = routes.find((one) => one.method === method && one.pattern.test(pathname));
    if (route === undefined) throw new DomainError('NOT_FOUND', 'no such route');
    const parameters = route.pattern.exec(pathname)?.slice(1) ?? [];
    const hospital = (): Promise<string> => Promise.resolve(as);
    const sent: unknown = body === undefined ? undefined : JSON.parse(JSON.stringify(body));
    return route.handle({ parameters, query, headers, hospital, left, body: sent });
  }
}
