// SPDX-License-Identifier: Apache-2.0
// The process behind `tutela up`: it owns every other process of the consortium.
import { appendFileSync, rmSync } from 'node:fs';
import { layoutState } from './plan/layout.js';
import { controlServer } from './process/control-server.js';
import { processIdentity } from './process/pid.js';
import { rememberProcesses } from './process/stragglers.js';
import { Supervisor } from './process/supervisor.js';

const ownerOnly = 0o077;

function main(root: string): void {
  // Everything that any process of the consortium creates is private to this user.
  process.umask(ownerOnly);
  const layout = layoutState(root);
  const self = processIdentity(process.pid) ?? String(process.pid);
  const note = (fields: object) => {
    appendFileSync(
      layout.supervisorLog,
      `${JSON.stringify({ time: new Date().toISOString(), ...fields })}\n`,
    );
  };
  const supervisor = new Supervisor(note, (identities) => {
    rememberProcesses(layout.processesFile, [self, ...identities]);
  });
  const finish = () => {
    rmSync(layout.supervisorSocket, { force: true });
    rmSync(layout.processesFile, { force: true });
    note({ event: 'supervisor-ended' });
    process.exit(0);
  };
  const end = () => {
    void supervisor.shutdown().finally(finish);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  rmSync(layout.supervisorSocket, { force: true });
  controlServer(supervisor, finish).listen(layout.supervisorSocket, () => {
    note({ event: 'supervisor-started', pid: process.pid });
  });
}

const root = process.argv[2];
if (root === undefined) {
  process.stderr.write('usage: supervisor-main <state folder>\n');
  process.exit(2);
}
main(root);
