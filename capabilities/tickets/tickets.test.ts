import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import {
  issueTickets,
  listTickets,
  newTicketSigningKey,
  parseCode,
  readRevocations,
  readTicketKeys,
  renderCalendar,
  renderTicketsPdf,
  revocationList,
  revokeTickets,
  verifyToken,
} from './index.ts';
import { drawQr } from './ticket-qr.ts';
import { newId } from '#platform/ids';
import { aMovie, aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aPaidOrder, type SoldLine } from '#testing/paid-orders';

const db = await testDatabase();
const keys = readTicketKeys({ signingKey: newTicketSigningKey() });
const deps = { db, keys };

async function sell(screening: { screeningId: number; priceCents: number }, seats: SoldLine[], buyerId?: string) {
  const order = await aPaidOrder(db, screening, seats, buyerId);
  await db.transaction((tx) => issueTickets(tx, order));
  return order;
}

test('a listed ticket’s token says its own code, seat and screening, and nothing personal', async () => {
  const screening = await aScreening(db);
  const order = await sell(screening, [{ seatNo: 2 }, { seatNo: 3, kind: 'half_senior' }]);
  const tickets = await listTickets(deps, { orderId: order.orderId });
  assert.deepEqual(
    tickets.map((ticket) => [ticket.seatLabel, ticket.kind, ticket.priceCents, ticket.state]),
    [
      ['A2', 'full', 3200, 'valid'],
      ['A3', 'half_senior', 1600, 'valid'],
    ],
  );
  for (const [index, ticket] of tickets.entries()) {
    const claims = verifyToken(keys, ticket.token);
    assert.partialDeepStrictEqual(claims, {
      code: parseCode(ticket.code),
      screeningId: screening.screeningId,
      seatNo: index + 2,
      generation: 1,
    });
    assert.match(ticket.qrSvg, /^<svg .*<\/svg>$/);
    assert.ok(!JSON.stringify(ticket).includes(order.buyerId));
    assert.match(ticket.localTime, /^\d\d:\d\d$/);
  }
});

test('an account sees its own tickets only, next ones first and the past last', async () => {
  const buyerId = newId();
  const at = (hours: number) => new Date(Date.now() + hours * 3_600_000);
  const past = await sell(await aScreening(db, { startsAt: at(-48) }), [{ seatNo: 1 }], buyerId);
  const later = await sell(await aScreening(db, { startsAt: at(72) }), [{ seatNo: 1 }], buyerId);
  const next = await sell(await aScreening(db, { startsAt: at(5) }), [{ seatNo: 1 }], buyerId);
  const older = await sell(await aScreening(db, { startsAt: at(-96) }), [{ seatNo: 1 }], buyerId);
  await sell(await aScreening(db), [{ seatNo: 1 }]);
  const tickets = await listTickets(deps, { accountId: buyerId });
  assert.deepEqual(
    tickets.map((ticket) => ticket.orderId),
    [next, later, past, older].map((order) => order.orderId),
  );
  assert.deepEqual(await listTickets(deps, { orderId: next.orderId, holder: newId() }), []);
  assert.deepEqual(await listTickets(deps, { orderId: 'nothing' }), []);
});

test('the QR of a token is version 6 at most, and its runs are its dark modules', async () => {
  const order = await sell(await aScreening(db), [{ seatNo: 4 }]);
  const [ticket] = await listTickets(deps, { orderId: order.orderId });
  const { size, runs } = drawQr(ticket!.token);
  assert.equal(size, 41);
  // The finder pattern in the corner: seven dark modules, then the separator.
  assert.deepEqual(runs[0], { x: 0, y: 0, length: 7 });
  assert.throws(() => drawQr('A'.repeat(155)), /does not fit/);
});

test('the PDF has a tagged page for each ticket, whatever a title holds, and none for revoked ones', async () => {
  const hostile = 'São João “õ” <b>\u202e=1+1 家 😀 ' + 'Ação '.repeat(60);
  const screening = await aScreening(db, { movieId: await aMovie(db, hostile) });
  const order = await sell(screening, [{ seatNo: 1 }, { seatNo: 2, kind: 'half_student' }]);
  for (const locale of ['pt-BR', 'en'] as const) {
    const pdf = await renderTicketsPdf(deps, { orderId: order.orderId, locale });
    const text = pdf!.toString('latin1');
    assert.match(text, /^%PDF-1\.7/);
    assert.equal(text.match(/\/Type \/Page\b(?!s)/g)?.length, 2);
    assert.match(text, /\/StructTreeRoot/);
    assert.match(text, /pdfuaid:part/);
    assert.match(text, /\/ActualText/);
    assert.match(text, /\/Alt/);
    assert.ok(!text.includes(order.buyerId));
    assert.ok(pdf!.length < 150_000, `${pdf!.length} bytes`);
  }
  await db.transaction((tx) => revokeTickets(tx, { ...order, reason: 'refunded' }));
  assert.equal(await renderTicketsPdf(deps, { orderId: order.orderId, locale: 'en' }), null);
});

test('every letter of Portuguese on the PDF is a drawn glyph, not a missing one', async () => {
  const title = 'Àáâãçéêíóôõúü ÁÂÃÇÉÊÍÓÔÕÚÜ º ª “” – R$ · ñ ł ő';
  const screening = await aScreening(db, { movieId: await aMovie(db, title) });
  const order = await sell(screening, [{ seatNo: 1 }]);
  const pdf = (await renderTicketsPdf(deps, { orderId: order.orderId, locale: 'pt-BR' }))!;
  const streams = [...pdf.toString('latin1').matchAll(/stream\n([\s\S]*?)\nendstream/g)].flatMap(([, body]) => {
    try {
      return [inflateSync(Buffer.from(body!, 'latin1')).toString('latin1')];
    } catch {
      return [];
    }
  });
  const shown = streams.filter((stream) => / TJ/.test(stream)).join('\n');
  assert.match(shown, /<[0-9a-f]{4,}>/);
  // Glyph 0 is the box that stands for a missing letter.
  const glyphs = [...shown.matchAll(/<([0-9a-f]+)>/g)].flatMap(([, hex]) => hex!.match(/.{4}/g) ?? []);
  assert.ok(!glyphs.includes('0000'));
});

test('the calendar holds one event with the seats, folded lines and no ticket code', async () => {
  const movieId = await aMovie(db, 'Ação; reação, e um título tão comprido que passa de uma linha\r\nX-EVIL:1');
  const order = await sell(await aScreening(db, { movieId }), [{ seatNo: 1 }, { seatNo: 2 }]);
  const calendar = (await renderCalendar(deps, { orderId: order.orderId }, 'pt-BR'))!;
  const [ticket] = await listTickets(deps, { orderId: order.orderId });
  assert.ok(!calendar.includes(ticket!.code));
  const lines = calendar.split('\r\n');
  assert.ok(lines.every((line) => Buffer.byteLength(line) <= 75));
  assert.ok(!lines.some((line) => line.startsWith('X-EVIL')));
  const unfolded = calendar.replaceAll('\r\n ', '');
  assert.match(unfolded, /\r\nSUMMARY:Ação\\; reação\\, e um título/);
  assert.match(unfolded, /\r\nDESCRIPTION:Sala: Sala 1\\nPoltrona: A1\\, A2\r\n/);
  assert.match(unfolded, /\r\nDTSTART:\d{8}T\d{6}Z\r\n/);
});

test('the revocation list names the refunded generation of a seat, and not the one sold again', async () => {
  const screening = await aScreening(db);
  const first = await sell(screening, [{ seatNo: 7 }]);
  await sell(screening, [{ seatNo: 40 }]);
  await db.transaction((tx) => revokeTickets(tx, { ...first, reason: 'refunded' }));
  await sell(screening, [{ seatNo: 7 }]);
  const list = readRevocations(keys, await revocationList(db, keys, screening.screeningId));
  assert.deepEqual(list?.generationOfSeat, new Map([[7, 1]]));
  assert.equal(list?.screeningId, screening.screeningId);
});
