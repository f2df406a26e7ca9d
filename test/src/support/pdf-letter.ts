// SPDX-License-Identifier: Apache-2.0

const HEADER = '%PDF-1.4\n';

/** A one-page letter as a PDF (ISO 32000-1 §7.5: header, body, cross-reference table, trailer); ASCII lines only. */
export function pdfLetter(lines: readonly string[]): Uint8Array {
  const text = lines.map((line) => `(${line.replaceAll(/[\\()]/g, '\\$&')}) Tj T*`).join('\n');
  const content = `BT /F1 11 Tf 14 TL 72 770 Td\n${text}\nET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ].map((body, position) => `${position + 1} 0 obj\n${body}\nendobj\n`);
  return new TextEncoder().encode(HEADER + objects.join('') + trailer(objects));
}

function trailer(objects: readonly string[]): string {
  const offsets = objects.map((_, position) => HEADER.length + objects.slice(0, position).join('').length);
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const start = HEADER.length + objects.join('').length;
  const size = objects.length + 1;
  return `xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
}
