const WARN = 40;

type LogLine = { level?: number; msg?: string; err?: { message?: string; stack?: string } };

/**
 * One line of a child as a person wants to see it: warnings and errors of our own log in words, foreign output as it
 * is, and the database's chatter only when it is a problem. Null for what is left out.
 */
export function readableLine(name: string, line: string): string | null {
  if (name === 'postgresql') return /\b(FATAL|PANIC):/.test(line) && !isStarting(line) ? `[${name}] ${line}` : null;
  const entry = parse(line);
  if (!entry) return line.trim() ? `[${name}] ${line}` : null;
  if ((entry.level ?? 0) < WARN) return null;
  const cause = entry.err?.stack ?? entry.err?.message;
  return `[${name}] ${entry.msg ?? line}${cause ? `: ${cause}` : ''}`;
}

/** Whoever connects while it starts or stops is refused; that is no news. */
const isStarting = (line: string) => /starting up|shutting down|administrator command/.test(line);

function parse(line: string): LogLine | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return null;
  }
}
