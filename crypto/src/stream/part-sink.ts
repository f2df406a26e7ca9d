// SPDX-License-Identifier: Apache-2.0
import { demand } from '../errors.js';
import { PART_SIZE } from './geometry.js';

/** Takes the pieces of one part and gives them back as one. */
export interface PartSink {
  add(piece: Uint8Array): void;
  finish(): Uint8Array;
}

/** Keeps pieces and joins them into memory of their own. */
export function joinPieces(): PartSink {
  const pieces: Uint8Array[] = [];
  return { add: (piece) => pieces.push(piece), finish: () => Buffer.concat(pieces) };
}

/** Writes pieces into memory that the caller owns and uses again: `PART_SIZE` bytes. */
export function writeInto(buffer: Uint8Array): PartSink {
  demand(buffer.length === PART_SIZE, 'LENGTH', 'buffer does not have the size of a part');
  let filled = 0;
  return {
    add: (piece) => {
      buffer.set(piece, filled);
      filled += piece.length;
    },
    finish: () => buffer.subarray(0, filled),
  };
}
