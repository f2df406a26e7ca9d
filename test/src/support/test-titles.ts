// SPDX-License-Identifier: Apache-2.0
import { filesUnder, readRepositoryFile, workspaces } from './repository.js';

const TITLE = /\b(?:test|it|describe)(?:\.each\([\s\S]*?\))?\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g;
const PLACEHOLDER = /%(?:[#sdifjoOpc%$]|\.\d+f)|\$\{[^}]*\}|\$[\w.#]+/g;
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/** A file of tests: the titles that stand in it, and its text, where a table of cases may hold more. */
type TestFile = Readonly<{ path: string; titles: readonly string[]; text: string }>;

const files: readonly TestFile[] = workspaces
  .flatMap((workspace) => filesUnder(`${workspace}/src`, '.test.ts'))
  .map((path) => {
    const text = readRepositoryFile(path);
    return { path, text, titles: [...text.matchAll(TITLE)].map(([, , title]) => title ?? '') };
  });

/** The files in which a test has this title, as it stands in the sources, or takes it from a table of cases. */
export function filesOfTest(title: string): readonly string[] {
  return files
    .filter(({ text, titles }) => titles.includes(title) || text.includes(`'${title}'`))
    .map(({ path }) => path);
}

/** What Jest's option for a test's name finds this title by: what a case puts into it may be anything. */
export function patternOfTest(title: string): string {
  return title
    .split(PLACEHOLDER)
    .map((part) => part.replace(SPECIAL, '\\$&'))
    .join('.*');
}
