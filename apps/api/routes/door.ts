import { Type } from 'typebox';
import {
  admit,
  type AdmissionRules,
  doorPack,
  doorScreenings,
  readCounts,
  undoAdmission,
  type UndoOutcome,
} from '#capabilities/admission';
import { publishedKeys, type TicketKeys } from '#capabilities/tickets';
import { DoorPackSchema, DoorScreeningSchema, GateKeySchema, ScanBodySchema, VerdictSchema } from '#contracts/door';
import { IdSchema } from '#contracts/ids';
import { ProblemSchema } from '#contracts/problem';
import type { HttpServer } from '#platform/http-server';
import { shardOf } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { CinemaDaySchema } from '../cinema-day.ts';
import { answerKeyed } from '../keyed.ts';
import { atLeast } from '../session.ts';

type DoorDeps = { db: Database; keys: TicketKeys; rules: AdmissionRules };

const tags = ['door'];
const Counts = VerdictSchema.properties.counts;
const ScreeningParams = Type.Object({ id: IdSchema });
const KEYS_FRESH_SECONDS = 300;

/** The ushers' routes. The public keys are open: anybody may check a ticket, only we can make one. */
export function registerDoorRoutes(api: HttpServer, deps: DoorDeps): void {
  const usher = atLeast('usher');

  api.get(
    '/api/door/keys',
    {
      schema: {
        summary: 'Public keys that verify tickets without network, the newest first',
        tags,
        response: { 200: Type.Object({ keys: Type.Array(GateKeySchema) }) },
      },
    },
    async (_request, reply) => {
      // Not ours to hide: the same for everybody.
      reply.header('cache-control', `public, max-age=${KEYS_FRESH_SECONDS}`);
      return { keys: publishedKeys(deps.keys) };
    },
  );

  api.get(
    '/api/door/screenings',
    {
      onRequest: usher,
      schema: {
        summary: 'What plays on a cinema day, by default each theater’s own today',
        tags,
        querystring: Type.Object({
          theater: Type.Optional(IdSchema),
          day: Type.Optional(CinemaDaySchema),
        }),
        response: { 200: Type.Object({ screenings: Type.Array(DoorScreeningSchema) }) },
      },
    },
    async (request) => {
      const { theater, day } = request.query;
      return { screenings: await doorScreenings(deps.db, { theaterId: theater, day }) };
    },
  );

  api.get(
    '/api/door/screenings/:id/counts',
    {
      onRequest: usher,
      schema: { summary: 'Sold and inside', tags, params: ScreeningParams, response: { 200: Counts } },
    },
    async (request) => {
      return readCounts(deps.db, request.params.id);
    },
  );

  api.get(
    '/api/door/screenings/:id/pack',
    {
      onRequest: usher,
      schema: {
        summary: 'Keys, revocations and tickets of a screening for a gate without network; nothing personal',
        tags,
        params: ScreeningParams,
        response: { 200: DoorPackSchema, 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      return (await doorPack(deps, request.params.id)) ?? sendProblem(reply, 404, 'screening_unknown');
    },
  );

  registerScans(api, deps);
}

const STATUS_OF_UNDO: Record<Exclude<UndoOutcome, 'undone'>, number> = {
  admission_unknown: 404,
  not_admitted: 409,
  undo_too_late: 409,
};

function registerScans(api: HttpServer, deps: DoorDeps): void {
  const usher = atLeast('usher');

  api.post(
    '/api/door/admissions',
    {
      onRequest: usher,
      schema: {
        summary: 'Scan a ticket: a refusal is a 200 with its outcome',
        description: 'The same nonce is the same scan, whoever sends it again. `token` wins over `code`.',
        tags,
        body: ScanBodySchema,
        response: { 200: VerdictSchema, '4xx': ProblemSchema },
      },
    },
    async (request, reply) =>
      answerKeyed(
        deps.db,
        request,
        reply,
        async (tx) => {
          const answer = await admit(deps, tx, { ...request.body, usher: request.session!.accountId });
          if (answer.outcome === 'decided') return { status: 200, body: answer.verdict };
          return { status: answer.outcome === 'screening_unknown' ? 404 : 409, problem: answer.outcome };
        },
        request.body.screeningId,
      ),
  );

  api.post(
    '/api/door/admissions/:id/undo',
    {
      onRequest: usher,
      schema: {
        summary: 'Take an admission back within 15 minutes; the scan stays on record',
        tags,
        params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
        response: { 200: Type.Object({ counts: Counts }), '4xx': ProblemSchema },
      },
    },
    async (request, reply) => {
      const screeningId = shardOf(request.params.id.toLowerCase()) ?? 0;
      return answerKeyed(
        deps.db,
        request,
        reply,
        async (tx) => {
          const undo = { admissionId: request.params.id.toLowerCase(), usher: request.session!.accountId };
          const outcome = await undoAdmission(deps, tx, undo);
          if (outcome !== 'undone') return { status: STATUS_OF_UNDO[outcome], problem: outcome };
          return { status: 200, body: { counts: await readCounts(tx, screeningId) } };
        },
        screeningId,
      );
    },
  );
}
