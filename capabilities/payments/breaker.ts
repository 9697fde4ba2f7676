import type { Clock } from '#platform/clock';
import { Fault } from '#platform/fault';
import type { PaymentProvider } from './provider.ts';

const FAILURES_TO_OPEN = 5;
const OPEN_MS = 15_000;

/**
 * After five calls in a row without an answer a provider is left alone for fifteen seconds: buyers hear "try the other
 * one" at once instead of after two time-outs, and the provider is not stormed while it gets up. One call then probes.
 */
export function withBreaker(provider: PaymentProvider, clock: Clock): PaymentProvider {
  let failures = 0;
  let openUntil = 0;
  const guard =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const now = clock.now().getTime();
      if (now < openUntil) throw new Fault('provider_resting', { retryable: true });
      // While the probe runs, everybody else still waits.
      if (failures >= FAILURES_TO_OPEN) openUntil = now + OPEN_MS;
      try {
        const answer = await call(...args);
        failures = 0;
        openUntil = 0;
        return answer;
      } catch (error) {
        if (error instanceof Fault) {
          failures += 1;
          if (failures >= FAILURES_TO_OPEN) openUntil = clock.now().getTime() + OPEN_MS;
        }
        throw error;
      }
    };
  return {
    ...provider,
    createPayment: guard((...args: Parameters<PaymentProvider['createPayment']>) => provider.createPayment(...args)),
    readPayment: guard((...args: Parameters<PaymentProvider['readPayment']>) => provider.readPayment(...args)),
    findPayment: guard((...args: Parameters<PaymentProvider['findPayment']>) => provider.findPayment(...args)),
    cancelPayment: guard((...args: Parameters<PaymentProvider['cancelPayment']>) => provider.cancelPayment(...args)),
    capturePayment: guard((...args: Parameters<PaymentProvider['capturePayment']>) => provider.capturePayment(...args)),
    refund: guard((...args: Parameters<PaymentProvider['refund']>) => provider.refund(...args)),
    readRefund: guard((...args: Parameters<PaymentProvider['readRefund']>) => provider.readRefund(...args)),
  };
}
