// SPDX-License-Identifier: Apache-2.0
import { declare } from '../../support/clinic.js';
import { readBlock } from '../../support/disk-blocks.js';
import { filesHolding } from '../../support/disk-search.js';
import { insider, releaseContextAt } from '../../support/insider.js';
import { ledgerRefusal } from '../../support/ledger-client.js';
import { ownId, randomBytes32 } from '../../support/random-id.js';
import { stealShares, tryToOpen } from '../../support/thief.js';
import { claim, type Step } from '../step.js';
import type { Story } from '../story.js';

/** Words of the letter that was stored. */
const PLAINTEXT = 'community-acquired pneumonia';

export const stolenDiskOpensNothing: Step = {
  name: 'stolen-disk-opens-nothing',
  tells:
    'a thief with everything on one hospital’s disk, its keys, share, passphrases and peer, opens nothing',
  async run(story) {
    const { third, consortium, cast, chart } = story;
    const { patient, visitingPhysician } = cast;
    const { recordId, segments } = chart.letter.stored;
    const segmentId = segments[0]?.segmentId ?? '';
    const inTheClear = await filesHolding(third.diskDir, [new TextEncoder().encode(PLAINTEXT)]);
    claim(inTheClear.length === 0, 'no file of the disk holds what the letter says');
    const { intentId } = await declare(visitingPhysician, { patient, recordId });
    const context = await releaseContextAt(third, intentId);
    const shares = await stealShares(third);
    claim(shares.length > 0, 'the thief opened the share with the passphrase beside it');
    const digest = context.records[0]?.manifest?.segments[0]?.parts[0]?.sha256 ?? '';
    const disks = [third, ...consortium.hospitals].map(({ diskDir }) => diskDir);
    const attempted = tryToOpen(context, segmentId, { shares, ciphertext: await readBlock(disks, digest) });
    claim(attempted.genuineShares === 1, 'the stolen share is a real one');
    claim(attempted.combining === 'SHARE_SET', 'one share is too few');
    claim(attempted.decrypting === 'KEY_COMMITMENT', 'and taken for enough it opens nothing');
    const own = await intentOfProcesses(story);
    return { hospital: third.mspId, ...attempted, ownIntent: own, plaintextFound: inTheClear.length };
  },
};

/** The stolen process keys try to declare an intent of their own; returns the codes of the refusals. */
async function intentOfProcesses({ third, cast, chart }: Story): Promise<readonly string[]> {
  const { recordId, version, segments } = chart.letter.stored;
  const request = {
    handle: cast.patient.handle,
    purpose: 'TREAT',
    basis: { kind: 'consent' },
    sessionKey: randomBytes32(),
    segments: segments.map(({ segmentId }) => ({ recordId, version, segmentId })),
  };
  const codes: string[] = [];
  for (const identity of ['gateway', 'custodian', 'registrar'] as const) {
    const ledger = insider(third, identity);
    const declared = ledger.submit('access:DeclareIntent', {
      ...request,
      intentId: ownId('intent', third.mspId),
    });
    codes.push((await ledgerRefusal(declared)).code);
    ledger.close();
  }
  return codes;
}
