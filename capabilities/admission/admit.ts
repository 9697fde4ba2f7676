import type { Verdict } from '#contracts/door';
import type { AdmissionOutcome } from '#contracts/outcomes';
import type { TicketKind } from '#contracts/ticket-kinds';
import { parseCode, type TicketKeys, verifyToken } from '#capabilities/tickets';
import { newShardedId, shardOf } from '#platform/ids';
import { tell } from '#platform/outbox';
import { assert } from '#platform/fault';
import type { Queryable, Transaction } from '#platform/postgres';
import { ADMIT, COUNTS, FIND_ADMISSION, SCREENING_EXISTS, UNDO } from './queries.ts';

export type AdmissionRules = {
  /** Doors open this long before the start; they close when the show ends. */
  opensMinutesBefore: number;
  undoMinutesMax: number;
};
export const ADMISSION_RULES: AdmissionRules = { opensMinutesBefore: 60, undoMinutesMax: 15 };

export type Scan = {
  screeningId: number;
  /** What the QR says, or else the code typed by hand. */
  token?: string | undefined;
  code?: string | undefined;
  gate: string;
  usher: string;
  nonce: string;
};

export type ScanAnswer = { outcome: 'decided'; verdict: Verdict } | { outcome: 'screening_unknown' | 'nonce_reused' };

/**
 * Decides one scan and writes it down, refused ones too. The same nonce gives the same verdict and nothing new; with
 * another ticket it is refused as nonce_reused.
 */
export async function admit(
  deps: { keys: TicketKeys; rules: AdmissionRules },
  tx: Transaction,
  scan: Scan,
): Promise<ScanAnswer> {
  if (!(await tx.row(SCREENING_EXISTS, [scan.screeningId]))) return { outcome: 'screening_unknown' };
  const ticket = readTicket(deps.keys, scan);
  const row = await tx.row<ScanRow>(ADMIT, [
    scan.screeningId,
    newShardedId(scan.screeningId),
    scan.nonce,
    scan.gate,
    scan.usher,
    ticket !== null,
    ticket?.code ?? null,
    ticket?.screeningId ?? null,
    ticket?.seatNo ?? null,
    ticket?.generation ?? null,
    deps.rules.opensMinutesBefore,
  ]);
  assert(row, 'admit_ticket returns one row');
  if (row.code !== (ticket?.code ?? null)) return { outcome: 'nonce_reused' };
  if (row.isNew && isAdmitted(row.outcome) && row.correlationId) {
    const payload = { screeningId: scan.screeningId, orderId: row.orderId, seatNo: row.seatNo, gate: scan.gate };
    await tell(tx, { topic: 'ticket_admitted', payload, correlationId: row.correlationId });
  }
  return { outcome: 'decided', verdict: verdictOf(row, await readCounts(tx, scan.screeningId)) };
}

export function isAdmitted(outcome: AdmissionOutcome): boolean {
  return outcome === 'admitted' || outcome === 'admitted_check_proof';
}

export async function readCounts(db: Queryable, screeningId: number): Promise<Verdict['counts']> {
  const counts = await db.row<Verdict['counts']>(COUNTS, [screeningId]);
  assert(counts, 'counts give one row');
  return counts;
}

export const UNDO_OUTCOMES = ['admission_unknown', 'not_admitted', 'undo_too_late', 'undone'] as const;
export type UndoOutcome = (typeof UNDO_OUTCOMES)[number];

/** Takes an admission back, so that the ticket admits again. Twice is once. The scan itself stays on record. */
export async function undoAdmission(
  deps: { rules: AdmissionRules },
  tx: Transaction,
  request: { admissionId: string; usher: string },
): Promise<UndoOutcome> {
  const screeningId = shardOf(request.admissionId);
  if (screeningId === null) return 'admission_unknown';
  const undone = await tx.row(UNDO, [screeningId, request.admissionId, request.usher, deps.rules.undoMinutesMax]);
  if (undone) return 'undone';
  const found = await tx.row<{ outcome: AdmissionOutcome; undoneAt: Date | null }>(FIND_ADMISSION, [
    screeningId,
    request.admissionId,
  ]);
  if (!found) return 'admission_unknown';
  if (found.undoneAt) return 'undone';
  return isAdmitted(found.outcome) ? 'undo_too_late' : 'not_admitted';
}

type Read = { code: number; screeningId: number | null; seatNo: number | null; generation: number | null };

function readTicket(keys: TicketKeys, scan: Scan): Read | null {
  if (scan.token !== undefined) return verifyToken(keys, scan.token);
  const code = parseCode(scan.code ?? '');
  return code === null ? null : { code, screeningId: null, seatNo: null, generation: null };
}

type ScanRow = {
  admissionId: string;
  outcome: AdmissionOutcome;
  code: number | null;
  movieTitle: string | null;
  seatLabel: string | null;
  kind: TicketKind | null;
  startsAt: Date | null;
  auditoriumName: string | null;
  theaterName: string | null;
  localTime: string | null;
  localDate: string | null;
  localToday: string | null;
  opensAt: Date | null;
  opensLocalDate: string | null;
  opensLocalTime: string | null;
  correlationId: string | null;
  orderId: string | null;
  seatNo: number | null;
  admittedAt: Date | null;
  admittedGate: string | null;
  admittedLocalTime: string | null;
  isNew: boolean;
};

function verdictOf(row: ScanRow, counts: Verdict['counts']): Verdict {
  return {
    outcome: row.outcome,
    admissionId: isAdmitted(row.outcome) ? row.admissionId : null,
    seatLabel: row.seatLabel,
    kind: row.kind,
    movieTitle: row.movieTitle,
    startsAt: row.startsAt?.toISOString() ?? null,
    localTime: row.localTime,
    auditoriumName: row.auditoriumName,
    theaterName: row.theaterName,
    localDate: row.localDate,
    localToday: row.localToday,
    opensAt: row.outcome === 'too_early' ? (row.opensAt?.toISOString() ?? null) : null,
    opensLocalDate: row.outcome === 'too_early' ? row.opensLocalDate : null,
    opensLocalTime: row.outcome === 'too_early' ? row.opensLocalTime : null,
    admittedAt: row.admittedAt?.toISOString() ?? null,
    admittedLocalTime: row.admittedLocalTime,
    admittedGate: row.admittedGate,
    counts,
  };
}
