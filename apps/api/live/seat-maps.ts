import { randomBytes } from 'node:crypto';
import { eachChange, readSale, readSeatRows, saleState, type SeatRow } from '#capabilities/holds';
import { SALES_CHANNEL } from '#capabilities/screenings';
import type { SaleNotice } from '#contracts/seat-states';
import type { Clock } from '#platform/clock';
import { listen } from '#platform/listener';
import type { Log } from '#platform/log';
import type { Database } from '#platform/postgres';
import { makeRoom } from '#platform/second-chance';
import type { SeatViewer } from './audience.ts';
import { createFanOut } from './fan-out.ts';
import { createSeatMap, event, type SeatMap } from './seat-map.ts';

export type SeatMaps = {
  /** The map if it is in memory and to be trusted, without waiting; `get` reads what this does not have. */
  peek(screeningId: number): SeatMap | null;
  /** The map as it is now, from memory after the first time; null for a screening that does not exist. */
  get(screeningId: number): Promise<SeatMap | null>;
  /** Sends the snapshot and then every change, until the returned function is called. Null as above. */
  watch(screeningId: number, viewer: SeatViewer): Promise<(() => void) | null>;
  /** Whether changes arrive; while false the maps are not to be trusted. */
  listening(): boolean;
  close(): Promise<void>;
};

export type SeatMapsOptions = {
  db: Database;
  log: Log;
  clock: Clock;
  /** Maps kept; beyond it the longest unused without viewers go. 300 seats are about 4 kB. */
  mapsMax?: number;
};

// What no notice ever told (tickets registered later, a lost notice) is healed by reading again this often.
const REREAD_MS = 120_000;
// One after the other: 2,000 maps that were first asked for when sales opened were all read again in the same instant
// two minutes later, and holds waited for 0.2 to 0.9 s. At this pace 5,000 are through within another two minutes.
const REREAD_PAUSE_MS = 24;

/**
 * The seats of every screening that somebody looks at, in memory. Changes come from PostgreSQL as notices of
 * holds.publish_changes, sent by whichever process made them; after a lost connection everything is read again.
 */
export async function createSeatMaps(options: SeatMapsOptions): Promise<SeatMaps> {
  const { db, log, clock } = options;
  const mapsMax = options.mapsMax ?? 5_000;
  const entries = new Map<number, Entry>();
  let nextTurn = 0;
  const fanOut = createFanOut();
  // No two processes, and no two lives of one, ever make the same version.
  const epoch = `${clock.now().getTime().toString(36)}${randomBytes(3).toString('hex')}`;
  let serial = 0;
  const nextVersion = () => `${epoch}-${(serial += 1)}`;

  /** Reads the rows; notices that come meanwhile are newer than the rows and are applied after them. */
  const read = (entry: Entry): Promise<SeatMap | null> => {
    entry.reading ??= (async () => {
      try {
        for (;;) {
          const upTo = entry.gaps;
          const rows = await readSeatRows(db, entry.screeningId);
          entry.readAt = clock.now().getTime();
          if (!rows) {
            entries.delete(entry.screeningId);
            return null;
          }
          entry.map ??= createSeatMap({ screeningId: entry.screeningId, rows, clock, nextVersion, fanOut });
          entry.map.replace(rows);
          for (const row of entry.missed.splice(0)) entry.map.apply(row);
          entry.readUpTo = upTo;
          // Notices were lost while we read: these rows may be older than they.
          if (!isStale(entry)) return entry.map;
        }
      } catch (error) {
        // Those who look go on with the map there is: what came meanwhile belongs into it now, not after newer rows.
        for (const row of entry.missed.splice(0)) entry.map?.apply(row);
        entry.gaps += 1;
        throw error;
      } finally {
        entry.reading = null;
      }
    })();
    return entry.reading;
  };

  const entryOf = (screeningId: number): Entry => {
    const known = entries.get(screeningId);
    if (known) {
      known.used = true;
      return known;
    }
    const entry: Entry = {
      screeningId,
      map: null,
      reading: null,
      readAt: 0,
      missed: [],
      gaps: 0,
      readUpTo: 0,
      used: false,
      joining: 0,
    };
    entries.set(screeningId, entry);
    makeRoom(entries, {
      over: () => entries.size > mapsMax,
      needed: (other) =>
        other === entry || other.reading !== null || other.joining > 0 || other.map?.watched() === true,
      drop: (id, { map }) => {
        map?.close();
        entries.delete(id);
      },
    });
    return entry;
  };

  const peek = (screeningId: number): SeatMap | null => {
    const entry = entries.get(screeningId);
    if (!entry?.map || isStale(entry)) return null;
    entry.used = true;
    rereadInTurn(entry);
    return entry.map;
  };
  const mapOf = async (entry: Entry): Promise<SeatMap | null> => {
    if (!entry.map || isStale(entry)) return read(entry);
    rereadInTurn(entry);
    return entry.map;
  };
  /** When it is time, and nobody was read again just now; else with a later request. */
  const rereadInTurn = (entry: Entry) => {
    const now = clock.now().getTime();
    if (now - entry.readAt <= REREAD_MS || now < nextTurn) return;
    nextTurn = now + REREAD_PAUSE_MS;
    reread(entry);
  };
  const reread = (entry: Entry) => {
    entry.readAt = clock.now().getTime();
    read(entry).catch((error: unknown) => {
      log.warn({ err: error, screeningId: entry.screeningId }, 'seats could not be read again');
    });
  };

  const hear = (payload: string) => {
    eachChange(payload, (screeningId, no, state, inQuota, heldUntilMs) => {
      const entry = entries.get(screeningId);
      if (!entry) return;
      if (entry.reading) entry.missed.push({ no, state, inQuota, heldUntilMs });
      else entry.map?.apply({ no, state, inQuota, heldUntilMs });
    });
  };
  const heal = () => {
    for (const entry of entries.values()) {
      entry.gaps += 1;
      if (entry.map?.watched()) reread(entry);
    }
  };

  const tellSale = async ({ screeningId, map }: Entry) => {
    if (!map) return;
    try {
      const sale = await readSale(db, screeningId);
      if (!sale) return;
      const now = clock.now().getTime();
      const notice: SaleNotice = { screeningId, saleState: saleState(sale, map.available(), now) };
      map.tell(event('sale', null, JSON.stringify(notice)));
    } catch (error) {
      log.warn({ err: error, screeningId }, 'sale could not be shown');
    }
  };
  const sales = await listen({
    db,
    channel: SALES_CHANNEL,
    onMessage: (payload) => {
      const entry = entries.get(Number(payload));
      if (entry) void tellSale(entry);
    },
    // What was missed is unknown: everybody who looks hears the present state.
    onUp: () => {
      for (const entry of entries.values()) if (entry.map?.watched()) void tellSale(entry);
    },
    log,
  });
  const listener = await listen({ db, channel: 'seat_changes', onMessage: hear, onUp: heal, log });
  // Whoever only looks at a live map asks for nothing.
  const sweep = setInterval(() => {
    for (const entry of entries.values()) if (entry.map?.watched()) rereadInTurn(entry);
  }, REREAD_PAUSE_MS);
  sweep.unref();

  return {
    peek,
    get: (screeningId) => mapOf(entryOf(screeningId)),
    watch: async (screeningId, viewer) => {
      const entry = entryOf(screeningId);
      // Between the reading of its map and the viewer's coming it would be neither read nor watched, and could go.
      entry.joining += 1;
      try {
        return (await mapOf(entry))?.watch(viewer) ?? null;
      } finally {
        entry.joining -= 1;
      }
    },
    listening: () => listener.listening(),
    close: async () => {
      clearInterval(sweep);
      for (const entry of entries.values()) entry.map?.close();
      entries.clear();
      fanOut.close();
      await Promise.all([listener.close(), sales.close()]);
    },
  };
}

/** What is in memory may be older than what was told to others: not to be shown before it is read again. */
const isStale = (entry: Entry): boolean => entry.readUpTo < entry.gaps;

type Entry = {
  screeningId: number;
  map: SeatMap | null;
  reading: Promise<SeatMap | null> | null;
  readAt: number;
  /** Notices that came while reading. */
  missed: SeatRow[];
  /** How often notices were lost that the map would need, and how many of these losses its rows were read after. */
  gaps: number;
  readUpTo: number;
  /** Asked for since room was last made. */
  used: boolean;
  /** Viewers on their way. */
  joining: number;
};
