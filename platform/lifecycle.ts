import type { Log } from './log.ts';

const STOP_MS_MAX = 10_000;

/**
 * Ends the process in an orderly way on SIGTERM, SIGINT, or when the process that started it is gone, within ten
 * seconds; a second signal ends it at once. A bug nobody caught ends it with 1: whoever supervises starts it again
 * with a clean memory.
 */
export function stopOnSignal(log: Log, stop: () => Promise<void>): void {
  let stopping = false;
  const end = async (reason: string, code: number) => {
    if (stopping) process.exit(code || 1);
    stopping = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => {
      log.error('not stopped in time, ending anyway');
      process.exit(1);
    }, STOP_MS_MAX).unref();
    try {
      await stop();
    } catch (error) {
      log.error({ err: error }, 'stopping failed');
      process.exit(1);
    }
    process.exit(code);
  };
  process.on('SIGTERM', () => void end('SIGTERM', 0));
  process.on('SIGINT', () => void end('SIGINT', 0));
  process.on('disconnect', () => void end('parent gone', 0));
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'bug: uncaught');
    void end('uncaught exception', 1);
  });
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'bug: unhandled rejection');
    void end('unhandled rejection', 1);
  });
}
