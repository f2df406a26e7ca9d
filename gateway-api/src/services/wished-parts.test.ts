// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { MspId, RecordId } from '@tutela/chaincode/domain';
import { partDag } from '@tutela/ipfs-cluster';
import { openState, type State } from '../state/open-state.js';
import { ContentIndex } from './content-index.js';
import { PartJournal } from './part-journal.js';
import { WishedParts } from './wished-parts.js';

const HOSTILE = 'CedarMSP' as MspId;
const HONEST = 'AlderMSP' as MspId;
const OWN = 'BirchMSP' as MspId;

let state: State;
let content: ContentIndex;
let parts: PartJournal;

beforeEach(() => {
  state = openState(':memory:');
  content = new ContentIndex(state);
  parts = new PartJournal(state);
});

const wishedParts = () => new WishedParts({ state, own: OWN, content, parts });

async function note(author: MspId, record: string, count: number): Promise<readonly string[]> {
  const cids = Array.from({ length: count }, (_, part) => `${record} ${String(part)}`);
  await content.note({ recordId: record as RecordId, version: 1, author, cids }, 1);
  return cids;
}

describe('a draw of parts to be kept', () => {
  test.each([1_000, 20_000])(
    'attack 44: a draw reads a bounded number of parts, of authors in turns, however many one of them names: %d',
    async (count) => {
      await note(HOSTILE, 'hostile', count);
      const honest = await note(HONEST, 'honest', 20);
      let read = 0;
      const partsBy = content.partsBy.bind(content);
      content.partsBy = (...asked) => {
        const found = partsBy(...asked);
        read += found.length;
        return found;
      };
      const drawn = (await wishedParts().draw(300)).map(({ cid }) => cid);
      expect(drawn).toHaveLength(300);
      expect(drawn).toEqual(expect.arrayContaining([...honest]));
      // The honest line is read to its end twice: before and after it went round.
      expect(read).toBeLessThanOrEqual(300 + honest.length);
    },
  );

  test('goes on where the last one ended, also after a restart, so that each part has its turn', async () => {
    const all = [...(await note(HOSTILE, 'one', 400)), ...(await note(HOSTILE, 'two', 300))];
    const drawn: string[] = [];
    for (let run = 0; run < 3; run += 1) drawn.push(...(await wishedParts().draw(300)).map(({ cid }) => cid));
    expect(new Set(drawn)).toEqual(new Set(all));
    expect(drawn).toHaveLength(900);
  });

  test('has each part once, with all hospitals that registered what names it', async () => {
    const { cid } = partDag(Buffer.from('a part'));
    for (const author of [HOSTILE, HONEST])
      await content.note({ recordId: author as string as RecordId, version: 1, author, cids: [cid] }, 1);
    const [drawn, ...others] = await wishedParts().draw(10);
    expect(others).toEqual([]);
    expect(new Set(drawn?.authors)).toEqual(new Set([HOSTILE, HONEST]));
  });

  test('has the own stores that are not anchored yet, and nothing that was ordered to go', async () => {
    const stored = partDag(Buffer.from('stored'));
    parts.added({ ...stored, size: 1 }, { recordId: 'own', version: 1 }, 1);
    await note(HONEST, 'leaving', 3);
    await content.leave([{ recordId: 'leaving' as RecordId }]);
    expect(await wishedParts().draw(10)).toEqual([{ cid: stored.cid, authors: [OWN] }]);
  });
});
