// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CONSENT_PLACES } from '../domain/consent.js';
import { MAX_CONTESTS } from '../domain/emergency.js';
import { MAX_GUARDIANS } from '../domain/guardian.js';
import type { keys } from '../state/keys.js';
import { MAX_RANGE_KEYS } from '../state/store.js';

/** What bounds the ranges that a transaction that writes may list whole. */
const BOUNDS: Partial<Record<keyof typeof keys, string>> = {
  audit: 'one transaction writes few entries',
  ceremonyPart: 'a ceremony has few members, and each contributes once',
  consent: `the ${String(CONSENT_PLACES)} places that each handle has`,
  contest: `${String(MAX_CONTESTS)} of a signer, and a view shows so many of each who may sign at a time`,
  emergencyAbuse: 'the quota of the hospital that opened them',
  emergencyDue: 'the quota of the hospital that opened them',
  emergencyUse: 'the quota of the hospital that opened them, for one day',
  guardian: `${String(MAX_GUARDIANS)} at a time, and of those that an earlier version left ${String(MAX_RANGE_KEYS)}`,
  hospital: 'the channel’s configuration names each of them',
  person: 'the own hospital’s enrolments of one person',
  read: 'the number of counters of a consent',
  record: 'the number of versions of a record',
  retirementWaiting: 'the own hospital’s retirements for one patient',
  sighting: 'one of each custodian',
  suspension: 'one of each pair of hospitals',
};

/** Ranges that only evaluations list whole. */
const EVALUATED: readonly (keyof typeof keys)[] = [
  'custodian',
  'degradedEntry',
  'heartbeat',
  'pastConsent',
  'recordOf',
];

const ROOT = join(import.meta.dirname, '..');
const CALL = /\b(?:list|listNamed|first)\(\s*(?:reader|ledger),\s*([^()]*)\(?/g;

const sources = ['state', 'transactions'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('store.ts'))
    .map((name) => {
      const text = readFileSync(join(ROOT, folder, name), 'utf8');
      const listed = [...text.matchAll(CALL)].map(([, range = '']) => range.replace(/^keys\./, ''));
      return { name, text, listed };
    }),
);
const calls = sources.flatMap(({ name, text, listed }) =>
  listed.map((range) => [range, name, text] as const),
);

describe('attack 44: what is listed whole', () => {
  test('is found in the sources', () => {
    expect(calls.length).toBeGreaterThan(25);
  });

  test.each(calls)('%s in %s is bounded by a rule of the ledger, or only evaluated', (range, name, text) => {
    if (range in BOUNDS) return;
    // The confirmations of one order: each hospital gives one.
    if (name.endsWith('certificate.ts') && range.startsWith('under')) return;
    expect(EVALUATED).toContain(range);
    expect(text).not.toMatch(/\bsubmit\(|\bLedger\b/);
  });

  test('holds no consent that has not taken a place of its handle: one function writes them, and makes room', () => {
    const writers = sources.filter(({ text }) => /\bwrite\(\s*ledger,\s*keys\.consent\(/.test(text));
    expect(writers.map(({ name }) => name)).toEqual(['consent/write-consents.ts']);
    for (const { text } of writers) expect(text).toMatch(/await makeRoom\(/);
  });
});
