import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '#platform/clock';
import { Fault } from '#platform/fault';
import { withEdits } from '#testing/without-guard';
import type * as BreakerModule from './breaker.ts';
import { withBreaker } from './breaker.ts';
import type { PaymentProvider } from './index.ts';

/** A provider of which only readPayment is used, with a clock that stands still until it is told. */
function aDeadProvider(guard: typeof withBreaker) {
  let nowMs = 1_000_000;
  let reached = 0;
  let answers = false;
  const clock = { now: () => new Date(nowMs) } as Clock;
  const readPayment = async () => {
    reached += 1;
    if (!answers) throw new Fault('provider_unavailable', { retryable: true });
    return { kind: 'refused' as const, code: 'not_found' };
  };
  const guarded = guard({ name: 'stripe', readPayment } as unknown as PaymentProvider, clock);
  const call = () =>
    guarded.readPayment('x').then(
      () => 'answered',
      (error: Fault) => error.code,
    );
  return {
    call,
    reached: () => reached,
    passMs: (ms: number) => (nowMs += ms),
    comeBack: () => (answers = true),
  };
}

/** Twelve calls to a provider that is down: how many of them reach it? */
async function twelveCalls(guard: typeof withBreaker) {
  const provider = aDeadProvider(guard);
  for (let call = 0; call < 12; call += 1) await provider.call();
  return provider.reached();
}

test('a provider that is down is called five times, then left alone; a no does not count', async () => {
  assert.equal(await twelveCalls(withBreaker), 5);
  const alive = aDeadProvider(withBreaker);
  alive.comeBack();
  for (let call = 0; call < 12; call += 1) assert.equal(await alive.call(), 'answered');
});

test('control: without the guard every call storms the provider that is down', async () => {
  const { withBreaker: unguarded } = await withEdits<typeof BreakerModule>('capabilities/payments', 'breaker.ts', {
    'breaker.ts': [["      if (now < openUntil) throw new Fault('provider_resting', { retryable: true });\n", '']],
  });
  assert.equal(await twelveCalls(unguarded), 12);
});

/** The rest is over and ten callers come at once: how many probe? */
async function probes(guard: typeof withBreaker) {
  const provider = aDeadProvider(guard);
  for (let call = 0; call < 5; call += 1) await provider.call();
  provider.passMs(15_000);
  await Promise.all(Array.from({ length: 10 }, () => provider.call()));
  return provider.reached() - 5;
}

test('after the rest one call probes while the others still wait; its answer opens the door to all', async () => {
  assert.equal(await probes(withBreaker), 1);
  const provider = aDeadProvider(withBreaker);
  for (let call = 0; call < 5; call += 1) await provider.call();
  provider.passMs(14_999);
  assert.equal(await provider.call(), 'provider_resting');
  provider.passMs(1);
  provider.comeBack();
  assert.equal(await provider.call(), 'answered');
  assert.deepEqual(await Promise.all([provider.call(), provider.call()]), ['answered', 'answered']);
});

test('control: without the one probe all who waited come at once', async () => {
  const { withBreaker: unguarded } = await withEdits<typeof BreakerModule>('capabilities/payments', 'breaker.ts', {
    'breaker.ts': [['      if (failures >= FAILURES_TO_OPEN) openUntil = now + OPEN_MS;\n', '']],
  });
  assert.equal(await probes(unguarded), 10);
});
