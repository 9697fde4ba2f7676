/** What can be made to go wrong. Each fault fires `times` times, at the first call or delivery that matches. */
export type Fault = {
  kind: 'call' | 'webhook';
  /** Part of "METHOD /path" for calls, of the event type for webhooks. */
  match: string;
  /**
   * Calls: answer `status` before or after the work is done, or cut the connection (`cut_before`, `cut_after`).
   * Webhooks: delay, duplicate, drop, wrong signature, an old timestamp.
   */
  effect:
    | 'fail_before'
    | 'fail_after'
    | 'cut_before'
    | 'cut_after'
    | 'delay' // Also of a Stripe POST with a key, when `match` is part of "SLOW /path".
    | 'duplicate'
    | 'drop'
    | 'break_signature'
    | 'old_timestamp'
    | 'hold_back'; // Kept until POST /sandbox/webhooks/release: tests reorder with it.
  status?: number;
  delayMs?: number;
  times?: number;
};

/** The fault for this subject, used up by one. */
export function takeFault(faults: Fault[], kind: Fault['kind'], subject: string): Fault | null {
  const index = faults.findIndex((fault) => fault.kind === kind && subject.includes(fault.match));
  const fault = faults[index];
  if (!fault) return null;
  const left = (fault.times ?? 1) - 1;
  if (left <= 0) faults.splice(index, 1);
  else faults[index] = { ...fault, times: left };
  return fault;
}
