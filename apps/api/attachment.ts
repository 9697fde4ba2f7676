import type { FastifyReply } from 'fastify';

/** Sends bytes as they are, to be kept under `name` (ASCII, no quotes). */
export function sendAttachment(
  reply: FastifyReply,
  mediaType: string,
  name: string,
  content: Buffer | string,
): FastifyReply {
  return reply
    .type(mediaType)
    .header('content-disposition', `attachment; filename="${name}"`)
    .serializer((body: unknown) => body as string)
    .send(content);
}
