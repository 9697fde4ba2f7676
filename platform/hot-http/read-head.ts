/** The head of a plain request: what the hot routes look at, and no more. Absent fields are ''. */
export type Head = {
  method: 'GET' | 'POST';
  /** Path and query as received. */
  url: string;
  /** Bytes of the body that follows; 0 when there is none. */
  bodyBytes: number;
  host: string;
  cookie: string;
  origin: string;
  secFetchSite: string;
  ifNoneMatch: string;
  acceptEncoding: string;
  idempotencyKey: string;
  contentType: string;
  forwardedFor: string;
  /** Where the head ends and the body begins. */
  end: number;
};

/** 'partial': more bytes are needed. 'strange': not a plain request, for node's own parser to judge. */
export type HeadAnswer = Head | 'partial' | 'strange';

export const HEAD_BYTES_MAX = 8 * 1024;

// RFC 9112: a token, a colon, no line folding, no control characters, lines that end with CR LF.
const GRAMMAR = /(?:GET|POST) \/[!-~]* HTTP\/1\.1\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n/y;
const HOST = /^[A-Za-z0-9._:[\]-]+$/;
const REQUEST_LINE = /^(GET|POST) (\/[!-~]*) HTTP\/1\.1$/;
const HEAD_END = '\r\n\r\n';

/** The usual fields of a connection: a browser sends the same ones again and again. */
export type UsualFields = { text: string; head: Head | null; misses: number };
// Kept anew for every request, they were what filled the old generation: 1.7 kB a request with 1,000 connections.
const MISSES_MAX = 8;

export const noUsualFields = (): UsualFields => ({ text: '', head: null, misses: MISSES_MAX - 1 });

/**
 * Reads the head of a request that begins at `from` (bytes as latin1). Deliberately narrow: whatever is not plainly one
 * request with at most one length is 'strange', so that nothing on the way can see another request in it than we do.
 */
export function readHead(text: string, from: number, usual?: UsualFields): HeadAnswer {
  const headEnd = text.indexOf(HEAD_END, from);
  if (headEnd === -1) return text.length - from > HEAD_BYTES_MAX || !beginsPlainly(text, from) ? 'strange' : 'partial';
  const end = headEnd + HEAD_END.length;
  if (end - from > HEAD_BYTES_MAX) return 'strange';
  const lineEnd = text.indexOf('\r\n', from);
  const known = usual?.head && lineEnd !== -1 && text.slice(lineEnd, end) === usual.text ? usual.head : null;
  if (known) {
    usual!.misses = 0;
    // The same fields, letter by letter, were read before: only the first line is new.
    const line = REQUEST_LINE.exec(text.slice(from, lineEnd));
    if (!line || (line[1] === 'GET' && known.bodyBytes > 0)) return 'strange';
    return { ...known, method: line[1] as Head['method'], url: line[2]!, end };
  }
  GRAMMAR.lastIndex = from;
  if (!GRAMMAR.test(text) || GRAMMAR.lastIndex !== end) return 'strange';
  const method = text.charCodeAt(from) === 71 ? 'GET' : 'POST';
  const urlFrom = from + method.length + 1;
  const urlTo = text.indexOf(' ', urlFrom);
  const head: Head = {
    method,
    url: text.slice(urlFrom, urlTo),
    bodyBytes: -1,
    host: '',
    cookie: '',
    origin: '',
    secFetchSite: '',
    ifNoneMatch: '',
    acceptEncoding: '',
    idempotencyKey: '',
    contentType: '',
    forwardedFor: '',
    end,
  };
  for (let line = urlTo + ' HTTP/1.1\r\n'.length; line < headEnd; ) {
    const fieldEnd = text.indexOf('\r\n', line);
    if (!readField(head, text, line, fieldEnd)) return 'strange';
    line = fieldEnd + 2;
  }
  if (!HOST.test(head.host)) return 'strange';
  if (head.bodyBytes === -1) head.bodyBytes = 0;
  if (method === 'GET' && head.bodyBytes > 0) return 'strange';
  if (usual && (usual.misses += 1) >= MISSES_MAX) {
    usual.text = text.slice(lineEnd, end);
    usual.head = head;
    usual.misses = 0;
  }
  return head;
}

/** Whether the first bytes can still become one of our methods: garbage is not waited for. */
function beginsPlainly(text: string, from: number): boolean {
  return ['GET /', 'POST /'].some((start) => {
    const there = Math.min(start.length, text.length - from);
    return text.startsWith(start.slice(0, there), from);
  });
}

type TextField = Exclude<keyof Head, 'method' | 'url' | 'bodyBytes' | 'end'>;
const FIELDS = new Map<string, TextField>([
  ['host', 'host'],
  ['cookie', 'cookie'],
  ['origin', 'origin'],
  ['sec-fetch-site', 'secFetchSite'],
  ['if-none-match', 'ifNoneMatch'],
  ['accept-encoding', 'acceptEncoding'],
  ['idempotency-key', 'idempotencyKey'],
  ['content-type', 'contentType'],
  ['x-forwarded-for', 'forwardedFor'],
]);
// Each changes where a request ends, or what happens to the connection after it.
const STRANGE = new Set([
  'transfer-encoding',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'http2-settings',
  'proxy-connection',
]);

/** False for a field that makes the request strange: one of the list, a second length, a second of its kind. */
function readField(head: Head, text: string, from: number, to: number): boolean {
  const colon = text.indexOf(':', from);
  const name = text.slice(from, colon).toLowerCase();
  const field = FIELDS.get(name);
  if (field !== undefined) {
    const value = trimmed(text, colon + 1, to);
    if (head[field] !== '' || value === '') return false;
    head[field] = value;
    return true;
  }
  if (name === 'content-length') {
    const value = trimmed(text, colon + 1, to);
    if (head.bodyBytes !== -1 || !/^\d{1,9}$/.test(value)) return false;
    head.bodyBytes = Number(value);
    return true;
  }
  if (name === 'connection')
    return (
      text
        .slice(colon + 1, to)
        .trim()
        .toLowerCase() === 'keep-alive'
    );
  return !STRANGE.has(name);
}

/** Without the blanks that RFC 9110 allows around a value; a no-break space is part of it. */
function trimmed(text: string, from: number, to: number): string {
  let [first, end] = [from, to];
  while (first < end && isBlank(text.charCodeAt(first))) first += 1;
  while (end > first && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(first, end);
}
const isBlank = (code: number) => code === 32 || code === 9;

/** All fields of a head that was read, for whoever needs the rest of them. */
export function allFields(text: string, from: number, end: number): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of text
    .slice(from, end - HEAD_END.length)
    .split('\r\n')
    .slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = trimmed(line, colon + 1, line.length);
    fields[name] = name in fields ? `${fields[name]}, ${value}` : value;
  }
  return fields;
}
