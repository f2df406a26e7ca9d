// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { repositoryDir } from '../support/repository.js';
import { waitUntil } from '../support/wait.js';

const command = join(repositoryDir, 'network', 'bin', 'tutela.mjs');
const folder = join(repositoryDir, '.tutela', 'test-two');
const topology = join(repositoryDir, 'network', 'topologies', 'two-hospitals.yaml');
const parts = ['--parts', 'ledger', 'storage'];
const deadlineMs = 120_000;

const statusAnswer = z.array(
  z.object({
    hospital: z.string(),
    kind: z.string(),
    pid: z.int().nullable(),
    address: z.string(),
    health: z.string(),
    restarts: z.int(),
  }),
);
const findingsAnswer = z.array(
  z.object({
    subject: z.string(),
    level: z.enum(['ok', 'warning', 'problem']),
    advice: z.string().optional(),
  }),
);

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command that operators run, on a consortium of two hospitals beside the shared one. */
function tutela(...args: readonly string[]): Ran {
  const { status, stderr, stdout } = spawnSync(process.execPath, [command, '--state', folder, ...args], {
    encoding: 'utf8',
    timeout: deadlineMs,
  });
  return { status, stdout, stderr };
}

function processes(): z.output<typeof statusAnswer> {
  return statusAnswer.parse(JSON.parse(tutela('status', '--json').stdout));
}

function pids(): readonly (number | null)[] {
  return processes().map(({ pid }) => pid);
}

function problems(): readonly string[] {
  const findings = findingsAnswer.parse(JSON.parse(tutela('doctor', '--json').stdout));
  return findings
    .filter(({ advice, level }) => level === 'problem' && advice !== undefined)
    .map(({ subject }) => subject);
}

/** Every file and folder in the state that somebody else on this machine could read. */
function readableByOthers(dir: string): readonly string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isSocket())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0);
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a consortium of two hospitals, from the command line', () => {
  beforeAll(() => {
    tutela('down');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  });

  afterAll(() => {
    tutela('down');
    rmSync(folder, { recursive: true, force: true });
  });

  test('refuses a topology that is wrong, with the line, before anything starts', () => {
    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(wrong, 'hospitals:\n  - { id: alder, name: Alder }\n');
    const { status, stderr } = tutela('up', '--json', '--topology', wrong);
    expect([status, stderr]).toEqual([1, expect.stringContaining('"code":"TOPOLOGY_INVALID"')]);
    expect(stderr).toContain('wrong.yaml:2');
    rmSync(wrong);
  });

  test('comes up although the first attempt was killed half-way', async () => {
    const args = [
      join(repositoryDir, 'network', 'dist', 'cli.js'),
      '--state',
      folder,
      'up',
      '-t',
      topology,
      ...parts,
    ];
    const first = spawn(process.execPath, args, { stdio: 'ignore' });
    const begun = join(folder, 'hospitals', 'alder', 'ca', 'ca-cert.pem');
    await waitUntil(() => Promise.resolve(existsSync(begun)), { what: 'the first authority', deadlineMs });
    first.kill('SIGKILL');
    const { status, stderr } = tutela('up', '-t', topology, ...parts);
    expect([status, stderr]).toEqual([0, '']);
    const all = processes();
    expect(all).toHaveLength(12);
    expect(all.filter(({ health }) => health !== 'ready')).toEqual([]);
    expect(
      all.filter(({ address }) => !/^(https?:\/\/)?(localhost|127\.0\.0\.1):\d+$/.test(address)),
    ).toEqual([]);
  });

  test('is left as it is by another up', () => {
    const before = pids();
    expect(tutela('up', ...parts).status).toBe(0);
    expect(pids()).toEqual(before);
  });

  test('starts a process again that was killed, and says so', async () => {
    const killed = processes().find(({ kind }) => kind === 'kubo')?.pid ?? 0;
    process.kill(killed, 'SIGKILL');
    await waitUntil(
      () =>
        processes().some(
          ({ health, kind, restarts }) => kind === 'kubo' && restarts === 1 && health === 'ready',
        ),
      { what: 'the node to be started again', deadlineMs: 30_000 },
    );
    expect(tutela('logs', '--lines', '50').stdout).toMatch(
      /supervisor \| .*"event":"failed".*"signal":"SIGKILL"/,
    );
  });

  test('shows a frozen process as not ready', () => {
    const frozen = processes().find(({ kind }) => kind === 'peer')?.pid ?? 0;
    process.kill(frozen, 'SIGSTOP');
    try {
      const { status, stdout } = tutela('status', '--json');
      const unwell = statusAnswer.parse(JSON.parse(stdout)).filter(({ health }) => health !== 'ready');
      expect([status, unwell.map(({ pid }) => pid)]).toEqual([3, [frozen]]);
    } finally {
      process.kill(frozen, 'SIGCONT');
    }
  });

  test('keeps everything on its disk to its owner', () => {
    expect(readableByOthers(folder)).toEqual([]);
  });

  test('lets the ordinary commands speak to its nodes', () => {
    const script = `eval "$('${process.execPath}' '${command}' --state '${folder}' env birch)"
      peer channel getinfo -c tutela && ipfs swarm peers && ipfs-cluster-ctl peers ls`;
    const { status, stdout } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/"height":\d+[^]*\/p2p\/[^]*Sees 1 other peers/),
    ]);
  });

  test('is told from its remains when its supervisor was killed, and goes on', () => {
    // Custodians and gateways are left out here.
    expect(problems()).toEqual(['processes']);
    const before = pids();
    const supervisor = /"event":"supervisor-started","pid":(\d+)/.exec(
      tutela('logs', '-n', '10000').stdout,
    )?.[1];
    process.kill(Number(supervisor), 'SIGKILL');
    expect(problems()).toEqual(['leftovers']);
    expect(tutela('up', ...parts).status).toBe(0);
    expect(pids().filter((pid) => before.includes(pid))).toEqual([]);
    expect(problems()).toEqual(['processes']);
  });

  test('leaves no process behind', () => {
    const before = pids().filter((pid) => pid !== null);
    expect(tutela('down').status).toBe(0);
    expect(before.filter(runs)).toEqual([]);
    expect(tutela('status', '--json').stderr).toContain('NOT_RUNNING');
  });

  test('is deleted only by somebody who says so', () => {
    expect(tutela('reset').status).toBe(2);
    expect(tutela('reset', '--yes').status).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});
