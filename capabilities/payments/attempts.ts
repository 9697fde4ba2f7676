import QRCode from 'qrcode';
import { screeningOf as screeningIn } from '#capabilities/orders';
import type { PaymentState } from '#contracts/outcomes';
import type { PaymentAttempt } from '#contracts/payments';
import { assert } from '#platform/fault';
import type { Queryable, Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import type { PaymentMethod, PaymentRequest, ProviderName, Resume } from './provider.ts';

/** One row of payments.attempts. */
export type Attempt = {
  screeningId: number;
  attemptId: string;
  orderId: string;
  buyerId: string;
  provider: ProviderName | 'none';
  method: PaymentMethod | 'none';
  amountCents: number;
  currency: string;
  state: PaymentState;
  idempotencyKey: string;
  request: { pixExpiresAfterSeconds?: number };
  providerPaymentId: string | null;
  providerCaptureId: string | null;
  resume: Resume;
  failureCode: string | null;
  capturedCents: number | null;
  fulfilment: Fulfilment | null;
  captureNo: number;
  capturing: boolean;
  cancelling: boolean;
  payUntil: Date;
  isOver: boolean;
  checks: number;
  correlationId: string;
  createdAt: Date;
};

export type Fulfilment =
  | 'paid'
  | 'already_paid'
  | 'seats_gone'
  | 'amount_mismatch'
  | 'order_unknown'
  | 'refunded_before';

export type NewAttempt = Pick<
  Attempt,
  'attemptId' | 'orderId' | 'buyerId' | 'provider' | 'method' | 'amountCents' | 'request' | 'payUntil' | 'correlationId'
> & { state: 'created' | 'submitted' };

/** The screening inside an attempt's id. Ids come checked from the edge or from our own rows. */
export function screeningOf(id: string): number {
  const screeningId = screeningIn(id);
  assert(screeningId !== null, 'an attempt id without its screening');
  return screeningId;
}

export async function readAttempt(db: Queryable, attemptId: string): Promise<Attempt | null> {
  const screeningId = screeningIn(attemptId);
  return screeningId === null ? null : db.row<Attempt>(READ, [screeningId, attemptId]);
}

/** The row, held until the transaction ends: everything that changes an attempt begins here. */
export async function lockAttempt(tx: Transaction, attemptId: string): Promise<Attempt | null> {
  const screeningId = screeningIn(attemptId);
  return screeningId === null ? null : tx.row<Attempt>(LOCK, [screeningId, attemptId]);
}

/** The same for many, locked in the order of their keys; those that do not exist are left out. */
export async function lockAttempts(tx: Transaction, attemptIds: readonly string[]): Promise<Map<string, Attempt>> {
  const ids = attemptIds.filter((attemptId) => screeningIn(attemptId) !== null);
  const rows = await tx.rows<Attempt>(LOCK_ALL, [ids.map(screeningOf), ids]);
  return new Map(rows.map((row) => [row.attemptId, row]));
}

export async function activeAttempt(db: Queryable, orderId: string): Promise<Attempt | null> {
  return db.row<Attempt>(READ_ACTIVE, [screeningOf(orderId), orderId]);
}

/** The attempt whose money bought the order, or null. */
export async function payingAttempt(db: Queryable, orderId: string): Promise<Attempt | null> {
  return db.row<Attempt>(READ_PAYING, [screeningOf(orderId), orderId]);
}

export async function insertAttempt(tx: Transaction, attempt: NewAttempt): Promise<void> {
  await tx.rows(INSERT, [
    screeningOf(attempt.attemptId),
    attempt.attemptId,
    attempt.orderId,
    attempt.buyerId,
    attempt.provider,
    attempt.method,
    attempt.amountCents,
    attempt.state,
    attempt.attemptId,
    JSON.stringify(attempt.request),
    attempt.payUntil,
    attempt.correlationId,
  ]);
}

/** The words of the provider call, the same at every repeat. */
export function requestOf(attempt: Attempt): PaymentRequest {
  assert(attempt.method !== 'none', 'a free order has no provider call');
  return {
    attemptId: attempt.attemptId,
    orderId: attempt.orderId,
    screeningId: attempt.screeningId,
    method: attempt.method,
    amountCents: attempt.amountCents,
    idempotencyKey: attempt.idempotencyKey,
    pixExpiresAfterSeconds: attempt.request.pixExpiresAfterSeconds ?? null,
    createdAt: attempt.createdAt,
  };
}

/** What the page is told. Nothing to go on with is handed out once the attempt is over. */
export async function attemptView(attempt: Attempt): Promise<PaymentAttempt> {
  const { clientSecret, pix, paypalOrderId } = attempt.state === 'requires_action' ? attempt.resume : {};
  return {
    attemptId: attempt.attemptId,
    orderId: attempt.orderId,
    provider: attempt.provider,
    method: attempt.method,
    state: attempt.state,
    amountCents: attempt.amountCents,
    failureCode: attempt.failureCode,
    ...(clientSecret ? { clientSecret } : {}),
    ...(paypalOrderId ? { paypalOrderId } : {}),
    ...(pix ? { pix: { ...pix, qrSvg: await QRCode.toString(pix.code, { type: 'svg', margin: 2 }) } } : {}),
  };
}

/** The columns of a row as an Attempt. */
export const ATTEMPT = sql`
  screening_id as "screeningId", attempt_id as "attemptId", order_id as "orderId", buyer_id as "buyerId",
    provider, method, amount_cents as "amountCents", currency, state, idempotency_key as "idempotencyKey", request,
    provider_payment_id as "providerPaymentId", provider_capture_id as "providerCaptureId", resume,
    failure_code as "failureCode", captured_cents as "capturedCents", fulfilment, capture_no as "captureNo",
    coalesce(capturing_since > now() - interval '2 minutes', false) as capturing,
    cancelling_since is not null as cancelling, pay_until as "payUntil", pay_until <= now() as "isOver", checks,
    correlation_id as "correlationId", created_at as "createdAt"`;
const READ = `select ${ATTEMPT} from payments.attempts where screening_id = $1 and attempt_id = $2`;
const LOCK = `${READ} for update`;
const LOCK_ALL = `
  select a.* from (
    select * from unnest($1::integer[], $2::uuid[]) as k(shard, id) order by 1, 2 offset 0) as k
  cross join lateral (
    select ${ATTEMPT} from payments.attempts where screening_id = k.shard and attempt_id = k.id for update) as a`;
const BY_ORDER = READ.replace('attempt_id = $2', 'order_id = $2');
const READ_ACTIVE = `${BY_ORDER} and state in ('created', 'submitted', 'requires_action', 'unknown')`;
const READ_PAYING = `${BY_ORDER} and fulfilment = 'paid'`;
const INSERT = sql`
  insert into payments.attempts (screening_id, attempt_id, order_id, buyer_id, provider, method, amount_cents, state,
    idempotency_key, request, pay_until, correlation_id, next_check_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
    least(now() + interval '90 seconds', $11::timestamptz + interval '1 second'))`;
