import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#platform/embedded-postgres';
import { migrate } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';
import { ROOT } from '#testing/database';

export type BenchDatabase = {
  db: Database;
  server: EmbeddedPostgres;
  /** For what else the benchmark writes; gone when it closes. */
  folder: string;
  close: () => Promise<void>;
};

/**
 * A PostgreSQL of the benchmark's own, migrated. `settings` are room for it; durability stays as shipped. Registering a
 * programme takes longer than a product's statement may.
 */
export async function openBenchDatabase(options: {
  settings: Record<string, string>;
  connectionsMax?: number;
  onLog?: (line: string) => void;
}): Promise<BenchDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-bench-'));
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'data'),
    port: 0,
    password: 'bench',
    database: 'bench',
    settings: options.settings,
    ...(options.onLog ? { onLog: options.onLog } : {}),
  });
  const db = createDatabase({
    connectionString: server.url,
    connectionsMax: options.connectionsMax ?? 4,
    statementTimeoutMs: 300_000,
  });
  const close = async () => {
    await db.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await migrate(db, ROOT);
  } catch (error) {
    await close();
    throw error;
  }
  return { db, server, folder, close };
}
