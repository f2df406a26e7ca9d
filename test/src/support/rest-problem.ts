// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const words = z.string().optional();
const problem = z.object({ code: z.string(), detail: words, title: words, message: words });
const members = z.record(z.string(), z.unknown());

/** A refusal of the REST API (RFC 9457), or of an operator's socket: status, code, and the ids that it names. */
export class RestProblem extends Error {
  readonly status: number;
  readonly code: string;
  /** Every member of the answer. */
  readonly members: Readonly<Record<string, unknown>>;

  private constructor(status: number, code: string, text: string, all: Readonly<Record<string, unknown>>) {
    super(`${status} ${code}: ${text}`);
    this.name = 'RestProblem';
    this.status = status;
    this.code = code;
    this.members = all;
  }

  /** Makes a problem of any answer; one without a code gets `UNCODED`, which no test accepts. */
  static from(status: number, answer: unknown): RestProblem {
    const { data } = problem.safeParse(answer);
    if (data === undefined)
      return new RestProblem(status, 'UNCODED', JSON.stringify([answer]).slice(0, 200), {});
    const { code, detail, message, title } = data;
    return new RestProblem(status, code, detail ?? message ?? title ?? '', members.parse(answer));
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
