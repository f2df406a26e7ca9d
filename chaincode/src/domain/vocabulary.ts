// SPDX-License-Identifier: Apache-2.0

/** Categories of clinical content; a segment has exactly one, and its own key. */
export const CATEGORIES = [
  'summary',
  'medication',
  'laboratory',
  'imaging',
  'notes',
  'mental-health',
  'sexual-health',
  'substance-use',
  'genetics',
  'demographics',
  'insurance',
  'device',
] as const;
export type Category = (typeof CATEGORIES)[number];

/** Classes of segments: emergencies reach `summary` first and `standard` with approval, never `sealed`. */
export const SEGMENT_CLASSES = ['summary', 'standard', 'index', 'sealed'] as const;
export type SegmentClass = (typeof SEGMENT_CLASSES)[number];

/** Purposes of use, by their codes in HL7 v3 PurposeOfUse; matched exactly, without a hierarchy. */
export const PURPOSES = ['TREAT', 'HPAYMT', 'HOPERAT', 'HRESCH', 'PATRQT', 'BTG'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Purposes that a consent may name: break-glass is never covered by a consent. */
export const CONSENTED_PURPOSES = ['TREAT', 'HPAYMT', 'HOPERAT', 'HRESCH', 'PATRQT'] as const;

/** Roles of certified persons. */
export const PRACTITIONER_ROLES = [
  'physician',
  'nurse',
  'pharmacist',
  'laboratory',
  'insurer',
  'medical-officer',
  'researcher',
  'privacy-officer',
  'administrator',
  'auditor',
] as const;
export type PractitionerRole = (typeof PRACTITIONER_ROLES)[number];

/** Roles of a hospital's own processes and of the people who run them. */
export const PROCESS_ROLES = ['gateway', 'custodian', 'operator'] as const;
export type ProcessRole = (typeof PROCESS_ROLES)[number];

/** Value of the certificate attribute `tutela.role`. */
export type Role = PractitionerRole | ProcessRole;
export const ROLES: readonly Role[] = [...PRACTITIONER_ROLES, ...PROCESS_ROLES];

/** Roles that may open an emergency and co-sign one. */
export const CLINICIAN_ROLES: readonly Role[] = ['physician', 'nurse', 'medical-officer'];

/** Why glass is broken. */
export const EMERGENCY_REASONS = [
  'unconscious',
  'life-threatening',
  'incapacitated',
  'public-safety',
] as const;
export type EmergencyReason = (typeof EMERGENCY_REASONS)[number];

/** Why a patient takes a consent back. */
export const REVOCATION_REASONS = [
  'patient-request',
  'relationship-ended',
  'suspected-misuse',
  'other',
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** Why an identity is suspended. */
export const SUSPENSION_REASONS = ['key-stolen', 'misconduct', 'left', 'other'] as const;

/** What each role may read at most, whatever a consent says; a role that is missing reads nothing. */
export const READABLE: Readonly<Partial<Record<Role, readonly Category[]>>> = {
  physician: CATEGORIES,
  'medical-officer': CATEGORIES,
  nurse: ['summary', 'medication', 'laboratory', 'imaging', 'notes', 'device', 'demographics'],
  pharmacist: ['summary', 'medication'],
  laboratory: ['summary', 'laboratory'],
  insurer: ['insurance', 'demographics'],
  researcher: ['summary', 'medication', 'laboratory', 'imaging', 'genetics', 'device'],
};

/** What each role may write; a role that is missing writes nothing. */
export const WRITABLE: Readonly<Partial<Record<Role, readonly Category[]>>> = {
  physician: CATEGORIES,
  'medical-officer': CATEGORIES,
  nurse: ['summary', 'medication', 'laboratory', 'imaging', 'notes', 'device', 'demographics'],
  pharmacist: ['medication'],
  laboratory: ['laboratory'],
  administrator: ['demographics', 'insurance'],
};
