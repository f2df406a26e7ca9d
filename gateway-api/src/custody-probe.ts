// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';
import type { HospitalAgents } from '@tutela/fabric';
import { request, type Agent } from 'undici';
import { GATEWAY } from './ledger/actor.js';
import type { Ledger } from './ledger/ledger.js';

/** Whether enough custodians answer over mutual TLS to open anything at all. */
export type CustodyProbe = Readonly<{
  probe: (signal: AbortSignal) => Promise<void>;
  close: () => Promise<void>;
}>;

/** Asks the custodians that the ledger names; TOO_FEW_CUSTODIANS while fewer than the threshold answer. */
export function custodyProbe(ledger: Ledger, agents: HospitalAgents): CustodyProbe {
  return {
    probe: async (signal) => {
      const [{ threshold }, { custodians }] = await Promise.all([
        ledger.evaluate(GATEWAY, 'custody:GetCurrent', {}, signal),
        ledger.evaluate(GATEWAY, 'registry:ListCustodians', {}, signal),
      ]);
      const answers = await Promise.all(
        custodians.map(({ url, mspId }) => answers200(`${url}/healthz`, agents.to(mspId), signal)),
      );
      const up = answers.filter(Boolean).length;
      if (up < threshold)
        throw new DomainError('TOO_FEW_CUSTODIANS', `${up} of the needed ${threshold} custodians answer`);
    },
    close: () => agents.close(),
  };
}

async function answers200(url: string, dispatcher: Agent, signal: AbortSignal): Promise<boolean> {
  return request(url, { dispatcher, signal }).then(
    async ({ statusCode, body }) => {
      await body.dump();
      return statusCode === 200;
    },
    () => false,
  );
}
