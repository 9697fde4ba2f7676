import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { faultCodeOf } from './postgres.ts';

export type FieldError = { field: string; code: string; message?: string };

export type ProblemOptions = {
  detail?: string;
  errors?: FieldError[];
  /** Seconds; becomes the Retry-After header. */
  retryAfter?: number;
  /** Members beside the standard ones, such as what was taken. */
  extra?: Record<string, unknown>;
};

/** The body of an error (RFC 9457). `code` is stable; sentences for people are the web app's. */
export function problemBody(status: number, code: string, instance: string, options: ProblemOptions = {}) {
  return {
    type: `/api/problems/${code}`,
    title: code.replaceAll('_', ' '),
    status,
    code,
    instance,
    ...(options.detail ? { detail: options.detail } : {}),
    ...(options.errors ? { errors: options.errors } : {}),
    ...options.extra,
  };
}

export function sendProblem(reply: FastifyReply, status: number, code: string, options: ProblemOptions = {}) {
  if (options.retryAfter) reply.header('retry-after', options.retryAfter);
  return reply
    .code(status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemBody(status, code, reply.request.id, options));
}

const CODE_OF_FRAMEWORK_ERROR: Record<string, [status: number, code: string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'body_too_large'],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, 'malformed_json'],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, 'malformed_json'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'media_type_unsupported'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'content_length_wrong'],
  FST_ERR_BAD_URL: [400, 'url_malformed'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'url_too_long'],
};

/** Everything that was thrown on the way becomes one of three: a clear 4xx, a 503 for a fault, a 500 for a bug. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  if (error.validation) {
    const errors = error.validation.map((issue) => ({
      field: fieldOf(error.validationContext, issue.instancePath, issue.params),
      code: issue.keyword,
      ...(issue.message ? { message: issue.message } : {}),
    }));
    return sendProblem(reply, 422, 'validation_failed', { errors });
  }
  const known = CODE_OF_FRAMEWORK_ERROR[error.code];
  if (known) return sendProblem(reply, known[0], known[1]);
  if (error instanceof SyntaxError || error.code === 'SyntaxError') return sendProblem(reply, 400, 'malformed_json');
  const fault = faultCodeOf(error);
  if (fault) {
    request.log.error({ err: error }, 'fault');
    return sendProblem(reply, 503, fault, { retryAfter: 2 });
  }
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) {
    return sendProblem(reply, error.statusCode, 'request_refused', { detail: error.message });
  }
  request.log.error({ err: error }, 'bug');
  return sendProblem(reply, 500, 'internal_error');
}

function fieldOf(context: string | undefined, path: string, params: Record<string, unknown>): string {
  const missing = params['missingProperty'] ?? params['additionalProperty'];
  const inner = path.slice(1).replaceAll('/', '.');
  const full = [inner, missing].filter((part) => part !== undefined && part !== '').join('.');
  return context && context !== 'body' ? `${context}${full ? `.${full}` : ''}` : full || 'body';
}
