import { Readable } from 'node:stream';
import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';
import { toCsv } from './export-cells.ts';

const ROWS_PER_READ = 2_000;

/** The error list of a run for a spreadsheet, read page by page. */
export function exportErrors(db: Queryable, runId: string): Readable {
  async function* pieces(): AsyncGenerator<string> {
    yield toCsv([['linha', 'coluna', 'codigo', 'gravidade', 'valor', 'mensagem']]);
    for (let after = 0; ; ) {
      const rows = await db.rows<Row>(PAGE, [runId, after, ROWS_PER_READ]);
      if (rows.length === 0) return;
      yield toCsv(
        rows.map((row) => [row.line, row.column, row.code, row.severity, row.value, row.message]),
        false,
      );
      after = rows.at(-1)!.no;
    }
  }
  return Readable.from(pieces(), { objectMode: false });
}

type Row = {
  no: number;
  line: number;
  column: string | null;
  code: string;
  severity: string;
  value: string | null;
  message: string;
};

const PAGE = sql`
  select error_no as no, line, column_name as column, code, severity, value, message
  from imports.errors where run_id = $1 and error_no > $2 order by error_no limit $3`;
