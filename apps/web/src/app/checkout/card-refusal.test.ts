import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toldByTheForm } from './card-refusal.ts';

test('what the form tells by itself is not told again', () => {
  assert.ok(toldByTheForm({ type: 'validation_error', code: 'incomplete_number' }));
  assert.ok(toldByTheForm({ type: 'card_error', code: 'card_declined', decline_code: 'generic_decline' }));
  assert.ok(toldByTheForm({ type: 'card_error', code: 'incorrect_cvc' }));
});

test('of everything else the form keeps silent, so the page speaks', () => {
  // The decline code decides: the form does not know every reason behind "card_declined".
  assert.ok(!toldByTheForm({ type: 'card_error', code: 'card_declined', decline_code: 'do_not_honor' }));
  assert.ok(!toldByTheForm({ type: 'invalid_request_error', code: 'payment_intent_authentication_failure' }));
  assert.ok(!toldByTheForm({ type: 'api_connection_error' }));
});
