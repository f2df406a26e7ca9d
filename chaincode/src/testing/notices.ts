// SPDX-License-Identifier: Apache-2.0
import {
  MAX_NOTICES,
  type FetchedNotices,
  type FetchNotices,
  type ListNotices,
  type NoticePage,
} from '../domain/notice.js';
import type { MspId } from '../domain/ids.js';
import type { Identity } from './identity.js';
import { signed, type TestPatient } from './patient.js';
import type { TestWorld } from './world.js';

/** Whose notices are fetched, and those of which emergency. */
export type NoticesAsked = Pick<ListNotices, 'patient' | 'emergencyId'> | object;

/** The request for the own notices that a patient, or with `guardianId` a guardian, has a hospital carry. */
export function noticesRequest(
  world: TestWorld,
  by: Pick<TestPatient, 'handle' | 'privateKey'>,
  through: MspId,
  change: Readonly<Record<string, unknown>> = {},
): Readonly<{ patient: object }> {
  const about = { v: 2, kind: 'notices', channel: 'tutela', handle: by.handle, through };
  const once = { signedAt: world.ledger.now, nonce: world.names.nonce(), ...change };
  return { patient: signed(by, { ...about, ...once }) };
}

/** The request that fetches the first notices that a caller's mailbox has now; `more` says that others wait. */
export async function fetchingOf(
  world: TestWorld,
  who: Identity,
  asked: NoticesAsked = {},
): Promise<Readonly<{ request: FetchNotices; more: boolean }>> {
  const listed = async (of: ListNotices['of']): Promise<NoticePage> =>
    (await world.run(who, 'emergency:ListNotices', { ...asked, of, pageSize: MAX_NOTICES }))
      .answer as NoticePage;
  const names = ({ notices }: NoticePage) => notices.map(({ about, cause }) => ({ about, cause }));
  const [waiting, shown] = [await listed('waiting'), await listed('shown')];
  const { patient } = asked as Pick<ListNotices, 'patient'>;
  const request = { waiting: names(waiting), shown: names(shown), ...(patient !== undefined && { patient }) };
  return { request, more: waiting.bookmark !== undefined };
}

/** Lists a mailbox and fetches what it has, as a gateway does. */
export async function fetchNotices(
  world: TestWorld,
  who: Identity,
  asked: NoticesAsked = {},
): Promise<FetchedNotices & Readonly<{ more: boolean }>> {
  const { request, more } = await fetchingOf(world, who, asked);
  const { answer } = await world.run(who, 'emergency:FetchNotices', request);
  return { ...(answer as FetchedNotices), more };
}
