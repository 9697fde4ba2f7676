/** The file as a whole cannot be taken. `message` is for logs and the command line; pages speak by `code`. */
export type Refusal = { refused: true; code: string; message: string };

export function refuse(code: string, message: string): Refusal {
  return { refused: true, code, message };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value;
}

/** Carries a refusal out of a generator that is being read. Thrown and caught inside this folder only. */
export class RefusedWhileReading extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}
