// SPDX-License-Identifier: Apache-2.0
import type { HospitalCount } from './fresh-consortium.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What can be measured, in the order in which it is. */
export const SECTIONS = [
  'unlock',
  'memory',
  'transfers',
  'grants',
  'races',
  'idle-growth',
  'unlock-online',
] as const;
export type Section = (typeof SECTIONS)[number];

/** What is measured, and how often. */
export interface Plan {
  readonly sections: readonly Section[];
  readonly sizes: readonly Readonly<{ bytes: number; runs: number }>[];
  readonly largeBytes: number;
  readonly unlockRuns: number;
  readonly unlockOnline: Readonly<{ runs: number; custodians: readonly HospitalCount[] }>;
  readonly throughput: Readonly<{ rounds: number; secondsEach: number }>;
  readonly racedReads: number;
  readonly idleMinutes: number;
}

/** What a caller asks for. */
export interface Wish {
  readonly quick: boolean;
  /** Sections by name, separated by commas. */
  readonly only?: string | undefined;
  readonly reads?: string | undefined;
  readonly idleMinutes?: string | undefined;
}

const WHOLE: Plan = {
  sections: SECTIONS,
  sizes: [
    { bytes: 10 * KIB, runs: 80 },
    { bytes: MIB, runs: 80 },
    { bytes: 10 * MIB, runs: 25 },
    { bytes: 100 * MIB, runs: 7 },
  ],
  largeBytes: 1024 * MIB,
  unlockRuns: 1_000,
  unlockOnline: { runs: 300, custodians: [3, 5, 7] },
  throughput: { rounds: 8, secondsEach: 5 },
  racedReads: 1_000,
  idleMinutes: 10,
};
const QUICK: Plan = {
  ...WHOLE,
  sections: SECTIONS.filter((section) => section !== 'idle-growth'),
  sizes: [
    { bytes: 10 * KIB, runs: 10 },
    { bytes: MIB, runs: 30 },
    { bytes: 10 * MIB, runs: 4 },
  ],
  unlockRuns: 100,
  unlockOnline: { runs: 50, custodians: [3] },
  throughput: { rounds: 5, secondsEach: 3 },
};

/** The plan that a wish means; throws a RangeError for what cannot be measured. */
export function planOf({ quick, only, reads, idleMinutes }: Wish): Plan {
  const plan = quick ? QUICK : WHOLE;
  return {
    ...plan,
    sections: only === undefined ? plan.sections : SECTIONS.filter(namedIn(only)),
    racedReads: reads === undefined ? plan.racedReads : countOf('--reads', reads),
    idleMinutes: idleMinutes === undefined ? plan.idleMinutes : countOf('--idle-minutes', idleMinutes),
  };
}

function namedIn(only: string): (section: Section) => boolean {
  const names = only.split(',');
  const unknown = names.filter((name) => !SECTIONS.some((section) => section === name));
  if (unknown.length > 0)
    throw new RangeError(`no section ${unknown.join(', ')}; there are ${SECTIONS.join(', ')}`);
  return (section) => names.includes(section);
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1 || count > 1_000_000)
    throw new RangeError(`${option} is a whole number from 1 to 1000000`);
  return count;
}
