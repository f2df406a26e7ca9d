// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Part } from '@tutela/chaincode/domain';
import { erasureAnswer, erasureState } from './answers.js';
import { storeRecord } from './clinic.js';
import { setting, type Consortium, type Hospital } from './consortium.js';
import { blockFile } from './disk-blocks.js';
import { patternBytes } from './fixtures.js';
import { manifestOf } from './insider.js';
import { waitFor } from './wait.js';

/** One block, so that its file's name follows from the part's digest. */
const ONE_BLOCK_BYTES = 200_000;
const pinLine = z.object({ cid: z.string() });

/** What a hospital gained by withdrawing all its pins, having all collect and having a record of its own erased. */
export interface UnpinAttack {
  readonly withdrawn: number;
  readonly erasureId: string;
  /** Blocks that each hospital says it removed. */
  readonly blocksRemoved: Readonly<Record<string, number>>;
  /** The blocks of the attacker's own record, by SHA-256 (base64url). */
  readonly ownBlocks: readonly string[];
}

/** A hospital's own cluster peer, used as its owner may use it against the others. */
export class HostileClusterPeer {
  readonly #url: string;
  readonly #authorization: string;

  private constructor(url: string, credentials: string) {
    this.#url = url;
    this.#authorization = `Basic ${Buffer.from(credentials.trim()).toString('base64')}`;
  }

  static async of({ gatewayEnv }: Hospital): Promise<HostileClusterPeer> {
    const file = setting(gatewayEnv, 'TUTELA_GATEWAY_CLUSTER_CREDENTIALS_FILE');
    const url = setting(gatewayEnv, 'TUTELA_GATEWAY_CLUSTER_URL');
    return new HostileClusterPeer(url, await readFile(file, 'utf8'));
  }

  /** Everything in its pinset. */
  async pins(): Promise<readonly string[]> {
    const lines = (await this.#ask('GET', '/allocations')).split('\n').filter((line) => line !== '');
    return lines.map((line) => pinLine.parse(JSON.parse(line)).cid);
  }

  /** As `ipfs-cluster-ctl pin rm` of every pin. */
  async withdraw(cids: readonly string[]): Promise<void> {
    for (const cid of cids) await this.#ask('DELETE', `/pins/${cid}`);
  }

  /** Puts back what was withdrawn. */
  async restore(cids: readonly string[]): Promise<void> {
    for (const cid of cids) await this.#ask('POST', `/pins/${cid}`);
  }

  /** As `ipfs-cluster-ctl ipfs gc`: asks every hospital's node to remove what it does not pin. */
  async collectEverywhere(): Promise<void> {
    await this.#ask('POST', '/ipfs/gc');
  }

  async #ask(method: string, path: string): Promise<string> {
    const headers = { authorization: this.#authorization };
    const answer = await fetch(`${this.#url}${path}`, { method, headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the cluster peer answered ${answer.status} to ${method} ${path}`);
    return text;
  }
}

/** Plays the attack from one hospital, and puts its pinset back in the end. */
export async function unpinEverything(consortium: Consortium, attacker: Hospital): Promise<UnpinAttack> {
  const [physician, patient] = await Promise.all([
    consortium.person(attacker, 'physician'),
    consortium.patient(attacker),
  ]);
  const bytes = patternBytes(ONE_BLOCK_BYTES, Date.now());
  const file = { name: 'own', contentType: 'application/octet-stream', bytes };
  const { recordId } = await storeRecord(physician, patient, file, { category: 'device' });
  const own = await partsOf(attacker, recordId);
  const ownBlocks = own.map(({ sha256 }) => sha256);
  const peer = await HostileClusterPeer.of(attacker);
  const pins = await peer.pins();
  await peer.withdraw(pins);
  await peer.collectEverywhere();
  const order = patient.erasure(recordId);
  const { erasureId } = erasureAnswer.parse(await physician.post(`/v1/records/${recordId}/erasure`, order));
  const { confirmations } = await waitFor(
    async () => {
      const state = erasureState.parse(await physician.get(`/v1/erasures/${erasureId}`));
      return state.complete ? state : undefined;
    },
    { what: 'every hospital to confirm the erasure', deadlineMs: 120_000 },
  );
  await peer.collectEverywhere();
  await peer.restore(pins.filter((cid) => own.every((part) => part.cid !== cid)));
  const removed = Object.entries(confirmations).map(([mspId, one]) => [mspId, one.blocksRemoved] as const);
  return { withdrawn: pins.length, erasureId, blocksRemoved: Object.fromEntries(removed), ownBlocks };
}

/** The blocks of a record of one-block parts, by SHA-256 (base64url). */
export async function blocksOf(author: Hospital, recordId: string): Promise<readonly string[]> {
  return (await partsOf(author, recordId)).map(({ sha256 }) => sha256);
}

/** Of the blocks, those that lie on a hospital's disk. */
export function blocksOnDisk({ diskDir }: Hospital, blocks: readonly string[]): readonly string[] {
  return blocks.filter((sha256) => existsSync(blockFile(diskDir, sha256)));
}

async function partsOf(author: Hospital, recordId: string): Promise<readonly Part[]> {
  const { segments } = await manifestOf(author, recordId);
  return segments.flatMap(({ parts }) => parts);
}
