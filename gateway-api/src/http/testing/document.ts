// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';

type Check = ((value: unknown) => boolean) & { errors?: unknown };
type Validator = Readonly<{
  addSchema: (schema: object, key: string) => unknown;
  compile: (schema: object) => Check;
}>;
type ValidatorClass = new (options: object) => Validator;

/** Compares answers with an OpenAPI 3.1 document; throws what differs. */
export class DocumentCheck {
  readonly #validator: Validator;
  readonly #document: Record<string, Record<string, Record<string, { responses: Record<string, Answer> }>>>;

  constructor(document: object) {
    const fromValidator = createRequire(createRequire(import.meta.url).resolve('express-openapi-validator'));
    const { default: Ajv } = fromValidator('ajv/dist/2020.js') as { default: ValidatorClass };
    this.#validator = new Ajv({ strict: false, allErrors: true });
    this.#validator.addSchema(document, 'document');
    this.#document = document as never;
  }

  /** `path` in OpenAPI's form. */
  requireDescribed(method: string, path: string, response: Response, body: unknown): void {
    const responses = this.#document.paths?.[path]?.[method]?.responses;
    const status = responses?.[response.status] === undefined ? 'default' : String(response.status);
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    const content = responses?.[status]?.content;
    if (body === undefined && (content === undefined || method === 'head')) return;
    if (content?.[type] === undefined)
      throw new Error(`${method} ${path} answers ${response.status} ${type}, which is not described`);
    const pointer = ['paths', path, method, 'responses', status, 'content', type, 'schema']
      .map(escape)
      .join('/');
    const check = this.#validator.compile({ $ref: `document#/${pointer}` });
    if (!check(body)) throw new Error(`${method} ${path}: ${JSON.stringify(check.errors)}`);
  }
}

type Answer = { content?: Record<string, object> };

function escape(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
