// SPDX-License-Identifier: Apache-2.0
import { emergencyId, enrolmentId, mspId, QUOTA_WINDOW_MS } from '@tutela/chaincode/domain';
import { JOURNAL_PAGE, type Journal } from './journal/journal.js';
import type { RateLimits } from './monitor/rate-limits.js';

/** Takes up from the journal which emergencies were served within the quota's window: a restart forgets none. */
export async function recallEmergencies(journal: Journal, limits: RateLimits, now: number): Promise<void> {
  const since = now - QUOTA_WINDOW_MS;
  const found: Parameters<RateLimits['remember']>[] = [];
  for (let end = journal.length; end > 0; end -= JOURNAL_PAGE) {
    const from = Math.max(1, end - JOURNAL_PAGE + 1);
    const lines = await journal.read(from, end - from + 1);
    for (const line of lines) {
      const at = Date.parse(line.time);
      if (at <= since || line.decision !== 'permit') continue;
      if (line.emergencyId === undefined || line.requester === undefined) continue;
      const requester = {
        mspId: mspId(line.requester.mspId, '$'),
        practitionerId: enrolmentId(line.requester.practitionerId, '$'),
      };
      found.push([{ emergencyId: emergencyId(line.emergencyId, '$'), requester }, at]);
    }
    if (lines[0] !== undefined && Date.parse(lines[0].time) <= since) break;
  }
  // Counts go by the order of time, and the journal is read from its end.
  for (const one of found.sort(([, a], [, b]) => a - b)) limits.remember(...one);
}
