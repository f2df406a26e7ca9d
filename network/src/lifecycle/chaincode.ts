// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { GroundError } from '../errors.js';
import { reached, type HospitalContext, type PlanInputs } from '../plan/context.js';
import { runCommand, runOrThrow, type Patience } from '../process/run.js';
import { waitFor } from '../process/wait.js';
import { endorsementPolicy, memberPrincipal, validationParameter } from '../render/chaincode-definition.js';
import { hospitals, type Bringing } from './context.js';
import { ordererArguments } from './orderer-arguments.js';
import { peerCommand } from './peer-command.js';

const installed = z.object({ installed_chaincodes: z.array(z.object({ package_id: z.string() })).nullish() });
const collection = z.object({
  member_orgs_policy: z.object({
    Payload: z.object({
      SignaturePolicy: z.object({ identities: z.array(z.object({ principal: z.string() })) }),
    }),
  }),
});
const committed = z.object({
  sequence: z.int(),
  version: z.string(),
  validation_parameter: z.string(),
  collections: z
    .object({
      config: z.array(z.object({ Payload: z.object({ StaticCollectionConfig: collection }) })).nullish(),
    })
    .nullish(),
});
const readiness = z.object({ approvals: z.record(z.string(), z.boolean()) });

const retryForMs = 20_000;
const retryIntervalMs = 500;
const notDefined = /namespace \S+ is not defined/;
const noLeaderYet = /SERVICE_UNAVAILABLE|no Raft leader|consenter error/;
/** Peers that endorse together had not all the same blocks. */
const differentPayloads = /ProposalResponsePayloads do not match/i;

/** What is committed on the channel now. */
export type CommittedDefinition = z.output<typeof committed>;

/**
 * Makes the channel run exactly this chaincode, with the rules of exactly these hospitals: installs, approves and
 * commits what is missing, or upgrades.
 */
export async function deployChaincode(bringing: Bringing): Promise<void> {
  const all = hospitals(bringing);
  await Promise.all(all.map((context) => install(bringing, context)));
  const first = all[0];
  if (first === undefined) return;
  const current = await committedDefinition(first);
  if (current !== undefined && isInForce(bringing.inputs, current)) return;
  const sequence = (current?.sequence ?? 0) + 1;
  const approvals = await approvedBy(bringing, first, sequence);
  await Promise.all(
    all
      .filter(({ hospital }) => approvals[hospital.mspId] !== true)
      .map((context) => approve(bringing, context, sequence)),
  );
  await commit(bringing, first, all, sequence);
}

/** Asks the hospital's peer what is committed; undefined when nothing is. */
export async function committedDefinition(
  context: HospitalContext,
  patience: Patience = {},
): Promise<CommittedDefinition | undefined> {
  const { channel, chaincode } = context.topology;
  const args = ['lifecycle', 'chaincode', 'querycommitted', '-C', channel, '-n', chaincode, '-O', 'json'];
  const { ok, stdout, complaint } = await runCommand(peerCommand(context, args, patience));
  if (ok) return committed.parse(JSON.parse(stdout));
  if (notDefined.test(complaint)) return undefined;
  throw new GroundError(
    'CHAINCODE_FAILED',
    `The peer of ${context.hospital.name} did not tell its chaincode: ${complaint}`,
  );
}

/** Whether the committed definition has this chaincode, endorsed by as many and shared among exactly these hospitals. */
export function isInForce(
  { chaincode, topology }: Pick<PlanInputs, 'chaincode' | 'topology'>,
  { collections, version, validation_parameter: policy }: CommittedDefinition,
): boolean {
  const wanted = topology.hospitals.map(({ mspId }) => memberPrincipal(mspId)).sort();
  const shared = (collections?.config ?? []).map(({ Payload: { StaticCollectionConfig: each } }) =>
    each.member_orgs_policy.Payload.SignaturePolicy.identities.map(({ principal }) => principal).sort(),
  );
  const isShared = shared.every((each) => each.join() === wanted.join());
  return version === chaincode.version && policy === validationParameter(topology) && isShared;
}

async function install({ inputs }: Bringing, context: HospitalContext): Promise<void> {
  const listed = await runOrThrow(
    peerCommand(context, ['lifecycle', 'chaincode', 'queryinstalled', '-O', 'json']),
  );
  const { installed_chaincodes: packages } = installed.parse(JSON.parse(listed));
  if (packages?.some(({ package_id: id }) => id === inputs.chaincode.packageId) === true) return;
  await runOrThrow(peerCommand(context, ['lifecycle', 'chaincode', 'install', inputs.layout.packageFile]));
}

async function approvedBy(
  bringing: Bringing,
  context: HospitalContext,
  sequence: number,
): Promise<Readonly<Record<string, boolean>>> {
  const args = [
    'lifecycle',
    'chaincode',
    'checkcommitreadiness',
    ...definition(bringing, sequence),
    '-O',
    'json',
  ];
  return readiness.parse(JSON.parse(await runOrThrow(peerCommand(context, args)))).approvals;
}

async function approve(bringing: Bringing, context: HospitalContext, sequence: number): Promise<void> {
  const { packageId } = bringing.inputs.chaincode;
  const args = ['approveformyorg', ...definition(bringing, sequence), '--package-id', packageId];
  await submit(bringing, context, args);
}

async function commit(
  bringing: Bringing,
  context: HospitalContext,
  all: readonly HospitalContext[],
  sequence: number,
): Promise<void> {
  const endorsers = all.flatMap((each) => [
    '--peerAddresses',
    reached(each, each.ports.peer),
    '--tlsRootCertFiles',
    each.at.tlsCaCertFile,
  ]);
  await submit(bringing, context, ['commit', ...definition(bringing, sequence), ...endorsers]);
}

/** Sends a lifecycle transaction; while the orderers have no leader, or the peers not the same blocks, it is sent again. */
async function submit(bringing: Bringing, context: HospitalContext, args: readonly string[]): Promise<void> {
  const run = peerCommand(context, [
    'lifecycle',
    'chaincode',
    ...args,
    ...ordererArguments(context),
    '--waitForEvent',
  ]);
  let complaint = '';
  const done = await waitFor(
    async () => {
      const result = await runCommand(run);
      complaint = result.complaint;
      const isPassing = noLeaderYet.test(complaint) || differentPayloads.test(complaint);
      return result.ok || !isPassing ? result : undefined;
    },
    { timeoutMs: retryForMs, intervalMs: retryIntervalMs },
  );
  if (done?.ok === true) return;
  throw new GroundError(
    'CHAINCODE_FAILED',
    `${context.hospital.name} could not ${args[0] ?? 'submit'} the chaincode: ${complaint}`,
  );
}

function definition({ inputs }: Bringing, sequence: number): readonly string[] {
  const { chaincode, layout, topology } = inputs;
  return [
    ...[
      '-C',
      topology.channel,
      '-n',
      topology.chaincode,
      '-v',
      chaincode.version,
      '--sequence',
      String(sequence),
    ],
    ...['--signature-policy', endorsementPolicy(topology), '--collections-config', layout.collections],
  ];
}
