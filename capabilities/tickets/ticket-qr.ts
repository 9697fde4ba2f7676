import QRCode from 'qrcode';
import { assert } from '#platform/fault';

/** The dark modules of a QR as horizontal runs, in modules, without the quiet zone. */
export type QrDrawing = { size: number; runs: { x: number; y: number; length: number }[] };

const VERSION_MAX = 6; // 41 modules: still read from a cracked phone at arm's length.
const QUIET_ZONE = 4;

/** A token as QR: alphanumeric mode (Base45 was made for it), level M: a seventh of it may be scratched. */
export function drawQr(token: string): QrDrawing {
  const qr = QRCode.create([{ data: token, mode: 'alphanumeric' }], { errorCorrectionLevel: 'M' });
  assert(qr.version <= VERSION_MAX, `a token of ${token.length} characters does not fit`);
  const { size, data } = qr.modules;
  const runs: QrDrawing['runs'] = [];
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const start = x;
      while (x < size && data[y * size + x]) x += 1;
      if (x > start) runs.push({ x: start, y, length: x - start });
    }
  }
  return { size, runs };
}

/** Black on white with its quiet zone, whatever the theme around it: scanners expect that. */
export function qrSvg(token: string): string {
  const { size, runs } = drawQr(token);
  const path = runs.map((run) => `M${run.x} ${run.y}h${run.length}v1h-${run.length}z`).join('');
  const side = size + 2 * QUIET_ZONE;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-${QUIET_ZONE} -${QUIET_ZONE} ${side} ${side}" ` +
    `shape-rendering="crispEdges"><rect x="-${QUIET_ZONE}" y="-${QUIET_ZONE}" width="${side}" height="${side}" ` +
    `fill="#fff"/><path d="${path}" fill="#000"/></svg>`
  );
}
