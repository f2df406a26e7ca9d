// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { z } from 'zod';
import { askCustodian } from '../lifecycle/custodian-operator.js';
import { anyHospital, globals, openPlan } from './globals.js';
import { say, sayJson } from './output.js';

const named = z.looseObject({ mspId: z.string(), requestHash: z.string() });
const release = z.looseObject({ mspId: z.string(), seq: z.number(), intentId: z.string() });
const report = z.looseObject({
  clean: z.boolean(),
  compared: z.record(z.string(), z.number()),
  faults: z.array(z.looseObject({ mspId: z.string(), seq: z.number(), fault: z.string() })),
  withoutIntent: z.array(release),
  withoutPermit: z.array(release),
  onFork: z.array(release.extend({ orderer: z.string() })).default([]),
  rewritten: z.array(z.looseObject({ mspId: z.string(), head: z.string(), seenIn: z.string() })),
  tooFew: z.array(z.looseObject({ intentId: z.string(), by: z.array(z.string()) })),
  silent: z.array(z.string()),
  unfinished: z.array(z.string()).default([]),
  entriesUnfinished: z.boolean().default(false),
  degraded: z.looseObject({
    missing: z.array(named),
    changed: z.array(named),
    unrecorded: z.array(named).default([]),
    unsigned: z.array(z.looseObject({ mspId: z.string(), entries: z.number() })).default([]),
    late: z.array(named.extend({ byMs: z.number() })),
  }),
});

/** What one custodian found when it compared all journals with the ledger. */
export type JournalsReport = z.output<typeof report>;

/** `tutela custody reconcile`: compares all custodians' journals with the ledger. */
export function addReconcile(custody: Command): void {
  custody
    .command('reconcile')
    .description('compare the journals of all custodians with the ledger; exit code 1 when one broke a rule')
    .option('--hospital <id>', 'the hospital whose custodian compares (default: the first)')
    .action(async ({ hospital }: { readonly hospital?: string }, command: Command) => {
      const context = anyHospital(await openPlan(command), hospital);
      const found = report.parse(await askCustodian(context, 'GET', '/custody/reconciliation'));
      if (globals(command).json) sayJson(found);
      else for (const line of describeReport(found)) say(line);
      if (!found.clean) process.exitCode = 1;
    });
}

/** The report in sentences, the gravest findings first. */
export function describeReport(found: JournalsReport): readonly string[] {
  const counts = Object.entries(found.compared).map(([mspId, lines]) => `${mspId} ${lines}`);
  return [
    `Journal lines compared: ${counts.join(', ')}.`,
    ...found.withoutIntent.map(
      (one) => `${place(one)} gave a share for ${one.intentId}, which is not on the ledger.`,
    ),
    ...found.withoutPermit.map((one) => `${place(one)} gave a share that ${one.intentId} does not permit.`),
    ...found.onFork.map(
      (one) =>
        `${place(one)} gave a share for ${one.intentId} on a chain that the orderer of ${one.orderer} forked.`,
    ),
    ...found.faults.map((one) => `${place(one)} is not as it was written (${one.fault}).`),
    ...found.rewritten.map(
      ({ mspId, head, seenIn }) =>
        `${mspId} no longer has the line ${head} that it showed in a ${seenIn}: its journal was rewritten.`,
    ),
    ...found.degraded.missing.map(
      ({ mspId, requestHash }) =>
        `${mspId} acknowledged ${requestHash} while the ledger stalled and has not posted its entry.`,
    ),
    ...found.degraded.changed.map(
      ({ mspId, requestHash }) => `${mspId} posted another entry about ${requestHash} than its journal has.`,
    ),
    ...found.degraded.unrecorded.map(
      ({ mspId, requestHash }) =>
        `${mspId} gave shares for ${requestHash} while the ledger stalled, and the ledger has no emergency of it.`,
    ),
    ...found.degraded.unsigned.map(
      ({ mspId, entries }) =>
        `${mspId} posted ${entries} entries about requests of a stall that no registered person signed.`,
    ),
    ...found.degraded.late.map(
      ({ mspId, requestHash, byMs }) =>
        `${mspId} posted its entry about ${requestHash} ${Math.round(byMs / 60_000)} minutes after the first.`,
    ),
    ...found.tooFew.map(({ intentId, by }) => `Only ${by.join(', ')} gave a share for ${intentId}.`),
    ...found.silent.map((mspId) => `${mspId} does not show its journal.`),
    ...found.unfinished.map(
      (mspId) => `The journal of ${mspId} goes on; the next comparison reads on there.`,
    ),
    ...(found.entriesUnfinished
      ? ['The ledger has more entries about degraded emergencies; the next comparison reads on there.']
      : []),
    found.clean
      ? 'No custodian released anything without a permitted intent.'
      : 'Ask the hospitals that these lines name for an explanation.',
  ];
}

function place({ mspId, seq }: Readonly<{ mspId: string; seq: number }>): string {
  return `${mspId}, line ${seq},`;
}
