import { connect, type Socket } from 'node:net';

/** What came back: the status, and the ETag when it was asked for. */
export type Answered = (status: number, etag: string) => void;

/** A keep-alive connection that carries one request at a time. */
export type Connection = {
  /** `request` is the whole request, ASCII. */
  send(request: string, answered: Answered): void;
  close(): void;
};

// As the API writes them, and as nginx writes them anew.
const LENGTH = ['content-length: ', 'Content-Length: '] as const;
const ETAG = ['etag: ', 'ETag: '] as const;
// A head of ours is below this; what follows of a body is only counted.
const HEAD_BYTES_MAX = 4096;

/**
 * Bare sockets and just enough of HTTP to find the next answer: the generator shares the processors with what it
 * measures, and an HTTP client would cost more than the server. One buffer serves all connections (node hands each read
 * to `callback` before the next): 2.3 µs of our own time a request instead of 4.4.
 */
export function openConnection(
  port: number,
  shared: Buffer,
  onLost: () => void,
  localAddress?: string,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let answered: Answered | null = null;
    let missing = 0; // bytes of the body that are still to come
    let status = 0;
    let etag = '';
    let head = ''; // of an answer whose head has not come whole

    const finish = () => {
      const done = answered!;
      answered = null;
      head = '';
      done(status, etag);
    };
    const read = (length: number): void => {
      if (answered === null) return; // An answer to nothing: the server is closing.
      if (missing > 0) {
        missing -= length;
        if (missing <= 0) finish();
        return;
      }
      const text = head + shared.toString('latin1', 0, Math.min(length, HEAD_BYTES_MAX));
      const headEnd = text.indexOf('\r\n\r\n');
      if (headEnd === -1) {
        head = text;
        return;
      }
      status = (text.charCodeAt(9) - 48) * 100 + (text.charCodeAt(10) - 48) * 10 + text.charCodeAt(11) - 48;
      etag = fieldOf(text, ETAG, headEnd);
      const bodyLength = fieldOf(text, LENGTH, headEnd);
      // Whose end cannot be known would be taken for the beginning of the next answer.
      if (bodyLength === '' && status !== 304) status = 0;
      missing = Number(bodyLength) - (head.length + length - headEnd - 4);
      if (missing <= 0) finish();
    };

    const socket: Socket = connect({
      port,
      host: '127.0.0.1',
      ...(localAddress ? { localAddress } : {}),
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length) => {
          read(length);
          return true;
        },
      },
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve({
        send: (request, whenAnswered) => {
          answered = whenAnswered;
          missing = 0;
          socket.write(request, 'latin1');
        },
        close: () => socket.destroy(),
      });
    });
    socket.on('close', () => {
      if (answered) {
        status = 0;
        finish();
      }
      onLost();
    });
  });
}

function fieldOf(text: string, names: readonly string[], headEnd: number): string {
  for (const name of names) {
    const at = text.indexOf(name);
    if (at !== -1 && at < headEnd) return text.slice(at + name.length, text.indexOf('\r', at));
  }
  return '';
}
