// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { down } from '../lifecycle/down.js';
import { readProfile } from '../lifecycle/read-profile.js';
import { layoutState } from '../plan/layout.js';
import type { ConsortiumProfile } from '../plan/profile.js';
import { SupervisorClient } from '../process/supervisor-client.js';
import { bringUp } from './bring-up.js';
import { globals } from './globals.js';
import { complain, say } from './output.js';
import { tellStory } from './story.js';

interface StartFlags {
  readonly detach?: boolean;
  readonly story: boolean;
  readonly topology?: string;
}

const watchEveryMs = 1_000;
const interruptedExitCode = 130;

/** `tutela start`: up, the story, and then the foreground until Ctrl-C. */
export function addStart(program: Command): void {
  program
    .command('start')
    .description(
      'bring the consortium up, play the demonstration (the story), and stay until Ctrl-C, which stops every process',
    )
    .option('-d, --detach', 'return after the story, and leave the consortium running')
    .option('--no-story', 'leave the story out')
    .option('-t, --topology <file>', 'topology of a new consortium (default: three hospitals)')
    .action(async (flags: StartFlags, command: Command) => {
      const { json, state } = globals(command);
      const interrupted = endOnInterrupt(state);
      const { topology } = flags;
      await bringUp({ state, ...(topology !== undefined && { topology: resolve(topology) }) }, json);
      const exitCode = flags.story ? await tellStory(state, { json }) : 0;
      process.exitCode = exitCode;
      // Read again: in the story a hospital joins.
      if (!json) invite(await readProfile(state));
      if (flags.detach === true) {
        interrupted.forget();
        return;
      }
      interrupted.expect();
      say('Ctrl-C stops every process.');
      await watch(state);
    });
}

/** Says where everything is and how to try it by hand. */
function invite(profile: ConsortiumProfile): void {
  say('');
  for (const { gatewayUrl, name } of profile.hospitals) say(`${name}: ${gatewayUrl}`);
  const first = profile.hospitals[0];
  if (first === undefined) return;
  say(`
Try it by hand (certificate authority: ${profile.tlsRootsFile}):
  npx tutela status
  npx tutela client add ${first.id} my-system
  npx tutela practitioner add ${first.id} --role physician --department cardiology
  npx tutela token ${first.id} my-system --practitioner <practitioner id>
  curl --cacert ${profile.tlsRootsFile} -H "authorization: Bearer <token>" ${first.gatewayUrl}/v1/hospitals
The reference of the interface is at ${first.gatewayUrl}/docs
`);
}

/** What an interrupt does while the command runs. */
interface Interruption {
  /** From now on an interrupt is the expected end, and no failure. */
  readonly expect: () => void;
  /** From now on an interrupt ends this command alone. */
  readonly forget: () => void;
}

/** From the first moment on, an interrupt ends what was started, and only then this command. */
function endOnInterrupt(state: string): Interruption {
  let exitCode = interruptedExitCode;
  let ending = false;
  const end = () => {
    // A terminal interrupts the whole group, and npm passes on what it gets: one interrupt may come twice.
    if (ending) return;
    ending = true;
    process.stderr.write('\nEnding every process…\n');
    down(state).then(
      () => process.exit(exitCode),
      (error: unknown) => {
        complain(error, false);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  return {
    expect: () => {
      exitCode = Number(process.exitCode ?? 0);
    },
    forget: () => {
      process.removeListener('SIGINT', end);
      process.removeListener('SIGTERM', end);
    },
  };
}

/** Says when a process had to be started again, until the consortium is ended. */
async function watch(state: string): Promise<void> {
  const supervisor = new SupervisorClient(layoutState(state).supervisorSocket);
  const known = new Map<string, number>();
  while (await supervisor.answers()) {
    for (const { lastExit, restarts, spec } of await supervisor.list().catch(() => [])) {
      const before = known.get(spec.name);
      known.set(spec.name, restarts);
      if (before !== undefined && restarts > before)
        say(`${spec.name} ended (${lastExit ?? 'unknown'}) and was started again`);
    }
    await new Promise((resolve) => setTimeout(resolve, watchEveryMs));
  }
  say('The consortium has been ended.');
}
