/** The world failed (a socket, a disk, a provider): not the caller's doing, not a bug. Becomes 503 at the edge. */
export class Fault extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, options: { retryable: boolean; cause?: unknown; message?: string }) {
    super(options.message ?? code, { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.retryable = options.retryable;
  }
}

/** A state that cannot be. Throwing it is a bug report: 500 with an id, and nothing between here and the edge catches. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`bug: ${message}`);
}

/** The end of a total switch: a new union member does not compile until it is handled. */
export function unreachable(value: never): never {
  throw new Error(`bug: unreachable value ${JSON.stringify(value)}`);
}
