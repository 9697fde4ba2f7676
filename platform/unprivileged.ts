import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Fault } from './fault.ts';

// PostgreSQL refuses to run as root. Containers and fresh servers often offer nothing else, so root steps down to a
// user that exists everywhere.

export type SystemUser = { uid: number; gid: number; name: string };

/** Whom a server started by root runs as: postgres where there is one, else nobody. Null when we are not root. */
export async function unprivilegedUser(): Promise<SystemUser | null> {
  if (process.getuid?.() !== 0) return null;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.find((fields) => fields[0] === name);
    if (account) return { name, uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new Fault('no_unprivileged_user', {
    retryable: false,
    message:
      'PostgreSQL does not run as root, and there is no user postgres or nobody to run it as. ' +
      'Start as another user, or set DATABASE_URL.',
  });
}

/** Whether `user` may enter every folder on the way to `path`. A checkout in /root (mode 700) is not reachable. */
export async function reachable(path: string, user: SystemUser): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
    if (!((mode >> shift) & 1)) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * A copy of `folder` that everybody may read, made once per `name` in the system's temporary folder. A folder of that
 * name which somebody else made, or may write to, is not trusted: then the copy is fresh.
 */
export async function publicCopy(folder: string, name: string): Promise<string> {
  const place = process.platform === 'linux' ? '/var/tmp' : tmpdir();
  const kept = join(place, name);
  if (await isOurs(kept)) return kept;
  const draft = await mkdtemp(join(place, `${name}-`));
  await chmod(draft, 0o755);
  await cp(folder, join(draft, 'copy'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('.a') && !path.endsWith('/pkgconfig'),
  });
  await chmod(join(draft, 'copy'), 0o755);
  try {
    await mkdir(place, { recursive: true });
    await rename(join(draft, 'copy'), kept);
    await rm(draft, { recursive: true });
    return kept;
  } catch {
    return join(draft, 'copy');
  }
}

async function isOurs(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}
