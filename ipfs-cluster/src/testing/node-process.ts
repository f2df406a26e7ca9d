// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { access, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'undici';
import type {
  ConfiguredNode,
  HttpTarget,
  Invocation,
  Json,
  NodeDescription,
  Probe,
  StorageProgram,
} from '../nodes/index.js';

/** Absolute paths of the programs. */
export interface Binaries {
  readonly ipfs: string;
  readonly clusterService: string;
}

const POLL_MS = 40;
const READY_MS = 60_000;

/** Makes folders and runs the one-time initialisation; returns the peer id. */
export async function initialise<P, S>(node: NodeDescription<P, S>, binaries: Binaries): Promise<string> {
  for (const folder of node.folders) await mkdir(folder.path, { recursive: true, mode: folder.mode });
  if (!(await exists(node.init.creates))) {
    const { program, args, env } = node.init.run;
    await promisify(execFile)(pathOf(program, binaries), [...args], { env: { ...env } });
  }
  return node.identity.peerId(await readJson(node.identity.path));
}

/** Writes a configured node's files and applies its edits. */
export async function configureFiles(node: ConfiguredNode): Promise<void> {
  for (const file of node.files) await writePrivate(file.path, file.text, file.mode);
  for (const { path, mode, edit } of node.edits) {
    await writePrivate(path, `${JSON.stringify(edit(await readJson(path)), null, 2)}\n`, mode);
  }
}

/** A real node under test. */
export class NodeProcess {
  readonly node: ConfiguredNode;
  readonly #binaries: Binaries;
  readonly #authorization: string;
  readonly #logFile: string;
  #child: ChildProcess | null = null;

  constructor(node: ConfiguredNode, options: { binaries: Binaries; authorization: string; logFile: string }) {
    this.node = node;
    this.#binaries = options.binaries;
    this.#authorization = options.authorization;
    this.#logFile = options.logFile;
  }

  /** The process id while it runs. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    for (const socket of this.node.staleSockets) rmSync(socket, { force: true });
    this.#child = spawned(this.node.start, this.#binaries, this.#logFile);
  }

  async untilAlive(): Promise<void> {
    await this.#until(this.node.alive);
  }

  async untilJoined(): Promise<void> {
    await this.#until(this.node.joined);
  }

  /** Asks the process to end as described, and kills it after its grace. */
  async stop(): Promise<void> {
    await this.#end(this.node.stop.signal, this.node.stop.graceMs);
  }

  /** Kills the process at once. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL', this.node.stop.graceMs);
  }

  /** Sends a signal, for instance SIGSTOP. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  async #until(probes: readonly Probe[]): Promise<void> {
    const deadline = AbortSignal.timeout(READY_MS);
    for (const probe of probes) {
      while (!(await this.#holds(probe))) await sleep(POLL_MS, undefined, { signal: deadline });
    }
  }

  async #holds(probe: Probe): Promise<boolean> {
    if (this.#child?.exitCode !== null)
      throw new Error(`${this.node.start.program} ended; see ${this.#logFile}`);
    const client = clientFor(probe.target);
    try {
      const headers = probe.target.kind === 'tcp' ? { authorization: this.#authorization } : {};
      const { statusCode, body } = await client.request({ method: probe.method, path: probe.path, headers });
      return probe.satisfied({ status: statusCode, body: await body.text() });
    } catch {
      // Nobody listens yet, or hangs up while it starts: not ready.
      return false;
    } finally {
      await client.destroy();
    }
  }

  async #end(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) =>
      child.once('exit', () => {
        resolve();
      }),
    );
    child.kill(signal);
    const killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(killer);
    this.#child = null;
  }
}

function spawned({ program, args, env }: Invocation, binaries: Binaries, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawn(pathOf(program, binaries), [...args], { env: { ...env }, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}

function pathOf(program: StorageProgram, binaries: Binaries): string {
  return program === 'ipfs' ? binaries.ipfs : binaries.clusterService;
}

function clientFor(target: HttpTarget): Client {
  return target.kind === 'unix'
    ? new Client('http://localhost', { connect: { socketPath: target.socketPath } })
    : new Client(`http://${target.host}:${String(target.port)}`);
}

async function readJson(path: string): Promise<Json> {
  return JSON.parse(await readFile(path, 'utf8')) as Json;
}

async function writePrivate(path: string, text: string, mode: number): Promise<void> {
  await writeFile(path, text, { mode });
  await chmod(path, mode);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
