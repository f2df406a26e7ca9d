// SPDX-License-Identifier: Apache-2.0

/** What is wrong with the machines while readers race. */
export type Fault = 'none' | 'delayed-peer' | 'stopped-leader';

/** Through whom the patient's revocation travels, and who withholds what. */
export type Way =
  /** The gateway does as it should: holds and transaction. */
  | 'honest-gateway'
  /** The gateway sends the holds and withholds the transaction. */
  | 'transaction-withheld'
  /** The gateway sends the transaction and withholds the holds. */
  | 'holds-withheld'
  /** The gateway sends nothing at all; the patient reaches one custodian. */
  | 'all-withheld';

export interface Scenario {
  readonly fault: Fault;
  readonly way: Way;
}

/** Every fault with every way; without a leader nothing can be ordered, so there a revocation needs its holds. */
export const SCENARIOS: readonly Scenario[] = [
  { fault: 'none', way: 'honest-gateway' },
  { fault: 'stopped-leader', way: 'transaction-withheld' },
  { fault: 'delayed-peer', way: 'holds-withheld' },
  { fault: 'none', way: 'all-withheld' },
  { fault: 'stopped-leader', way: 'honest-gateway' },
  { fault: 'delayed-peer', way: 'transaction-withheld' },
  { fault: 'none', way: 'holds-withheld' },
  { fault: 'stopped-leader', way: 'all-withheld' },
  { fault: 'delayed-peer', way: 'honest-gateway' },
  { fault: 'none', way: 'transaction-withheld' },
  { fault: 'delayed-peer', way: 'all-withheld' },
];
