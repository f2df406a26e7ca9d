// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { filesOfTest, nearestTitles, titleAsWritten } from './test-titles.js';

const USAGE =
  'usage: npm run claim -- "<title>"   runs the tests of that title, as docs/security/threat-model.md names them\n';

/** What a person asked for by a title: the tests, or what to say instead. */
export type Claim = Readonly<{ title: string; files: readonly string[] }> | Readonly<{ complaint: string }>;

/** Finds the tests of a title, however its apostrophes are typed. */
export function claimOf(asked: string | undefined): Claim {
  if (asked === undefined || asked.trim() === '') return { complaint: USAGE };
  const title = titleAsWritten(asked);
  if (title !== undefined) return { title, files: filesOfTest(title) };
  const near = nearestTitles(asked);
  const hint = near.length === 0 ? '' : `The nearest are:\n${near.map((each) => `  ${each}\n`).join('')}`;
  return { complaint: `No test has this title: ${asked}\n${hint}` };
}

const report = z.looseObject({
  testResults: z.array(
    z.looseObject({
      assertionResults: z.array(z.looseObject({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/** The tests that ran, by Jest's report: those of other titles in the same files are left out. */
export function testsThatRan(json: unknown): readonly Readonly<{ name: string; passed: boolean }>[] {
  return report
    .parse(json)
    .testResults.flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed' || status === 'failed')
    .map(({ fullName, status }) => ({ name: fullName, passed: status === 'passed' }));
}
