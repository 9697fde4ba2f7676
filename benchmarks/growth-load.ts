import { randomUUID } from 'node:crypto';

/**
 * A closed model: always `connections` orders under way, the next one as soon as one is answered. It says nothing about
 * latency; it keeps the batches equally full whatever else the machine does, so that costs can be compared. Answers
 * how many of the `count` orders were held.
 */
export async function keepHolding(options: {
  port: number;
  connections: number;
  count: number;
  wish(n: number): { path: string; session: string; body: string };
}): Promise<number> {
  let next = 0;
  let held = 0;
  const buyer = async () => {
    while (next < options.count) {
      const { path, session, body } = options.wish(next);
      next += 1;
      const answer = await fetch(`http://127.0.0.1:${options.port}${path}`, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
          cookie: `poltrona_session=${session}`,
        },
      });
      await answer.arrayBuffer();
      if (answer.status === 201) held += 1;
    }
  };
  await Promise.all(Array.from({ length: options.connections }, buyer));
  return held;
}
