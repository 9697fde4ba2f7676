import {
  type AuditoriumRecord,
  STATES,
  type TheaterRecord,
  timeZoneOf,
  upsertAuditoriums,
  upsertTheaters,
} from '#capabilities/catalog';
import type { Transaction } from '#platform/postgres';
import { SEATS_PER_AUDITORIUM_MAX } from '#contracts/seat-plan';
import { countOutcomes, type Kind, type Layout, type Loaded, type Outcome, type StagedRow, strongest } from './kind.ts';
import { LOAD_ROWS_PER_CHUNK } from './limits.ts';
import type { RowReader } from './row-reader.ts';

const STATUS = {
  em_funcionamento: 'open',
  aberto: 'open',
  aberta: 'open',
  open: 'open',
  fechado: 'closed',
  fechada: 'closed',
  closed: 'closed',
  fechado_temporariamente: 'temporarily_closed',
  fechada_temporariamente: 'temporarily_closed',
  temporarily_closed: 'temporarily_closed',
} as const;

const UFS = Object.fromEntries(STATES.map((state) => [state.toLowerCase(), state]));

const COMMON = {
  auditoriumCode: ['registro_sala', 'auditorium_code', 'codigo_sala', 'codigo_da_sala', 'auditorium_registry_no'],
  auditoriumName: ['nome_sala', 'auditorium_name', 'nome_da_sala', 'sala'],
  auditoriumStatus: ['situacao_sala', 'auditorium_status'],
  seats: ['assentos_sala', 'assentos', 'lugares', 'seats_total', 'capacidade'],
  wheelchair: ['assentos_cadeirantes', 'cadeirantes', 'wheelchair_seats'],
  companion: ['assentos_acompanhantes', 'acompanhantes', 'companion_seats'],
  reducedMobility: ['assentos_mobilidade_reduzida', 'mobilidade_reduzida', 'reduced_mobility_seats'],
  plusSize: ['assentos_obesidade', 'obesidade', 'plus_size_seats'],
  rampToSeats: ['acesso_assentos_com_rampa', 'ramp_to_seats'],
  rampToAuditorium: ['acesso_sala_com_rampa', 'ramp_to_auditorium'],
  accessibleRestrooms: ['banheiros_acessiveis', 'accessible_restrooms'],
  openedOn: ['data_inicio_funcionamento_sala', 'data_de_abertura', 'opened_on'],
  theaterCode: ['registro_complexo', 'theater_code', 'codigo_cinema', 'codigo_do_cinema', 'theater_registry_no'],
  theaterName: ['nome_complexo', 'theater_name', 'cinema', 'complexo', 'nome_do_cinema', 'theater'],
  theaterStatus: ['situacao_complexo', 'theater_status'],
  website: ['pagina_eletronica_complexo', 'site', 'pagina'],
  street: ['endereco_complexo', 'endereco', 'address'],
  streetNumber: ['numero_endereco_complexo', 'numero', 'street_number'],
  addressMore: ['complemento_complexo', 'complemento'],
  district: ['bairro_complexo', 'bairro'],
  city: ['municipio_complexo', 'municipio', 'cidade'],
  postalCode: ['cep_complexo', 'cep', 'zip'],
  state: ['uf_complexo', 'uf', 'estado'],
  exhibitor: ['nome_exibidor', 'exibidor'],
  timeZone: ['fuso_horario', 'fuso', 'time_zone'],
};

/** Counts of -1 and the like are dirt of the source: the row is good, the count is not known. */
function seatCount(row: RowReader, field: string): number | null {
  const count = row.integer(field, -1_000_000, 1_000_000);
  if (count === null) return null;
  if (count >= 0) return count;
  row.report(field, 'count_negative', 'a negative count is read as not told', 'warning');
  return null;
}

function readTheater(row: RowReader): TheaterRecord {
  const state = row.choice('state', UFS);
  const place = [row.text('street'), row.text('streetNumber'), row.text('addressMore')];
  const postalCode = row.text('postalCode', 20);
  const timeZone = row.text('timeZone', 60);
  if (timeZone !== null && !isTimeZone(timeZone))
    row.report('timeZone', 'not_a_time_zone', 'must be an IANA time zone');
  if (state === null && row.text('state') === null) row.report('state', 'required', 'must not be blank');
  return {
    registryNo: row.required('theaterCode', 40, 'key_missing'),
    name: row.required('theaterName'),
    exhibitor: row.text('exhibitor'),
    city: row.required('city', 120),
    state: state ?? '',
    district: row.text('district'),
    address: place.filter(Boolean).join(', ') || null,
    postalCode: postalCode !== null && /\d/.test(postalCode) ? postalCode : null,
    website: row.text('website'),
    timeZone: timeZone ?? (state ? timeZoneOf(state) : null),
    status: row.choice('theaterStatus', STATUS),
  };
}

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function readAuditorium(row: RowReader): AuditoriumRecord {
  const seatsTotal = seatCount(row, 'seats');
  const seatsWheelchair = seatCount(row, 'wheelchair');
  const seatsReducedMobility = seatCount(row, 'reducedMobility');
  const seatsPlusSize = seatCount(row, 'plusSize');
  const others = (seatsWheelchair ?? 0) + (seatsReducedMobility ?? 0) + (seatsPlusSize ?? 0);
  // The registry counts no companions; the norm (NBR 9050) wants one beside each wheelchair place, of the others.
  const told = seatCount(row, 'companion');
  const seatsCompanion = told ?? Math.max(0, Math.min(seatsWheelchair ?? 0, (seatsTotal ?? 0) - others));
  if (seatsTotal !== null && seatsTotal > SEATS_PER_AUDITORIUM_MAX) {
    row.report('seats', 'out_of_range', `more than ${SEATS_PER_AUDITORIUM_MAX} seats`);
  }
  if (others + seatsCompanion > (seatsTotal ?? 0)) {
    row.report('seats', 'seat_kinds_exceed_total', 'the special seats are more than all seats');
  }
  return {
    registryNo: row.text('auditoriumCode', 40) ?? '',
    theaterRegistryNo: row.text('theaterCode', 40) ?? '',
    name: row.required('auditoriumName'),
    status: row.choice('auditoriumStatus', STATUS),
    seatsTotal,
    seatsWheelchair,
    seatsCompanion,
    seatsReducedMobility,
    seatsPlusSize,
    rampToSeats: row.yesNo('rampToSeats'),
    rampToAuditorium: row.yesNo('rampToAuditorium'),
    accessibleRestrooms: row.yesNo('accessibleRestrooms'),
    openedOn: row.day('openedOn'),
  };
}

const shape = {
  synonyms: COMMON,
  needs: ['auditoriumCode', 'auditoriumName', 'theaterCode', 'theaterName', 'city', 'state', 'seats'],
  onRepeat: 'conflict',
  read(row: RowReader) {
    // A complex without an auditorium has no key of its own kind: the row fails, and nothing of it is loaded.
    const told = row.text('auditoriumCode', 40);
    if (told === null && !row.failed()) {
      row.report(
        'auditoriumCode',
        'key_missing',
        'no auditorium number: nothing of the row is loaded, nor its theater',
      );
    }
    if (told === null) return [];
    const auditorium = readAuditorium(row);
    const theater = readTheater(row);
    return [
      { entity: 'theater', key: theater.registryNo, content: theater },
      { entity: 'auditorium', key: auditorium.registryNo, content: auditorium },
    ];
  },
} satisfies Omit<Layout, 'name' | 'recognisedBy'>;

async function load(tx: Transaction, rows: StagedRow[], dry: boolean): Promise<Loaded> {
  const theaters = rows.flatMap(({ record }) => (record['theater'] ? [record['theater'] as TheaterRecord] : []));
  const auditoriums = rows.flatMap(({ record }) =>
    record['auditorium'] ? [record['auditorium'] as AuditoriumRecord] : [],
  );
  const theaterRows = await upsertTheaters(tx, theaters, dry);
  const { upserted, plansCreated } = await upsertAuditoriums(tx, auditoriums, dry);
  const theaterOf = new Map(theaterRows.map((row) => [row.key, row]));
  const auditoriumOf = new Map(upserted.map((row) => [row.key, row]));
  const loaded: Loaded = { outcomes: [], entities: [], problems: [], changes: [] };
  for (const { line, record } of rows) {
    const theater = theaterOf.get((record['theater'] as TheaterRecord | undefined)?.registryNo ?? '');
    const auditorium = auditoriumOf.get((record['auditorium'] as AuditoriumRecord | undefined)?.registryNo ?? '');
    const parts = [theater, auditorium].flatMap((part) => (part ? [part.outcome as Outcome] : []));
    loaded.outcomes.push({ line, outcome: strongest(parts) });
  }
  for (const [entity, list] of [
    ['theater', theaterRows],
    ['auditorium', upserted],
  ] as const) {
    loaded.entities.push(
      ...countOutcomes(
        `${entity}s`,
        list.map((row) => row.outcome as Outcome),
      ),
    );
    for (const row of list) {
      if (row.outcome === 'created' || row.outcome === 'updated') {
        loaded.changes.push({ entity, id: row.id ?? 0, action: row.outcome, before: row.before });
      }
    }
  }
  if (plansCreated > 0) loaded.entities.push({ entity: 'seatPlans', outcome: 'created', count: plansCreated });
  return loaded;
}

export const theaters: Kind = {
  layouts: [
    { ...shape, name: 'ancine_registry', recognisedBy: ['auditoriumCode', 'theaterCode', 'exhibitor', 'openedOn'] },
    { ...shape, name: 'own', recognisedBy: [] },
  ],
  rowsPerChunk: LOAD_ROWS_PER_CHUNK,
  load,
};
