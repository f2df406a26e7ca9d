// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { partDag } from '../part-dag.js';
import { MAX_PART_BYTES, type StoredPart, type Vault } from '../vault.js';
import { isVaultError, type VaultErrorCode } from '../vault-error.js';
import { ACCEPTED } from './accepted.js';
import { allOf } from './all-of.js';
import { withOtherCodec } from './with-other-codec.js';

/** One promise that every vault keeps; `run` gets the vaults of at least two hospitals of one swarm. */
export interface ConformanceCase {
  readonly name: string;
  readonly run: (vaults: readonly [Vault, Vault, ...Vault[]]) => Promise<void>;
}

const MIB = 1024 * 1024;
const UNKNOWN = partDag(new TextEncoder().encode('a part that nobody ever stored')).cid;

/** The suite that the real vault and the in-memory double both pass. */
export const vaultConformance: readonly ConformanceCase[] = [
  ...[1, MIB, MIB + 1, 5 * MIB].map((size) => ({
    name: `gives a part of ${String(size)} bytes back, byte for byte, at another hospital`,
    run: ([author, reader]: readonly [Vault, Vault, ...Vault[]]) => roundTrip(author, reader, size),
  })),
  { name: 'gives equal parts equal identifiers', run: equalParts },
  { name: 'lists a pin once however often it is made', run: pinTwice },
  { name: 'attack 40: has a pinset of its own at each hospital', run: ownPinset },
  { name: 'ends the read of a part that nobody has', run: unknownPart },
  { name: 'refuses a part of another size than expected', run: otherSize },
  { name: 'refuses a part that is too large or empty', run: wrongSizes },
  { name: 'refuses what is no identifier of its own', run: badIdentifiers },
  { name: 'ends when the caller aborts', run: abort },
  { name: 'removes no block of a pinned part', run: stillPinned },
  { name: 'attack 40: removes no block of a pinned part under another codec', run: otherCodec },
  { name: 'removes a part at its own node alone, and twice is as once', run: removal },
  { name: 'holds at its own node a part that another hospital has', run: holding },
  { name: 'holds no part with a block that is not accepted', run: refusedBlock },
  { name: 'attack 40: enters no part that is not accepted', run: refusedEntry },
  { name: 'takes off other pins that reach what is to go, but for those that are spared', run: otherPins },
  { name: 'removes the named orphans, and no other block', run: orphans },
  { name: 'says that its nodes answer', run: status },
];

async function roundTrip(author: Vault, reader: Vault, size: number): Promise<void> {
  const bytes = randomPart(size);
  const part = await stored(author, bytes);
  assert.equal(part.size, size);
  assert.ok(part.blocks.includes(part.cid));
  assert.deepEqual(await reader.getPart(part.cid, size), bytes);
}

async function equalParts([author, other]: readonly [Vault, Vault, ...Vault[]]): Promise<void> {
  const bytes = randomPart(2 * MIB);
  assert.deepEqual(await author.addPart(bytes), await other.addPart(bytes));
}

async function pinTwice([author]: readonly [Vault, ...Vault[]]): Promise<void> {
  const part = await stored(author, randomPart(1000));
  await author.pin(part.cid, ACCEPTED);
  assert.deepEqual(
    (await author.listPins()).filter((cid) => cid === part.cid),
    [part.cid],
  );
}

async function ownPinset(vaults: readonly [Vault, Vault, ...Vault[]]): Promise<void> {
  const [author, ...others] = vaults;
  const part = await stored(author, randomPart(1000));
  for (const other of others) {
    assert.ok(!(await other.listPins()).includes(part.cid));
    assert.ok(!(await other.listHeld()).includes(part.cid));
    await other.removePart(part.cid, part.blocks);
  }
  assert.ok((await author.listPins()).includes(part.cid));
  assert.ok((await author.listHeld()).includes(part.cid));
}

async function unknownPart([author]: readonly [Vault, ...Vault[]]): Promise<void> {
  await refused('PART_NOT_FOUND', () => author.getPart(UNKNOWN, 30, { deadlineMs: 300 }));
}

async function otherSize([author]: readonly [Vault, ...Vault[]]): Promise<void> {
  const part = await stored(author, randomPart(1000));
  for (const size of [1, 999, 1001]) await refused('PART_INCOMPLETE', () => author.getPart(part.cid, size));
}

async function wrongSizes([author]: readonly [Vault, ...Vault[]]): Promise<void> {
  await refused('PART_TOO_LARGE', () => author.addPart(new Uint8Array(MAX_PART_BYTES + 1)));
  await refused('PART_TOO_LARGE', () => author.getPart(UNKNOWN, MAX_PART_BYTES + 1));
  await assert.rejects(() => author.addPart(new Uint8Array(0)), RangeError);
}

async function badIdentifiers([vault]: readonly [Vault, ...Vault[]]): Promise<void> {
  const foreign = [
    '',
    '../etc',
    'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG',
    UNKNOWN.toUpperCase(),
    `${UNKNOWN}?x=1`,
  ];
  for (const cid of foreign) {
    await refused('BAD_CID', async () => vault.getPart(cid, 1));
    await refused('BAD_CID', async () => vault.pin(cid, ACCEPTED));
    await refused('BAD_CID', async () => vault.hold(cid, ACCEPTED));
  }
  // What the node pins may have an identifier of another kind, and can be removed all the same.
  for (const cid of foreign.filter((one) => !one.startsWith('Qm'))) {
    await refused('BAD_CID', async () => vault.removePart(cid, []));
  }
}

async function abort([vault]: readonly [Vault, ...Vault[]]): Promise<void> {
  const controller = new AbortController();
  const reading = vault.getPart(UNKNOWN, 30, { signal: controller.signal });
  controller.abort();
  await refused('ABORTED', () => reading);
  await refused('ABORTED', () => vault.addPart(randomPart(10), { signal: AbortSignal.abort() }));
}

async function stillPinned([author]: readonly [Vault, ...Vault[]]): Promise<void> {
  const bytes = randomPart(1000);
  const part = await stored(author, bytes);
  assert.deepEqual(await author.removeBlocks(part.blocks), []);
  assert.deepEqual(await author.getPart(part.cid, 1000), bytes);
}

async function otherCodec([author]: readonly [Vault, ...Vault[]]): Promise<void> {
  const bytes = randomPart(2 * MIB);
  const part = await stored(author, bytes);
  const respelt = part.blocks.map(withOtherCodec);
  assert.deepEqual(await author.removeBlocks(respelt), []);
  for (const cid of respelt) {
    const { gone, removed } = await author.removePart(cid, respelt);
    assert.deepEqual({ gone, removed }, { gone: false, removed: [] });
  }
  assert.deepEqual(await author.getPart(part.cid, part.size), bytes);
}

async function removal([author, other]: readonly [Vault, Vault, ...Vault[]]): Promise<void> {
  const bytes = randomPart(2 * MIB);
  const part = await stored(author, bytes);
  await other.hold(part.cid, ACCEPTED);
  await other.pin(part.cid, ACCEPTED);
  // A hospital that never stored the part finds its blocks by itself.
  const found: string[] = [];
  const { gone, removed } = await other.removePart(part.cid, [], { found: (here) => found.push(...here) });
  assert.deepEqual({ gone, removed: new Set(removed) }, { gone: true, removed: new Set(part.blocks) });
  assert.deepEqual(new Set(found), new Set(part.blocks));
  assert.ok(!(await other.listPins()).includes(part.cid));
  assert.deepEqual(await author.getPart(part.cid, part.size), bytes);
  assert.equal((await author.removePart(part.cid, part.blocks)).gone, true);
  for (const vault of [author, other]) {
    const again = await vault.removePart(part.cid, part.blocks);
    assert.deepEqual({ gone: again.gone, removed: again.removed }, { gone: true, removed: [] });
  }
  await refused('PART_NOT_FOUND', () => author.getPart(part.cid, part.size, { deadlineMs: 300 }));
}

async function holding([author, other]: readonly [Vault, Vault, ...Vault[]]): Promise<void> {
  const part = await author.addPart(randomPart(2 * MIB));
  assert.deepEqual(await heldAmong(other, part.cid), []);
  await other.hold(part.cid, ACCEPTED);
  await other.hold(part.cid, ACCEPTED);
  assert.deepEqual(await heldAmong(other, part.cid), [part.cid]);
  assert.equal((await author.removePart(part.cid, part.blocks)).gone, true);
  assert.equal((await other.getPart(part.cid, part.size)).length, part.size);
  await refused('PART_NOT_FOUND', () => other.hold(UNKNOWN, { ...ACCEPTED, deadlineMs: 300 }));
}

async function refusedBlock([author, other]: readonly [Vault, Vault, ...Vault[]]): Promise<void> {
  const part = await author.addPart(randomPart(2 * MIB));
  const last = part.blocks.at(-1) ?? '';
  const accepts = (blocks: readonly string[]): boolean => !blocks.includes(last);
  await refused('PART_REFUSED', () => other.hold(part.cid, { accepts }));
  assert.equal(await other.holds(part.cid), false);
  await other.hold(part.cid, { accepts: (blocks) => blocks[0] === part.cid });
  assert.equal(await other.holds(part.cid), true);
}

async function refusedEntry([author]: readonly [Vault, ...Vault[]]): Promise<void> {
  const part = await author.addPart(randomPart(1000));
  const asked: (readonly string[])[] = [];
  const accepts = (blocks: readonly string[]): boolean => (asked.push(blocks), false);
  await refused('PART_REFUSED', () => author.pin(part.cid, { accepts }));
  assert.deepEqual(asked, [[part.cid]]);
  assert.ok(!(await author.listPins()).includes(part.cid));
}

async function otherPins([author, other]: readonly [Vault, Vault, ...Vault[]]): Promise<void> {
  for (const [isSpared, removed] of [
    [true, 0],
    [false, 1],
  ] as const) {
    const part = await author.addPart(randomPart(1000));
    const alias = withOtherCodec(part.cid);
    await other.hold(part.cid, ACCEPTED);
    // The same block under another codec: a part of its own, as whoever asks for copies can spell it.
    await other.hold(alias, ACCEPTED).catch(() => undefined);
    const isThere = (await other.listHeld()).includes(alias);
    const outcome = await other.removePart(part.cid, part.blocks, {
      spares: (pin) => isSpared && pin === alias,
    });
    assert.equal(outcome.removed.length, isThere ? removed : 1);
    assert.equal((await other.listHeld()).includes(alias), isThere && isSpared);
  }
}

async function heldAmong(vault: Vault, cid: string): Promise<readonly string[]> {
  return (await vault.listHeld()).filter((held) => held === cid);
}

async function orphans([author, other]: readonly [Vault, Vault, ...Vault[]]): Promise<void> {
  const bytes = randomPart(1000);
  const part = await author.addPart(bytes);
  // Reading leaves a copy that no pin reaches.
  await other.getPart(part.cid, part.size);
  assert.deepEqual(await orphansAmong(other, part), part.blocks);
  assert.deepEqual(await orphansAmong(author, part), []);
  assert.deepEqual(await other.removeBlocks(part.blocks), part.blocks);
  assert.deepEqual(await author.removeBlocks(part.blocks), []);
  assert.deepEqual(await orphansAmong(other, part), []);
  assert.deepEqual(await author.getPart(part.cid, part.size), bytes);
}

async function status(vaults: readonly Vault[]): Promise<void> {
  for (const vault of vaults) {
    const { kuboReachable, clusterReachable, hospitals, swarmPeers } = await vault.status();
    assert.deepEqual({ kuboReachable, clusterReachable }, { kuboReachable: true, clusterReachable: true });
    assert.equal(hospitals.filter((hospital) => hospital.healthy).length, vaults.length);
    assert.equal(swarmPeers, vaults.length - 1);
  }
}

async function orphansAmong(vault: Vault, part: StoredPart): Promise<readonly string[]> {
  return (await allOf(vault.listOrphans())).flat().filter((block) => part.blocks.includes(block));
}

async function stored(vault: Vault, bytes: Uint8Array): Promise<StoredPart> {
  const part = await vault.addPart(bytes);
  await vault.pin(part.cid, ACCEPTED);
  return part;
}

async function refused(code: VaultErrorCode, call: () => Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => {
    if (!isVaultError(error)) throw error;
    assert.equal(error.code, code);
    return true;
  });
}

/** Random bytes of any size, so that no two parts share a block. */
export function randomPart(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
  return bytes;
}
