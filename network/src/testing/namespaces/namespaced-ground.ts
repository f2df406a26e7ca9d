// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { down } from '../../lifecycle/down.js';
import { doorSocket, type Door } from './addresses.js';
import { ownNamespace } from './links.js';
import { groundAnswer, type GroundOrder, type GroundRequest } from './messages.js';
import { namespaceEnvironment, unshareArguments } from './obstacle.js';

const program = fileURLToPath(new URL('./ground-main.js', import.meta.url));

/** Where the consortium lies, and its hospitals in order. */
export interface GroundOptions {
  readonly state: string;
  readonly hospitals: readonly string[];
}

/**
 * A consortium each of whose hospitals has a network namespace of its own, linked to a bridge in a namespace around
 * them. Nothing of it is on the network of the machine, and everything goes when it is closed, or its owner dies.
 */
export class NamespacedGround {
  readonly state: string;
  readonly #child: ChildProcess;

  private constructor(state: string, child: ChildProcess) {
    this.state = state;
    this.#child = child;
  }

  /** Brings a fresh consortium up; what an earlier one left in the folder is removed. @throws Error with the cause. */
  static async open({ hospitals, state }: GroundOptions): Promise<NamespacedGround> {
    await down(state);
    await rm(state, { recursive: true, force: true });
    const order: GroundOrder = { state, hospitals: [...hospitals], outside: ownNamespace() };
    const args = [...unshareArguments(), '--', process.execPath, program, JSON.stringify(order)];
    const child = spawn('unshare', args, {
      env: namespaceEnvironment(),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const ground = new NamespacedGround(state, child);
    try {
      await ground.#answered();
    } catch (error) {
      await ground.close();
      throw error;
    }
    return ground;
  }

  /** The private socket that leads to one of a hospital's doors, whether or not the hospital is cut off. */
  door(hospital: string, door: Door): string {
    return doorSocket(this.state, hospital, door);
  }

  /** Takes the hospital's link down: from now on it reaches nobody, and nobody reaches it. */
  async cut(hospital: string): Promise<void> {
    await this.#ask({ act: 'cut', hospital });
  }

  /** Brings the hospital's link up again. */
  async join(hospital: string): Promise<void> {
    await this.#ask({ act: 'join', hospital });
  }

  /** Ends every process; with them every namespace and every link disappears. Data and logs stay in the folder. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    if (this.#child.connected) {
      await this.#ask({ act: 'end' });
      this.#child.disconnect();
    }
    await ended;
  }

  async #ask(request: GroundRequest): Promise<void> {
    const answered = this.#answered();
    this.#child.send(request);
    await answered;
  }

  async #answered(): Promise<void> {
    const ended = once(this.#child, 'exit').then(() => [{ ok: false, message: 'it ended' }] as const);
    const [message] = (await Promise.race([once(this.#child, 'message'), ended])) as readonly unknown[];
    const answer = groundAnswer.parse(message);
    if (!answer.ok) throw new Error(`the ground in network namespaces: ${answer.message}`);
  }
}
