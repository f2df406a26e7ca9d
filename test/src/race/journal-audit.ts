// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { Hospital } from '../support/consortium.js';
import type { CustodianClient } from '../support/custodian-client.js';
import { waitFor } from '../support/wait.js';

const READ_DEADLINE_MS = 30_000;

const line = z.looseObject({
  kind: z.string(),
  decision: z.enum(['permit', 'deny']),
  intentId: z.string().optional(),
  consentId: z.string().optional(),
});
const page = z.looseObject({ length: z.int(), lines: z.array(line) });

/** A line of a custodian's journal as far as the audit reads it. */
export type AuditedLine = Readonly<z.output<typeof line>>;

/**
 * Counts releases that stand behind the hold of their consent in one custodian's journal. A custodian puts a hold in
 * force before it writes it down, and writes a release down as it decides it: so there must be none.
 */
export class HoldOrder {
  readonly #held = new Set<string>();
  #wrong = 0;

  /** Takes the next line; `consentOf` knows under which consent an intent of the race was declared. */
  read({ kind, decision, intentId, consentId }: AuditedLine, consentOf: ReadonlyMap<string, string>): void {
    if (kind === 'hold' && consentId !== undefined) this.#held.add(consentId);
    const under = intentId === undefined ? undefined : consentOf.get(intentId);
    const isRelease = kind === 'release' && decision === 'permit';
    if (isRelease && under !== undefined && this.#held.has(under)) this.#wrong += 1;
  }

  get holds(): number {
    return this.#held.size;
  }

  get wrongReleases(): number {
    return this.#wrong;
  }
}

/** One custodian's journal from now on. */
export class JournalAudit {
  readonly order = new HoldOrder();
  readonly #client: CustodianClient;
  readonly #hospital: Hospital;
  #next: number;

  private constructor(client: CustodianClient, hospital: Hospital, next: number) {
    this.#client = client;
    this.#hospital = hospital;
    this.#next = next;
  }

  static async open(client: CustodianClient, hospital: Hospital): Promise<JournalAudit> {
    const { length } = page.parse(await client.get(hospital, '/v1/journal?from=1'));
    return new JournalAudit(client, hospital, length + 1);
  }

  /** Reads the lines that have come since. */
  async readOn(consentOf: ReadonlyMap<string, string>): Promise<void> {
    for (;;) {
      const path = `/v1/journal?from=${this.#next}`;
      const { lines } = await waitFor(async () => page.parse(await this.#client.get(this.#hospital, path)), {
        what: `the journal of ${this.#hospital.id}`,
        deadlineMs: READ_DEADLINE_MS,
      });
      if (lines.length === 0) return;
      for (const each of lines) this.order.read(each, consentOf);
      this.#next += lines.length;
    }
  }
}
