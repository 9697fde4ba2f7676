import pino from 'pino';

export type Log = pino.Logger;

// Nothing personal reaches a log line: known carriers are cut here, and callers pass ids, never bodies.
const REDACTED = [
  'cpf',
  'email',
  'password',
  'code',
  'token',
  'secret',
  'recipient',
  '*.cpf',
  '*.email',
  '*.password',
  '*.token',
  '*.secret',
  '*.recipient',
  'req.headers.cookie',
  'req.headers.authorization',
  'res.headers["set-cookie"]',
];

/** One JSON line per event on standard output. `process` names which of our processes speaks. */
export function createLog(options: { process: string; level: string }): Log {
  return pino({
    level: options.level,
    base: { process: options.process },
    redact: { paths: REDACTED, censor: '[redacted]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: pino.stdSerializers.err },
  });
}
