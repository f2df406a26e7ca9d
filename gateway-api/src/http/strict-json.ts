// SPDX-License-Identifier: Apache-2.0
import { DomainError, parseJson } from '@tutela/chaincode/domain';

/** How deep objects and lists may nest in a request. */
export const MAX_JSON_DEPTH = 32;

const STRUCTURE_OR_LITERAL = /[{}[\],:]|[^\s"{}[\],:]{1,64}/y;
const SPACE = /[ \t\n\r]*/y;
const BYTE_ORDER_MARK = 0xfeff;

/**
 * Parses JSON (RFC 8259) that has one meaning only: UTF-8 without a byte order mark, no member twice in an object,
 * no `__proto__`, no escape in a name, at most {@link MAX_JSON_DEPTH} levels. Throws BAD_REQUEST that tells what, never the content.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const json = decodeUtf8(bytes);
  refuseAmbiguity(json);
  try {
    return parseJson(json);
  } catch (cause) {
    throw new DomainError('BAD_REQUEST', 'the body is not JSON', { cause });
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  const json = decodeOrRefuse(bytes);
  if (json.charCodeAt(0) === BYTE_ORDER_MARK)
    throw new DomainError('BAD_REQUEST', 'the body starts with a byte order mark');
  return json;
}

function decodeOrRefuse(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new DomainError('BAD_REQUEST', 'the body is not UTF-8', { cause });
  }
}

/** Walks the tokens once, before anything is built from them; what is not JSON at all is left to the parser. */
function refuseAmbiguity(json: string): void {
  const open: (Set<string> | 'list')[] = [];
  let expectsName = false;
  for (const token of tokens(json)) {
    const inner = open.at(-1);
    if (token === '{') expectsName = enter(open, new Set());
    else if (token === '[') expectsName = !enter(open, 'list');
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',') expectsName = inner instanceof Set;
    else if (expectsName && inner instanceof Set) {
      recordName(inner, token);
      expectsName = false;
    }
  }
}

/** Structure, strings with their quotes, and pieces of literals; linear in the length of the text. */
function* tokens(json: string): Generator<string> {
  let position = 0;
  while ((position = skipSpace(json, position)) < json.length) {
    const end = json[position] === '"' ? endOfString(json, position) : endOfToken(json, position);
    yield json.slice(position, end);
    position = end;
  }
}

function endOfString(json: string, start: number): number {
  let quote = start;
  do {
    quote = json.indexOf('"', quote + 1);
    if (quote < 0) throw new DomainError('BAD_REQUEST', 'the body is not JSON');
  } while (isEscaped(json, quote));
  return quote + 1;
}

function isEscaped(json: string, position: number): boolean {
  let backslashes = 0;
  while (json[position - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

function endOfToken(json: string, start: number): number {
  STRUCTURE_OR_LITERAL.lastIndex = start;
  const token = STRUCTURE_OR_LITERAL.exec(json)?.[0];
  if (token === undefined) throw new DomainError('BAD_REQUEST', 'the body is not JSON');
  return start + token.length;
}

function skipSpace(json: string, from: number): number {
  SPACE.lastIndex = from;
  SPACE.exec(json);
  return SPACE.lastIndex;
}

function enter(open: (Set<string> | 'list')[], inner: Set<string> | 'list'): true {
  if (open.length === MAX_JSON_DEPTH)
    throw new DomainError('BAD_REQUEST', `the body nests deeper than ${MAX_JSON_DEPTH} levels`);
  open.push(inner);
  return true;
}

function recordName(names: Set<string>, token: string): void {
  // So that a name stands for itself, and none is read by a parser whose memory of escaped names is wrong.
  if (!token.startsWith('"') || token.includes('\\'))
    throw new DomainError('BAD_REQUEST', 'the body is not JSON, or has a member with an escaped name');
  const name = token.slice(1, -1);
  if (name === '__proto__')
    throw new DomainError('BAD_REQUEST', 'the body has a member that is never allowed');
  if (names.has(name)) throw new DomainError('BAD_REQUEST', 'the body has a member twice in one object');
  names.add(name);
}
