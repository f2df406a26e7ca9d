// SPDX-License-Identifier: Apache-2.0
import type { Consortium } from './consortium.js';

/** Does something while every orderer is frozen, and thaws them whatever comes of it. */
export async function whileOrderersAreFrozen<T>(
  { hospitals, processes }: Consortium,
  act: () => Promise<T>,
): Promise<T> {
  const toAll = async (signal: 'SIGSTOP' | 'SIGCONT') => {
    for (const { id } of hospitals) await processes.signal(id, 'orderer', signal);
  };
  await toAll('SIGSTOP');
  try {
    return await act();
  } finally {
    await toAll('SIGCONT');
  }
}
