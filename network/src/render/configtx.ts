// SPDX-License-Identifier: Apache-2.0
import {
  hospitalContext,
  listedOrderers,
  reached,
  reachedHost,
  type HospitalContext,
  type PlanInputs,
} from '../plan/context.js';
import { outOfHospitals } from './signature-policy.js';

/** The profile inside `configtx.yaml` from which the first block is made. */
export const channelProfile = 'Consortium';

interface Policy {
  readonly Type: 'Signature' | 'ImplicitMeta';
  readonly Rule: string;
}

/**
 * Renders `configtx.yaml`: who the members are and how the channel's own rules are changed. One number rules all: as
 * many hospitals as endorse a transaction change the channel, what orders it and the chaincode's definition, whether
 * they run an orderer or not. Fabric's own majorities would be fewer where that number is above a majority, or where
 * few run an orderer.
 */
export function configtx(inputs: PlanInputs): object {
  const all = inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital));
  const orderers = all.filter(({ hospital }) => hospital.orderer);
  const admins = signature(outOfHospitals(inputs.topology, 'admin'));
  const endorsers = signature(outOfHospitals(inputs.topology, 'peer'));
  return {
    Profiles: {
      [channelProfile]: {
        Capabilities: { V2_0: true },
        Policies: {
          Readers: implicit('ANY', 'Readers'),
          Writers: implicit('ANY', 'Writers'),
          // A majority of the two groups below is both; each has the rule of `admins`.
          Admins: implicit('MAJORITY', 'Admins'),
        },
        Orderer: ordererSection(inputs, orderers, admins),
        Application: {
          Capabilities: { V2_5: true },
          Organizations: all.map(memberOrganization),
          Policies: {
            Readers: implicit('ANY', 'Readers'),
            Writers: implicit('ANY', 'Writers'),
            Admins: admins,
            LifecycleEndorsement: endorsers,
            Endorsement: endorsers,
          },
        },
      },
    },
  };
}

function ordererSection(
  { topology: { ordering } }: PlanInputs,
  orderers: readonly HospitalContext[],
  admins: Policy,
): object {
  return {
    OrdererType: 'etcdraft',
    BatchTimeout: ordering.batchTimeout,
    BatchSize: {
      MaxMessageCount: ordering.maxMessages,
      AbsoluteMaxBytes: '16 MB',
      PreferredMaxBytes: '2 MB',
    },
    EtcdRaft: {
      Consenters: orderers.map((context) => ({
        Host: reachedHost(context),
        Port: context.ports.orderer,
        ClientTLSCert: context.at.tls('orderer').certFile,
        ServerTLSCert: context.at.tls('orderer').certFile,
      })),
      Options: {
        TickInterval: ordering.tickInterval,
        // An orderer that finds a member's connection dead spends seconds in a dial, and must not lose its office by that.
        ElectionTick: 50,
        HeartbeatTick: 1,
        MaxInflightBlocks: 50,
        SnapshotIntervalSize: '16 MB',
      },
    },
    Organizations: orderers.map(orderingOrganization),
    Policies: {
      Readers: implicit('ANY', 'Readers'),
      Writers: implicit('ANY', 'Writers'),
      Admins: admins,
      BlockValidation: implicit('ANY', 'Writers'),
    },
    Capabilities: { V2_0: true },
  };
}

/** A hospital as a user of the channel. */
function memberOrganization(context: HospitalContext): object {
  const { at, hospital, ports } = context;
  const { mspId } = hospital;
  return {
    Name: mspId,
    ID: mspId,
    MSPDir: at.msp,
    Policies: {
      Readers: anyOf(mspId, 'admin', 'peer', 'client'),
      Writers: anyOf(mspId, 'admin', 'client'),
      Admins: anyOf(mspId, 'admin'),
      Endorsement: anyOf(mspId, 'peer'),
    },
    AnchorPeers: [{ Host: reachedHost(context), Port: ports.peer }],
  };
}

/** The same hospital as an orderer: only its ordering node may sign blocks. */
function orderingOrganization(context: HospitalContext): object {
  const { at, hospital, ports } = context;
  const { mspId } = hospital;
  return {
    Name: mspId,
    ID: mspId,
    MSPDir: at.msp,
    Policies: {
      Readers: anyOf(mspId, 'member'),
      Writers: anyOf(mspId, 'orderer'),
      Admins: anyOf(mspId, 'admin'),
    },
    OrdererEndpoints: [reached(context, ports.orderer)].filter((address) =>
      listedOrderers(context).includes(address),
    ),
  };
}

function implicit(quantity: 'ANY' | 'MAJORITY', policy: string): Policy {
  return { Type: 'ImplicitMeta', Rule: `${quantity} ${policy}` };
}

function anyOf(mspId: string, ...roles: readonly string[]): Policy {
  return signature(`OR(${roles.map((role) => `'${mspId}.${role}'`).join(', ')})`);
}

function signature(rule: string): Policy {
  return { Type: 'Signature', Rule: rule };
}
