// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '../../domain/errors.js';
import { byErasure } from '../../domain/erasure.js';
import { isProcess, requireAnyone } from '../../state/caller.js';
import { keys } from '../../state/keys.js';
import { read } from '../../state/store.js';
import { evaluate } from '../../state/transaction.js';
import { certificateOf } from './certificate.js';

/** The certificate of one erasure, for the patient's hospital and for the processes that carry it out. */
export const getErasure = evaluate(byErasure, async (reader, { erasureId }) => {
  await requireAnyone(reader);
  const order = await read(reader, keys.erasure(erasureId));
  const home = order && (await read(reader, keys.patient(order.statement.handle)))?.mspId;
  if (order === undefined || !(isProcess(reader) || home === reader.caller.mspId))
    throw new DomainError('NOT_FOUND', 'no such erasure');
  return certificateOf(reader, order);
});
