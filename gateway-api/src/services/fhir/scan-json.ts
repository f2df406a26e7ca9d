// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';

/** A half-open span of a text, in UTF-16 code units. */
export type Span = Readonly<{ start: number; end: number }>;

/** Hears what stands where: each member of the outermost object. */
export type MemberSpan = Readonly<{ name: string; value: Span }>;

const MAX_DEPTH = 64;
const WHITESPACE = /[ \t\n\r]*/y;
/** Of a string, what needs no escape, and one escape: repeated here, since a repeated group overflows on a long string. */
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y;
const LITERAL = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;

/**
 * Walks JSON text (RFC 8259) and tells where the outermost object's members stand. Throws BAD_REQUEST for what is
 * not JSON, for a name that stands twice in one object, and for nesting deeper than {@link MAX_DEPTH}.
 */
export function scanObject(text: string): readonly MemberSpan[] {
  const scanner = new Scanner(text);
  const members = scanner.object(0);
  scanner.end();
  return members;
}

/** The spans of an array's items, which the text has at `span`. */
export function scanArray(text: string, span: Span): readonly Span[] {
  return new Scanner(text, span.start).array(1);
}

class Scanner {
  readonly #text: string;
  #at: number;

  constructor(text: string, start = 0) {
    this.#text = text;
    this.#at = start;
  }

  object(depth: number): readonly MemberSpan[] {
    this.#space();
    this.#expect('{');
    const members: MemberSpan[] = [];
    const names = new Set<string>();
    this.#space();
    if (this.#accept('}')) return members;
    do {
      this.#space();
      const name = nameIn(this.#string());
      if (names.has(name)) throw bad('a member stands twice in one object');
      names.add(name);
      this.#space();
      this.#expect(':');
      members.push({ name, value: this.#value(depth + 1) });
      this.#space();
    } while (this.#accept(','));
    this.#expect('}');
    return members;
  }

  array(depth: number): readonly Span[] {
    this.#expect('[');
    const items: Span[] = [];
    this.#space();
    if (this.#accept(']')) return items;
    do {
      items.push(this.#value(depth + 1));
      this.#space();
    } while (this.#accept(','));
    this.#expect(']');
    return items;
  }

  end(): void {
    this.#space();
    if (this.#at !== this.#text.length) throw bad('something follows the object');
  }

  #value(depth: number): Span {
    if (depth > MAX_DEPTH) throw bad('it is nested too deeply');
    this.#space();
    const start = this.#at;
    switch (this.#text[start]) {
      case '{':
        this.object(depth);
        break;
      case '[':
        this.array(depth);
        break;
      case '"':
        this.#string();
        break;
      default:
        this.#match(LITERAL);
    }
    return { start, end: this.#at };
  }

  #string(): string {
    const start = this.#at;
    this.#expect('"');
    this.#match(PLAIN);
    while (!this.#accept('"')) {
      this.#match(ESCAPE);
      this.#match(PLAIN);
    }
    return this.#text.slice(start, this.#at);
  }

  #space(): void {
    this.#match(WHITESPACE);
  }

  #accept(symbol: string): boolean {
    if (this.#text[this.#at] !== symbol) return false;
    this.#at += 1;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#accept(symbol)) throw bad('it is not JSON');
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw bad('it is not JSON');
    this.#at += found.length;
    return found;
  }
}

/** A name stands for itself: escaped ones are read wrongly by the parser of some versions of Node (nodejs/node#63785). */
function nameIn(quoted: string): string {
  if (quoted.includes('\\')) throw bad('a member has an escaped name');
  return quoted.slice(1, -1);
}

function bad(why: string): DomainError {
  return new DomainError('BAD_REQUEST', `the Bundle cannot be read: ${why}`);
}
