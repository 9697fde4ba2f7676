import { spawn } from 'node:child_process';
import { ROOT } from './database.ts';

export type Ended = { code: number | null; out: string; err: string };

/** Runs a command of apps/cli as its user does, in a process of its own, which sees no database of ours but `settings`. */
export function runCommand(program: string, args: string[], settings: Record<string, string>): Promise<Ended> {
  const { DATABASE_URL: _ours, DATA_DIR: _folder, ...env } = process.env;
  const child = spawn(process.execPath, [program, ...args], { cwd: ROOT, env: { ...env, ...settings } });
  const ended = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (ended.out += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (ended.err += piece));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...ended })));
}
