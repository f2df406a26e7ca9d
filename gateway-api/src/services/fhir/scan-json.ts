// SPDX-License-Identifier: Apache-2.0
import { DomainError } from '@tutela/chaincode/domain';

/** A half-open span of a text, in UTF-16 code units. */
export type Span = Readonly<{ start: number; end: number }>;

/** Where a member of the outermost object stands, and the items of the list that was asked for. */
export type MemberSpan = Readonly<{ name: string; value: Span; items?: readonly Span[] }>;

/** How many members the outermost object may have; which of them is a list whose items are wanted, and how many of them. */
export type ScanLimits = Readonly<{ members: number; list: string; items: number }>;

const MAX_DEPTH = 64;
/** Most JSON values in a text, however deep: what is scanned costs time and memory by their number, not by its size. */
export const MAX_VALUES = 2_000_000;
const WHITESPACE = /[ \t\n\r]*/y;
/** Of a string, what needs no escape, and one escape: repeated here, since a repeated group overflows on a long string. */
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y;
const LITERAL = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;

/**
 * Walks JSON text (RFC 8259) and tells where the outermost object's members stand. Throws BAD_REQUEST for what is
 * not JSON, for a name that stands twice in one object, and for nesting deeper than {@link MAX_DEPTH}; TOO_LARGE at the
 * first member or item above the limits, and at the first value above {@link MAX_VALUES}.
 */
export function scanObject(text: string, limits: ScanLimits): readonly MemberSpan[] {
  const scanner = new Scanner(text);
  const members = scanner.outermost(limits);
  scanner.end();
  return members;
}

class Scanner {
  readonly #text: string;
  #at = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  outermost(limits: ScanLimits): readonly MemberSpan[] {
    const members: MemberSpan[] = [];
    this.#space();
    this.#object((name) => {
      if (members.length === limits.members) throw tooLarge('members', limits.members);
      members.push({
        name,
        ...(name === limits.list ? this.#list(limits.items) : { value: this.#value(1) }),
      });
    });
    return members;
  }

  end(): void {
    this.#space();
    if (this.#at !== this.#text.length) throw bad('something follows the object');
  }

  #list(most: number): Omit<MemberSpan, 'name'> {
    this.#space();
    if (this.#text[this.#at] !== '[') return { value: this.#value(1) };
    const start = this.#at;
    const items: Span[] = [];
    this.#array(() => {
      if (items.length === most) throw tooLarge('items', most);
      items.push(this.#value(2));
    });
    return { value: { start, end: this.#at }, items };
  }

  /** Walks an object; `member` walks the value of each of its members. */
  #object(member: (name: string) => void): void {
    this.#expect('{');
    const names = new Set<string>();
    this.#space();
    if (this.#accept('}')) return;
    do {
      this.#space();
      const name = nameIn(this.#string());
      if (names.has(name)) throw bad('a member stands twice in one object');
      names.add(name);
      this.#space();
      this.#expect(':');
      member(name);
      this.#space();
    } while (this.#accept(','));
    this.#expect('}');
  }

  /** Walks an array; `item` walks each of its items. */
  #array(item: () => void): void {
    this.#expect('[');
    this.#space();
    if (this.#accept(']')) return;
    do {
      item();
      this.#space();
    } while (this.#accept(','));
    this.#expect(']');
  }

  #value(depth: number): Span {
    if (depth > MAX_DEPTH) throw bad('it is nested too deeply');
    this.#values += 1;
    if (this.#values > MAX_VALUES) throw tooLarge('values', MAX_VALUES);
    this.#space();
    const start = this.#at;
    switch (this.#text[start]) {
      case '{':
        this.#object(() => this.#value(depth + 1));
        break;
      case '[':
        this.#array(() => this.#value(depth + 1));
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

function tooLarge(what: string, most: number): DomainError {
  return new DomainError('TOO_LARGE', `the Bundle cannot be read: it has more than ${most} ${what}`);
}
