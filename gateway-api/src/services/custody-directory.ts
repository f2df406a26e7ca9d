// SPDX-License-Identifier: Apache-2.0
import type { Custodian, CustodianSet } from '@tutela/chaincode/domain';
import { GATEWAY } from '../ledger/actor.js';
import type { ServiceDeps } from './service-deps.js';

const FRESH_MS = 10_000;

/** What the ledger says about custody, remembered for seconds: who holds the key, and where each custodian answers. */
export interface CustodyDirectory {
  /** The current set; CUSTODY_INACTIVE while there is none. */
  current(): Promise<CustodianSet>;
  custodians(): Promise<readonly Custodian[]>;
  /** Forgets what it remembers, for example when a key turned out to be an old one. */
  refresh(): void;
}

export function createCustodyDirectory({
  ledger,
  nowMs,
}: Pick<ServiceDeps, 'ledger' | 'nowMs'>): CustodyDirectory {
  const set = remembered(nowMs, () => ledger.evaluate(GATEWAY, 'custody:GetCurrent', {}));
  const list = remembered(nowMs, () => ledger.evaluate(GATEWAY, 'registry:ListCustodians', {}));
  return {
    current: set.read,
    custodians: async () => (await list.read()).custodians,
    refresh: () => {
      set.forget();
      list.forget();
    },
  };
}

function remembered<T>(
  nowMs: () => number,
  load: () => Promise<T>,
): Readonly<{ read: () => Promise<T>; forget: () => void }> {
  let known: Readonly<{ value: Promise<T>; untilMs: number }> | undefined;
  const forget = (): void => {
    known = undefined;
  };
  const read = (): Promise<T> => {
    if (known !== undefined && nowMs() < known.untilMs) return known.value;
    const value = load();
    known = { value, untilMs: nowMs() + FRESH_MS };
    value.catch(forget);
    return value;
  };
  return { read, forget };
}
