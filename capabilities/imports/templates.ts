import type { ImportKind } from '#contracts/imports';
import { toCsv, toXlsx } from './export-cells.ts';

// Each template loads as it is: theaters first, then movies, then screenings or tickets (a test does so).

const TEMPLATES: Record<ImportKind, { columns: string[]; rows: string[][] }> = {
  theaters: {
    columns: [
      'codigo_cinema',
      'cinema',
      'municipio',
      'uf',
      'bairro',
      'endereco',
      'cep',
      'codigo_sala',
      'nome_sala',
      'situacao_sala',
      'assentos',
      'cadeirantes',
      'acompanhantes',
      'mobilidade_reduzida',
      'obesidade',
    ],
    rows: [
      [
        'CINE1',
        'Cine Exemplo',
        'Recife',
        'PE',
        'Boa Vista',
        'Rua da Aurora, 175',
        '50050-000',
        'CINE1-1',
        'Sala 1',
        'aberta',
        '120',
        '3',
        '3',
        '2',
        '2',
      ],
      [
        'CINE1',
        'Cine Exemplo',
        'Recife',
        'PE',
        'Boa Vista',
        'Rua da Aurora, 175',
        '50050-000',
        'CINE1-2',
        'Sala 2',
        'aberta',
        '80',
        '2',
        '2',
        '1',
        '1',
      ],
    ],
  },
  movies: {
    columns: [
      'codigo',
      'titulo',
      'titulo_original',
      'classificacao',
      'duracao',
      'genero',
      'direcao',
      'elenco',
      'pais',
      'lancamento',
      'sinopse',
    ],
    rows: [
      [
        'LIMITE',
        'Limite',
        'Limite',
        'L',
        '120',
        'Drama',
        'Mário Peixoto',
        'Olga Breno|Tatiana Rey',
        'Brasil',
        '17/05/1931',
        'Três pessoas num barco à deriva.',
      ],
    ],
  },
  screenings: {
    columns: [
      'sala',
      'filme',
      'data',
      'hora',
      'preco',
      'idioma',
      'formato',
      'libras',
      'audiodescricao',
      'legenda_descritiva',
    ],
    rows: [['CINE1-1', 'LIMITE', '31/12/2030', '19:30', 'R$ 32,50', 'legendado', '2D', 'não', 'sim', 'não']],
  },
  tickets: {
    columns: ['assento', 'sala', 'data', 'hora', 'filme', 'preco'],
    rows: [
      ['F1', 'CINE1-2', '31/12/2030', '21:00', 'LIMITE', 'R$ 32,50'],
      ['F2', 'CINE1-2', '31/12/2030', '21:00', 'LIMITE', 'R$ 32,50'],
    ],
  },
};

export const TEMPLATE_FORMATS = ['csv', 'xlsx', 'json'] as const;
export type TemplateFormat = (typeof TEMPLATE_FORMATS)[number];

export async function importTemplate(kind: ImportKind, format: TemplateFormat): Promise<Buffer> {
  const { columns, rows } = TEMPLATES[kind];
  if (format === 'csv') return Buffer.from(toCsv([columns, ...rows]));
  if (format === 'xlsx') return toXlsx(kind, [columns, ...rows]);
  const objects = rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]!])));
  return Buffer.from(`${JSON.stringify({ rows: objects }, null, 2)}\n`);
}
