// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Consortium } from '../support/consortium.js';
import { openShared } from '../support/shared-consortium.js';
import { STEPS } from '../story/steps.js';
import { Story } from '../story/story.js';

const STEP_TIMEOUT_MS = 360_000;

describe('the story on a real consortium', () => {
  let consortium: Consortium;
  let story: Story;

  beforeAll(async () => {
    consortium = await openShared();
    story = new Story(consortium);
  });
  afterAll(() => consortium.close());

  for (const { name, tells, run } of STEPS)
    test(
      `${name}: ${tells}`,
      async () => {
        expect(Object.keys(await run(story))).not.toEqual([]);
      },
      STEP_TIMEOUT_MS,
    );
});
