import type { ImportError, ImportRun } from '#contracts/imports';

const BAR_WIDTH = 30;
const REDRAW_MS = 100;

/** A live bar on a terminal; nothing at all elsewhere, so that logs stay readable. */
export function createProgressBar(out: NodeJS.WriteStream) {
  const live = out.isTTY;
  let drawn = 0;
  return {
    show: (run: ImportRun): void => {
      if (!live || performance.now() - drawn < REDRAW_MS) return;
      drawn = performance.now();
      const share = run.rows === 0 ? 0 : Math.min(1, run.rowsDone / run.rows);
      const filled = Math.round(share * BAR_WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
      const speed = run.rowsPerSecond > 0 ? ` · ${run.rowsPerSecond} rows/s` : '';
      const failed = run.errors > 0 ? ` · ${run.errors} failed` : '';
      out.write(`\r\u001b[2K${run.status} ${bar} ${run.rowsDone}/${run.rows}${speed}${failed}`);
    },
    end: (): void => {
      if (live && drawn > 0) out.write('\r\u001b[2K');
    },
  };
}

/** What became of a run, as a table by entity and the first errors. */
export function summaryOf(run: ImportRun, errors: ImportError[]): string {
  const lines = [`Run ${run.run} · ${run.kind} · ${run.fileName}${run.dryRun ? ' · dry run' : ''}: ${run.status}`];
  if (run.refusal) lines.push(`Refused: ${run.refusal.code} (${printable(run.refusal.message)})`);
  if (run.understood) {
    const { format, encoding, separator, layout } = run.understood;
    lines.push(
      `Read as ${[format, encoding, separator && JSON.stringify(separator), layout].filter(Boolean).join(' · ')}`,
    );
  }
  const rows: [string, number, number, number, number | string][] = Object.entries(run.entities).map(
    ([entity, counts]) => [entity, counts.created, counts.updated, counts.unchanged, ''],
  );
  rows.push([`rows (${run.rows})`, run.created, run.updated, run.unchanged, run.errors]);
  lines.push('', table(['', 'created', 'updated', 'unchanged', 'errors'], rows));
  if (run.warnings > 0) lines.push('', `${run.warnings} warnings`);
  if (errors.length > 0) {
    lines.push('', `First of the errors and warnings:`);
    for (const error of errors) {
      const value = error.value === null ? '' : ` ${JSON.stringify(error.value.slice(0, 60))}`;
      lines.push(`  row ${error.row}${error.column ? ` ${printable(error.column)}` : ''}: ${error.code}${value}`);
    }
  }
  return lines.join('\n');
}

/** A file's own words must not move the cursor of the terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}

function table(head: string[], rows: (string | number)[][]): string {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_name, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
