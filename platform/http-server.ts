import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify';
import { newId } from './ids.ts';
import type { Log } from './log.ts';
import { handleError, problemBody, sendProblem } from './problem.ts';

export type HttpServer = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

const BODY_BYTES_MAX = 64 * 1024;

/**
 * A server whose errors are all problem details, whose bodies are taken literally ("1" is not 1) and whose query
 * strings are converted. Routes are registered by hand; nothing is loaded by itself.
 */
export function createHttpServer(options: {
  log: Log;
  trustProxy?: boolean;
  /** What an unknown path gets; a 404 problem unless told. */
  notFound?: (request: FastifyRequest, reply: FastifyReply) => unknown;
}): HttpServer {
  const server = Fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    requestIdHeader: false,
    trustProxy: options.trustProxy ?? false,
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    // A crawler of prototype keys gets the same answer as any other malformed body.
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    forceCloseConnections: true,
    keepAliveTimeout: 72_000,
    frameworkErrors: (error, request, reply) => void handleError(error, request, reply),
    clientErrorHandler: answerGarbage,
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as HttpServer;

  const literal = withFormats(new Ajv({ coerceTypes: false, useDefaults: true, allErrors: false, strict: false }));
  const converting = withFormats(new Ajv({ coerceTypes: 'array', useDefaults: true, allErrors: false, strict: false }));
  server.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? literal : converting).compile(schema));
  server.setErrorHandler(handleError);
  server.setNotFoundHandler(options.notFound ?? ((_request, reply) => sendProblem(reply, 404, 'not_found')));
  return server;
}

const PROBLEM_OF_GARBAGE: Record<string, [status: number, code: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request_too_slow'],
  HPE_HEADER_OVERFLOW: [431, 'headers_too_large'],
};

/** What came was no HTTP request, so there is only a socket to answer on. */
function answerGarbage(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, code] = PROBLEM_OF_GARBAGE[error.code ?? ''] ?? [400, 'request_malformed'];
  const body = JSON.stringify(problemBody(status, code, newId()));
  if (socket.writable) {
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroy(error);
}

function withFormats(ajv: Ajv): Ajv {
  (addFormats as unknown as (ajv: Ajv) => void)(ajv);
  return ajv;
}
