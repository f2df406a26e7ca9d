// SPDX-License-Identifier: Apache-2.0
import type { Category } from '@tutela/chaincode/domain';

/** What of an entry decides about its category. */
export type EntryFacts = Readonly<{
  resourceType: string;
  /** FHIR security labels (`meta.security`), as codes. */
  labels: readonly string[];
  /** Codes of `category` and `code`, each as `system|code`. */
  codings: readonly string[];
}>;

/** Sensitivity by label: HL7 v3 InformationSensitivityPolicy; the first row that applies wins. */
const BY_LABEL: readonly (readonly [Category, readonly string[]])[] = [
  ['substance-use', ['ETH', 'ETHUD', 'OPIOIDUD', 'SUD', 'STIGMA-SUD', 'ALC', 'TBOO-SUD']],
  ['mental-health', ['PSY', 'PSYTHPN', 'PSYCH', 'BH', 'MH', 'COGN', 'DVD', 'EMOTDIS']],
  ['sexual-health', ['SEX', 'HIV', 'STD', 'SDV', 'SEXUALITY', 'GDIS']],
  ['genetics', ['GDIS-GEN', 'GENETIC', 'SICKLE']],
];

const ICD10 = /(?:^|[/.:])icd-?10/i;
const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const OBSERVATION_CATEGORY = 'observation-category|';

/** Sensitivity by diagnosis code, as ICD-10 chapters: substances before the rest of chapter V. */
const BY_ICD10: readonly (readonly [Category, RegExp])[] = [
  ['substance-use', /^(?:F1\d|Z71\.[45]|Z72\.[01]|T40)/i],
  ['mental-health', /^(?:F\d\d|Z13\.[34]|R45)/i],
  ['sexual-health', /^(?:A5\d|A6[0-4]|B2[0-4]|Z21|Z11\.[34]|Z30|N9[47]|F52)/i],
  ['genetics', /^(?:Z15|Z14|Q9\d)/i],
];

/** Sensitivity by SNOMED CT concept, for what common record systems code so. */
const BY_SNOMED: Readonly<Record<string, Category>> = {
  '7200002': 'substance-use',
  '66590003': 'substance-use',
  '55680006': 'substance-use',
  '5602001': 'substance-use',
  '6525002': 'substance-use',
  '449868002': 'substance-use',
  '361055000': 'substance-use',
  '370143000': 'mental-health',
  '36923009': 'mental-health',
  '35489007': 'mental-health',
  '47505003': 'mental-health',
  '197480006': 'mental-health',
  '13746004': 'mental-health',
  '58214004': 'mental-health',
  '80583007': 'mental-health',
  '73595000': 'mental-health',
  '86406008': 'sexual-health',
  '62479008': 'sexual-health',
  '15628003': 'sexual-health',
  '76272004': 'sexual-health',
  '240589008': 'sexual-health',
  '72892002': 'sexual-health',
};

/** Sensitivity by LOINC code: depression, alcohol and drug screens, HIV. */
const BY_LOINC: Readonly<Record<string, Category>> = {
  '44249-1': 'mental-health',
  '44261-6': 'mental-health',
  '55757-9': 'mental-health',
  '55758-7': 'mental-health',
  '69737-5': 'mental-health',
  '70274-6': 'mental-health',
  '75626-2': 'substance-use',
  '82666-9': 'substance-use',
  '82667-7': 'substance-use',
  '72109-2': 'substance-use',
  '56888-1': 'sexual-health',
  '75622-1': 'sexual-health',
  '76690-7': 'sexual-health',
};

const BY_OBSERVATION: Readonly<Record<string, Category>> = {
  laboratory: 'laboratory',
  imaging: 'imaging',
  'vital-signs': 'summary',
  'social-history': 'notes',
  survey: 'notes',
  exam: 'notes',
  therapy: 'notes',
  procedure: 'notes',
  activity: 'device',
};

const BY_TYPE: Readonly<Record<string, Category>> = {
  Patient: 'demographics',
  RelatedPerson: 'demographics',
  Person: 'demographics',
  Condition: 'summary',
  AllergyIntolerance: 'summary',
  Immunization: 'summary',
  Procedure: 'summary',
  FamilyMemberHistory: 'genetics',
  MolecularSequence: 'genetics',
  Medication: 'medication',
  MedicationRequest: 'medication',
  MedicationStatement: 'medication',
  MedicationAdministration: 'medication',
  MedicationDispense: 'medication',
  Specimen: 'laboratory',
  ImagingStudy: 'imaging',
  Media: 'imaging',
  Device: 'device',
  DeviceMetric: 'device',
  DeviceUseStatement: 'device',
  Claim: 'insurance',
  ClaimResponse: 'insurance',
  ExplanationOfBenefit: 'insurance',
  Coverage: 'insurance',
  CoverageEligibilityRequest: 'insurance',
  CoverageEligibilityResponse: 'insurance',
  Account: 'insurance',
  Invoice: 'insurance',
};

/**
 * The one category of an entry: sensitive first (label, then code), then by kind. What no rule knows goes to
 * `notes`, which the fewest roles read.
 */
export function categoryOfEntry(facts: EntryFacts): Category {
  return byLabel(facts) ?? byCode(facts) ?? byKind(facts);
}

function byLabel({ labels }: EntryFacts): Category | undefined {
  const codes = labels.map((label) => label.toUpperCase());
  return BY_LABEL.find(([, sensitive]) => codes.some((code) => sensitive.includes(code)))?.[0];
}

function byCode({ codings }: EntryFacts): Category | undefined {
  const found = codings.map(sensitivityOf).filter((category) => category !== undefined);
  return BY_ICD10.map(([category]) => category).find((category) => found.includes(category));
}

function sensitivityOf(coding: string): Category | undefined {
  const bar = coding.lastIndexOf('|');
  const [system, code] = [coding.slice(0, bar), coding.slice(bar + 1)];
  if (system === SNOMED) return ownValue(BY_SNOMED, code);
  if (system === LOINC) return ownValue(BY_LOINC, code);
  if (ICD10.test(system)) return BY_ICD10.find(([, pattern]) => pattern.test(code))?.[0];
  return undefined;
}

function byKind({ resourceType, codings }: EntryFacts): Category {
  if (resourceType === 'Observation' || resourceType === 'DiagnosticReport') return byReportKind(codings);
  return ownValue(BY_TYPE, resourceType) ?? 'notes';
}

function byReportKind(codings: readonly string[]): Category {
  const kinds = codings.flatMap((coding) => {
    const name = coding.slice(coding.lastIndexOf('|') + 1);
    if (coding.includes(OBSERVATION_CATEGORY)) return [ownValue(BY_OBSERVATION, name)];
    if (name === 'LAB' && coding.includes('v2-0074')) return ['laboratory' as const];
    if (name === 'RAD' && coding.includes('v2-0074')) return ['imaging' as const];
    if (name === 'GE' && coding.includes('v2-0074')) return ['genetics' as const];
    return [];
  });
  return kinds.find((kind) => kind !== undefined) ?? 'notes';
}

/** A table's own entry; names that every object has are not entries. */
function ownValue<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
