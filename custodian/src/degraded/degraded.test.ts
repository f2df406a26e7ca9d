// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  degradedChallenge,
  type Assertion,
  type CustodianSet,
  type SignedAcknowledgement,
  type SignedDegradedRequest,
} from '@tutela/chaincode/domain';
import { acknowledgeDegraded, signDegraded, suspensionBy, type Identity } from '@tutela/chaincode/testing';
import { decodeBase64url, encodeBase64url, sha256 } from '@tutela/crypto';
import { SoftAuthenticator } from '@tutela/crypto/testing';
import { DegradedScene } from '../testing/degraded-scene.js';
import { openCapsule } from '../testing/reader.js';
import { Scene } from '../testing/scene.js';
import { testAuthority } from '../testing/test-authority.js';

const MINUTE_MS = 60_000;
let scene: DegradedScene;

beforeAll(async () => {
  scene = await DegradedScene.begin();
  await scene.vote('on', 0, 1);
  await scene.stall();
});
afterAll(() => scene.end());

const refuse = (act: Promise<unknown>, code: string) => expect(act).rejects.toMatchObject({ code });
const journal = async (at: number) => {
  const { journal: of } = scene.consortium.custodian(at);
  return of.read(1);
};
const cosigned = (cosigner: Identity, change = {}) =>
  scene.request(change, { requester: scene.team.requester, cosigner });

async function acknowledgedBy(request: SignedDegradedRequest, ...at: readonly number[]) {
  const all: SignedAcknowledgement[] = [];
  for (const position of at) all.push(await scene.acknowledge(position, request));
  return all;
}

describe('§15.22 an emergency while the ledger stalls', () => {
  test('opens for two clinicians with the acknowledgements of t custodians, each with its line in the journal', async () => {
    const request = scene.request();
    const words = await acknowledgedBy(request, 0, 2);
    const answers = [await scene.release(0, request, words), await scene.release(2, request, words)];
    const shares = answers.flatMap(({ replies }) => replies.map((reply) => scene.open(reply)));
    const [capsule] = scene.record.vault.capsules;
    const [label] = scene.record.request.labels;
    const { answer } = await scene.world.run(
      scene.consortium.at(0).hospital.custodian,
      'custody:GetCurrent',
      {},
    );
    const key = openCapsule(shares, {
      ...{ capsule: capsule?.capsule ?? '', label: label?.label ?? '', set: answer as CustodianSet },
    });
    expect(key).toHaveLength(32);
    const { transcriptHash } = answer as CustodianSet;
    const capsuleHash = encodeBase64url(sha256(decodeBase64url(capsule?.capsule ?? '')));
    for (const { replies } of answers)
      expect(replies).toMatchObject([{ reply: { label: label?.label, capsuleHash, transcriptHash } }]);
    const lines = (await journal(0)).filter(({ kind }) => kind.startsWith('degraded'));
    expect(lines.map(({ kind, decision }) => [kind, decision])).toEqual([
      ['degraded-acknowledgement', 'permit'],
      ['degraded-release', 'permit'],
    ]);
    expect(new Set(lines.map(({ requestHash }) => requestHash)).size).toBe(1);
  });

  test('is the same for the same question: one acknowledgement, one sealed share', async () => {
    const request = scene.request();
    const words = await acknowledgedBy(request, 1, 2, 1);
    expect(words[2]).toEqual(words[0]);
    const sealed = async () =>
      (await scene.release(1, request, words.slice(1))).replies.map(({ reply }) => reply.sealed);
    expect(await sealed()).toEqual(await sealed());
  });

  test('the full chart opens once another hospital’s medical officer signs too', async () => {
    const full = { scope: 'full', segments: scene.refs(0, 1) };
    await refuse(scene.acknowledge(0, scene.request(full)), 'OUTSIDE_SCOPE');
    await expect(scene.acknowledge(0, scene.request(full, scene.team))).resolves.toBeDefined();
    await expect(scene.acknowledge(0, cosigned(scene.team.dutyOfficer, full))).resolves.toBeDefined();
  });

  test('attack: class sealed is out of reach for everybody', async () => {
    const sealed = { scope: 'full', segments: scene.refs(2) };
    await refuse(scene.acknowledge(0, scene.request(sealed, scene.team)), 'OUTSIDE_SCOPE');
  });
});

describe('§15.22 fewer than t acknowledgements', () => {
  test('attack: one custodian’s acknowledgement releases nothing, given twice or not', async () => {
    const request = scene.request();
    const words = await acknowledgedBy(request, 0);
    await refuse(scene.release(0, request, words), 'TOO_FEW_ACKNOWLEDGEMENTS');
    await refuse(scene.release(0, request, [...words, ...words]), 'BAD_REQUEST');
  });

  test('attack: a custodian that was not asked first releases nothing on the acknowledgements of the others', async () => {
    const request = scene.request();
    const words = await acknowledgedBy(request, 0, 1);
    await refuse(scene.release(2, request, words), 'TOO_FEW_ACKNOWLEDGEMENTS');
  });

  test('attack: an acknowledgement of another request is no acknowledgement of this one', async () => {
    const request = scene.request();
    const [own] = await acknowledgedBy(request, 0);
    const [other] = await acknowledgedBy(scene.request(), 2);
    await refuse(
      scene.release(
        0,
        request,
        [own, other].flatMap((one) => one ?? []),
      ),
      'TOO_FEW_ACKNOWLEDGEMENTS',
    );
  });

  test('attack: a forged acknowledgement counts for nothing, and takes nothing from the true ones', async () => {
    const request = scene.request();
    const words = await acknowledgedBy(request, 0);
    const { custodian } = scene.world.hospital(0);
    const forged = acknowledgeDegraded(scene.world, custodian, request, { mspId: 'CedarMSP' });
    await refuse(scene.release(0, request, [...words, forged]), 'TOO_FEW_ACKNOWLEDGEMENTS');
    const other = await acknowledgedBy(request, 1);
    await expect(scene.release(0, request, [forged, ...words, ...other])).resolves.toBeDefined();
  });
});

describe('§15.22 who signs', () => {
  test('attack: one person under both names is one person', async () => {
    await refuse(scene.acknowledge(0, cosigned(scene.team.requester)), 'EMERGENCY_SAME_PERSON');
  });

  test('attack: one signature alone is no request', async () => {
    const { cosigner, ...alone } = scene.request();
    expect(cosigner).toBeDefined();
    await refuse(scene.acknowledge(0, alone as SignedDegradedRequest), 'BAD_REQUEST');
  });

  test('attack 6: a certificate of another hospital’s authority with the right attributes', async () => {
    const foreign = await (await testAuthority('BirchMSP')).certify(scene.team.cosigner);
    await refuse(scene.acknowledge(0, cosigned(foreign)), 'CALLER_UNKNOWN');
    const elsewhere = await scene.authorities[2]?.certify(scene.team.cosigner);
    await refuse(scene.acknowledge(0, cosigned(elsewhere ?? foreign)), 'CALLER_UNKNOWN');
  });

  test('attack: an own certificate in the name of a colleague', async () => {
    const { requester, cosigner } = scene.team;
    const borrowed = await scene.authorities[1]?.certify(cosigner, { id: requester.id });
    await refuse(scene.acknowledge(0, cosigned(borrowed ?? cosigner)), 'CALLER_UNKNOWN');
  });

  test('attack: the certificate of a custodian or an operator signs for nobody', async () => {
    for (const role of ['custodian', 'operator'] as const) {
      const process = await scene.authorities[1]?.certify(scene.team.cosigner, { role });
      await refuse(scene.acknowledge(0, cosigned(process ?? scene.team.cosigner)), 'CALLER_NOT_ENTITLED');
    }
  });

  test('attack: a signature of one part does not serve in another', async () => {
    const request = scene.request();
    const { certificate, signature } = request.requester;
    const swapped = { ...request, cosigner: { ...request.cosigner, certificate, signature } };
    await refuse(scene.acknowledge(0, swapped), 'CALLER_UNKNOWN');
    const resigned = signDegraded(scene.world, request.statement, {
      requester: scene.team.cosigner,
      cosigner: scene.team.cosigner,
    });
    const unsigned = {
      ...request,
      cosigner: { ...request.cosigner, signature: resigned.requester.signature },
    };
    await refuse(scene.acknowledge(0, unsigned), 'SIGNATURE_INVALID');
  });

  test('attack: certified keys without the clinicians’ own devices open nothing', async () => {
    const request = scene.request();
    const thief = new SoftAuthenticator();
    const who = { mspId: scene.team.cosigner.mspId, practitionerId: scene.team.cosigner.id };
    const challenge = degradedChallenge(request.statement, { part: 'cosigner', ...who }, sha256);
    const answeredBy = (assertion: Assertion) => ({
      ...request,
      cosigner: { ...request.cosigner, assertion },
    });
    await refuse(scene.acknowledge(0, answeredBy(thief.assert(challenge))), 'STEP_UP_REQUIRED');
    const own = scene.world.device(scene.team.cosigner);
    const posing = { ...thief.assert(challenge), credentialId: own.credentialId };
    await refuse(scene.acknowledge(0, answeredBy(posing)), 'STEP_UP_INVALID');
    await refuse(scene.acknowledge(0, answeredBy(request.requester.assertion)), 'STEP_UP_REQUIRED');
    const elsewhere = scene.request({ timeBoxMinutes: 1 }).cosigner.assertion;
    await refuse(scene.acknowledge(0, answeredBy(elsewhere)), 'STEP_UP_INVALID');
    await expect(scene.acknowledge(0, answeredBy(own.assert(challenge)))).resolves.toBeDefined();
  });

  test('attack: a replay with another session key carries no valid signature', async () => {
    const request = scene.request();
    const sessionKey = scene.world.names.bytes32();
    const replayed = { ...request, statement: { ...request.statement, sessionKey } };
    await refuse(scene.acknowledge(0, replayed), 'SIGNATURE_INVALID');
    const words = await acknowledgedBy(request, 0, 2);
    await refuse(scene.release(0, replayed, words), 'SIGNATURE_INVALID');
  });

  test('attack: a certificate on the channel’s revocation list is revoked', async () => {
    const before = scene.consortium.channel.authorities;
    const revoked = scene.authorities[1]?.membership([scene.team.cosigner]);
    await scene.configure(before.map((one) => (one.mspId === revoked?.mspId ? revoked : one)));
    await refuse(scene.acknowledge(0, scene.request()), 'CALLER_INACTIVE');
    await scene.configure(before);
  });

  test('attack: a person whom the ledger last knew as suspended, or not as a clinician', async () => {
    const { world, authorities } = scene;
    const nurse = await world.practitioner(world.hospital(1), 'nurse');
    const clerk = await world.practitioner(world.hospital(1), 'privacy-officer');
    const change = { practitionerId: nurse.id, status: 'suspended' };
    await world.run(world.hospital(1).registrar, 'registry:ChangePractitioner', change);
    await scene.hear();
    const [suspended, officer] = await Promise.all([
      authorities[1]?.certify(nurse),
      authorities[1]?.certify(clerk),
    ]);
    await refuse(scene.acknowledge(0, cosigned(suspended ?? nurse)), 'CALLER_INACTIVE');
    await refuse(scene.acknowledge(0, cosigned(officer ?? clerk)), 'CALLER_NOT_ENTITLED');
  });

  test('attack §15.16: an identity that its hospital holds signs nothing, though no block says so yet', async () => {
    const { world, consortium, team } = scene;
    const birch = world.hospital(1);
    const [administrator, nurse] = [
      await world.practitioner(birch, 'administrator'),
      await scene.enrol(1, 'nurse'),
    ];
    const request = scene.request({}, { requester: team.requester, cosigner: nurse });
    await expect(scene.acknowledge(2, request)).resolves.toBeDefined();
    const body = suspensionBy(world, nurse, [administrator]);
    await consortium.network.request('POST', `${consortium.at(2).url}/v1/holds`, { body });
    await refuse(scene.acknowledge(2, request), 'HELD');
  });

  test('attack: a stranger to the ledger with a good certificate', async () => {
    const { world, authorities, team } = scene;
    const id = world.names.id('practitioner') as typeof team.cosigner.id;
    const stranger = { ...team.cosigner, id };
    await refuse(
      scene.acknowledge(0, cosigned((await authorities[1]?.certify(stranger)) ?? stranger)),
      'CALLER_UNKNOWN',
    );
  });
});

describe('§15.22 what is asked, and when', () => {
  test('after the time box nobody gets a share, by the own clock and by that of the others', async () => {
    const request = scene.request({ timeBoxMinutes: 1 });
    const words = await acknowledgedBy(request, 0, 2);
    scene.world.ledger.advance(MINUTE_MS);
    await scene.hear();
    await refuse(scene.release(0, request, words), 'EMERGENCY_EXPIRED');
    await refuse(scene.acknowledge(1, request), 'EMERGENCY_EXPIRED');
  });

  test('attack: a request from the future is not open', async () => {
    const declaredAt = scene.world.at(6 * MINUTE_MS);
    await refuse(scene.acknowledge(0, scene.request({ declaredAt })), 'EMERGENCY_NOT_OPEN');
  });

  test('attack: another channel, another patient’s handle, a segment twice', async () => {
    const stranger = scene.world.names.id('handle');
    const [one] = scene.refs(0);
    await refuse(scene.acknowledge(0, scene.request({ channel: 'elsewhere' })), 'BAD_REQUEST');
    await refuse(scene.acknowledge(0, scene.request({ handle: stranger })), 'NOT_FOUND');
    await refuse(scene.acknowledge(0, scene.request({ segments: [one, one] })), 'BAD_REQUEST');
    const other = await scene.world.patient(scene.world.hospital(0));
    await scene.hear();
    await refuse(scene.acknowledge(0, scene.request({ handle: other.handle })), 'MANIFEST_MISMATCH');
  });

  test('attack 44: refused requests are counted in the journal by who asked and code, not written one by one', async () => {
    const { length } = await journal(1);
    for (let asked = 0; asked < 20; asked += 1)
      await refuse(scene.acknowledge(1, scene.request({ channel: 'elsewhere' })), 'BAD_REQUEST');
    const lines = (await journal(1)).slice(length);
    expect(lines.map(({ code, count }) => [code, count])).toEqual(
      [1, 2, 4, 8, 16].map((count) => ['BAD_REQUEST', count]),
    );
  });

  test('attack 44: a release that is asked for again and again adds few lines', async () => {
    const request = scene.request();
    const words = [await scene.acknowledge(0, request), await scene.acknowledge(2, request)];
    const first = await scene.release(0, request, words);
    const { length } = await journal(0);
    for (let asked = 1; asked < 32; asked += 1) await scene.release(0, request, words);
    expect((await journal(0)).length - length).toBe(5 * first.replies.length);
  });

  test('attack 34: a clinician’s sixth emergency within a day is refused, also after a restart', async () => {
    const requester = await scene.enrol(1, 'physician');
    const { cosigner } = scene.team;
    const ask = () => scene.acknowledge(0, scene.request({}, { requester, cosigner }));
    for (let count = 0; count < 5; count += 1) await ask();
    await refuse(ask(), 'EMERGENCY_QUOTA');
    await scene.consortium.stop(0);
    await scene.consortium.start(0);
    await Promise.all([0, 1, 2].map((at) => scene.consortium.custodian(at).directory.refresh()));
    await scene.hear();
    await refuse(ask(), 'EMERGENCY_QUOTA');
  });
});

describe('§15.22 whether it may be at all', () => {
  test('off by vote: refused, and no clinician gets around it', async () => {
    const off = await DegradedScene.begin();
    await off.vote('on', 0);
    await off.stall();
    await refuse(off.acknowledge(0, off.request()), 'DEGRADED_OFF');
    await off.end();
  });

  test('the ledger is fresh: refused, for the ordinary way exists', async () => {
    const fresh = await DegradedScene.begin();
    await fresh.vote('on', 0, 1);
    await fresh.resume();
    await refuse(fresh.acknowledge(1, fresh.request()), 'LEDGER_NOT_STALLED');
    await fresh.end();
  });

  test('attack 44: an unsigned request waits for no answer of the ledger, and signed requests wait together', async () => {
    const slow = await DegradedScene.begin();
    await slow.vote('on', 0, 1);
    await slow.stall();
    const { freshness } = slow.consortium.custodian(0);
    const { peer } = slow.consortium.at(0);
    const look = freshness.isStalledFor.bind(freshness);
    const answered = Promise.withResolvers<undefined>();
    let looks = 0;
    freshness.isStalledFor = async (patienceMs) => {
      looks += 1;
      await answered.promise;
      return look(patienceMs);
    };
    const evaluate = peer.evaluate.bind(peer);
    const examined = Promise.withResolvers<undefined>();
    let awaited = 8;
    peer.evaluate = async (name, request) => {
      const answer = await evaluate(name, request);
      if (name === 'degraded:GetMode') awaited -= 1;
      if (awaited === 0) examined.resolve(undefined);
      return answer;
    };
    try {
      const forged = Array.from({ length: 20 }, () => {
        const request = slow.request();
        return { ...request, requester: { ...request.requester, signature: request.cosigner.signature } };
      });
      // The ledger does not answer meanwhile.
      await Promise.all(forged.map((request) => refuse(slow.acknowledge(0, request), 'SIGNATURE_INVALID')));
      expect([looks, awaited]).toEqual([0, 8]);
      const honest = Array.from({ length: awaited }, () => slow.acknowledge(0, slow.request()));
      await examined.promise;
      await new Promise(setImmediate);
      answered.resolve(undefined);
      expect(await Promise.all(honest)).toHaveLength(8);
      expect(looks).toBe(1);
    } finally {
      answered.resolve(undefined);
      await slow.end();
    }
  });

  test('attack: a custodian that is cut off from the others is not in a stall; it refuses', async () => {
    const cut = await DegradedScene.begin();
    await cut.vote('on', 0, 1);
    await cut.stall();
    for (const { url } of cut.consortium.places.slice(1)) cut.consortium.network.cut(url);
    cut.world.ledger.advance(2 * MINUTE_MS);
    await refuse(cut.acknowledge(0, cut.request()), 'PEER_STALE');
    await cut.end();
  });

  test('a normal read is refused while the ledger stalls, vote or no vote', async () => {
    const normal = await Scene.begin({ settings: { patienceMs: 20 } });
    const { intentId } = await normal.declare();
    for (const at of [0, 1, 2])
      await normal.world.run(normal.world.hospital(at).custodian, 'degraded:Vote', { mode: 'on' });
    for (const { peer } of normal.consortium.places) peer.refuse = () => true;
    normal.world.ledger.advance(2 * MINUTE_MS);
    expect(await normal.tryRelease(0, intentId)).toBe('PEER_STALE');
    await normal.end();
  });
});
