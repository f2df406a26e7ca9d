// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { encodeDefinition } from '../testing/definition.js';
import { TestWorld } from '../testing/world.js';
import { requiredEndorsements } from './endorsement.js';

const HOSPITALS = ['AlderMSP', 'BirchMSP', 'CedarMSP', 'DogwoodMSP', 'ElmMSP'];

function required(payload: Uint8Array, status = 200): Promise<number> {
  const invokeChaincode = () => Promise.resolve({ status, message: '', payload });
  return requiredEndorsements({ stub: { invokeChaincode }, channel: 'tutela' });
}

describe('the endorsements that the committed definition requires', () => {
  test('are the k of a policy "k of these hospitals"', async () => {
    for (const k of [1, 3, 5])
      expect(await required(encodeDefinition({ required: k, hospitals: HOSPITALS }))).toBe(k);
  });

  test('are refused where the definition says something else, or nothing', async () => {
    const twice = encodeDefinition({ required: 3, hospitals: ['AlderMSP', 'AlderMSP', 'BirchMSP'] });
    const whole = encodeDefinition({ required: 3, hospitals: HOSPITALS });
    for (const payload of [twice, new Uint8Array(), whole.slice(0, 20), Uint8Array.of(255, 255, 255)])
      await expect(required(payload)).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
    await expect(required(whole, 404)).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
  });

  test('attack 38: a ceremony asks for no higher threshold than changes need endorsements', async () => {
    const world = await TestWorld.found(['Alder', 'Birch', 'Cedar', 'Dogwood', 'Elm']);
    const start = (threshold: number) =>
      world.run(world.hospital(0).custodian, 'custody:StartCeremony', {
        ceremonyId: world.names.id('ceremony'),
        kind: 'reshare',
        threshold,
        members: HOSPITALS,
      });
    await expect(start(4)).rejects.toMatchObject({ code: 'CEREMONY_INVALID' });
    world.ledger.endorsements = 4;
    await expect(start(4)).resolves.toMatchObject({ answer: { threshold: 4 } });
  });
});
