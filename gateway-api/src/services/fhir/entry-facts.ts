// SPDX-License-Identifier: Apache-2.0
import type { EntryFacts } from './category-of-entry.js';

const MAX_CODINGS = 64;

/** Reads from a Bundle's entry, or from the Bundle itself, what decides about its category. */
export function entryFacts(entry: unknown): EntryFacts {
  const resource = member(entry, 'resource') ?? entry;
  const reasons = ['category', 'code', 'reasonCode', 'medicationCodeableConcept', 'vaccineCode', 'type'];
  return {
    resourceType: textOf(member(resource, 'resourceType')) ?? requestType(entry),
    labels: labelsOf(resource),
    codings: reasons.flatMap((name) => codingsOf(member(resource, name))).slice(0, MAX_CODINGS),
  };
}

/** Codes of `meta.security`. */
export function labelsOf(resource: unknown): readonly string[] {
  return listOf(member(member(resource, 'meta'), 'security')).flatMap(
    (label) => textOf(member(label, 'code')) ?? [],
  );
}

/** An entry without a resource still names a type in its request: `DELETE Observation/1`. */
function requestType(entry: unknown): string {
  const url = textOf(member(member(entry, 'request'), 'url')) ?? '';
  return /^([A-Za-z]+)/.exec(url)?.[1] ?? '';
}

function codingsOf(value: unknown): readonly string[] {
  return listOf(value).flatMap((concept) =>
    listOf(member(concept, 'coding')).flatMap((coding) => {
      const code = textOf(member(coding, 'code'));
      return code === undefined ? [] : [`${textOf(member(coding, 'system')) ?? ''}|${code}`];
    }),
  );
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  return value === undefined || value === null ? [] : [value];
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
