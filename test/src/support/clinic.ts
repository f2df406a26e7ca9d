// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { monthOf, instantOf, type Category, type Purpose, type SegmentClass } from '@tutela/chaincode/domain';
import {
  auditPage,
  auditReadAnswer,
  consentAnswer,
  intentAnswer,
  storedAnswer,
  type AuditLine,
  type IntentAnswer,
  type Stored,
} from './answers.js';
import type { ClinicalFile } from './fixtures.js';
import type { ConsentWish, PatientWallet } from './patient-wallet.js';
import type { Session } from './rest-client.js';
import { waitFor } from './wait.js';

const PAGE_SIZE = 100;
const MAX_PAGES = 50;

/** Where a file belongs in a patient's chart. */
export interface Filing {
  readonly category?: Category;
  readonly class?: SegmentClass;
  readonly idempotencyKey?: string;
}

/** Stores a file as a record of a patient; a FHIR Bundle is split by the gateway. */
export async function storeRecord(
  author: Session,
  patient: PatientWallet,
  file: ClinicalFile,
  filing: Filing = {},
): Promise<Stored> {
  const { contentType, bytes } = file;
  const query = chartQuery(patient, filing, contentType);
  const key = filing.idempotencyKey;
  const content = { contentType, bytes, ...(key === undefined ? {} : { idempotencyKey: key }) };
  return storedAnswer.parse(await author.upload(`/v1/records?${query}`, content));
}

/** Query of a store: whose chart, this month, and which category and class; a Bundle is cut by category and has none. */
export function chartQuery(patient: PatientWallet, filing: Filing, contentType: string): string {
  const { category = 'notes', class: segmentClass = 'standard' } = filing;
  const month = monthOf(instantOf(Date.now()));
  if (contentType === 'application/fhir+json')
    return new URLSearchParams({ handle: patient.handle, month }).toString();
  return new URLSearchParams({ handle: patient.handle, category, class: segmentClass, month }).toString();
}

/** Submits a consent that the patient signs now. */
export async function grant(
  through: Session,
  patient: PatientWallet,
  wish: ConsentWish,
): Promise<z.output<typeof consentAnswer>> {
  return consentAnswer.parse(await through.post('/v1/consents', patient.consent(wish)));
}

/** Whom a consent names when it names one person. */
export function personGrantee(mspId: string, session: Session): Readonly<Record<string, string>> {
  return { kind: 'person', mspId, practitionerId: session.practitionerId };
}

/** What a reader asks for. */
export interface Reading {
  readonly patient: PatientWallet;
  readonly recordId: string;
  readonly purpose?: Purpose;
  readonly emergencyId?: string;
}

/** Declares an intent to open a whole record; throws the refusal when nothing of it is permitted. */
export async function declare(reader: Session, reading: Reading): Promise<IntentAnswer> {
  const { patient, recordId, purpose = 'TREAT', emergencyId } = reading;
  const basis = emergencyId === undefined ? { kind: 'consent' } : { kind: 'emergency', emergencyId };
  const request = { handle: patient.handle, purpose, basis, recordId };
  return intentAnswer.parse(await reader.post('/v1/intents', request));
}

/** Content of one segment under a declared intent. */
export function openSegment(
  reader: Session,
  { intentId }: Pick<IntentAnswer, 'intentId'>,
  segmentId: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  return reader.bytes(`/v1/intents/${intentId}/content/${segmentId}`, headers);
}

/** A record that was opened: the intent, and the content of each segment that it permitted. */
export interface Opened {
  readonly intent: IntentAnswer;
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** Declares an intent and opens every segment that it permits. */
export async function openRecord(reader: Session, reading: Reading): Promise<Opened> {
  const intent = await declare(reader, reading);
  const permitted = intent.segments.filter(({ decision }) => decision === 'permit');
  const contents = new Map<string, Uint8Array>();
  for (const { segmentId } of permitted)
    contents.set(segmentId, await openSegment(reader, intent, segmentId));
  return { intent, contents };
}

/** The only content of a record of one segment. */
export async function openOnly(reader: Session, reading: Reading): Promise<Uint8Array> {
  const { contents } = await openRecord(reader, reading);
  const [only, ...others] = contents.values();
  if (only === undefined || others.length > 0)
    throw new Error(`expected one segment, opened ${contents.size}`);
  return only;
}

/** Declares and opens in one request, so that ciphertext is fetched while the intent commits. */
export function openAtOnce(
  reader: Session,
  { recordId, purpose = 'TREAT' }: Omit<Reading, 'patient'>,
): Promise<Uint8Array> {
  return reader.bytes(`/v1/records/${recordId}/content?purpose=${purpose}`);
}

/** All lines of the audit that a declared reading covers. */
export async function readAudit(
  reader: Session,
  declaration: Readonly<Record<string, unknown>>,
): Promise<readonly AuditLine[]> {
  const { auditReadId } = auditReadAnswer.parse(await reader.post('/v1/audit-reads', declaration));
  const entries: AuditLine[] = [];
  let bookmark: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = new URLSearchParams({
      limit: String(PAGE_SIZE),
      ...(bookmark === undefined ? {} : { bookmark }),
    });
    const answer = auditPage.parse(
      await reader.get(`/v1/audit-reads/${auditReadId}/entries?${query.toString()}`),
    );
    entries.push(...answer.entries);
    bookmark = answer.bookmark;
    if (bookmark === undefined || bookmark === '') return entries;
  }
  throw new Error(`the audit has more than ${MAX_PAGES} pages`);
}

const transaction = z.object({ status: z.enum(['valid', 'invalid', 'unknown']) });

/** Waits until a hospital's gateway says that a transaction is valid. */
export async function untilValid(through: Session, txId: string): Promise<void> {
  await waitFor(
    async () => {
      const { status } = transaction.parse(await through.get(`/v1/transactions/${txId}`));
      return status === 'valid' ? true : undefined;
    },
    { what: `transaction ${txId} to be valid`, deadlineMs: 30_000 },
  );
}
