// SPDX-License-Identifier: Apache-2.0
import { Argument, type Command } from 'commander';
import { holdConsortium } from '../lifecycle/consortium.js';
import { processKinds, type ProcessKind } from '../plan/process-spec.js';
import { consortiumProfile } from '../plan/profile.js';
import { findHospital, globals, openPlan } from './globals.js';
import { say, sayJson } from './output.js';

/** `tutela process`: stop and start one process, for maintenance and for trying what a loss does. */
export function addProcess(program: Command): void {
  program
    .command('process')
    .description('stop, start or restart one process of one hospital')
    .addArgument(new Argument('<action>').choices(['stop', 'start', 'restart']))
    .argument('<hospital>')
    .addArgument(new Argument('<kind>').choices(processKinds))
    .action(
      async (
        action: 'stop' | 'start' | 'restart',
        hospital: string,
        kind: ProcessKind,
        _: unknown,
        command: Command,
      ) => {
        const { json, state } = globals(command);
        const inputs = await openPlan(command);
        findHospital(inputs, hospital);
        const consortium = holdConsortium(state, consortiumProfile(inputs));
        if (action !== 'start') await consortium.stopProcess(hospital, kind);
        if (action !== 'stop') await consortium.startProcess(hospital, kind);
        if (json) sayJson({ hospital, kind, action });
        else say(`${hospital}/${kind}: ${action === 'stop' ? 'stopped' : 'ready'}`);
      },
    );
}
