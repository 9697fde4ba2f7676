import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { EventAnswer, Payments } from '#capabilities/payments';
import { ProblemSchema } from '#contracts/problem';
import type { HttpServer } from '#platform/http-server';
import { sendProblem } from '#platform/problem';

// The largest event seen in the providers' documents is a tenth of this.
const BODY_BYTES_MAX = 256 * 1024;
const RETRY_AFTER_SECONDS = 30;

/** What the providers tell us. Bodies stay bytes: the signature is over them, and it is checked before anything else. */
export function registerWebhookRoutes(parent: HttpServer, deps: { payments: Payments }): void {
  const { payments } = deps;
  // A context of its own, so that raw bodies stay here and JSON stays everywhere else.
  void parent.register(async (child) => {
    const api = child as unknown as HttpServer;
    api.removeAllContentTypeParsers();
    api.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) =>
      done(null, body),
    );
    const routes = { stripe: payments.handleStripeEvent, paypal: payments.handlePaypalEvent };
    for (const [provider, handle] of Object.entries(routes)) {
      api.post(
        `/api/webhooks/${provider}`,
        {
          bodyLimit: BODY_BYTES_MAX,
          schema: {
            summary: `Events of ${provider}, signed`,
            tags: ['webhooks'],
            response: { 200: Type.Object({ result: Type.String() }), 400: ProblemSchema, 503: ProblemSchema },
          },
        },
        async (request: FastifyRequest, reply: FastifyReply) => {
          const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
          return answerProvider(reply, await handle(raw, request.headers));
        },
      );
    }
  });
}

function answerProvider(reply: FastifyReply, answer: EventAnswer) {
  if (answer === 'forged') return sendProblem(reply, 400, 'signature_invalid');
  if (answer === 'not_yet') return sendProblem(reply, 503, 'event_not_ready', { retryAfter: RETRY_AFTER_SECONDS });
  return reply.code(200).send({ result: answer });
}
