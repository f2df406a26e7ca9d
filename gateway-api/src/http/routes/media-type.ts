// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';

const MEDIA_TYPE =
  /^[A-Za-z0-9!#$&^_.+-]{1,63}\/[A-Za-z0-9!#$&^_.+-]{1,63}(; ?[A-Za-z0-9-]{1,32}=[A-Za-z0-9._-]{1,64}){0,3}$/;

/** A media type (RFC 9110 §8.3.1) in a narrow form that is safe to give back as a header. */
export function mediaTypeOf(text: string | undefined): string {
  if (text === undefined || !MEDIA_TYPE.test(text))
    throw new DomainError('BAD_REQUEST', 'the content type is missing or malformed');
  return text;
}
