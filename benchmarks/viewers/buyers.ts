import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { monotonicMs } from './machine.ts';

/** Two seats somebody got: when they were due to ask, and when the answer came. */
export type Sale = { screeningId: number; seatNo: number; dueMs: number; answeredMs: number };
export type Buying = {
  sales: Sale[];
  /** Milliseconds from the intended start to the answer, of every request that was answered. */
  holdMs: number[];
  readMs: number[];
  /** Answers that were not the expected one, by status; 0 when there was no connection. */
  failures: Record<string, number>;
};

export type BuyersOptions = {
  port: number;
  screenings: readonly number[];
  /** Session tokens; each buys twice at most. */
  tokens: readonly string[];
};

const CONNECTIONS = 40;
const WAIT_FOR_LAST_MS = 3_000;
const PATIENCE_MS = 10_000;

/**
 * People who buy two seats at a time on a schedule that does not wait for answers, and read seat maps. They come from
 * many addresses, because the limits of the API hold for them as for everybody.
 */
export function createBuyers(options: BuyersOptions) {
  const lines = Array.from({ length: CONNECTIONS }, (_, n) => createLine(options.port, `127.0.9.${n + 1}`));
  let wishes = 0;

  const order = (dueMs: number, buying: Buying) => {
    const wish = wishes;
    wishes += 1;
    const screeningId = options.screenings[wish % options.screenings.length]!;
    const seatNo = 1 + 2 * Math.floor(wish / options.screenings.length);
    const token = options.tokens[Math.floor(wish / 2)]!;
    const body = `{"seats":[{"seatNo":${seatNo},"kind":"full"},{"seatNo":${seatNo + 1},"kind":"full"}]}`;
    const head =
      `POST /api/screenings/${screeningId}/holds HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n` +
      `idempotency-key: ${randomUUID()}\r\ncookie: poltrona_session=${token}\r\ncontent-length: ${body.length}\r\n\r\n`;
    lines[wish % CONNECTIONS]!.ask(head + body, (status) => {
      const answeredMs = monotonicMs();
      if (status !== 201) return count(buying.failures, `hold ${status}`);
      buying.holdMs.push(answeredMs - dueMs);
      buying.sales.push({ screeningId, seatNo, dueMs, answeredMs });
    });
  };
  let looks = 0;
  const look = (dueMs: number, buying: Buying) => {
    looks += 1;
    const screeningId = options.screenings[looks % options.screenings.length]!;
    const request = `GET /api/screenings/${screeningId}/seats HTTP/1.1\r\nhost: bench\r\n\r\n`;
    lines[looks % CONNECTIONS]!.ask(request, (status) => {
      if (status === 200) buying.readMs.push(monotonicMs() - dueMs);
      else count(buying.failures, `read ${status}`);
    });
  };

  return {
    /** Buys and reads at these rates until `seconds` have passed or `until` says so. */
    buy: async (rates: { ordersPerSecond: number; readsPerSecond: number; seconds: number; until?: () => boolean }) => {
      const buying: Buying = { sales: [], holdMs: [], readMs: [], failures: {} };
      const start = monotonicMs();
      const due = [
        { rate: rates.ordersPerSecond, done: 0, send: order },
        { rate: rates.readsPerSecond, done: 0, send: look },
      ];
      await new Promise<void>((resolve) => {
        const tick = setInterval(() => {
          const elapsed = Math.min(monotonicMs() - start, rates.seconds * 1000);
          for (const kind of due) {
            for (; kind.done < Math.floor((elapsed / 1000) * kind.rate); kind.done += 1) {
              kind.send(start + ((kind.done + 1) / kind.rate) * 1000, buying);
            }
          }
          if (elapsed < rates.seconds * 1000 && !rates.until?.()) return;
          clearInterval(tick);
          resolve();
        }, 1);
      });
      const last = monotonicMs();
      while (lines.some((line) => line.waiting() > 0) && monotonicMs() - last < WAIT_FOR_LAST_MS) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return buying;
    },
    close: () => {
      for (const line of lines) line.close();
    },
  };
}

/** One keep-alive connection that pipelines nothing: what must wait waits here, and its waiting is measured. */
function createLine(port: number, localAddress: string) {
  const queue: { request: string; answer: (status: number) => void }[] = [];
  let socket: Socket | null = null;
  let asked: ((status: number) => void) | null = null;
  let text = '';
  let patience: NodeJS.Timeout | undefined;
  let closed = false;

  const next = () => {
    if (asked || queue.length === 0 || closed) return;
    const { request, answer } = queue.shift()!;
    asked = answer;
    patience = setTimeout(() => socket?.destroy(), PATIENCE_MS);
    (socket ??= open()).write(request);
  };
  const done = (status: number) => {
    const answer = asked;
    asked = null;
    clearTimeout(patience);
    answer?.(status);
    next();
  };
  const open = () => {
    const fresh = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    text = '';
    fresh.setEncoding('latin1');
    fresh.on('error', () => {});
    fresh.on('close', () => {
      if (socket === fresh) socket = null;
      if (asked) done(0);
    });
    fresh.on('data', (chunk: string) => {
      text += chunk;
      const headEnd = text.indexOf('\r\n\r\n');
      if (headEnd === -1) return;
      const length = Number(/content-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1] ?? 0);
      if (text.length < headEnd + 4 + length) return;
      const status = Number(text.slice(9, 12));
      text = '';
      done(status);
    });
    return fresh;
  };
  return {
    ask: (request: string, answer: (status: number) => void) => {
      queue.push({ request, answer });
      next();
    },
    waiting: () => queue.length + (asked ? 1 : 0),
    close: () => {
      closed = true;
      socket?.destroy();
    },
  };
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
