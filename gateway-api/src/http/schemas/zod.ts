// SPDX-License-Identifier: Apache-2.0
import { extendZodWithOpenApi } from '@asteasolutions/zod-to-openapi';
import { DomainError, type Decoder } from '@tutela/chaincode/domain';
import { z } from 'zod';

extendZodWithOpenApi(z);

export { z };

/** A schema that ends in the domain's own type. */
export type DecodedSchema<T> = z.ZodPipe<z.ZodType, z.ZodTransform<T>>;

/**
 * A documented shape that ends in a decoder of the domain: what the document says, and what the ledger would
 * accept, are both demanded, and the value has the domain's type.
 */
export function decoded<T>(shape: z.ZodType, decoder: Decoder<T>): DecodedSchema<T> {
  return shape.pipe(
    z.transform((value: unknown, context) => {
      try {
        return decoder(value, '$');
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        context.issues.push({ code: 'custom', message: error.message, input: undefined });
        return z.NEVER;
      }
    }),
  );
}
