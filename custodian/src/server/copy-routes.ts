// SPDX-License-Identifier: Apache-2.0
import { partsInQuestion, partsToKeep, type KeptParts } from '@tutela/chaincode/domain';
import type { Custodian } from '../custodian.js';
import type { Route } from './http.js';

/** What other hospitals ask of the own hospital's node: to keep copies of parts, and which it keeps. */
export function copyRoutes({ copies }: Pick<Custodian, 'copies'>): readonly Route[] {
  return [
    {
      method: 'POST',
      pattern: /^\/v1\/copies$/,
      handle: async ({ body, hospital, left }) => {
        const { parts } = partsToKeep(body, '$');
        return answer(await copies.keep(parts, await hospital(), left));
      },
      takesTurns: 'itself',
    },
    {
      method: 'POST',
      pattern: /^\/v1\/copies\/questions$/,
      handle: async ({ body, hospital, left }) => {
        const { parts } = partsInQuestion(body, '$');
        return answer(await copies.kept(parts, await hospital(), left));
      },
      takesTurns: 'itself',
    },
  ];
}

function answer(kept: readonly string[]): Readonly<{ status: number; body: KeptParts }> {
  return { status: 200, body: { kept } };
}
