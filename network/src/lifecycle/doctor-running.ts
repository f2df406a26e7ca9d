// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { oneStopsFinality } from '@tutela/chaincode/domain';
import { request } from 'undici';
import { messageOf } from '../errors.js';
import { hospitalContext, reached, type HospitalContext } from '../plan/context.js';
import { identityPlans, tlsPlans } from '../plan/identities.js';
import type { Patience } from '../process/run.js';
import type { Hospital } from '../topology/topology.js';
import { resolveBinaries } from '../tools/resolve.js';
import type { Topology } from '../topology/topology.js';
import { committedDefinition, isInForce } from './chaincode.js';
import { fetchConfig } from './channel-config.js';
import type { Finding } from './doctor.js';
import { examineProcesses } from './doctor-processes.js';
import { unknownAddresses } from './orderer-addresses.js';
import {
  allMustAgree,
  convictionAdvice,
  convictionsOf,
  describeConviction,
  keyHolders,
  NO_SHARE_NOW,
  type Conviction,
} from './convictions.js';
import { custodyOf, forkOf, type CustodyAccount, type ForkAccount } from './custodian-operator.js';
import { asOperator } from './participation.js';
import { planInputs, releaseChaincode, shippedChaincode, type OpenState } from './state.js';

/** A server's HTTP date has whole seconds, so a smaller difference is no finding. */
const toleratedSkewSeconds = 3;
const expiryWarningDays = 30;
const dayMs = 24 * 3600 * 1000;
/** How long the processes have, which are asked at once; a process that has not answered by then is unknown. */
const patience = { timeoutMs: 15_000 };

/** Looks at a running consortium: processes, the orderers' leader, custody, clocks, versions and certificates. */
export async function examineRunning(state: OpenState): Promise<readonly Finding[]> {
  const { release } = await releaseChaincode(shippedChaincode);
  const inputs = planInputs(state, await resolveBinaries({ compile: false }), release);
  const all = inputs.topology.hospitals.map((hospital) => hospitalContext(inputs, hospital));
  const asked = await Promise.all([examineProcesses(inputs), examineHospitals(all, patience)]);
  return asked.flat();
}

/** Asks the processes of all hospitals at once; what has not answered by the deadline is unknown. */
export async function examineHospitals(
  all: readonly HospitalContext[],
  limit: Required<Patience>,
): Promise<readonly Finding[]> {
  const accounts = all.map((context) => custodyOf(context, limit).catch(() => undefined));
  const [common, ...each] = await Promise.all([
    custody(all, accounts, limit),
    ...all.map((context, position) =>
      Promise.all([
        clock(context, limit),
        chaincodeDefinition(context, limit),
        orderers(context, limit),
        certificates(context),
        chain(context, limit),
        finality(context, accounts[position]),
      ]),
    ),
  ]);
  return [...common, ...each.flat()];
}

async function custody(
  all: readonly HospitalContext[],
  accounts: readonly Promise<CustodyAccount | undefined>[],
  limit: Required<Patience>,
): Promise<readonly Finding[]> {
  const [first] = all;
  if (first === undefined) return [];
  const [convictions, ...answers] = await Promise.all([convictionsOf(all, limit.timeoutMs), ...accounts]);
  const hospitals = all.map(({ hospital: { mspId } }, position) => ({ mspId, account: answers[position] }));
  return [
    custodyFinding(first.topology, hospitals, convictions?.map(({ mspId }) => mspId) ?? []),
    convictionFinding(first.topology, hospitals, convictions),
    absenceFinding(hospitals),
  ];
}

type Custodian = Readonly<{ mspId: string; account: CustodyAccount | undefined }>;

/** Which custodians were convicted by their own signatures, and whether they hold a share still. */
export function convictionFinding(
  { custodyThreshold }: Pick<Topology, 'custodyThreshold'>,
  hospitals: readonly Custodian[],
  convictions: readonly Conviction[] | undefined,
): Finding {
  const subject = 'convictions';
  if (convictions === undefined)
    return {
      ...{ subject, level: 'warning', message: 'unknown' },
      advice: 'Check with `tutela status` whether the peers run.',
    };
  if (convictions.length === 0) return { subject, level: 'ok', message: 'no custodian was convicted' };
  const message = convictions.map(describeConviction).join(' ');
  const holders = keyHolders(hospitals.map(({ account }) => account));
  const members = holders ?? hospitals.map(({ mspId }) => mspId);
  const convicted = convictions.map(({ mspId }) => mspId).filter((mspId) => members.includes(mspId));
  if (convicted.length === 0) return { subject, level: 'ok', message: `${message} ${NO_SHARE_NOW}` };
  return {
    ...{ subject, level: 'warning', message },
    advice: convictionAdvice(custodyThreshold, members, convicted),
  };
}

/** Whether one custodian that is away would stop every opening, by the set that holds the key now. */
export function absenceFinding(hospitals: readonly Custodian[]): Finding {
  const subject = 'absences';
  const accounts = hospitals.flatMap(({ account }) => (account === undefined ? [] : [account]));
  const { members = [], threshold } = accounts.find((account) => account.threshold !== undefined) ?? {};
  if (threshold === undefined)
    return {
      ...{ subject, level: 'warning', message: 'unknown' },
      advice: 'Check with `tutela custody status` whether the custodians run and whether there is a key.',
    };
  const message = allMustAgree(threshold, members.length);
  if (message === '')
    return { subject, level: 'ok', message: 'no custodian that is away alone stops openings' };
  return {
    ...{ subject, level: 'warning', message },
    advice:
      'Have another hospital join (`tutela hospital add`) and deal the key to it too (`tutela custody reshare`).',
  };
}

/** Compares the custody in force, as the custodians report it, with the topology; the convicted need no share. */
export function custodyFinding(
  { custodyThreshold }: Pick<Topology, 'custodyThreshold'>,
  hospitals: readonly Custodian[],
  convicted: readonly string[] = [],
): Finding {
  const subject = 'custody';
  const answered = hospitals.flatMap(({ mspId, account }) =>
    account === undefined ? [] : [{ mspId, account }],
  );
  const thresholds = [...new Set(answered.flatMap(({ account: { threshold } }) => threshold ?? []))];
  if (thresholds.length === 0)
    return {
      ...{ subject, level: 'warning', message: 'unknown' },
      advice: 'Check with `tutela custody status` whether the custodians run and whether there is a key.',
    };
  const without = answered
    .filter(({ account, mspId }) => account.state === 'no-share' && !convicted.includes(mspId))
    .map(({ mspId }) => mspId);
  const others = thresholds.filter((threshold) => threshold !== custodyThreshold);
  if (without.length === 0 && others.length === 0)
    return {
      subject,
      level: 'ok',
      message: `${custodyThreshold} custodians must agree, as the topology says`,
    };
  const message = [
    ...(others.length === 0
      ? []
      : [`The threshold in force is ${others.join(', ')}; the topology says ${custodyThreshold}.`]),
    ...(without.length === 0 ? [] : [`Without a share: ${without.join(', ')}.`]),
  ].join(' ');
  const members = hospitals.map(({ mspId }) => mspId).filter((mspId) => !convicted.includes(mspId));
  const price = allMustAgree(custodyThreshold, members.length);
  return {
    ...{ subject, level: 'warning', message },
    advice: `Deal the key anew: \`tutela custody reshare --threshold ${custodyThreshold} --members ${members.join(' ')}\`.${price === '' ? '' : ` ${price}`}`,
  };
}

/** Compares the clock of the hospital's peer with the one here. */
async function clock(context: HospitalContext, limit: Patience): Promise<Finding> {
  const subject = `clock of ${context.hospital.id}`;
  try {
    const peerTimeMs = await asOperator(
      context,
      async (agent) => {
        const answer = await request(`https://${reached(context, context.ports.peerOperations)}/healthz`, {
          dispatcher: agent,
        });
        await answer.body.dump();
        return Date.parse(String(answer.headers['date']));
      },
      limit,
    );
    const skew = Math.abs(Date.now() - peerTimeMs) / 1000;
    if (skew <= toleratedSkewSeconds)
      return { subject, level: 'ok', message: 'agrees with the clock of this machine' };
    return {
      subject,
      level: 'problem',
      message: `${skew.toFixed(0)} s away from the clock of this machine.`,
      advice: 'Synchronise both with NTP; peers refuse a proposal more than five minutes from their clock.',
    };
  } catch (error) {
    return {
      subject,
      level: 'warning',
      message: `unknown: ${messageOf(error)}`,
      advice: 'Check with `tutela status` whether the peer runs.',
    };
  }
}

async function chain(context: HospitalContext, limit: Patience): Promise<Finding> {
  return chainFinding(context.hospital.id, await forkOf(context, limit).catch(() => undefined));
}

async function finality(
  { hospital }: HospitalContext,
  account: Promise<CustodyAccount | undefined> | undefined,
): Promise<Finding> {
  return finalityFinding(hospital, await account);
}

/** Whether one custodian that is away would stop a hospital's releases, by the custodians that hold the key now. */
export function finalityFinding(
  { id, mspId, blocksFrom }: Hospital,
  account: Pick<CustodyAccount, 'members' | 'threshold'> | undefined,
): Finding {
  const subject = `finality at ${id}`;
  if (account === undefined)
    return {
      ...{ subject, level: 'warning', message: 'unknown' },
      advice: 'Check with `tutela status` whether the custodian runs.',
    };
  const { members = [], threshold = 0 } = account;
  const isMember = members.some((member) => member.mspId === mspId);
  if (blocksFrom === id || !isMember || !oneStopsFinality({ members: members.length, threshold }))
    return { subject, level: 'ok', message: 'no custodian alone stops its releases' };
  return {
    ...{ subject, level: 'warning' },
    message: `Its blocks come from ${blocksFrom}: with ${members.length} custodians and a threshold of ${threshold}, one custodian that is away stops its releases.`,
    advice: 'Give it an orderer of its own, or reshare to at least two custodians more than the threshold.',
  };
}

/** What a hospital's custodian holds against its own chain and against orderers, as a finding. */
export function chainFinding(hospital: string, account: ForkAccount | undefined): Finding {
  const subject = `chain of ${hospital}`;
  if (account === undefined)
    return {
      ...{ subject, level: 'warning', message: 'unknown' },
      advice: 'Check with `tutela status` whether the custodian runs.',
    };
  const orderers = Object.keys(account.equivocations);
  if (account.fork === null && orderers.length === 0)
    return { subject, level: 'ok', message: 'nothing contradicts it' };
  const stop =
    account.fork === null
      ? []
      : ["The chain of this hospital's peer is contradicted; its custodian releases nothing."];
  const signed =
    orderers.length === 0 ? [] : [`Orderers that signed blocks of two chains: ${orderers.join(', ')}.`];
  return {
    ...{ subject, level: 'problem', message: [...stop, ...signed].join(' ') },
    advice: `Read \`tutela custody fork status ${hospital}\`.`,
  };
}

/** Compares what is committed on the channel with the topology and the server that ships with the product. */
async function chaincodeDefinition(context: HospitalContext, limit: Patience): Promise<Finding> {
  const subject = `chaincode at ${context.hospital.id}`;
  const committed = await committedDefinition(context, limit).catch(() => undefined);
  if (committed === undefined)
    return {
      subject,
      level: 'warning',
      message: 'unknown',
      advice: 'Check with `tutela status` whether the peer runs.',
    };
  if (isInForce(context, committed)) return { subject, level: 'ok', message: committed.version };
  const message =
    committed.version === context.chaincode.version
      ? 'The endorsement policy or the members on the channel are not those of the topology.'
      : `The channel runs ${committed.version}, and this build has ${context.chaincode.version}.`;
  return {
    subject,
    level: 'warning',
    message,
    advice: 'Run `tutela up`: it commits the definition anew at all hospitals.',
  };
}

/** Compares the orderers' addresses that the hospital's peer knows with the topology. */
async function orderers(context: HospitalContext, limit: Patience): Promise<Finding> {
  const subject = `orderers known to ${context.hospital.id}`;
  const config = await fetchConfig(context, 'peer', limit).catch(() => undefined);
  if (config === undefined)
    return {
      subject,
      level: 'warning',
      message: 'unknown',
      advice: 'Check with `tutela status` whether the peer runs.',
    };
  const unknown = unknownAddresses(config, context);
  if (unknown.length === 0) return { subject, level: 'ok', message: 'those of the topology' };
  return {
    subject,
    level: 'problem',
    message: `The channel names ${unknown.join(', ')}, which the topology does not: peers may take blocks there.`,
    advice: 'Find out who signed that change of the channel, and take it back together with the others.',
  };
}

async function certificates(context: HospitalContext): Promise<Finding> {
  const subject = `certificates of ${context.hospital.id}`;
  const files = [
    ...identityPlans(context).map(({ holder }) => context.at.identity(holder).certFile),
    ...tlsPlans(context).map((holder) => context.at.tls(holder).certFile),
  ];
  const ends = await Promise.all(
    files.map(async (file) => new X509Certificate(await readFile(file)).validToDate.getTime()),
  ).catch(messageOf);
  if (typeof ends === 'string')
    return {
      ...{ subject, level: 'problem', message: `Not all can be read: ${ends}` },
      advice: 'Run `tutela up`: it makes what is missing.',
    };
  const days = Math.floor((Math.min(...ends) - Date.now()) / dayMs);
  if (days > expiryWarningDays) return { subject, level: 'ok', message: `valid for ${days} days` };
  return {
    subject,
    level: 'problem',
    message: `The first ends in ${days} days.`,
    advice: 'Run `tutela up`: it renews the certificates.',
  };
}
