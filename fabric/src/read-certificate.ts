// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';

/** No certificate of a hospital comes near this, in PEM. */
const MAX_BYTES = 64 * 1024;
const BEGIN = '-----BEGIN ';
const END = '\n-----END ';
const DASHES = '-----';
const SEQUENCE = 0x30;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A certificate in DER that another party wrote; undefined if it is none. */
export function readCertificate(der: Uint8Array): X509Certificate | undefined {
  const bytes = Buffer.from(der);
  const trimmed = withoutTail(bytes);
  return parse(bytes) ?? (trimmed && parse(trimmed));
}

/**
 * A certificate in PEM that another party wrote; undefined if it is none. The first block that can be decoded counts,
 * whatever its label and its headers, since Fabric takes certificates so (Go's `pem.Decode`).
 */
export function readPemCertificate(pem: Uint8Array): X509Certificate | undefined {
  const der = readPem(pem);
  return der && readCertificate(der);
}

/** The bytes in a PEM text, read as above; undefined if there are none, or far too many. */
export function readPem(pem: Uint8Array): Buffer | undefined {
  return pem.length > MAX_BYTES ? undefined : firstBlock(Buffer.from(pem).toString('latin1'));
}

/** Whether one of the authorities (PEM) issued and signed a certificate; one that cannot be read issued none. */
export function isIssuedBy(certificate: X509Certificate, authorities: readonly Uint8Array[]): boolean {
  return authorities.some((pem) => {
    const authority = readPemCertificate(pem);
    return authority !== undefined && hasIssued(authority, certificate);
  });
}

// A key of a kind that the library does not know makes these calls fail.
function hasIssued(authority: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  } catch {
    return false;
  }
}

/**
 * The first block that Go's `pem.Decode` reads. A block lasts from the last beginning before an end to that end; a broken
 * one is passed over.
 */
function firstBlock(text: string): Buffer | undefined {
  let from = 0;
  for (;;) {
    const end = text.indexOf(END, from);
    if (end < 0) return undefined;
    const begin = text.slice(from, end).lastIndexOf(BEGIN);
    const isLineStart = begin === 0 || (begin > 0 && text[from + begin - 1] === '\n');
    const block = isLineStart ? blockAt(text, from + begin, end) : undefined;
    if (block?.bytes !== undefined) return block.bytes;
    from = end + END.length;
    // The header lines went on past the end.
    if (block !== undefined && block.body > from) return undefined;
  }
}

/** Where the body of a block begins, and its bytes if the block is whole. */
function blockAt(text: string, begin: number, end: number): Readonly<{ body: number; bytes?: Buffer }> {
  const first = lineAt(text, begin + BEGIN.length);
  if (!first.line.endsWith(DASHES)) return { body: first.next };
  const body = afterHeaders(text, first.next);
  const hasHeaders = body > first.next;
  const isEnded = hasLine(text.slice(end + END.length), first.line);
  if (!isEnded || (hasHeaders && body > end)) return { body };
  const base64 = text.slice(body, Math.max(body, end)).replace(/[ \t\r\n]/g, '');
  return BASE64.test(base64) ? { body, bytes: Buffer.from(base64, 'base64') } : { body };
}

function afterHeaders(text: string, from: number): number {
  let at = from;
  for (;;) {
    const { line, next } = lineAt(text, at);
    if (!line.includes(':')) return at;
    at = next;
  }
}

/** Whether the text begins with these characters and its first line has nothing behind them. */
function hasLine(text: string, line: string): boolean {
  return text.startsWith(line) && lineAt(text, line.length).line === '';
}

/** What stands from a position to the end of its line, without spaces and tabs at the end, as Go reads lines. */
function lineAt(text: string, from: number): Readonly<{ line: string; next: number }> {
  const newline = text.indexOf('\n', from);
  const next = newline < 0 ? text.length : newline + 1;
  let end = newline < 0 ? text.length : newline;
  if (newline > from && text[newline - 1] === '\r') end -= 1;
  while (end > from && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1;
  return { line: text.slice(from, end), next };
}

function parse(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

/**
 * A certificate without what follows its signature inside of it. Go passes over that, and so does Fabric, which would
 * take blocks that are signed with such a certificate.
 */
function withoutTail(der: Buffer): Buffer | undefined {
  const whole = elementAt(der, 0);
  if (whole?.end !== der.length) return undefined;
  // The signed part, the algorithm, the signature.
  let end: number | undefined = whole.start;
  for (let part = 0; part < 3 && end !== undefined; part += 1) end = elementAt(der, end)?.end;
  if (end === undefined || end > whole.end) return undefined;
  const content = der.subarray(whole.start, end);
  return Buffer.concat([Buffer.of(SEQUENCE, 0x82, content.length >> 8, content.length & 0xff), content]);
}

/** Where an element of DER with a length of at most two bytes has its content. */
function elementAt(der: Buffer, at: number): Readonly<{ start: number; end: number }> | undefined {
  const [first = 0xff, second = 0, third = 0] = der.subarray(at + 1, at + 4);
  const header = first < 0x80 ? 2 : first === 0x81 ? 3 : 4;
  const length = first < 0x80 ? first : first === 0x81 ? second : second * 256 + third;
  const isKnown = first < 0x80 || first === 0x81 || first === 0x82;
  const end = at + header + length;
  return isKnown && end <= der.length ? { start: at + header, end } : undefined;
}
