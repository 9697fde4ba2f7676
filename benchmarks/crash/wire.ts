import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between two processes and can lose what the far one says. */
export type Wire = {
  readonly port: number;
  /** The next so many replies are lost: the request went through, the connection is cut instead of the answer. */
  loseReplies(count: number): void;
  close(): void;
};

/** `target` is asked at every connection, so that one wire can serve several processes in turn. */
export async function createWire(target: () => number): Promise<Wire> {
  const sockets = new Set<Socket>();
  let toLose = 0;
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: target(), host: '127.0.0.1', noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on('data', (chunk) => {
      if (toLose > 0) {
        toLose -= 1;
        near.destroy();
      } else if (!near.write(chunk)) far.pause();
    });
    near.on('drain', () => far.resume());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    loseReplies: (count) => {
      toLose += count;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
