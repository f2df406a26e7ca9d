// SPDX-License-Identifier: Apache-2.0
import { integer, list, object, oneOf, text, type Decoded } from './decode.js';
import {
  emergencyId,
  guardianId,
  handle,
  mspId,
  nonce,
  p256Signature,
  type EnrolmentId,
  type GuardianId,
  type MspId,
  type RecordId,
  type TxId,
} from './ids.js';
import type { Emergency } from './emergency.js';
import type { Guardian } from './guardian.js';
import { instant, later, type Instant } from './time.js';

/** What a patient and the privacy offices are told of: steps of an emergency, of the replacement of a lost key, and of a version's retirement. */
export const NOTICE_CAUSES = [
  'opened',
  'cosigned',
  'closed',
  'judged',
  'key-rotation-requested',
  'key-rotation-approved',
  'key-rotation-cancelled',
  'key-rotated',
  'retirement-ordered',
  'retirement-cancelled',
  'record-retired',
] as const;
export type NoticeCause = (typeof NOTICE_CAUSES)[number];

/** A notice that was not fetched this long after its cause is overdue, in milliseconds. */
export const NOTICE_DUE_MS = 24 * 3_600_000;
/** How long a fetched notice is shown again, in case its first showing was lost on the way, in milliseconds. */
export const NOTICE_KEPT_MS = 7 * 24 * 3_600_000;

/** Who is to be told: the patient, a guardian, or the privacy office of a hospital; all only by their ids. */
export type Recipient =
  | Readonly<{ kind: 'patient'; handle: Emergency['handle'] }>
  | Readonly<{ kind: 'guardian'; handle: Emergency['handle']; guardianId: GuardianId }>
  | Readonly<{ kind: 'privacy-office'; mspId: MspId }>;

/** One notice: pending until its recipient has fetched it, which is a transaction. */
export type Notice = Readonly<{
  v: 1;
  /** The emergency, or the version of a record; neither where the patient's key is meant. */
  emergencyId?: Emergency['emergencyId'];
  record?: Readonly<{ recordId: RecordId; version: number }>;
  handle: Emergency['handle'];
  cause: NoticeCause;
  recipient: Recipient;
  at: Instant;
  /** Of the step that caused it. */
  txId: TxId;
  delivered?: Readonly<{ at: Instant; txId: TxId; through: MspId; by: EnrolmentId }>;
}>;

/** What a patient, or the guardian it names, signs to fetch the own notices through the hospital that it names. */
export const noticesStatement = object(
  {
    v: oneOf(2),
    kind: oneOf('notices'),
    channel: text(64, /^[a-z0-9.-]+$/),
    handle,
    through: mspId,
    signedAt: instant,
    nonce,
  },
  { guardianId },
);
export const signedNoticesRequest = object({ statement: noticesStatement, signature: p256Signature });
export type SignedNoticesRequest = Decoded<typeof signedNoticesRequest>;

/** How many notices one fetching delivers, and how many it shows again. */
export const MAX_NOTICES = 100;

/** One notice of a mailbox: the emergency, version or handle that it is about, and its cause. */
const noticeName = object({ about: text(128, /^[A-Za-z0-9._~-]+$/), cause: oneOf(...NOTICE_CAUSES) });
export type NoticeName = Decoded<typeof noticeName>;

/** Arguments of `emergency:ListNotices`: the mailbox is the patient's or a guardian's by signature, else that of the calling privacy officer's hospital. */
export const listNotices = object(
  { of: oneOf('waiting', 'shown'), pageSize: integer(1, 200) },
  { patient: signedNoticesRequest, emergencyId, bookmark: text(1024) },
);
export type ListNotices = Decoded<typeof listNotices>;
export type NoticePage = Readonly<{
  notices: readonly Readonly<NoticeName & { at: Instant }>[];
  bookmark?: string;
}>;

/** Arguments of `emergency:FetchNotices`: which notices that wait, and which that were delivered, of the same mailbox. */
export const fetchNotices = object(
  { waiting: list(noticeName, 0, MAX_NOTICES), shown: list(noticeName, 0, MAX_NOTICES) },
  { patient: signedNoticesRequest },
);
export type FetchNotices = Decoded<typeof fetchNotices>;
export type FetchedNotices = Readonly<{ notices: readonly Notice[]; txId: TxId }>;

/** Everyone who is told: the patient, the guardians, the privacy office at home, and that of the other hospital concerned. */
export function recipientsOf(
  { handle: patient }: Pick<Emergency, 'handle'>,
  hospitals: readonly MspId[],
  guardians: readonly Pick<Guardian, 'guardianId'>[],
): readonly Recipient[] {
  const offices = [...new Set(hospitals)];
  return [
    { kind: 'patient', handle: patient },
    ...guardians.map(
      ({ guardianId: id }) => ({ kind: 'guardian', handle: patient, guardianId: id }) as const,
    ),
    ...offices.map((mspId) => ({ kind: 'privacy-office', mspId }) as const),
  ];
}

/** Whether a notice waits for longer than it may. */
export function isOverdue({ at, delivered }: Notice, now: Instant): boolean {
  return delivered === undefined && later(at, NOTICE_DUE_MS) <= now;
}
