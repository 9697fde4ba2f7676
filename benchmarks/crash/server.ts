import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedPostgres, freePort, startEmbeddedPostgres } from '#platform/embedded-postgres';

/** PostgreSQL that may be killed and stands up again on the same data and port. */
export type KillableServer = {
  readonly url: string;
  readonly port: number;
  /** kill -9 of the postmaster; resolves when its successor has recovered and takes connections. */
  killPostmaster(): Promise<void>;
  /** A process of the server by the beginning of its title: 'walwriter', 'checkpointer'. Null when there is none. */
  processNamed(title: string): Promise<number | null>;
  stop(): Promise<void>;
};

const RESTART_MS_MAX = 60_000;

/** Durability is on: nobody passes fsync, synchronous_commit or full_page_writes in `settings`. */
export async function startKillableServer(
  folder: string,
  settings: Record<string, string> = {},
): Promise<KillableServer> {
  const port = await freePort();
  const options = {
    folder,
    port,
    password: 'crash',
    database: 'crash',
    settings: { max_connections: '120', shared_buffers: '64MB', ...settings },
  };
  let server: EmbeddedPostgres = await startEmbeddedPostgres(options);

  return {
    url: server.url,
    port,
    killPostmaster: async () => {
      process.kill(await postmasterOf(folder), 'SIGKILL');
      await server.exited;
      // Its children see that it is gone and end, but not at once; until then the successor refuses to start.
      const until = performance.now() + RESTART_MS_MAX;
      for (;;) {
        try {
          server = await startEmbeddedPostgres(options);
          return;
        } catch (error) {
          if (performance.now() > until) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
    processNamed: async (title) => {
      const parent = String(await postmasterOf(folder));
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
        const [command, status] = await Promise.all(
          ['cmdline', 'stat'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
        );
        // The parent's number comes second after the name in brackets, which may hold blanks itself.
        if (command!.includes(title) && status!.slice(status!.lastIndexOf(')') + 2).split(' ')[1] === parent) {
          return Number(pid);
        }
      }
      return null;
    },
    stop: () => server.stop(),
  };
}

async function postmasterOf(folder: string): Promise<number> {
  const pid = Number.parseInt(await readFile(join(folder, 'postmaster.pid'), 'utf8'), 10);
  if (!(pid > 1)) throw new Error('the server has no process number');
  return pid;
}
