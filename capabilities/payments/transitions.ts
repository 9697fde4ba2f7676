import type { PaymentState } from '#contracts/outcomes';

/** What a look at the provider can show; `unknown` is a call that never answered. */
export type SeenState = Exclude<PaymentState, 'created'>;

export const ACTIVE_STATES: readonly PaymentState[] = ['created', 'submitted', 'requires_action', 'unknown'];

export const isActive = (state: PaymentState): boolean => ACTIVE_STATES.includes(state);

/**
 *                       ┌──────────── unknown ◄── a call without an answer; the next look resolves it
 *                       ▼               ▲
 *   created ──► submitted ◄──► requires_action ──► failed | cancelled | expired
 *      │            │                 │                         │
 *      │            └────────┬────────┘                         │ money that came anyway
 *      │ (free order)        ▼                                  │
 *      └───────────────► captured ◄─────────────────────────────┘      captured is never left
 *
 * Total on purpose: every pair is decided here, and a new state does not compile until it is. `move` takes the seen
 * state; `note` stays but keeps what was learned (ids, the decline's code); `stay` is an old look that came late.
 */
export const TRANSITIONS: Record<PaymentState, Record<SeenState, 'move' | 'note' | 'stay'>> = {
  created: row('move', { submitted: 'move' }),
  submitted: row('move', { submitted: 'note' }),
  requires_action: row('move', { requires_action: 'note' }),
  unknown: row('move', { unknown: 'note' }),
  captured: row('stay', {}),
  failed: row('stay', { captured: 'move' }),
  cancelled: row('stay', { captured: 'move' }),
  expired: row('stay', { captured: 'move' }),
};

function row(usual: 'move' | 'stay', but: Partial<Record<SeenState, 'move' | 'note' | 'stay'>>) {
  return {
    submitted: usual,
    requires_action: usual,
    captured: usual,
    failed: usual,
    cancelled: usual,
    expired: usual,
    unknown: usual,
    ...but,
  };
}
