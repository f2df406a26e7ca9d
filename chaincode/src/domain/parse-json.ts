// SPDX-License-Identifier: Apache-2.0

const SPACE = ' \t\n\r';

/**
 * Parses JSON text that another party wrote; throws SyntaxError. Names of members must be written without escapes:
 * the parser of some versions of Node remembers a name of backslashes and then takes another escaped name for it
 * (nodejs/node#63785), so that one request would change how the next is read.
 */
export function parseJson(text: string): unknown {
  if (hasEscapedName(text)) throw new SyntaxError('a member has an escaped name');
  return JSON.parse(text);
}

function hasEscapedName(text: string): boolean {
  if (!text.includes('\\')) return false;
  for (let start = text.indexOf('"'); start >= 0;) {
    const end = endOfString(text, start);
    if (end < 0) return false;
    if (isName(text, end) && text.slice(start, end).includes('\\')) return true;
    start = text.indexOf('"', end + 1);
  }
  return false;
}

/** Where the closing quote of a string is; negative without one, and then the text is no JSON. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote;
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text[position - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

function isName(text: string, end: number): boolean {
  let next = end + 1;
  while (next < text.length && SPACE.includes(text.charAt(next))) next += 1;
  return text[next] === ':';
}
