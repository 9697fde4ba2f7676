import type { Database } from '#platform/postgres';

/** What a number about writing is worth nothing without. */
export async function durability(db: Database): Promise<Record<string, string>> {
  const rows = await db.rows<{ name: string; setting: string }>(
    `select name, setting from pg_settings
      where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'server_version') order by name`,
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.setting]));
}

/** One setting a line, above the table that they belong to. */
export function printSettings(settings: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(settings)) console.log(`${name.padEnd(20)} ${String(value)}`);
}
