import type { Log } from './log.ts';

export type Loop = {
  /** Waits for the run in progress, starts no other. */
  stop(): Promise<void>;
};

const BACKOFF_MS_MAX = 30_000;

/**
 * Runs `work` again and again, never twice at once: at once while it says that there is more, else after `everyMs`.
 * A failure is logged and tried again, each time later, up to half a minute. Safe to kill at any line, because `work`
 * keeps what it has done in the database.
 */
export function startLoop(options: {
  name: string;
  everyMs: number;
  /** True when there was a full batch, so that more is probably waiting. */
  work: () => Promise<boolean>;
  log: Log;
}): Loop {
  const { name, everyMs, work, log } = options;
  const ending = new AbortController();
  let failures = 0;
  let wake: (() => void) | undefined;

  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const running = (async () => {
    while (!ending.signal.aborted) {
      let more = false;
      try {
        more = await work();
        failures = 0;
      } catch (error) {
        failures += 1;
        log.error({ err: error, loop: name, failures }, 'loop failed');
      }
      // Between runs a moment for others, even under load.
      const pause = failures > 0 ? Math.min(everyMs * 2 ** failures, BACKOFF_MS_MAX) : more ? 1 : everyMs;
      if (!ending.signal.aborted) await rest(pause);
    }
  })();

  return {
    stop: async () => {
      ending.abort();
      wake?.();
      await running;
    },
  };
}
