// SPDX-License-Identifier: Apache-2.0
import type { Story } from './story.js';

/** What a person can check after a step: transaction ids, CIDs, codes, counts. */
export type Evidence = Readonly<Record<string, unknown>>;

/** One step of the story. */
export interface Step {
  /** Kebab-case, as it is printed. */
  readonly name: string;
  /** One sentence for people. */
  readonly tells: string;
  /** Acts and checks; throws when what should hold does not. */
  readonly run: (story: Story) => Promise<Evidence>;
}

/** A step cannot be told now, and says so before it has changed anything. */
export class LeftOut extends Error {}

/** Throws unless a claim of the story holds. */
export function claim(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`the story does not hold: ${what}`);
}
