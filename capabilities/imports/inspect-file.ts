import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { FILE_BYTES_MAX, JSON_BYTES_MAX, XLSX_BYTES_MAX } from './limits.ts';
import { refuse, type Refusal } from './refusal.ts';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
export type FileFacts = {
  path: string;
  bytes: number;
  hash: string;
  format: 'csv' | 'xlsx' | 'json';
  encoding: Encoding;
  /** The first characters, decoded, without a byte-order mark. Empty for XLSX. */
  sample: string;
};

const SAMPLE_BYTES = 256 * 1024;

/**
 * Reads the whole file once (a gigabyte a second) and says from its bytes alone what it is. The name is not looked at:
 * people rename. `json` covers NDJSON too; the reader tells them apart.
 */
export async function inspectFile(path: string): Promise<FileFacts | Refusal> {
  const hash = createHash('sha256');
  const head: Buffer[] = [];
  let headBytes = 0;
  let bytes = 0;
  let utf8 = true;
  let tail: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > FILE_BYTES_MAX) return refuse('file_too_large', `more than ${FILE_BYTES_MAX} bytes`);
      hash.update(chunk);
      if (headBytes < SAMPLE_BYTES) {
        head.push(chunk.subarray(0, SAMPLE_BYTES - headBytes));
        headBytes += chunk.length;
      }
      if (utf8) {
        const joined = tail.length ? Buffer.concat([tail, chunk]) : chunk;
        const cut = wholeCharacters(joined);
        utf8 = isUtf8(joined.subarray(0, cut));
        tail = Buffer.from(joined.subarray(cut));
      }
    }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return refuse(reason === 'ENOENT' ? 'file_missing' : 'file_unreadable', `cannot read the file (${reason})`);
  }
  if (bytes === 0) return refuse('file_empty', 'the file has no bytes');
  return recognise({ path, bytes, hash: hash.digest('hex') }, Buffer.concat(head), utf8 && tail.length === 0);
}

/** How many bytes end on a whole UTF-8 character, looking at most three bytes back. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

const BINARY_STARTS: [prefix: string, code: string, message: string][] = [
  ['d0cf11e0', 'xls_old_format', 'an old Excel file (.xls) or one with a password: save it as .xlsx or CSV'],
  ['25504446', 'format_unknown', 'a PDF'],
  ['1f8b', 'format_unknown', 'a compressed file: unpack it first'],
];

function recognise(
  file: { path: string; bytes: number; hash: string },
  head: Buffer,
  utf8: boolean,
): FileFacts | Refusal {
  const start = head.subarray(0, 8).toString('hex');
  for (const [prefix, code, message] of BINARY_STARTS) if (start.startsWith(prefix)) return refuse(code, message);
  if (start.startsWith('504b0304') || start.startsWith('504b0506')) {
    if (file.bytes > XLSX_BYTES_MAX) return refuse('xlsx_too_large', `a workbook of more than ${XLSX_BYTES_MAX} bytes`);
    return { ...file, format: 'xlsx', encoding: 'utf-8', sample: '' };
  }
  const encoding = encodingOf(head, utf8);
  const sample = new TextDecoder(encoding, { fatal: false }).decode(evenly(head, encoding));
  if (sample.includes('\0')) return refuse('format_unknown', 'not a text file');
  const first = sample.trimStart()[0];
  if (first === undefined) return refuse('file_empty', 'the file has only blanks');
  if (first !== '{' && first !== '[') return { ...file, format: 'csv', encoding, sample };
  if (encoding === 'windows-1252') return refuse('encoding_invalid', 'JSON has to be UTF-8 or UTF-16');
  if (first === '[' && file.bytes > JSON_BYTES_MAX) {
    return refuse('json_too_large', `JSON of more than ${JSON_BYTES_MAX} bytes: use NDJSON or CSV`);
  }
  return { ...file, format: 'json', encoding, sample };
}

function evenly(head: Buffer, encoding: Encoding): Buffer {
  return encoding.startsWith('utf-16') ? head.subarray(0, head.length & ~1) : head;
}

function encodingOf(head: Buffer, utf8: boolean): Encoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  // Text in UTF-16 without a mark: Latin letters leave every second byte zero.
  const pairs = Math.floor(Math.min(head.length, 4096) / 2);
  const zeros = [0, 0];
  for (let at = 0; at < pairs * 2; at += 1) if (head[at] === 0) zeros[at % 2]! += 1;
  if (pairs > 1 && zeros[1]! > pairs * 0.4 && zeros[0]! < pairs * 0.1) return 'utf-16le';
  if (pairs > 1 && zeros[0]! > pairs * 0.4 && zeros[1]! < pairs * 0.1) return 'utf-16be';
  return utf8 ? 'utf-8' : 'windows-1252';
}
