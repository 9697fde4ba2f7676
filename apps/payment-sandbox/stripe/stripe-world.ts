import type { Json, SandboxState } from '../sandbox-state.ts';

/** What Stripe's rules need: memory, the time, its own address, and a voice for events. */
export type StripeWorld = {
  state: SandboxState;
  nowSeconds(): number;
  url(): string;
  tell(type: string, object: Json): void;
};

/** `expand[]` for what the product asks: latest_charge and its refunds. */
export function expanded(world: StripeWorld, object: Json, expand: unknown): Json {
  const wanted = Array.isArray(expand) ? expand.map(String) : [];
  const withCharge = wanted.some((path) => path.replace('data.', '').startsWith('latest_charge'));
  const charge = world.state.charges[String(object['latest_charge'])];
  if (!withCharge || !charge) return object;
  const withRefunds = wanted.some((path) => path.endsWith('latest_charge.refunds'));
  const data = Object.values(world.state.stripeRefunds).filter((refund) => refund.charge === charge.id);
  const refunds = { object: 'list', data, has_more: false, url: `/v1/charges/${charge.id}/refunds` };
  return { ...object, latest_charge: withRefunds ? { ...charge, refunds } : charge };
}
