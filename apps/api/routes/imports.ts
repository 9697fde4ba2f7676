import { join } from 'node:path';
import { Type } from 'typebox';
import {
  approveRun,
  cancelRun,
  createRun,
  ERRORS_PER_PAGE,
  exportErrors,
  FILE_BYTES_MAX,
  importTemplate,
  listErrors,
  listRuns,
  readRun,
  TEMPLATE_FORMATS,
  undoRun,
  workOnRun,
} from '#capabilities/imports';
import { IMPORT_KINDS, ImportErrorSchema, type ImportRun, ImportRunSchema } from '#contracts/imports';
import type { HttpServer } from '#platform/http-server';
import type { Log } from '#platform/log';
import type { Database, Transaction } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { sendAttachment } from '../attachment.ts';
import { answerKeyed, idempotencyKey, type Outcome } from '../keyed.ts';
import type { Streams } from '../live/streams.ts';
import { atLeast } from '../session.ts';
import { forgetUpload, readOnInVain, takeUploads, type Upload } from './import-upload.ts';

export type ImportRouteDeps = {
  db: Database;
  /** Uploaded files wait here until their run is over. */
  dataDir: string;
  streams: Streams;
  log: Log;
  /** Tests take less, so that they need not send half a gigabyte. */
  uploadBytesMax?: number;
};

const RunParams = Type.Object({ run: Type.String({ format: 'uuid' }) });
const tags = ['imports'];
const LIVE_EVERY_MS = 500;
const ENDED = new Set<ImportRun['status']>(['done', 'done_with_errors', 'refused', 'cancelled', 'undone', 'planned']);

export async function registerImportRoutes(api: HttpServer, deps: ImportRouteDeps): Promise<void> {
  const background = createBackground(deps);
  await api.register(async (scope) => {
    await takeUploads(scope, join(deps.dataDir, 'imports'), uploadBytesMax(deps));
    registerUpload(scope as HttpServer, deps, background);
  });
  registerReading(api, deps);
  registerSteering(api, deps, background);
}

const uploadBytesMax = (deps: ImportRouteDeps): number => deps.uploadBytesMax ?? FILE_BYTES_MAX;

type Background = (runId: string) => void;

/** Runs are worked on one after the other in this process; one that is lost with it is taken up by the worker. */
function createBackground({ db, log }: ImportRouteDeps): Background {
  let last: Promise<unknown> = Promise.resolve();
  return (runId) => {
    last = last
      .then(() => workOnRun(db, runId))
      .catch((error: unknown) => log.error({ err: error, run: runId }, 'import failed and can be resumed'));
  };
}

function registerUpload(api: HttpServer, deps: ImportRouteDeps, background: Background): void {
  const { db } = deps;
  api.post(
    '/api/admin/imports',
    {
      schema: {
        summary: 'Upload a file to import; the body is the file itself',
        tags,
        querystring: Type.Object({
          kind: Type.Enum([...IMPORT_KINDS]),
          fileName: Type.String({ minLength: 1, maxLength: 200 }),
          dryRun: Type.Optional(Type.Boolean({ default: false })),
          stopOnError: Type.Optional(Type.Boolean({ default: false })),
        }),
        response: { 201: ImportRunSchema },
      },
      // Before the body is read: strangers do not get to fill the disk.
      onRequest: [
        atLeast('administrator'),
        async (request, reply) => {
          if (idempotencyKey(request, reply) === null) return reply;
          if (Number(request.headers['content-length'] ?? 0) > uploadBytesMax(deps)) {
            readOnInVain(request.raw);
            return sendProblem(reply, 413, 'body_too_large');
          }
        },
      ],
    },
    async (request, reply) => {
      const upload = request.body as Upload | null;
      if (upload === null) return sendProblem(reply, 413, 'body_too_large');
      const { kind, fileName, dryRun, stopOnError } = request.query;
      let created: string | null = null;
      // The key's fingerprint is taken from the bytes, not from where they happen to lie.
      request.body = { sha256: upload.sha256 };
      try {
        await answerKeyed(db, request, reply, async (tx) => {
          created = await createRun(tx, {
            kind,
            path: upload.path,
            fileName,
            dryRun: dryRun ?? false,
            stopOnError: stopOnError ?? false,
            startedBy: request.session!.accountId,
            ownsFile: true,
          });
          return { status: 201, body: await readRun(tx, created) };
        });
      } finally {
        if (created === null) await forgetUpload(upload);
        else background(created);
      }
      return reply;
    },
  );
}

function registerReading(api: HttpServer, { db, streams }: ImportRouteDeps): void {
  const onRequest = atLeast('manager');
  api.get(
    '/api/admin/imports',
    {
      onRequest,
      schema: {
        summary: 'The newest runs',
        tags,
        response: { 200: Type.Object({ runs: Type.Array(ImportRunSchema) }) },
      },
    },
    async () => ({ runs: await listRuns(db) }),
  );
  api.get(
    '/api/admin/imports/:run',
    { onRequest, schema: { summary: 'One run', tags, params: RunParams, response: { 200: ImportRunSchema } } },
    async (request, reply) => (await readRun(db, request.params.run)) ?? sendProblem(reply, 404, 'run_unknown'),
  );
  api.get(
    '/api/admin/imports/:run/errors',
    {
      onRequest,
      schema: {
        summary: `What was wrong, ${ERRORS_PER_PAGE} a page`,
        tags,
        params: RunParams,
        querystring: Type.Object({ page: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1 })) }),
        response: { 200: Type.Object({ errors: Type.Array(ImportErrorSchema), total: Type.Integer() }) },
      },
    },
    async (request) => listErrors(db, request.params.run, request.query.page ?? 1),
  );
  api.get(
    '/api/admin/imports/:run/errors.csv',
    { onRequest, schema: { summary: 'What was wrong, for a spreadsheet', tags, params: RunParams } },
    async (request, reply) => {
      if (!(await readRun(db, request.params.run))) return sendProblem(reply, 404, 'run_unknown');
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="erros-${request.params.run}.csv"`)
        .send(exportErrors(db, request.params.run));
    },
  );
  api.get(
    '/api/admin/imports/:run/live',
    { onRequest, schema: { summary: 'The run as it moves (server-sent events: run)', tags, params: RunParams } },
    async (request, reply) => {
      const run = await readRun(db, request.params.run);
      if (!run) return sendProblem(reply, 404, 'run_unknown');
      const stream = streams.open(request, reply, { accountId: request.session!.accountId });
      if (stream) follow(db, run.run, stream);
      return reply;
    },
  );
  for (const format of TEMPLATE_FORMATS) {
    api.get(
      `/api/admin/import-templates/:kind.${format}`,
      {
        onRequest,
        schema: {
          summary: `A file to fill in (${format})`,
          tags,
          params: Type.Object({ kind: Type.Enum([...IMPORT_KINDS]) }),
        },
      },
      async (request, reply) => {
        const { kind } = request.params;
        return sendAttachment(
          reply,
          MEDIA_TYPE[format],
          `modelo-${kind}.${format}`,
          await importTemplate(kind, format),
        );
      },
    );
  }
}

const MEDIA_TYPE = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  json: 'application/json; charset=utf-8',
} as const;

/** Sends the run whenever it has changed, until it ends. A slow reader misses states, never the last one. */
function follow(db: Database, runId: string, stream: NonNullable<ReturnType<Streams['open']>>): void {
  let sent = '';
  let asking = false;
  const tick = async () => {
    if (asking || stream.closed()) return;
    asking = true;
    try {
      const run = await readRun(db, runId);
      const data = JSON.stringify(run);
      if (data !== sent && stream.send(Buffer.from(`event: run\ndata: ${data}\n\n`))) {
        sent = data;
        if (!run || ENDED.has(run.status)) clearInterval(timer);
      }
    } catch {
      // The database is away for a moment: the page keeps what it has, the next tick asks again.
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void tick(), LIVE_EVERY_MS);
  stream.onClose(() => clearInterval(timer));
  void tick();
}

const UNDO_STATUS = {
  run_unknown: 404,
  run_not_undoable: 409,
  tickets_sold: 409,
  changed_since: 409,
  in_use: 409,
} as const;

function registerSteering(api: HttpServer, { db }: ImportRouteDeps, background: Background): void {
  const verbs: Record<
    string,
    { summary: string; run: (tx: Transaction, id: string) => Promise<string | null>; after?: Background }
  > = {
    apply: {
      summary: 'Load what the dry run planned',
      run: async (tx, id) => ((await approveRun(tx, id)) ? null : 'run_not_planned'),
      after: background,
    },
    resume: {
      summary: 'Go on with a run whose process died',
      run: async (tx, id) => ((await readRun(tx, id))!.canResume ? null : 'run_not_resumable'),
      after: background,
    },
    cancel: {
      summary: 'Stop a run; what it loaded stays until it is undone',
      run: async (_tx, id) => {
        const outcome = await cancelRun(db, id);
        return outcome === 'cancelled' || outcome === 'stopping' ? null : 'run_over';
      },
    },
    undo: {
      summary: 'Take back everything that a run did',
      run: async (tx, id) => {
        const outcome = await undoRun(tx, id);
        return outcome === 'undone' ? null : outcome;
      },
    },
  };
  for (const [verb, { summary, run, after }] of Object.entries(verbs)) {
    api.post(
      `/api/admin/imports/:run/${verb}`,
      {
        onRequest: atLeast('administrator'),
        schema: { summary, tags, params: RunParams, response: { 200: ImportRunSchema } },
      },
      async (request, reply) => {
        const { run: id } = request.params;
        let good = false;
        await answerKeyed(db, request, reply, async (tx): Promise<Outcome> => {
          if (!(await readRun(tx, id))) return { status: 404, problem: 'run_unknown' };
          const refusal = await run(tx, id);
          if (refusal !== null)
            return { status: UNDO_STATUS[refusal as keyof typeof UNDO_STATUS] ?? 409, problem: refusal };
          good = true;
          return { status: 200, body: await readRun(tx, id) };
        });
        if (good) after?.(id);
        return reply;
      },
    );
  }
}
