// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from '@jest/globals';
import { DomainError } from '@tutela/chaincode/domain';
import { seededRandom } from '@tutela/crypto/testing';
import fc from 'fast-check';
import { reassembleBundle } from './reassemble-bundle.js';
import { MAX_VALUES } from './scan-json.js';
import { splitBundle } from './split-bundle.js';

const random = seededRandom('bundle');

const split = (bundle: unknown): ReturnType<typeof splitBundle> =>
  splitBundle(Buffer.from(typeof bundle === 'string' ? bundle : JSON.stringify(bundle, null, 2)), random);

const entry = (resource: object): object => ({ fullUrl: 'urn:uuid:1', resource });
const bundleOf = (...resources: readonly object[]): object => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: resources.map(entry),
});
const icd10 = (code: string): object => ({ coding: [{ system: 'http://hl7.org/fhir/sid/icd-10-cm', code }] });
const observation = (category: string): object => ({
  resourceType: 'Observation',
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: category }] },
  ],
});
const labelled = (code: string): object => ({ resourceType: 'Condition', meta: { security: [{ code }] } });

/** Whether no member's name needs an escape, at any depth. */
function hasPlainNames(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(
    ([name, inner]) => JSON.stringify(name) === `"${name}"` && hasPlainNames(inner),
  );
}

describe('the category of an entry', () => {
  test.each([
    ['demographics', { resourceType: 'Patient' }],
    ['summary', { resourceType: 'Condition' }],
    ['summary', { resourceType: 'AllergyIntolerance' }],
    ['summary', observation('vital-signs')],
    ['medication', { resourceType: 'MedicationRequest' }],
    ['laboratory', observation('laboratory')],
    ['imaging', { resourceType: 'ImagingStudy' }],
    ['insurance', { resourceType: 'ExplanationOfBenefit' }],
    ['device', { resourceType: 'Device' }],
    ['notes', { resourceType: 'Encounter' }],
    ['notes', { resourceType: 'constructor' }],
    ['mental-health', { resourceType: 'Condition', code: icd10('F32.1') }],
    ['substance-use', { resourceType: 'Condition', code: icd10('F10.2') }],
    ['sexual-health', { resourceType: 'Condition', code: icd10('B20') }],
    ['mental-health', { resourceType: 'MedicationRequest', reasonCode: [icd10('F41.1')] }],
    ['mental-health', labelled('PSY')],
    ['substance-use', labelled('ETH')],
    ['sexual-health', labelled('HIV')],
    ['genetics', { resourceType: 'FamilyMemberHistory' }],
  ])('%s', (category, resource) => {
    expect(split(bundleOf(resource)).map((segment) => segment.category)).toEqual([category]);
  });

  test('is sensitive for all entries when the Bundle itself is labelled so', () => {
    const bundle = {
      ...bundleOf({ resourceType: 'Patient' }, { resourceType: 'Claim' }),
      meta: { security: [{ code: 'PSY' }] },
    };
    expect(split(bundle).map(({ category }) => category)).toEqual(['mental-health']);
  });
});

describe('a Bundle', () => {
  test('comes back byte for byte, whatever its white space, numbers and references', () => {
    const text =
      '{ "resourceType":"Bundle",\r\n "type" : "batch", "entry" :[ {"resource":{"resourceType":"Patient","id":"p"}} ,\n' +
      '{"resource":{"resourceType":"Claim","total":1.00,"patient":{"reference":"Patient/p"}}}\t,{"resource":{"resourceType":"Patient","note":"a,]}\\"b"}} ] , "id":"x"}\n';
    const segments = split(text);
    expect(segments.map(({ category, positions }) => [category, positions.length])).toEqual([
      ['demographics', 2],
      ['insurance', 1],
    ]);
    for (const segment of segments) expect(() => JSON.parse(segment.text) as unknown).not.toThrow();
    expect(reassembleBundle(segments)).toBe(text);
    expect(reassembleBundle([...segments].reverse())).toBe(text);
  });

  test('has every entry in exactly one segment, and comes back, for any entries', () => {
    const types = fc.constantFrom(
      'Patient',
      'Condition',
      'Claim',
      'Observation',
      'MedicationRequest',
      'Encounter',
    );
    const extra = fc.jsonValue().filter(hasPlainNames);
    const resources = fc.array(fc.record({ resourceType: types, id: fc.string(), extra }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(resources, fc.integer({ min: 0, max: 4 }), (all, indent) => {
        const text = JSON.stringify(bundleOf(...all), null, indent);
        const segments = split(text);
        const count = segments.reduce((total, segment) => total + segment.positions.length, 0);
        expect(count).toBe(all.length);
        expect(reassembleBundle(segments)).toBe(text);
      }),
    );
  });
});

describe('attack 19: a category withheld', () => {
  test('leaves no trace in the others: no entry, no count, no gap that reveals a number', () => {
    const segments = split(
      bundleOf({ resourceType: 'Patient' }, labelled('PSY'), { resourceType: 'Patient' }),
    );
    const open = segments.filter(({ category }) => category !== 'mental-health');
    const text = reassembleBundle(open);
    expect((JSON.parse(text) as { entry: unknown[] }).entry).toHaveLength(2);
    expect(text).not.toContain('PSY');
    const [first = 0, second = 0] = open[0]?.positions ?? [];
    expect(second - first).toBeGreaterThan(2);
  });

  test('a Bundle that states its number of entries is refused', () => {
    for (const member of ['total', 'link', 'unknown'])
      expect(() => split({ ...bundleOf({ resourceType: 'Patient' }), [member]: 1 })).toThrow(member);
  });
});

describe('attack 31: what is no Bundle', () => {
  test.each([
    ['not JSON', '{"resourceType":"Bundle","entry":[}'],
    [
      'a name twice',
      '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Claim","resourceType":"Patient"}}]}',
    ],
    ['a name twice, once escaped', '{"resourceType":"Bundle","entry":[{"a":1,"\\u0061":2}]}'],
    ['another resource', '{"resourceType":"Patient","entry":[{}]}'],
    ['no entries', '{"resourceType":"Bundle","entry":[]}'],
    ['entries that are no list', '{"resourceType":"Bundle","entry":{}}'],
    ['something after it', '{"resourceType":"Bundle","entry":[{}]} {}'],
    ['a byte-order mark', '\ufeff{"resourceType":"Bundle","entry":[{}]}'],
    ['too deep', `{"resourceType":"Bundle","entry":[${'['.repeat(100)}${']'.repeat(100)}]}`],
  ])('%s is refused', (_, text) => {
    expect(() => split(text)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  test('bytes that are not UTF-8 are refused', () => {
    expect(() => splitBundle(Buffer.from([0xff, 0xfe]), random)).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    );
  });
});

describe('attack 44: a Bundle that is small as a text and large in memory', () => {
  // What follows is no JSON: a scan that goes on beyond the limit says so, with another code.
  const cutOff = (items: number): string => `{"resourceType":"Bundle","entry":[${'0,'.repeat(items)}?]}`;
  const thrownBy = (act: () => unknown): DomainError => {
    try {
      act();
    } catch (error) {
      if (error instanceof DomainError) return error;
    }
    throw new Error('nothing of the domain was thrown');
  };

  test('is read by its readers no further than to one entry more than its header says', () => {
    const [first, second] = [cutOff(3), cutOff(2)].map((text) =>
      thrownBy(() => reassembleBundle([{ positions: [1, 2], text }])),
    );
    expect(first).toMatchObject({ code: 'CONTENT_CORRUPT', cause: { code: 'TOO_LARGE' } });
    expect(second).toMatchObject({ code: 'CONTENT_CORRUPT', cause: { code: 'TOO_LARGE' } });
    const third = thrownBy(() => reassembleBundle([{ positions: [1, 2], text: cutOff(1) }]));
    expect(third).toMatchObject({ code: 'CONTENT_CORRUPT', cause: { code: 'BAD_REQUEST' } });
  });

  test('is read at an upload no further than to one entry more than there may be', () => {
    expect(thrownBy(() => split(cutOff(20_000))).code).toBe('TOO_LARGE');
    expect(thrownBy(() => split(cutOff(19_999))).code).toBe('BAD_REQUEST');
  });

  test('is read no further than to the largest number of values, wherever in it they stand', () => {
    const nested = (values: number): string =>
      `{"resourceType":"Bundle","entry":[{"a":[${'0,'.repeat(values)}?]}]}`;
    // The type, the entry and its list are three of them.
    expect(thrownBy(() => split(nested(MAX_VALUES - 3))).code).toBe('TOO_LARGE');
    expect(thrownBy(() => split(nested(MAX_VALUES - 4))).code).toBe('BAD_REQUEST');
  });

  test('is read no further than to one member more than an envelope has', () => {
    const members = (count: number): string =>
      `{${Array.from({ length: count }, (_, member) => `"m${String(member)}":0,`).join('')}?}`;
    expect(thrownBy(() => split(members(11))).code).toBe('TOO_LARGE');
    expect(thrownBy(() => split(members(10))).code).toBe('BAD_REQUEST');
  });
});

test('attack 44: a Bundle with one attachment of 24 million characters is taken apart and put together again', () => {
  const data = 'QUJD'.repeat(6_000_000);
  const escaped = '\\u0041\\n'.repeat(500_000);
  const resource = `{"resourceType":"Binary","data":"${data}","note":"${escaped}"}`;
  const text = `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":${resource}}]}`;
  expect(
    reassembleBundle(split(text).map(({ positions, text: part }) => ({ positions, text: part }))) === text,
  ).toBe(true);
});

test('a string that is not closed, or has an unknown escape or a control character, is no JSON', () => {
  for (const bad of ['"abc', '"a\\x"', '"a\\u00g0"', '"a\nb"', '"\\'])
    expect(() => split(`{"resourceType":"Bundle","type":"batch","entry":[{"resource":${bad}}]}`)).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    );
});
