// SPDX-License-Identifier: Apache-2.0
import { oneStopsFinality } from '@tutela/chaincode/domain';
import { z } from 'zod';

const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9]{1,15}$/, 'must be 2 to 16 lower-case letters and digits, starting with a letter');

const channelName = z
  .string()
  .regex(
    /^[a-z][a-z0-9.-]{0,62}$/,
    'must be a Fabric channel name: lower-case letters, digits, dots and dashes',
  );

/** A duration such as `100ms` or `2s`, kept as text because Fabric reads it as text. */
const duration = z.string().regex(/^[1-9]\d{0,5}(ms|s)$/, 'must be a duration such as 100ms or 2s');

/** Where a passphrase comes from when `tutela up` does not make it: a file of its own, or what a command prints. */
const passphrase = z.union(
  [
    z.strictObject({ file: z.string().regex(/^\/./, 'must be an absolute path') }),
    z.strictObject({ command: z.array(z.string().min(1)).min(1).max(32) }),
  ],
  'must be { file: /a/path } or { command: [program, argument] }',
);

const displayName = z.string().min(1, 'must not be empty').max(64, 'must have 64 characters at most');

/** A hospital as a command names it. */
export const namedHospital = z.strictObject({ id: identifier, name: displayName.optional() });

const hospital = z.strictObject({
  id: identifier,
  name: displayName,
  mspId: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9]{1,31}$/, 'must be 2 to 32 letters and digits')
    .optional(),
  /** False where another hospital's orderer serves this one; `blocksFrom` names it then. */
  orderer: z.boolean().default(true),
  /** The hospital from whose orderer its peer takes blocks, and from no other; itself when left out. */
  blocksFrom: identifier.optional(),
  /** Where its processes listen and are reached instead of loopback: an address of a network of the consortium's own. */
  host: z.ipv4().optional(),
  passphrases: z
    .strictObject({ custodian: passphrase.optional(), gateway: passphrase.optional() })
    .default({}),
});

const ordering = z.strictObject({
  type: z.enum(['raft', 'bft']).default('raft'),
  batchTimeout: duration.default('100ms'),
  /**
   * One transaction in a block: a peer of Fabric 2.5.9 that meets one which it cannot read waits for ever for it before
   * it judges those behind it in the same block.
   */
  maxMessages: z.int().min(1).max(5000).default(1),
  tickInterval: duration.default('100ms'),
});

const ports = z.union([z.literal('auto'), z.strictObject({ base: z.int().min(1024).max(65_000) })]);

/** What a topology file may say; see `network/topologies/three-hospitals.yaml` for an example of every field. */
export const topologyFile = z
  .strictObject({
    hospitals: z.array(hospital).min(2, 'a consortium has at least two hospitals').max(16),
    channel: channelName.default('tutela'),
    ports: ports.default('auto'),
    ordering: ordering.prefault({}),
    custody: z
      .strictObject({
        threshold: z.int().min(2).optional(),
        /** How many of the hospitals, the first ones, were there from the start; those below have joined since. */
        founders: z.int().min(2).optional(),
        /** How old a custodian's last sign of the others may be before it refuses, in seconds. */
        freshnessSeconds: z.int().min(20).max(600).optional(),
      })
      .prefault({}),
    policies: z.strictObject({ endorsement: z.int().min(2).optional() }).prefault({}),
  })
  .superRefine((file, context) => {
    const count = file.hospitals.length;
    const say = (path: (string | number)[], message: string) => {
      context.addIssue({ code: 'custom', path, message });
    };
    for (const field of ['id', 'mspId'] as const) {
      const seen = new Set<string>();
      for (const [index, each] of file.hospitals.entries()) {
        const value = each[field];
        if (value !== undefined && seen.has(value))
          say(['hospitals', index, field], `"${value}" is used twice`);
        if (value !== undefined) seen.add(value);
      }
    }
    if (!file.hospitals.slice(0, file.custody.founders).some((each) => each.orderer))
      say(['hospitals'], 'at least one hospital that was there from the start must run an orderer');
    for (const [index, { blocksFrom, id, orderer }] of file.hospitals.entries()) {
      const source = file.hospitals.find((each) => each.id === (blocksFrom ?? id));
      if (source?.orderer === true) continue;
      const message = 'must name a hospital that runs an orderer';
      say(['hospitals', index, 'blocksFrom'], orderer ? message : `${message}, since this one runs none`);
    }
    const majority = Math.floor(count / 2) + 1;
    const thresholds = {
      custody: ['threshold', file.custody.threshold],
      policies: ['endorsement', file.policies.endorsement],
    } as const;
    for (const [section, [field, value]] of Object.entries(thresholds)) {
      if (value === undefined) continue;
      if (value > count) say([section, field], `cannot exceed the ${count} hospitals`);
      // Below a majority two halves of the consortium could act without one another.
      if (value < majority) say([section, field], `must be a majority: at least ${majority} of ${count}`);
    }
    const { threshold = majority } = file.custody;
    // Else fewer hospitals than it takes to open a record could rewrite the rules under which it opens.
    if ((file.policies.endorsement ?? threshold) < threshold)
      say(['policies', 'endorsement'], `must be at least the custody threshold, ${threshold}`);
    // A release asks for the own orderer's signature, or else for a final block.
    const ordererless = file.hospitals.findIndex((each) => !each.orderer);
    if (ordererless >= 0 && oneStopsFinality({ members: count, threshold })) {
      const message = `must be true: with ${count} hospitals and a threshold of ${threshold}, one custodian that is away stops the releases of a hospital without an orderer; only two hospitals more than the threshold make up for it`;
      say(['hospitals', ordererless, 'orderer'], message);
    }
    if ((file.custody.founders ?? 0) > count)
      say(['custody', 'founders'], `cannot exceed the ${count} hospitals`);
  });

/** Where a custodian or a gateway finds the passphrase under which it seals what it keeps. */
export type PassphraseSource = z.output<typeof passphrase>;

/** A topology file after parsing, with the file's own defaults filled in. */
export type TopologyFile = z.output<typeof topologyFile>;
