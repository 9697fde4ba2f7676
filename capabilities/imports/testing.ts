import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportKind, ImportRun } from '#contracts/imports';
import type { Database } from '#platform/postgres';
import { ROOT } from '#testing/database';
import { createRun, type NewRun, readRun } from './runs.ts';
import { workOnRun } from './work.ts';

const shared = join(ROOT, '../shared/data');
/** Real and hostile files beside the repository; tests that need them say so when they are left out. */
export const sharedData: string | null = existsSync(shared) ? shared : null;
export const needsShared = sharedData ? {} : { skip: 'needs ../shared' };
export const sharedFile = (path: string): string => join(shared, path);

const folder = await mkdtemp(join(tmpdir(), 'poltrona-import-'));

/** A file of these bytes, under a name that says nothing. */
export async function aFile(content: string | Buffer): Promise<string> {
  const path = join(folder, randomUUID());
  await writeFile(path, content);
  return path;
}

export async function importFile(
  db: Database,
  kind: ImportKind,
  path: string,
  options: Partial<NewRun> = {},
): Promise<ImportRun> {
  const run = await createRun(db, { kind, path, fileName: 'file', ...options });
  await workOnRun(db, run);
  return (await readRun(db, run))!;
}

export const importText = async (
  db: Database,
  kind: ImportKind,
  text: string | Buffer,
  options: Partial<NewRun> = {},
) => importFile(db, kind, await aFile(text), options);

export const THEATERS = `codigo_cinema;cinema;municipio;uf;codigo_sala;nome_sala;assentos;cadeirantes
P1;Cine São Luís;Recife;PE;P1-1;Sala 1;40;2
P1;Cine São Luís;Recife;PE;P1-2;Sala 2;60;2
A1;Cine Teatro Acre;Rio Branco;AC;A1-1;Sala única;30;0
`;
export const MOVIES = `codigo;titulo;classificacao;duracao
limite;Limite;L;120
metropolis;Metrópolis;12;148
`;
export const SCREENINGS = `sala;filme;data;hora;preco;idioma;formato
P1-1;limite;24/12/2030;9:05;R$ 32,50;legendado;2D
P1-1;Metropolis;24/12/2030;19h30;R$ 32,50;dublado;3D
A1-1;limite;2030-12-25;0:30;20;;
`;

/** The smallest world that screenings and tickets can be loaded into. */
export async function loadWorld(db: Database): Promise<void> {
  await importText(db, 'theaters', THEATERS);
  await importText(db, 'movies', MOVIES);
}
