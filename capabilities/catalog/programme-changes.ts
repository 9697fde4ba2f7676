/** NOTIFY channel: which rows of the programme a transaction changed, told at its commit (tell-programme.fn.sql). */
export const PROGRAMME_CHANNEL = 'programme_changes';

export const PROGRAMME_TABLES = ['movies', 'theaters', 'auditoriums', 'screenings'] as const;
export type ProgrammeTable = (typeof PROGRAMME_TABLES)[number];

/** Rows that were inserted, updated or deleted; which of the three is not told. */
export type ProgrammeChange = { table: ProgrammeTable; ids: number[] };

/** 'screenings,17,18'; null for what this release does not know. */
export function parseProgrammeChange(payload: string): ProgrammeChange | null {
  const [name, ...ids] = payload.split(',');
  const table = PROGRAMME_TABLES.find((each) => each === name);
  return table ? { table, ids: ids.map(Number) } : null;
}
