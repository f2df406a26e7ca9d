// SPDX-License-Identifier: Apache-2.0
import { CHAINCODE_NAME } from '@tutela/chaincode/domain';
import type { PassphraseSource, TopologyFile } from './schema.js';

/** One member hospital. */
export interface Hospital {
  readonly id: string;
  readonly name: string;
  readonly mspId: string;
  readonly orderer: boolean;
  /** The id of the hospital from whose orderer its peer takes blocks, and from no other. */
  readonly blocksFrom: string;
  /** The IPv4 address on which everything of this hospital listens and is reached; loopback when left out. */
  readonly host?: string;
  /** Where it keeps passphrases of its own; those that are left out are made in the state folder. */
  readonly custodianPassphrase?: PassphraseSource;
  readonly gatewayPassphrase?: PassphraseSource;
}

/** A consortium as its operator wants it; everything else is derived from this. */
export interface Topology {
  readonly hospitals: readonly Hospital[];
  readonly channel: string;
  readonly chaincode: string;
  readonly ports: 'auto' | { readonly base: number };
  readonly ordering: {
    readonly type: 'raft' | 'bft';
    readonly batchTimeout: string;
    readonly maxMessages: number;
    readonly tickInterval: string;
  };
  readonly custodyThreshold: number;
  /** How many hospitals founded the consortium: the first key is dealt to no fewer. */
  readonly founders: number;
  /** After how many seconds without a sign of the others custodians refuse; their own default when left out. */
  readonly custodyFreshnessSeconds?: number;
  /**
   * How many hospitals change anything: their peers endorse a transaction or a chaincode's definition, their
   * administrators sign a change of the channel's configuration.
   */
  readonly endorsements: number;
}

/**
 * Derives the whole topology. A custody threshold that is left out becomes a majority of the hospitals; as many endorse
 * a change, unless the file asks for more.
 */
export function deriveTopology(file: TopologyFile): Topology {
  const count = file.hospitals.length;
  const majority = Math.floor(count / 2) + 1;
  const { freshnessSeconds, founders = count, threshold = majority } = file.custody;
  return {
    hospitals: file.hospitals.map(
      ({ id, name, mspId, orderer, blocksFrom, host, passphrases: { custodian, gateway } }) => ({
        id,
        name,
        mspId: mspId ?? `${id.charAt(0).toUpperCase()}${id.slice(1)}MSP`,
        orderer,
        blocksFrom: blocksFrom ?? id,
        ...(host !== undefined && { host }),
        ...(custodian !== undefined && { custodianPassphrase: custodian }),
        ...(gateway !== undefined && { gatewayPassphrase: gateway }),
      }),
    ),
    channel: file.channel,
    chaincode: CHAINCODE_NAME,
    ports: file.ports,
    ordering: file.ordering,
    custodyThreshold: threshold,
    founders,
    ...(freshnessSeconds !== undefined && { custodyFreshnessSeconds: freshnessSeconds }),
    endorsements: file.policies.endorsement ?? threshold,
  };
}
