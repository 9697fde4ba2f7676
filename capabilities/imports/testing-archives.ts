import { crc32, deflateRawSync } from 'node:zlib';

/** One file of an archive: as it is, or already packed (`packed` lies about nothing but its size unpacked). */
export type Entry =
  | { name: string; content: string | Buffer }
  | { name: string; packed: Buffer; unpackedBytes: number };

/** A ZIP archive of these entries, written by hand so that a test can write a hostile one. */
export function zip(entries: readonly Entry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const content = 'content' in entry ? Buffer.from(entry.content) : null;
    const body = content ? deflateRawSync(content) : (entry as { packed: Buffer }).packed;
    // From "version needed" to "extra length": the same in both headers.
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(8, 4);
    facts.writeUInt32LE(content ? crc32(content) : 0, 10);
    facts.writeUInt32LE(body.length, 14);
    facts.writeUInt32LE(content?.length ?? (entry as { unpackedBytes: number }).unpackedBytes, 18);
    facts.writeUInt16LE(name.length, 22);
    files.push(Buffer.from('504b0304', 'hex'), facts, name, body);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    directory.push(Buffer.from('504b01021400', 'hex'), facts, tail, name);
    at += 30 + name.length + body.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...files, ...directory, Buffer.from('504b0506', 'hex'), end]);
}

const TYPES = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml"
  ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
  ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`;
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const relations = (type: string, target: string) => `<?xml version="1.0"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="${OFFICE}/${type}" Target="${target}"/></Relationships>`;
const WORKBOOK = `<?xml version="1.0"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${OFFICE}">
<sheets><sheet name="Filmes" sheetId="1" r:id="rId1"/></sheets></workbook>`;

const columnName = (at: number): string =>
  (at < 26 ? '' : columnName(Math.floor(at / 26) - 1)) + String.fromCharCode(65 + (at % 26));

/** The rows of a worksheet, every cell as inline text; `text` is XML already. */
export const worksheet = (rows: readonly (readonly string[])[], prolog = ''): string =>
  `<?xml version="1.0"?>${prolog}
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows
    .map((cells, row) => {
      const inner = cells.map(
        (text, column) => `<c r="${columnName(column)}${row + 1}" t="inlineStr"><is><t>${text}</t></is></c>`,
      );
      return `<row r="${row + 1}">${inner.join('')}</row>`;
    })
    .join('')}</sheetData></worksheet>`;

/** A workbook with one sheet, and whatever else is to lie in the archive. */
export const workbook = (sheet: string | Buffer, more: readonly Entry[] = []): Buffer =>
  zip([
    { name: '[Content_Types].xml', content: TYPES },
    { name: '_rels/.rels', content: relations('officeDocument', 'xl/workbook.xml') },
    { name: 'xl/workbook.xml', content: WORKBOOK },
    { name: 'xl/_rels/workbook.xml.rels', content: relations('worksheet', 'worksheets/sheet1.xml') },
    { name: 'xl/worksheets/sheet1.xml', content: sheet },
    ...more,
  ]);
