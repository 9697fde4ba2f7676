export {
  type AwaitOutcome,
  awaitPayment,
  changeKinds,
  confirmAllPaid,
  type ConfirmOutcome,
  confirmPaid,
  type EndOutcome,
  expireOrders,
  type KindsOutcome,
  orderChanged,
  type OrderKey,
  type OrderPayment,
  PAYMENT_GRACE_SECONDS,
  refundOrder,
  releaseOrder,
} from './move-orders.ts';
export { ORDER_EVENTS, ORDER_MOVES, type OrderEvent, statesBefore } from './order-states.ts';
export { LIST_MAX, listOrders, payableOrder, readOrder, screeningOf } from './read-orders.ts';
