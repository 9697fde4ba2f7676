/** What keeps the rules, one by one. Tests take each away and see the checker find the damage. */
export const GUARDS = {
  'seat owner': 'a hold takes free seats only',
  'all or nothing': 'a hold takes all its seats or none',
  'give back': 'who got some of the seats only gives them back',
  'own claims': 'what is given back is what this very batch has claimed',
  'serial number': 'two orders of a person made at once meet in their key',
  limit: 'a hold counts what the person already has',
  'paid counts': 'a paid order counts for ever',
  'over counts nothing': 'an order that is over does not count',
  quota: 'a hold counts the half-price tickets',
  'quota promise': 'half price is promised before it is taken',
  'quota recount': 'where the promise is full, the tickets are counted',
  'sale status': 'a hold asks whether the screening is on sale',
  idempotency: 'a hold is looked up by its key first',
  fingerprint: 'a key answers the body that it was first used with',
  'hold by the clock of the database': 'a process with a wrong clock ends no hold of others',
  'expire by the clock of the database': 'a worker with a wrong clock ends no hold early',
  'kinds quota': 'other kinds for held seats count the half-price tickets',
  'kinds promise': 'other kinds promise the half price that they take',
  'first kinds': 'the first answer stays, whatever kinds are chosen later',
  'kinds state': 'the kinds of a paid order stay',
  'grace counts': 'while the buyer pays, the seats count as long as they are kept',
  'late owner': 'late money takes free seats only',
  'late limit': 'late money counts what the person has by then',
  'late promise': 'late money promises the half price that it takes again',
  'order state': 'money for a cancelled or refunded order sells nothing',
  amount: 'another amount sells nothing',
  'money once': 'an attempt is captured once, however often it is told',
  'money back': 'money that sells nothing goes back',
  'own seats': 'an order that ends frees its own seats only',
  'end state': 'a paid order is not released',
  'blocked owner': 'a seat of somebody is not taken off sale',
  'answer after commit': 'a process answers what the database has committed',
} as const;

export type Guard = keyof typeof GUARDS;
/** The guards taken away; empty in the house as it is. */
export type Without = ReadonlySet<Guard>;
