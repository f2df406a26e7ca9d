// SPDX-License-Identifier: Apache-2.0

/** A fenced block of a Markdown document. */
export interface FencedBlock {
  readonly document: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** Words after the language, such as `run`. */
  readonly marks: readonly string[];
  readonly text: string;
}

const BLOCK = /^```(\S*)([^\n]*)\n([\s\S]*?)^```$/gm;

/** All fenced blocks of a document in order. */
export function fencedBlocks(document: string, markdown: string): readonly FencedBlock[] {
  return [...markdown.matchAll(BLOCK)].map((match) => ({
    document,
    line: markdown.slice(0, match.index).split('\n').length,
    language: match[1] ?? '',
    marks: (match[2] ?? '')
      .trim()
      .split(/\s+/)
      .filter((mark) => mark !== ''),
    text: match[3] ?? '',
  }));
}
