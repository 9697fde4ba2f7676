// The only values that come from contracts/: pure files without the schema library. Types come by `import type`
// from '#contracts/…' anywhere. (Node resolves '#contracts' only inside the root package, hence the long way here.)
export * from '../../../../contracts/cpf.ts';
export * from '../../../../contracts/outcomes.ts';
export * from '../../../../contracts/seat-states.ts';
export * from '../../../../contracts/ticket-kinds.ts';
export * from '../../../../contracts/lone-seat.ts';
