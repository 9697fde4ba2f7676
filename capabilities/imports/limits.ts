// Every limit of an import, with the reason for its size. A file beyond one is refused by name, never read half.

/** A million ticket rows are about 60 MB. */
export const FILE_BYTES_MAX = 512 * 1024 * 1024;
/** JSON in one piece has to be in memory whole; more rows than fit come as NDJSON. */
export const JSON_BYTES_MAX = 32 * 1024 * 1024;
export const XLSX_BYTES_MAX = 32 * 1024 * 1024;
/** All entries of a workbook together: what keeps a 1 MB bomb from becoming gigabytes. */
export const XLSX_UNPACKED_BYTES_MAX = 128 * 1024 * 1024;
export const XLSX_ENTRIES_MAX = 1_000;
/** Real sheets pack 5 to 20 times; a bomb packs a thousand times. Small entries may (styles are repetitive). */
export const XLSX_PACKING_RATIO_MAX = 200;
export const XLSX_SMALL_ENTRY_BYTES = 1024 * 1024;

export const COLUMNS_MAX = 256;
export const FIELD_CHARS_MAX = 20_000;
/** One record of a CSV or one line of NDJSON; a quote that never closes ends here and not at the end of memory. */
export const RECORD_CHARS_MAX = 4 * 1024 * 1024;
export const TICKET_ROWS_MAX = 10_000_000;
/** Keys of these rows are remembered to find repeats: about 150 bytes each. */
export const OTHER_ROWS_MAX = 300_000;

/** Errors beyond this many are counted, not kept. */
export const ERRORS_KEPT_MAX = 100_000;
export const ERROR_VALUE_CHARS_MAX = 200;

/** Rows of one transaction: small enough for a cancel and a progress bar, big enough to be cheap. */
export const LOAD_ROWS_PER_CHUNK = 500;
/** A screening brings hundreds of tickets, so fewer of them make a chunk. */
export const LOAD_SCREENINGS_PER_CHUNK = 100;
/** Their tickets are there already, so publishing is only a row each. */
export const PUBLISH_SCREENINGS_PER_CHUNK = 2_000;
