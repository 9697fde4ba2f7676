/** An answer that is an error, in Stripe's envelope. */
export class StripeProblem extends Error {
  readonly status: number;
  readonly error: Record<string, unknown>;

  constructor(status: number, error: { type: string; code?: string; message: string; [more: string]: unknown }) {
    super(error.message);
    this.status = status;
    this.error = error;
  }
}

export const invalid = (code: string, message: string, more: Record<string, unknown> = {}) =>
  new StripeProblem(400, { type: 'invalid_request_error', code, message, ...more });

export const missing = (id: string) =>
  new StripeProblem(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such object: '${id}'`,
  });
