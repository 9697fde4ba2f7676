import type { Problem } from '#contracts/problem';

/** A refusal or failure with a stable code. `offline` and `answer_unreadable` are made here. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: NonNullable<Problem['errors']>;
  readonly instance: string | null;
  /** Seconds, from Retry-After. */
  readonly retryAfter: number | null;
  /** Members beside the standard ones, such as `seatNos` of seat_taken. */
  readonly extra: Record<string, unknown>;

  constructor(status: number, body: Partial<Problem> & Record<string, unknown>, retryAfter: number | null = null) {
    super(body.code ?? 'answer_unreadable');
    this.status = status;
    this.code = body.code ?? 'answer_unreadable';
    this.fields = body.errors ?? [];
    this.instance = body.instance ?? null;
    this.retryAfter = retryAfter;
    this.extra = body;
  }

  /** Whether the outcome of the request is unknown or temporary, so that the same key may be sent again. */
  get passing(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429 || this.code === 'request_in_progress';
  }
}

export function isOffline(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 0;
}

export async function problemOf(answer: Response): Promise<ApiProblem> {
  const retryAfter = Number(answer.headers.get('retry-after')) || null;
  try {
    return new ApiProblem(
      answer.status,
      (await answer.json()) as Partial<Problem> & Record<string, unknown>,
      retryAfter,
    );
  } catch {
    return new ApiProblem(answer.status, {}, retryAfter);
  }
}
