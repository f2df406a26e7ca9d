// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const problem = z.looseObject({
  code: z.string(),
  detail: z.string().optional(),
  title: z.string().optional(),
});

/** A refusal of the REST API (RFC 9457): status, code, and the ids that it names. */
export class RestProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(status: number, members: z.output<typeof problem>) {
    super(`${status} ${members.code}: ${members.detail ?? members.message ?? members.title ?? ''}`);
    this.name = 'RestProblem';
    this.status = status;
    this.code = members.code;
    this.members = members;
  }

  /** Makes a problem of any answer; one without a code gets `UNCODED`, which no test accepts. */
  static from(status: number, answer: unknown): RestProblem {
    const { data } = problem.safeParse(answer);
    return new RestProblem(status, data ?? { code: 'UNCODED', detail: JSON.stringify(answer).slice(0, 200) });
  }
}

/** Awaits a refusal and returns it; throws when the call succeeds or fails in another way. */
export async function refusalOf(call: Promise<unknown>): Promise<RestProblem> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof RestProblem) return outcome;
  throw new Error('the call should have been refused', { cause: outcome });
}
