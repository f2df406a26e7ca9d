// SPDX-License-Identifier: Apache-2.0
import { filesUnder, readRepositoryFile, workspaces } from './repository.js';

const TITLE = /\b(?:test|it|describe)(?:\.each\([\s\S]*?\))?\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g;
const PLACEHOLDER = /%(?:[#sdifjoOpc%$]|\.\d+f)|\$\{[^}]*\}|\$[\w.#]+/g;
const LEAST_LIKENESS = 0.2;
const MOST_NEAR = 3;
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

/** The title as it stands in the sources, of one in which quotation marks are typed otherwise; undefined when none fits. */
export function titleAsWritten(wanted: string): string | undefined {
  const folded = folding(wanted);
  const known = files.flatMap(({ titles }) => titles);
  const title = known.find((each) => each === wanted) ?? known.find((each) => folding(each) === folded);
  if (title !== undefined) return title;
  for (const { text } of files) {
    const at = folding(text).indexOf(`'${folded}'`);
    if (at >= 0) return text.slice(at + 1, at + 1 + wanted.length);
  }
  return undefined;
}

/** The titles that share most words with this text, at most three. */
export function nearestTitles(wanted: string): readonly string[] {
  const asked = wordsOf(wanted);
  const alike = (title: string): number => {
    const words = wordsOf(title);
    const shared = [...words].filter((word) => asked.has(word)).length;
    return shared / (words.size + asked.size - shared);
  };
  return [...new Set(files.flatMap(({ titles }) => titles))]
    .map((title) => ({ title, likeness: alike(title) }))
    .filter(({ likeness }) => likeness >= LEAST_LIKENESS)
    .sort((one, other) => other.likeness - one.likeness)
    .slice(0, MOST_NEAR)
    .map(({ title }) => title);
}

/** The same text with typewriter's quotation marks, character by character. */
function folding(text: string): string {
  return text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"');
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(
    folding(text)
      .toLowerCase()
      .match(/[\p{L}\p{N}']+/gu),
  );
}
