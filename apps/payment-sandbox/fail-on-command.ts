import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Fault, takeFault } from './faults.ts';

/** Calls of the providers' APIs that fail as armed: before the work is done, or after it, with an answer or a cut. */
export function failOnCommand(app: FastifyInstance, faults: Fault[]): void {
  const effects = new WeakMap<FastifyRequest, 'fail_after' | 'cut_after'>();
  const failBefore = (request: FastifyRequest, reply: FastifyReply) => {
    if (!request.url.startsWith('/v1/') && !request.url.startsWith('/v2/')) return undefined;
    const fault = takeFault(faults, 'call', `${request.method} ${request.url}`);
    if (fault?.effect === 'cut_before') {
      reply.hijack();
      request.raw.socket.destroy();
    } else if (fault?.effect === 'fail_before') {
      return reply
        .code(fault.status ?? 500)
        .header('stripe-should-retry', 'false')
        .send(brokenAnswer(fault.status));
    } else if (fault?.effect === 'fail_after' || fault?.effect === 'cut_after') effects.set(request, fault.effect);
    return undefined;
  };
  const failAfter = (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    const effect = effects.get(request);
    if (effect === 'cut_after') {
      request.raw.socket.destroy();
      return '';
    }
    if (effect !== 'fail_after') return payload;
    reply.code(500).header('stripe-should-retry', 'false').removeHeader('content-length');
    return JSON.stringify(brokenAnswer(500));
  };
  app.addHook('preHandler', async (request, reply) => failBefore(request, reply));
  app.addHook('onSend', async (request, reply, payload) => failAfter(request, reply, payload));
}

const brokenAnswer = (status = 500) => ({
  error: { type: 'api_error', message: 'The sandbox was told to fail.' },
  name: status === 429 ? 'RATE_LIMIT_REACHED' : 'INTERNAL_SERVER_ERROR',
  message: 'The sandbox was told to fail.',
});
